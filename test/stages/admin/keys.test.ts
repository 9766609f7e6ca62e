import { beforeAll, describe, expect, test } from 'vitest';
import { Fault } from '../../../src/core/fault.ts';
import { parseKey } from '../../../src/keys/format.ts';
import { gateway, openBench } from './bench.ts';

let bench: Awaited<ReturnType<typeof openBench>>;
beforeAll(async () => {
  bench = await openBench();
});

const opened = async () => {
  const it = gateway(bench);
  const admin = await it.keyOf('key-admin');
  return { ...it, admin, as: admin.key };
};
const ABOUT = { team: 'payments', app: 'billing', env: 'prod' };

describe('issuing', () => {
  test('gives the key once, and puts it nowhere else', async () => {
    const { ask, as, keys, entered } = await opened();
    const { status, json, x } = await ask({ as, method: 'POST', target: '/admin/keys', body: ABOUT });
    expect(status).toBe(201);
    const key = String(json['key']);
    const id = parseKey(key)!.id;
    expect(json).toMatchObject({
      id,
      ...ABOUT,
      role: 'inference',
      models: ['*'],
      client: 'billing',
      state: 'active',
      lastUsed: null,
    });
    expect(json).not.toHaveProperty('hash');
    expect(keys.current().get(id)).toMatchObject({ id, client: 'billing' });
    const { reply: _, ...rest } = x as unknown as Record<string, unknown>;
    expect(JSON.stringify([entered, rest, [...keys.current()]])).not.toContain(key);
    expect([entered[0]!.subject, x.subject]).toEqual(['payments/billing/prod', id]);
    expect((await ask({ as: key, client: 'billing', target: '/admin/keys' })).code).toBe('role_not_allowed');
  });

  test('takes all that a key can have', async () => {
    const { ask, as, keys } = await opened();
    const all = {
      ...ABOUT,
      role: 'auditor',
      models: ['llama*'],
      client: 'spiffe://corp/billing',
      owner: 'payments@corp.example',
      hours: 'mon-fri 08:00-18:00 Europe/Berlin',
      networks: ['10.0.0.0/8'],
      limits: { requestsPerMinute: 5 },
    };
    const body = { ...all, ttl: '12h', profile: 'automated', guardrails: { input: { pii: 'redact' } } };
    const { json } = await ask({ as, method: 'POST', target: '/admin/keys', body });
    const guardrails = { profile: 'automated', input: { pii: 'redact' } };
    expect(keys.current().get(String(json['id']))).toMatchObject({ ...all, guardrails });
    expect(Date.parse(String(json['expiresAt'])) - Date.parse(String(json['issuedAt']))).toBe(12 * 3_600_000);
  });

  test.each([
    [{ app: 'a', env: 'prod' }, 'invalid_parameter', 'team'],
    [{ ...ABOUT, team: 'a b' }, 'invalid_parameter', 'team'],
    [{ ...ABOUT, role: 'admin' }, 'invalid_parameter', 'role'],
    [{ ...ABOUT, role: 'inference ' }, 'invalid_parameter', 'role'],
    [{ ...ABOUT, roles: ['auditor'] }, 'unknown_parameter', 'roles'],
    [{ ...ABOUT, Role: 'auditor' }, 'unknown_parameter', 'Role'],
    [{ ...ABOUT, hash: '0'.repeat(64) }, 'unknown_parameter', 'hash'],
    [{ ...ABOUT, limits: { requests: 1 } }, 'unknown_parameter', 'limits.requests'],
    [{ ...ABOUT, limits: { requestsPerMinute: -1 } }, 'invalid_parameter', 'limits.requestsPerMinute'],
    [{ ...ABOUT, ttl: '91d' }, 'invalid_parameter', 'ttl'],
    [{ ...ABOUT, ttl: '0d' }, 'invalid_parameter', 'ttl'],
    [{ ...ABOUT, ttl: 90 }, 'invalid_parameter', 'ttl'],
    [{ ...ABOUT, hours: 'always' }, 'invalid_parameter', 'hours'],
    [{ ...ABOUT, networks: ['everywhere'] }, 'invalid_parameter', 'networks'],
    [{ ...ABOUT, networks: [] }, 'invalid_parameter', 'networks'],
    [{ ...ABOUT, models: [] }, 'invalid_parameter', 'models'],
    [{ ...ABOUT, profile: 'unheard-of' }, 'invalid_parameter', 'profile'],
    [{ ...ABOUT, guardrails: { profile: 'automated' } }, 'unknown_parameter', 'guardrails.profile'],
    [{ ...ABOUT, env: 'dev' }, 'invalid_parameter', 'env'],
    [[ABOUT], 'invalid_json', undefined],
    [null, 'invalid_json', undefined],
  ])('%j is refused as %s', async (body, code, param) => {
    const { ask, as, keys } = await opened();
    const { denial } = await ask({ as, method: 'POST', target: '/admin/keys', body });
    expect([denial?.code, denial?.param]).toEqual([code, param]);
    expect(keys.current().size).toBe(1);
  });

  test.each(['ops', '*', 'o*', '*s', 'o*s', '**'])('nobody issues a key to himself, as client %s', async (client) => {
    const { ask, as, keys } = await opened();
    for (const role of ['inference', 'auditor', 'key-admin', 'model-admin']) {
      const body = { ...ABOUT, role, client };
      const { code } = await ask({ as, method: 'POST', target: '/admin/keys', body });
      expect(code).toBe('role_not_allowed');
    }
    // The app is the client unless one is named.
    const { code } = await ask({ as, method: 'POST', target: '/admin/keys', body: { ...ABOUT, app: 'ops' } });
    expect(code).toBe('role_not_allowed');
    expect(keys.current().size).toBe(1);
  });
});

describe('rotating', () => {
  const rotate = (id: string) => ({ method: 'POST', target: `/admin/keys/${id}/rotate` });

  test('keeps the scopes, and lets both work for a day', async () => {
    const { ask, as, keyOf, keys, entered } = await opened();
    const old = await keyOf('inference', 'billing', { models: ['llama*'] });
    const { status, json, x } = await ask({ as, ...rotate(old.id) });
    expect(status).toBe(201);
    expect(json).toMatchObject({ role: 'inference', client: 'billing', models: ['llama*'], state: 'active' });
    expect(keys.current().get(old.id)).toMatchObject({ replacedBy: json['id'] });
    expect([entered[0]!.subject, x.subject]).toEqual([old.id, old.id]);
    expect(JSON.stringify(entered)).not.toContain(String(json['key']));
    expect((await ask({ as, ...rotate(old.id) })).code).toBe('conflict');
  });

  test('ends the old one at once if it is asked to', async () => {
    const { ask, as, keyOf, keys } = await opened();
    const old = await keyOf('inference', 'billing');
    await ask({ as, ...rotate(old.id), body: { overlap: '0m', ttl: '1d' } });
    expect(Date.parse(keys.current().get(old.id)!.expiresAt)).toBeLessThanOrEqual(Date.now());
    expect((await ask({ as: old.key, client: 'billing', target: '/admin/keys' })).code).toBe('invalid_api_key');
  });

  test('is allowed for the key that asks for it, and gives no role that whoever asks has not got', async () => {
    const { ask, as, admin, keyOf, keys } = await opened();
    for (const client of ['*', 'ops']) {
      const auditor = await keyOf('auditor', client);
      expect((await ask({ as, ...rotate(auditor.id) })).code).toBe('role_not_allowed');
      expect(keys.current().get(auditor.id)).not.toHaveProperty('replacedBy');
    }
    const { status, json } = await ask({ as, ...rotate(admin.id) });
    expect([status, json['role']]).toEqual([201, 'key-admin']);
  });

  test.each([
    [{ overlap: '1w' }, 'invalid_parameter', 'overlap'],
    [{ ttl: '91d' }, 'invalid_parameter', 'ttl'],
    [{ role: 'auditor' }, 'unknown_parameter', 'role'],
  ])('%j is refused as %s', async (body, code, param) => {
    const { ask, as, keyOf } = await opened();
    const { id } = await keyOf('inference', 'billing');
    const { denial } = await ask({ as, ...rotate(id), body });
    expect([denial?.code, denial?.param]).toEqual([code, param]);
  });
});

test('to revoke a key twice changes nothing: the first time counts', async () => {
  const { ask, as, keyOf, keys } = await opened();
  const { id } = await keyOf('inference', 'billing');
  const request = { as, method: 'POST', target: `/admin/keys/${id}/revoke` };
  const first = await ask(request);
  expect([first.status, first.json['state'], first.x.subject]).toEqual([200, 'revoked', id]);
  const before = keys.current();
  expect((await ask(request)).json['revokedAt']).toBe(first.json['revokedAt']);
  expect(keys.current()).toBe(before);
});

test('a list has every key with its state, and no hash', async () => {
  const { ask, as, admin, keyOf } = await opened();
  const other = await keyOf('inference', 'billing', { revokedAt: new Date().toISOString() });
  const { json, text } = await ask({ as, target: '/admin/keys' });
  expect(json).toMatchObject({
    keys: [
      { id: admin.id, state: 'active' },
      { id: other.id, state: 'revoked' },
    ],
  });
  expect(text).not.toContain(other.hash);
  const one = await ask({ as, target: `/admin/keys/${other.id}` });
  expect(one.json).toMatchObject({ id: other.id, state: 'revoked' });
});

test.each([
  ['GET', '/admin/keys/0123456789'],
  ['POST', '/admin/keys/0123456789/rotate'],
  ['POST', '/admin/keys/0123456789/revoke'],
])('%s %s: there is no such key', async (method, target) => {
  const { ask, as } = await opened();
  expect((await ask({ as, method, target })).code).toBe('unknown_key');
});

test('a change that cannot be stored has not happened', async () => {
  const { ask, as, keyOf, keys } = await opened();
  const { id } = await keyOf('inference', 'billing');
  keys.failing = new Fault('keys_unwritable', 'The keys in redis://:secret@host cannot be written.');
  const revoking = await ask({ as, method: 'POST', target: `/admin/keys/${id}/revoke` });
  expect(revoking.code).toBe('keys_unavailable');
  expect(revoking.text).not.toContain('secret');
  expect((await ask({ as, method: 'POST', target: '/admin/keys', body: ABOUT })).code).toBe('keys_unavailable');
});

test('keys that are issued at the same moment are all there', async () => {
  const { ask, as, keys } = await opened();
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => ask({ as, method: 'POST', target: '/admin/keys', body: ABOUT })),
  );
  const ids = answers.map(({ json }) => String(json['id']));
  expect(new Set(ids).size).toBe(20);
  for (const { json } of answers) expect(parseKey(String(json['key']))!.id).toBe(json['id']);
  expect(ids.every((id) => keys.current().has(id))).toBe(true);
});

test('nothing is done that is not on record first', async () => {
  const it = gateway(bench, {
    audit: {
      admit: async () => {
        throw new Error('disk');
      },
    },
  });
  const { key } = await it.keyOf('key-admin');
  const before = it.keys.current();
  await it.ask({ as: key, method: 'POST', target: '/admin/keys', body: ABOUT });
  await it.ask({ as: key, method: 'PUT', target: '/admin/lockdown', body: { on: true, reason: 'x' } });
  expect(it.keys.current()).toBe(before);
  expect(it.lockdown.current().on).toBe(false);
});
