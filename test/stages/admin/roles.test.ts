import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { ADMIN_ROUTES } from '../../../src/admin/routes.ts';
import { ROLES, type Role } from '../../../src/core/exchange.ts';
import { CATALOGUES } from '../../../src/upstream/catalogue/catalogue.ts';
import { gateway, openBench } from './bench.ts';

let bench: Awaited<ReturnType<typeof openBench>>;
beforeAll(async () => {
  bench = await openBench();
});

/** Somebody with any set of roles: tokens carry the set itself. */
const withRoles = () =>
  gateway(bench, {
    issuer: {
      person: async (token) => ({
        id: 'somebody',
        roles: token.split(',').filter((role) => role !== 'none') as Role[],
        expiresAt: Number.POSITIVE_INFINITY,
      }),
    },
  });
const SETS = Array.from({ length: 2 ** ROLES.length }, (_, bits) => ROLES.filter((_, i) => bits & (1 << i)));
const tokenOf = (roles: readonly Role[]) => roles.join(',') || 'none';

/** Body that each route accepts. */
const BODIES: Readonly<Record<string, unknown>> = {
  'keys.issue': { team: 't', app: 'a', env: 'prod' },
  'lockdown.set': { on: false, reason: 'test' },
};
const OWN = Object.entries(ADMIN_ROUTES).map(([name, { method, path, roles }]) => ({
  name,
  method,
  target: path.replace('{id}', '0123456789'),
  roles,
  body: BODIES[name],
}));
const UPSTREAMS = [
  {
    name: 'read',
    method: 'GET',
    target: '/admin/upstreams/local/api/tags',
    roles: ['model-admin'] as Role[],
    body: undefined,
  },
  {
    name: 'delete',
    method: 'DELETE',
    target: '/admin/upstreams/local/api/delete',
    roles: ['model-admin'] as Role[],
    body: { model: 'm' },
  },
  {
    name: 'pull',
    method: 'POST',
    target: '/admin/upstreams/local/api/pull',
    roles: ['model-admin'] as Role[],
    body: { model: 'm' },
  },
];

describe.each([...OWN, ...UPSTREAMS])('$method $target', ({ method, target, roles, body }) => {
  test.each(SETS.map((set) => ({ set: tokenOf(set), roles: set })))('for $set', async ({ set, roles: has }) => {
    const { ask, entered } = withRoles();
    const { code, bodyRead } = await ask({ as: set, method, target, body });
    if (has.some((role) => roles.includes(role))) {
      expect(code).not.toBe('role_not_allowed');
      expect(entered).toHaveLength(1);
    } else {
      expect(code).toBe('role_not_allowed');
      expect([entered.length, bodyRead]).toEqual([0, false]);
    }
  });

  test('by no other method', async () => {
    const { ask, entered } = withRoles();
    const all = tokenOf(ROLES);
    for (const other of [
      'GET',
      'HEAD',
      'POST',
      'PUT',
      'PATCH',
      'DELETE',
      'OPTIONS',
      'TRACE',
      'QUERY',
      'get',
      method.toLowerCase(),
    ]) {
      const isOne = OWN.some((one) => one.method === other && one.target === target) || other === method;
      if (isOne || (target.endsWith('/api/tags') && other === 'HEAD')) continue;
      expect([405, 404], other).toContain((await ask({ as: all, method: other, target })).status);
    }
    expect(entered).toHaveLength(0);
  });
});

test('a key with the role for inference gets one answer everywhere, whether there is such a route or not', async () => {
  const { ask, keyOf } = gateway(bench);
  const { key } = await keyOf('inference');
  const targets = [
    ...[...OWN, ...UPSTREAMS].map(({ target }) => target),
    '/',
    '/admin',
    '/admin/nothing',
    '/v1/chat/completions',
    '/admin/upstreams/nobody/api/tags',
    '/admin/upstreams/local/api/generate',
    '/ADMIN/KEYS',
    '/admin/../admin/keys',
  ];
  const answers = new Set<string>();
  for (const target of targets) {
    for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'PATCH']) {
      answers.add((await ask({ as: key, method, target })).text);
    }
  }
  expect(answers.size).toBe(1);
  expect([...answers][0]).toContain('role_not_allowed');
});

test('without model-admin nobody learns which model servers there are', async () => {
  const { ask } = withRoles();
  for (const target of ['/admin/upstreams/local/api/tags', '/admin/upstreams/nobody/api/tags', '/admin/upstreams//']) {
    expect((await ask({ as: 'key-admin,auditor', target })).code).toBe('role_not_allowed');
  }
});

/** Ways in which two readers could disagree on a target (lines 11 to 14 of the catalogue of attacks). */
const TRICKS: readonly (readonly [string, (target: string) => readonly string[]])[] = [
  [
    'case',
    (t) => [t.toUpperCase(), t.replace('admin', 'Admin'), t.replace(/[a-z](?=[^a-z]*$)/, (c) => c.toUpperCase())],
  ],
  [
    'slashes',
    (t) => [
      `/${t}`,
      `${t}/`,
      t.replace('/admin/', '/admin//'),
      t.replaceAll('/', '//'),
      `/${t.slice(1).replaceAll('/', '\\')}`,
    ],
  ],
  [
    'dots',
    (t) => [`${t}/.`, `${t}/..`, t.replace('/admin/', '/admin/./'), t.replace('/admin/', '/x/../admin/'), `/.${t}`],
  ],
  [
    'encodings',
    (t) => [
      t.replace('a', '%61'),
      t.replace('/admin/', '/admin%2f'),
      t.replace('/admin', '/%2e/admin'),
      `${t}%00`,
      `${t}%20`,
      `${t}%2f`,
      t.replace('a', '%2561'),
    ],
  ],
  ['parameters', (t) => [`${t};x`, `${t};x=1`, t.replace('/admin/', '/admin;x/'), `${t};/..`]],
  ['query and fragment', (t) => [`${t}?`, `${t}?x=1`, `${t}#`, `${t}#x`, `${t}?#`, `${t}%3fx`]],
  ['characters', (t) => [`${t} `, `${t}\t`, `${t}\u0000`, `${t}\u00e9`, t.replace('a', 'а'), `${t}\r\nx: y`]],
];
describe.each(TRICKS)('no spelling with other %s is a route', (_, spell) => {
  test.each([...OWN, ...UPSTREAMS])('$method $target', async ({ method, target, name, body }) => {
    const { ask, entered } = withRoles();
    for (const spelt of spell(target)) {
      if (spelt === target || (name === 'audit.records' && /\?(x=1|#)?$/.test(spelt))) continue;
      const { status } = await ask({ as: tokenOf(ROLES), method, target: spelt, body });
      expect([404, 405], spelt).toContain(status);
    }
    expect(entered).toHaveLength(0);
  });
});

test('no spelling whatsoever of a route for inference, or for nobody, is passed', async () => {
  const { ask } = withRoles();
  const closed = CATALOGUES.ollama.routes.filter(({ tag }) => tag === 'inference' || tag === 'never');
  const open = new Set(
    CATALOGUES.ollama.routes.filter((route) => !closed.includes(route)).map(({ method, path }) => `${method} ${path}`),
  );
  const noise = fc.constantFrom('', '/', '//', '/.', '/..', '%2e', '%2f', ';x', '?', '?x', '#', '%00', 'api', '\\');
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...closed), noise, noise, fc.nat(40), async ({ method, path }, a, b, at) => {
      const spelt = `${path.slice(0, at)}${a}${path.slice(at)}${b}`;
      const { x, code } = await ask({ as: 'model-admin', method, target: `/admin/upstreams/local${spelt}` });
      if (code === null || x.passage) expect(open).toContain(x.passage!.route);
    }),
    { numRuns: 300 },
  );
});
