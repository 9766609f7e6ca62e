import { expect, test } from 'vitest';
import type { Identified } from '../../src/core/exchange.ts';
import type { Lapse } from '../../src/core/pipeline.ts';
import { type KeyRecord, tableOf } from '../../src/keys/record.ts';
import { verifiedKey } from '../../src/stages/bearer.ts';
import { makeKey } from '../keys/make.ts';
import { refusal } from '../support/refusal.ts';

const { key, record } = makeKey({
  client: 'app',
  issuedAt: new Date(Date.now() - 1000).toISOString(),
  expiresAt: new Date(Date.now() + 60_000).toISOString(),
});
const RULES = { env: null, maxTtlMs: 86_400_000 };
const from = (authorization: string): Identified =>
  ({
    arrivedAt: new Date(),
    remote: '127.0.0.1',
    client: { name: 'app' },
    headers: [['authorization', authorization]],
  }) as unknown as Identified;

/** A store, and for how long it has not been asked. */
function store() {
  const it = { table: tableOf([record]), silentMs: 0 };
  const conditions: (() => Lapse | null)[] = [];
  const keys = { current: () => it.table, fresh: (withinMs = 2000) => it.silentMs <= withinMs };
  const verify = (authorization = `Bearer ${key}`) =>
    verifiedKey(from(authorization), { asLongAs: (condition) => void conditions.push(condition) }, keys, RULES);
  return { it, conditions, verify };
}

test.each([
  ['no header', ''],
  ['another scheme', `Basic ${key}`],
  ['two tokens', `Bearer ${key} ${key}`],
  ['another key', `Bearer ${makeKey().key}`],
])('%s is refused', (_, authorization) => {
  const { verify, conditions } = store();
  expect(refusal(() => verify(authorization)).code).toBe('invalid_api_key');
  expect(conditions).toEqual([]);
});

test.each<[string, Partial<KeyRecord> | null, number | null]>([
  ['revoked', { revokedAt: '2026-06-01T12:00:00.000Z' }, Date.parse('2026-06-01T12:00:00.000Z')],
  ['bound to another client', { client: 'other' }, null],
  ['given another role', { role: 'auditor' }, null],
  ['gone', null, null],
])('a key that is %s lets nothing go on', (_, change, since) => {
  const { it, verify, conditions } = store();
  expect(verify()).toBe(record);
  expect(conditions.map((condition) => condition())).toEqual([null]);
  it.table = tableOf(change ? [{ ...record, ...change }] : []);
  expect(conditions[0]!()).toMatchObject({ what: 'key', since, denial: { code: 'invalid_api_key', keyId: record.id } });
});

test('a store that cannot be asked refuses at once what is new, and ends after ten seconds what runs', () => {
  const { it, verify, conditions } = store();
  verify();
  it.silentMs = 2001;
  expect(refusal(() => verify()).code).toBe('keys_unavailable');
  expect(conditions[0]!()).toBeNull();
  it.silentMs = 10_001;
  expect(conditions[0]!()).toMatchObject({ since: null, denial: { code: 'keys_unavailable' } });
});
