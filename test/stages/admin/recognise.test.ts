import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import { Denial } from '../../../src/core/denial.ts';
import type { Role } from '../../../src/core/exchange.ts';
import { mintKey } from '../../../src/keys/format.ts';
import { type Client, gateway, openBench } from './bench.ts';

let bench: Awaited<ReturnType<typeof openBench>>;
beforeAll(async () => {
  bench = await openBench();
});
afterEach(() => void vi.useRealTimers());

const target = '/admin/lockdown';
const tokens = (asked: string[] = [], expiresAt = Date.now() + 60_000) => ({
  async person(token: string, client: { certSha256: string }) {
    asked.push(`${token} ${client.certSha256.length}`);
    if (token === 'bad') throw new Denial('invalid_token', { reason: 'signature' });
    if (token === 'down') throw new Denial('issuer_unavailable');
    return { id: 'alice@corp', roles: ['key-admin', 'auditor'] as Role[], expiresAt };
  },
});

test('a key of the client is an operator with one role', async () => {
  const { ask, keyOf } = gateway(bench);
  const { key, id } = await keyOf('auditor');
  const { status, x } = await ask({ as: key, target });
  expect(status).toBe(200);
  expect(x.operator).toEqual({ kind: 'key', id, roles: ['auditor'], team: 'payments', app: 'billing', env: 'prod' });
});

test('every wrong credential gives one and the same answer, and enters nothing', async () => {
  const { ask, keyOf, entered } = gateway(bench);
  const mine = await keyOf('auditor');
  const revoked = await keyOf('auditor', 'ops', { revokedAt: new Date().toISOString() });
  const foreign = await keyOf('auditor', 'alice');
  const otherEnv = await keyOf('auditor', 'ops', { env: 'dev' });
  const wrong: (string | null)[] = [
    null,
    '',
    'nonsense',
    'eyJhbGciOiJub25lIn0.e30.',
    mintKey().key,
    `${mine.key} x`,
    mine.key.toUpperCase(),
    revoked.key,
    foreign.key,
    otherEnv.key,
  ];
  const answers = await Promise.all(wrong.map((as) => ask({ as, target })));
  expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
  expect(new Set(answers.map(({ code }) => code))).toEqual(new Set(['invalid_api_key']));
  expect(entered).toEqual([]);
  expect(answers.at(-3)!.denial).toMatchObject({ reason: 'revoked', keyId: revoked.id });
});

test('what does not begin like a key is a token, where there is an issuer', async () => {
  const asked: string[] = [];
  const { ask, keyOf } = gateway(bench, { issuer: tokens(asked) });
  const { key } = await keyOf('auditor');
  expect((await ask({ as: 'good', target })).x.operator).toEqual({
    kind: 'person',
    id: 'alice@corp',
    roles: ['key-admin', 'auditor'],
    team: null,
    app: null,
    env: null,
  });
  expect((await ask({ as: 'bad', target })).code).toBe('invalid_token');
  expect((await ask({ as: 'down', target })).code).toBe('issuer_unavailable');
  expect((await ask({ as: key, target })).x.operator?.kind).toBe('key');
  expect((await ask({ as: 'sp_nonsense', target })).code).toBe('invalid_api_key');
  expect((await ask({ as: null, target })).code).toBe('invalid_api_key');
  expect(asked).toEqual(['good 64', 'bad 64', 'down 64']);
});

test('while nobody can tell which keys are good none is', async () => {
  const { ask, keyOf, keys } = gateway(bench, { issuer: tokens() });
  const { key } = await keyOf('auditor');
  keys.isFresh = false;
  expect((await ask({ as: key, target })).code).toBe('keys_unavailable');
  expect((await ask({ as: mintKey().key, target })).code).toBe('keys_unavailable');
  // A token does not depend on them.
  expect((await ask({ as: 'good', target })).code).toBe(null);
});

test('the exchange goes on as long as the key would be let in', async () => {
  const { ask, keyOf, keys } = gateway(bench);
  const { key, id, record } = await keyOf('auditor');
  const { conditions } = await ask({ as: key, target });
  const lapse = () => conditions.map((condition) => condition()).find((one) => one !== null) ?? null;
  expect(lapse()).toBe(null);
  const revokedAt = new Date().toISOString();
  await keys.change((table) => new Map(table).set(id, { ...record, revokedAt }));
  expect(lapse()).toMatchObject({ what: 'key', since: Date.parse(revokedAt), denial: { code: 'invalid_api_key' } });
  await keys.change(() => new Map());
  expect(lapse()).toMatchObject({ what: 'key', denial: { code: 'invalid_api_key' } });
});

test('and as long as the token is good', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  const { ask } = gateway(bench, { issuer: tokens([], Date.now() + 1000) });
  const { conditions } = await ask({ as: 'good', target });
  const lapse = () => conditions.map((condition) => condition()).find((one) => one !== null) ?? null;
  expect(lapse()).toBe(null);
  vi.setSystemTime(Date.now() + 1001);
  expect(lapse()).toMatchObject({ since: null, denial: { code: 'invalid_token', reason: 'expired' } });
});

test.each<Client>(['ops', 'alice'])('a key that is bound to ops, from %s', async (client) => {
  const { ask, keyOf } = gateway(bench);
  const { key } = await keyOf('auditor');
  expect((await ask({ as: key, client, target })).code).toBe(client === 'ops' ? null : 'invalid_api_key');
});
