/**
 * What the model servers can be asked, and which of it may be passed to them (docs/catalogue.md). What is not in a
 * catalogue does not exist.
 */
import type { UpstreamKind } from '../kinds.ts';
import { LLAMA_CPP } from './llama.cpp.ts';
import { pathPattern, queryFits } from './match.ts';
import { OLLAMA } from './ollama.ts';
import type { Catalogue, CatalogueRoute } from './route.ts';
import { VLLM } from './vllm.ts';

export const CATALOGUES: Readonly<Record<UpstreamKind, Catalogue>> = {
  'llama.cpp': LLAMA_CPP,
  ollama: OLLAMA,
  vllm: VLLM,
};

/**
 * The row of a request, whatever its tag: ask `passable` before it is passed. Null if there is none.
 * @param method as the client wrote it
 * @param target the request target at the model server, byte for byte: nothing is decoded, folded or normalised, so
 *   that a server which does any of it cannot read another route than the one that was found here
 */
export function findRoute(kind: UpstreamKind, method: string, target: string): CatalogueRoute | null {
  const mark = target.indexOf('?');
  const path = mark < 0 ? target : target.slice(0, mark);
  const { literal, patterns } = indexes[kind];
  const route =
    literal.get(`${method} ${path}`) ??
    patterns.find(({ route, pattern }) => route.method === method && pattern.test(path))?.route;
  if (!route) return null;
  return mark < 0 || queryFits(target.slice(mark + 1), route.query) ? route : null;
}

/** Whether a model-admin may have it. */
export const passable = (route: CatalogueRoute): boolean => route.tag === 'read' || route.tag === 'model-admin';

const indexes = {
  'llama.cpp': index(LLAMA_CPP),
  ollama: index(OLLAMA),
  vllm: index(VLLM),
} satisfies Record<UpstreamKind, unknown>;

function index({ routes }: Catalogue) {
  const hasParameter = ({ path }: CatalogueRoute) => path.includes('{');
  return {
    literal: new Map(routes.filter((r) => !hasParameter(r)).map((route) => [`${route.method} ${route.path}`, route])),
    patterns: routes.filter(hasParameter).map((route) => ({ route, pattern: pathPattern(route.path) })),
  };
}
