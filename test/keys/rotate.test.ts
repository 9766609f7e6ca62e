import { describe, expect, it } from 'vitest';
import { type KeyRecord, keyRecord, tableOf } from '../../src/keys/record.ts';
import { revoked, rotated } from '../../src/keys/rotate.ts';
import { verifyKey } from '../../src/keys/verify.ts';
import { makeKey, NOW } from './make.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const RULES = { env: null, maxTtlMs: 90 * DAY_MS };
const goodAt = (now: Date) => ({ client: 'billing', remote: '10.1.2.3', now });
const later = (ms: number) => goodAt(new Date(NOW.getTime() + ms));

function rotate(
  changes: Partial<KeyRecord> = {},
  {
    overlapMs = DAY_MS,
    ttlMs,
    maxTtlMs = RULES.maxTtlMs,
  }: { overlapMs?: number; ttlMs?: number; maxTtlMs?: number } = {},
) {
  const old = makeKey(changes);
  const before = tableOf([makeKey().record, old.record]);
  return { old, before, ...rotated(before, old.id, { overlapMs, ttlMs }, { maxTtlMs }, NOW) };
}

describe('rotating', () => {
  it('makes another key of the same scopes and limits, and leaves the table as it was', () => {
    const scopes = {
      role: 'auditor',
      models: ['llama-*'],
      owner: 'ada',
      networks: ['10.0.0.0/8'],
      hours: 'mon-sun 00:00-24:00 UTC',
      limits: { requestsPerMinute: 5 },
      guardrails: { profile: 'automated' },
    } as const satisfies Partial<Record<keyof KeyRecord, unknown>>;
    const { old, before, table, record, replaced } = rotate(scopes as unknown as Partial<KeyRecord>);
    expect(before.get(old.id)).toBe(old.record);
    const { id, hash, issuedAt, expiresAt, ...same } = record;
    const { id: _, hash: oldHash, issuedAt: __, expiresAt: ___, ...expected } = old.record;
    expect(same).toEqual(expected);
    expect([id === old.id, hash === oldHash]).toEqual([false, false]);
    expect([...table.keys()]).toEqual([...before.keys(), id]);
    expect(replaced).toEqual({ ...old.record, replacedBy: id, expiresAt: '2026-06-02T12:00:00.000Z' });
    expect(table.get(old.id)).toBe(replaced);
    for (const each of table.values()) expect(keyRecord.safeParse(each).success).toBe(true);
  });

  it('lets both work until the overlap is over, and then the new one alone', () => {
    const { old, key, table } = rotate();
    expect([old.key, key].map((each) => verifyKey(each, later(DAY_MS - 1), table, RULES).ok)).toEqual([true, true]);
    expect([old.key, key].map((each) => verifyKey(each, later(DAY_MS), table, RULES).ok)).toEqual([false, true]);
  });

  it('ends the old one at once where there is no overlap', () => {
    const { old, key, table } = rotate({}, { overlapMs: 0 });
    expect(verifyKey(old.key, later(0), table, RULES)).toMatchObject({ reason: 'expired', keyId: old.id });
    expect(verifyKey(key, later(0), table, RULES).ok).toBe(true);
  });

  it('ends at once also what was issued by a clock that is ahead', () => {
    const { old, table, replaced } = rotate({ issuedAt: '2026-06-01T12:04:00.000Z' }, { overlapMs: 0 });
    expect(verifyKey(old.key, later(0), table, RULES)).toMatchObject({ reason: 'expired' });
    expect(keyRecord.parse(replaced)).toEqual(replaced);
  });

  it('never makes the old one live longer', () => {
    expect(rotate({}, { overlapMs: 90 * DAY_MS }).replaced.expiresAt).toBe('2026-07-01T00:00:00.000Z');
    const { replaced } = rotate({}, { overlapMs: 90 * DAY_MS, maxTtlMs: 32 * DAY_MS });
    expect(replaced.expiresAt).toBe('2026-06-02T00:00:00.000Z');
  });

  it.each([
    ['as long as the old one did', {}, 61],
    ['as long as is asked for', { ttlMs: 7 * DAY_MS }, 7],
    ['no longer than the rules allow', { maxTtlMs: 40 * DAY_MS }, 40],
  ])('lets the new one live %s', (_, options, days) => {
    const { record } = rotate({}, options);
    expect(Date.parse(record.expiresAt) - NOW.getTime()).toBe(days * DAY_MS);
  });

  it.each([
    ['revoked', { revokedAt: '2026-05-20T00:00:00.000Z' }],
    ['expired', { expiresAt: '2026-06-01T12:00:00.000Z' }],
    ['ended by the rules', { issuedAt: '2026-01-01T00:00:00.000Z' }],
    ['replaced', { replacedBy: 'abcdefghij' }],
  ])('refuses a key that is %s', (_, changes) =>
    expect(() => rotate(changes)).toThrow(expect.objectContaining({ code: 'key_not_usable', exitCode: 1 })),
  );

  it.each([
    ['a life beyond the rules', { ttlMs: 91 * DAY_MS }, 'ttl'],
    ['a negative overlap', { overlapMs: -1 }, 'overlap'],
    ['an overlap that is no number', { overlapMs: Number.NaN }, 'overlap'],
  ])('refuses %s', (_, options, member) =>
    expect(() => rotate({}, options)).toThrow(expect.objectContaining({ code: 'key_invalid', member })),
  );

  it('refuses a key that is not there', () =>
    expect(() => rotated(new Map(), 'nosuchkey0', { overlapMs: 0 }, RULES, NOW)).toThrow(
      expect.objectContaining({ code: 'key_not_found', exitCode: 1 }),
    ));
});

describe('revoking', () => {
  it('ends a key, and the time of the first revocation stays', () => {
    const { key, id, record } = makeKey();
    const before = tableOf([record]);
    const first = revoked(before, id, NOW);
    expect(first).toMatchObject({ already: false, record: { revokedAt: NOW.toISOString() } });
    expect(before.get(id)?.revokedAt).toBeNull();
    expect(verifyKey(key, later(0), first.table, RULES)).toMatchObject({ reason: 'revoked' });
    const second = revoked(first.table, id, new Date(NOW.getTime() + DAY_MS));
    expect(second).toEqual({ table: first.table, record: first.record, already: true });
  });

  it('leaves the key that took its place', () => {
    const { old, key, table } = rotate();
    const after = revoked(table, old.id, NOW).table;
    expect([old.key, key].map((each) => verifyKey(each, later(0), after, RULES).ok)).toEqual([false, true]);
  });

  it('refuses a key that is not there', () =>
    expect(() => revoked(new Map(), 'nosuchkey0', NOW)).toThrow(expect.objectContaining({ code: 'key_not_found' })));
});
