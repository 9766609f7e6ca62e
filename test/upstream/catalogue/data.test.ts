/** The rows themselves: whole, without contradiction, and of one mind with the inference listener. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cataloguePage } from '../../../scripts/catalogue-page.ts';
import { ENDPOINTS } from '../../../src/openai/endpoints.ts';
import { CATALOGUES, findRoute, passable } from '../../../src/upstream/catalogue/catalogue.ts';
import { type CatalogueRoute, METHODS, TAGS } from '../../../src/upstream/catalogue/route.ts';
import { KINDS, type UpstreamKind } from '../../../src/upstream/kinds.ts';

const kinds = Object.keys(KINDS) as UpstreamKind[];
const name = ({ method, path }: CatalogueRoute) => `${method} ${path}`;
const isParameter = (segment: string) => segment.startsWith('{');

/** Whether one target could be read as either path. Wider than the catalogue's own matching, on purpose. */
function meet(one: string, other: string): boolean {
  const [a, b] = [one.toLowerCase().split('/'), other.toLowerCase().split('/')];
  return a.length === b.length && a.every((s, i) => s === b[i] || ((isParameter(s) || isParameter(b[i]!)) && !!b[i]));
}

test('every kind of model server has a catalogue', () => {
  expect(Object.keys(CATALOGUES)).toEqual(kinds);
});

describe.each(kinds)('%s', (kind) => {
  const { version, server, sources, routes } = CATALOGUES[kind];

  test('says what it was made from', () => {
    expect(version).toMatch(/^\d{4}-\d{2}-\d{2}$/);
    expect(server).not.toBe('');
    expect(sources.length).toBeGreaterThan(0);
    for (const source of sources) expect(source).toMatch(/^https:\/\/(github\.com|pypi\.org)\//);
  });

  test.each(routes.map((route) => [name(route), route] as const))('%s is well-formed', (_, route) => {
    expect(METHODS).toContain(route.method);
    expect(TAGS).toContain(route.tag);
    expect(route.path).toMatch(/^\/$|^(\/([a-z0-9._-]+|\{\w+\}))+\/?$/);
    expect(route.about).toMatch(/^[A-Z].*\.$/);
    for (const parameter of route.query) expect(parameter).toMatch(/^[a-z_]+$/);
    if (route.method === 'GET' || route.method === 'HEAD') expect(route.body).toBe('none');
    // `/x/` may be denied as a row, never passed: a server may read it as `/x`.
    if (passable(route) && route.path !== '/') expect(route.path).not.toMatch(/\/$/);
    if (route.destructive) expect(route.tag).toBe('model-admin');
    // What reads may change nothing, so a body that is not held has no place there.
    if (route.tag === 'read') expect(route.body).not.toBe('stream');
  });

  test('names no route twice', () => {
    const names = routes.map(name);
    expect(names.filter((one, i) => names.indexOf(one) !== i)).toEqual([]);
  });

  test('has no two rows of different tags for one target', () => {
    const clashes = routes.flatMap((a) =>
      routes
        .filter((b) => a.method === b.method && a.tag !== b.tag && meet(a.path, b.path))
        .map((b) => `${name(a)} and ${name(b)}`),
    );
    expect(clashes).toEqual([]);
  });

  test('finds every row again', () => {
    for (const route of routes) {
      const target = route.path.replaceAll(/\{\w+\}/g, 'sha256:0a');
      expect(findRoute(kind, route.method, target)).toBe(route);
    }
  });

  // `models.get` is answered from the list, and never sent on.
  test.each(Object.values(ENDPOINTS).filter(({ path }) => !path.endsWith('/')))(
    'keeps what the inference listener serves to it: $method $path',
    ({ method, path }) => {
      expect(findRoute(kind, method, path)?.tag).toBe(method === 'GET' ? 'read' : 'inference');
    },
  );

  test('passes the probe of the health of the server', () => {
    expect(findRoute(kind, 'GET', KINDS[kind].healthPath)?.tag).toBe('read');
  });

  // Catalogue of attacks, 20: what must be out of reach whatever the role.
  test.each([
    ['POST', '/completion'],
    ['POST', '/infill'],
    ['GET', '/slots'],
    ['POST', '/slots/0'],
    ['POST', '/api/generate'],
    ['POST', '/api/chat'],
    ['POST', '/api/signout'],
    ['POST', '/api/me'],
    ['GET', '/debug/pprof/heap'],
    ['POST', '/invocations'],
    ['POST', '/predict'],
    ['POST', '/collective_rpc'],
    ['POST', '/update_weights'],
    ['POST', '/start_profile'],
    ['GET', '/server_info'],
    ['POST', '/tools'],
    ['GET', '/cors-proxy'],
  ])('never passes %s %s', (method, target) => {
    const route = findRoute(kind, method, target);
    expect(route !== null && passable(route)).toBe(false);
  });
});

test('what cannot be put back', () => {
  const destructive = kinds.flatMap((kind) => CATALOGUES[kind].routes.filter((route) => route.destructive).map(name));
  expect(destructive).toEqual([
    'DELETE /models',
    'POST /api/push',
    'POST /api/create',
    'POST /api/copy',
    'DELETE /api/delete',
  ]);
});

test('the page is the one that the rows make', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../docs/catalogue.md'), 'utf8');
  expect(page).toBe(cataloguePage());
});
