import { findOperation } from '../../admin/routes.ts';
import { Denial } from '../../core/denial.ts';
import type { Passage, Permitted, Recognised } from '../../core/exchange.ts';
import type { Stage } from '../../core/pipeline.ts';
import { findRoute, passable } from '../../upstream/catalogue/catalogue.ts';
import type { UpstreamKind } from '../../upstream/kinds.ts';

/** A model server that has an administration. */
export interface Administrable {
  readonly name: string;
  readonly kind: UpstreamKind;
  /** What the last attempt to reach it said. */
  readonly healthy: boolean;
}

/** The role may do this, and the route exists: here, or in the catalogue of a model server. */
export const permit = (upstreams: readonly Administrable[]): Stage<Recognised, Permitted> => ({
  name: 'permit',
  run: async (x) => {
    const operation = findOperation(x.method, x.target, x.operator.roles);
    const passage = operation.name === 'upstream' ? passageOf(x.method, operation.parameters, upstreams) : null;
    return { ...x, operation, passage };
  },
});

/** What the catalogue does not have, or has for another purpose, does not exist here. */
function passageOf(
  method: string,
  { upstream: name, target }: Readonly<Record<string, string>>,
  upstreams: readonly Administrable[],
): Passage {
  const upstream = upstreams.find((one) => one.name === name);
  const route = upstream && findRoute(upstream.kind, method, target!);
  if (!upstream || !route || !passable(route)) throw new Denial('unknown_route');
  return {
    upstream: upstream.name,
    route: `${route.method} ${route.path}`,
    target: target!,
    body: route.body,
    destructive: route.destructive,
  };
}
