/** Who reaches what on the administration listener: every role at every route, and the certificates (catalogue 43 and 44). */
import { once } from 'node:events';
import { connect as tlsConnect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROLES, type Role } from '../../src/core/exchange.ts';
import { OWN, ofEachKind, PASSABLE, type Row, watched } from '../support/admin-routes.ts';
import { startGateway, stopAll, type TestGateway, until } from '../support/gateway.ts';
import { startIssuer, type TestIssuer } from '../support/issuer.ts';
import { administratorsCa } from '../support/operators.ts';
import { chat, rawRequest, speak } from '../support/raw.ts';
import { json, startUpstream, type Upstream } from '../support/upstream.ts';

let upstream: Upstream;
let issuer: TestIssuer;
let gateway: TestGateway;
beforeAll(async () => {
  [upstream, issuer] = await Promise.all([startUpstream(json(200, { data: [] })), startIssuer()]);
  gateway = await startGateway({
    upstream: upstream.url,
    config: {
      upstreams: ofEachKind(upstream),
      admin: {
        enabled: true,
        port: 0,
        oidc: {
          issuer: issuer.url,
          audience: 'sallyport',
          roles: { models: 'model-admin', keys: 'key-admin', audit: 'auditor' },
        },
      },
    },
  });
});
afterAll(async () => {
  await stopAll();
  await Promise.all([upstream.close(), issuer.stop()]);
});

const send = async ({ request, body }: Row, token: string) => {
  const [method = '', path = ''] = request.split(' ');
  return gateway.admin(path, { method, token, ...(body === undefined ? {} : { body }) });
};

describe('roles', () => {
  const CLAIMS = { 'model-admin': 'models', 'key-admin': 'keys', auditor: 'audit' } as const;
  const persons: readonly (readonly Role[])[] = [
    [],
    ['model-admin'],
    ['key-admin'],
    ['auditor'],
    ['key-admin', 'auditor'],
    ['model-admin', 'key-admin', 'auditor'],
  ];
  const operators: readonly { who: string; roles: readonly Role[]; token: () => Promise<string> | string }[] = [
    ...ROLES.map((role) => ({
      who: `a key that is ${role}`,
      roles: [role],
      token: async () => {
        const key = await gateway.issueKey({ role });
        await until(async () => (await gateway.admin('/admin/keys', { token: key })).status !== 401);
        return key;
      },
    })),
    ...persons.map((roles) => ({
      who: `a person with ${roles.length === 0 ? 'no role' : roles.join(' and ')}`,
      roles,
      token: () => issuer.token({ roles: ['inference', 'root', ...roles.map((role) => CLAIMS[role as 'auditor'])] }),
    })),
  ];

  test.each(operators)('roles: $who reaches its own routes, and no other', async ({ roles, token }) => {
    const is = await token();
    const asked = watched(upstream);
    const wrong: string[] = [];
    const expected: string[] = [];
    for (const row of [...OWN, ...PASSABLE]) {
      const allowed = row.roles.some((role) => roles.includes(role));
      const { status, text } = await send(row, is);
      if (allowed === (status === 401 || status === 403)) wrong.push(`${row.request}: ${status}`);
      const isTold = text.includes('role_not_allowed') || row.request.startsWith('HEAD ');
      if (!allowed && !isTold) wrong.push(`${row.request}: ${text}`);
      if (allowed && row.passes) expected.push(row.passes);
    }
    expect(wrong).toEqual([]);
    expect(asked()).toEqual(expected);
  });

  test('roles: who has none that administrates is told the same everywhere', async () => {
    const answers = await Promise.all(
      [
        '/admin/keys',
        '/admin/nothing',
        '/',
        '/admin/upstreams/ollama/api/tags',
        '/admin/upstreams/nobody/x',
        '/%00',
      ].map((path) => gateway.admin(path, { token: gateway.key })),
    );
    for (const { status, text, headers } of answers) {
      expect([status, text]).toEqual([403, answers[0]!.text]);
      expect(Object.keys(headers)).toEqual(Object.keys(answers[0]!.headers));
    }
  });

  test('roles: a key for administration makes no inference', async () => {
    const asked = watched(upstream);
    for (const role of ['model-admin', 'key-admin', 'auditor'] as const) {
      const key = await gateway.issueKey({ role });
      await gateway.keyWorks(key);
      expect((await gateway.post('/v1/chat/completions', chat(), { key })).status).toBe(403);
      expect((await gateway.get('/v1/models', { key })).status).toBe(403);
    }
    expect(asked()).toEqual([]);
  });
});

describe('certificates', () => {
  test('certificates: with a CA for administrators neither listener knows the clients of the other', async () => {
    const admins = await administratorsCa();
    const split = await startGateway({
      upstream: upstream.url,
      config: { admin: { enabled: true, port: 0, clientCaFile: admins.caFile, crlFile: null } },
    });
    const ops = await admins.named('ops');
    const key = await split.issueKey({ role: 'auditor', client: '*' });
    await until(async () => (await split.admin('/admin/lockdown', { token: key, client: ops })).status === 200);
    await split.keyWorks(key);
    for (const [port, shown] of [
      [split.adminPort!, split.tls],
      [split.port, ops],
    ] as const) {
      const socket = tlsConnect({ port, host: 'localhost', ca: split.tls.ca, cert: shown.cert, key: shown.key });
      socket.on('error', () => {});
      const ended = once(socket, 'close');
      const connection = speak(socket);
      await connection.write(rawRequest(key, { method: 'GET', target: '/v1/models' }));
      await ended;
      expect(await connection.closed()).toEqual([]);
    }
    expect(await split.recorded('handshake.refused', 2)).toHaveLength(2);
    await admins.remove();
  });
});
