/** Spellings: which one finds a row, and that none of a route that is kept back is ever passed. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CATALOGUES, findRoute, passable } from '../../../src/upstream/catalogue/catalogue.ts';
import type { CatalogueRoute } from '../../../src/upstream/catalogue/route.ts';
import { KINDS, type UpstreamKind } from '../../../src/upstream/kinds.ts';

const kinds = Object.keys(KINDS) as UpstreamKind[];
const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;

describe('exactly', () => {
  test.each<[UpstreamKind, string, string, string]>([
    ['ollama', 'DELETE', '/api/delete', '/api/delete'],
    ['ollama', 'HEAD', '/', '/'],
    ['ollama', 'POST', `/api/blobs/${DIGEST}`, '/api/blobs/{digest}'],
    ['ollama', 'GET', '/v1/models/llama3.2:1b', '/v1/models/{model}'],
    ['ollama', 'GET', '/v1/models/...', '/v1/models/{model}'],
    ['vllm', 'DELETE', '/adapters/a@b+c', '/adapters/{adapter_name}'],
    ['vllm', 'POST', '/sleep?mode=wait', '/sleep'],
    ['vllm', 'POST', '/reset_prefix_cache?reset_external=true&reset_running_requests=true', '/reset_prefix_cache'],
    ['llama.cpp', 'DELETE', '/models?model=org/gemma-3-4b-it-GGUF:Q4_K_M', '/models'],
    ['llama.cpp', 'GET', '/props?autoload=false&model=tiny', '/props'],
  ])('%s has %s %s', (kind, method, target, path) => {
    expect(findRoute(kind, method, target)).toMatchObject({ method, path });
  });

  const blob = (segment: string): [UpstreamKind, string, string] => ['ollama', 'POST', `/api/blobs/${segment}`];
  const model = (query: string): [UpstreamKind, string, string] => ['llama.cpp', 'DELETE', `/models${query}`];
  test.each<[UpstreamKind, string, string]>([
    ['ollama', 'delete', '/api/delete'],
    ['ollama', 'PURGE', '/api/delete'],
    ['ollama', 'GET', '/api/delete'],
    ['ollama', '', '/api/delete'],
    ['ollama', 'DELETE /api/delete', ''],
    ['ollama', 'DELETE', ''],
    ['ollama', 'DELETE', 'api/delete'],
    ['ollama', 'DELETE', '*'],
    ['ollama', 'DELETE', 'http://ollama/api/delete'],
    ['ollama', 'DELETE', '//ollama/api/delete'],
    ['ollama', 'DELETE', '/API/delete'],
    ['ollama', 'DELETE', '/api/delete/'],
    ['ollama', 'DELETE', '/api//delete'],
    ['ollama', 'DELETE', '/api/./delete'],
    ['ollama', 'DELETE', '/api/x/../delete'],
    ['ollama', 'DELETE', '/api/%64elete'],
    ['ollama', 'DELETE', '/api%2fdelete'],
    ['ollama', 'DELETE', '/api\\delete'],
    ['ollama', 'DELETE', '/api/delete;x'],
    ['ollama', 'DELETE', '/api/delete#x'],
    ['ollama', 'DELETE', '/api/delete?'],
    ['ollama', 'DELETE', '/api/delete?x=1'],
    ['ollama', 'DELETE', '/api/delete\n'],
    ['ollama', 'DELETE', '/api/delete\0'],
    ['ollama', 'DELETE', '/api/delete '],
    blob(''),
    blob('.'),
    blob('..'),
    blob('a/b'),
    blob('../delete'),
    blob('a%2fb'),
    blob('%2e%2e'),
    blob('a;b'),
    blob('a\n'),
    blob('ａ'),
    blob('{digest}'),
    model('?'),
    model('?model'),
    model('?model='),
    model('?=x'),
    model('?model=a&'),
    model('?&model=a'),
    model('?model=a&model=b'),
    model('?model=a&x=b'),
    model('?Model=a'),
    model('?model[]=a'),
    model('?model=a=b'),
    model('?model=a%2fb'),
    model('?model=a+b'),
    model('?model=a;x'),
    model('?model=a?b'),
    model('?model=/a'),
    model('?model=a/'),
    model('?model=a//b'),
    model('?model=../a'),
    model('?model=a/..'),
    model('?model=a/./b'),
    model('?model=a#b'),
    model('?model=a\n'),
    ['llama.cpp', 'GET', '/props?model=a&model=b'],
    ['llama.cpp', 'GET', '/models?reload=1'],
    ['vllm', 'POST', '/sleep?level=2'],
    ['vllm', 'GET', '/metrics/'],
    ['vllm', 'GET', '/metricsx'],
  ])('%s has no %s %j', (kind, method, target) => {
    expect(findRoute(kind, method, target)).toBeNull();
  });

  test('objects have names of their own, and they are no routes', () => {
    for (const target of ['constructor', '__proto__', '/constructor', '/__proto__']) {
      for (const kind of kinds) expect(findRoute(kind, 'GET', target)).toBeNull();
    }
  });
});

/** Bits that some server reads as something else than they look. */
const ODD = ['%', '%2e', '%2F', '%252e', '%00', '/', '//', '.', '..', '\\', ';', ';a=b', '?', '#', '&', '=', ' ', '+'];
const odd = fc.constantFrom(...ODD, '\t', '\n', '\0', '~', ':', '@', '!', '*', 'é', '／', '．', 'K', 'ſ');
const bit = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('a', 'Z', '0', '-', '_', '.') },
  { weight: 1, arbitrary: odd },
);
const junk = fc.array(bit, { maxLength: 6 }).map((bits) => bits.join(''));

type Respelling = (target: string, at: number) => string;
const hex = (char: string) => `%${char.charCodeAt(0).toString(16).padStart(2, '0')}`;
const splice = (target: string, at: number, cut: number, put: string) =>
  target.slice(0, at) + put + target.slice(at + cut);
/** Each leaves a route that a forgiving server still reads as the same. */
const RESPELLINGS: readonly Respelling[] = [
  (target, at) => splice(target, at, 1, hex(target[at] ?? '/')),
  (target, at) => splice(target, at, 1, hex(target[at] ?? '/').replace('%', '%25')),
  (target, at) => splice(target, at, 1, hex(target[at] ?? '/').toUpperCase()),
  (target, at) => splice(target, at, 1, (target[at] ?? '').toUpperCase()),
  (target) => target.replace('/', '//'),
  (target) => target.replace('/', '/./'),
  (target) => target.replace('/', '/health/../'),
  (target) => target.replace('/', '/health/..;/'),
  (target) => target.replace('/', '\\'),
  (target) => target.replace('/', '/%2e/'),
  (target) => `${target}/`,
  (target) => `${target};x=1`,
  (target) => `${target}?`,
  (target) => `${target}?model=tiny&autoload=false`,
  (target) => `${target}#`,
  (target) => `${target}%00`,
  (target) => `http://server${target}`,
  (target) => ` ${target}`,
];
const respellings = fc.array(fc.tuple(fc.constantFrom(...RESPELLINGS), fc.nat(60)), { maxLength: 4 });
const respell = (target: string, by: ReadonlyArray<readonly [Respelling, number]>) =>
  by.reduce((spelling, [change, at]) => change(spelling, at % (spelling.length + 1)), target);

const segment = fc.stringMatching(/^[A-Za-z0-9._:@+-]{1,20}$/).filter((text) => !/^\.{1,2}$/.test(text));
const fill = (path: string, value: string) => path.replaceAll(/\{\w+\}/g, () => value);
const rowsWhere = (wanted: (route: CatalogueRoute) => boolean) =>
  kinds.flatMap((kind) => CATALOGUES[kind].routes.filter(wanted).map((route) => ({ kind, route })));

test('no spelling of a route that is kept back is passed', () => {
  const keptBack = rowsWhere((route) => !passable(route));
  fc.assert(
    fc.property(fc.constantFrom(...keptBack), segment, respellings, ({ kind, route }, value, changes) => {
      const found = findRoute(kind, route.method, respell(fill(route.path, value), changes));
      expect(found === null || !passable(found)).toBe(true);
    }),
    { numRuns: 5000 },
  );
});

/** Reads a target as no server would all at once: decodes till nothing changes, folds, cuts, climbs. */
function readsAs(kind: UpstreamKind, method: string, target: string): CatalogueRoute[] {
  let path = target.split(/[?#]/)[0]!;
  for (let last = ''; last !== path; ) {
    last = path;
    path = path.replaceAll(/(?:%[0-9a-f]{2})+/gi, (bytes) => Buffer.from(bytes.replaceAll('%', ''), 'hex').toString());
  }
  const segments: string[] = [];
  for (const part of path
    .normalize('NFKC')
    .toLowerCase()
    .split(/[/\\]+/)) {
    const bare = part.split(/[;?#\0]/)[0]!.trim();
    if (bare === '..') segments.pop();
    else if (bare !== '.' && bare !== '') segments.push(bare);
  }
  return CATALOGUES[kind].routes.filter((route) => {
    const wanted = route.path.toLowerCase().split('/').filter(Boolean);
    const fits = wanted.length === segments.length && wanted.every((s, i) => s.startsWith('{') || s === segments[i]);
    return route.method === method && fits;
  });
}

test('what is passed is the same route for Node, and for a server that decodes everything', () => {
  const passed = rowsWhere(passable);
  const query = fc.array(fc.tuple(fc.constantFrom('model', 'autoload', 'mode', 'tags', 'x'), junk), { maxLength: 2 });
  let found = 0;
  fc.assert(
    fc.property(
      fc.constantFrom(...passed),
      junk,
      query,
      fc.boolean(),
      respellings,
      (row, value, pairs, plain, changes) => {
        const { kind, route } = row;
        const path = fill(route.path, value);
        const asked = pairs.length ? `${path}?${pairs.map((pair) => pair.join('=')).join('&')}` : path;
        const target = respell(asked, plain ? [] : changes);
        const result = findRoute(kind, route.method, target);
        if (!result || !passable(result)) return;
        found++;
        if (!result.path.includes('{')) expect(target.split('?')[0]).toBe(result.path);
        const url = new URL(target, 'http://server');
        expect(url.pathname + url.search + url.hash).toBe(target);
        expect([...url.searchParams.keys()].filter((name) => !result.query.includes(name))).toEqual([]);
        expect(decodeURIComponent(target)).toBe(target);
        expect(readsAs(kind, route.method, target)).toEqual([result]);
      },
    ),
    { numRuns: 5000 },
  );
  // Or the property says nothing.
  expect(found).toBeGreaterThan(500);
});

test.each([
  ['one long segment', 'a'.repeat(1e6)],
  ['dots', '.'.repeat(1e6)],
  ['slashes', '/'.repeat(1e6)],
  ['segments', 'a/'.repeat(5e5)],
  ['percent signs', '%2e'.repeat(3e5)],
  ['ampersands', '?'.padEnd(1e6, '&')],
  ['pairs', `?model=a${'&model=a'.repeat(1e5)}`],
  ['a long segment that ends badly', `${'a'.repeat(1e6)}%`],
  ['a long value', `?model=${'a'.repeat(1e6)}%`],
  ['a long value of segments', `?model=${'a/'.repeat(5e5)}`],
])('a megabyte of it takes no time: %s', (_, tail) => {
  const started = performance.now();
  for (const kind of kinds) {
    for (const stem of ['/models', '/v1/models/', '/adapters/', '/api/blobs/']) {
      for (const method of ['GET', 'POST', 'DELETE']) findRoute(kind, method, stem + tail);
    }
  }
  // 36 look-ups. Anything that grows faster than its input would take minutes.
  expect(performance.now() - started).toBeLessThan(2000);
});
