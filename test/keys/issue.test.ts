import { describe, expect, it, vi } from 'vitest';
import { mintKey } from '../../src/keys/format.ts';
import { issued, type KeyAbout, stored } from '../../src/keys/issue.ts';
import { type KeyTable, keyRecord, tableOf } from '../../src/keys/record.ts';
import { verifyKey } from '../../src/keys/verify.ts';
import { makeKey, NOW } from './make.ts';
import { memoryDocument } from './memory-document.ts';

vi.mock('../../src/keys/format.ts', { spy: true });

const DAY_MS = 86_400_000;
const RULES = { env: null, maxTtlMs: 30 * DAY_MS };
const ABOUT: KeyAbout = {
  team: 'payments',
  app: 'billing',
  env: 'prod',
  role: 'inference',
  models: ['*'],
  client: 'billing',
};
const here = { client: 'billing', remote: '10.1.2.3', now: NOW };

describe('issuing', () => {
  it('adds a key that works, and leaves the table as it was', () => {
    const before = tableOf([makeKey().record]);
    const { table, key, record } = issued(before, ABOUT, DAY_MS, RULES, NOW);
    expect(before.size).toBe(1);
    expect([...table.keys()]).toEqual([...before.keys(), record.id]);
    expect(verifyKey(key, here, table, RULES)).toEqual({ ok: true, record });
    expect([record.issuedAt, record.expiresAt]).toEqual(['2026-06-01T12:00:00.000Z', '2026-06-02T12:00:00.000Z']);
  });

  it('keeps all that may be asked for', () => {
    const about: KeyAbout = {
      ...ABOUT,
      role: 'auditor',
      owner: 'Ada <ada@corp.example>',
      networks: ['10.0.0.0/8', '::1'],
      hours: 'mon-fri 08:00-18:00 UTC',
      limits: { requestsPerMinute: 5 },
      guardrails: { profile: 'automated' },
    };
    const { record } = issued(new Map(), about, DAY_MS, RULES, NOW);
    expect(record).toMatchObject(about);
    expect(keyRecord.parse(record)).toEqual(record);
  });

  it.each([
    ['as long as the rules allow', 30, 30],
    ['no longer than 90 days', 366, 90],
  ])('unless told, lets it live %s', (_, maxTtlDays, days) => {
    const { record } = issued(new Map(), ABOUT, undefined, { maxTtlMs: maxTtlDays * DAY_MS }, NOW);
    expect(Date.parse(record.expiresAt) - NOW.getTime()).toBe(days * DAY_MS);
  });

  it.each([
    ['a longer life', 'ttl', {}, 30 * DAY_MS + 1],
    ['no life', 'ttl', {}, 0],
    ['a negative life', 'ttl', {}, -1],
    ['a life that is no number', 'ttl', {}, Number.NaN],
    ['an endless life', 'ttl', {}, Number.POSITIVE_INFINITY],
    ['a role nobody knows', 'role', { role: 'root' }, DAY_MS],
    ['no networks', 'networks', { networks: [] }, DAY_MS],
    ['a network that is none', 'networks', { networks: ['10.0.0.0/8', 'intranet'] }, DAY_MS],
    ['an empty owner', 'owner', { owner: '' }, DAY_MS],
    ['a member nobody knows', 'key', { note: 'x' }, DAY_MS],
  ])('refuses %s', (_, member, changes, ttlMs) => {
    const about = { ...ABOUT, ...changes } as KeyAbout;
    expect(() => issued(new Map(), about, ttlMs, RULES, NOW)).toThrow(
      expect.objectContaining({ code: 'key_invalid', member, hint: expect.any(String) }),
    );
  });

  it('names the setting that ends a longer life', () =>
    expect(() => issued(new Map(), ABOUT, 31 * DAY_MS, RULES, NOW)).toThrow(/30 days at most \(keys\.maxTtlDays\)/));

  it('never takes the place of another', () => {
    const { record, id, key, hash } = makeKey();
    vi.mocked(mintKey).mockReturnValueOnce({ id, key, hash });
    const { table } = issued(tableOf([record]), ABOUT, DAY_MS, RULES, NOW);
    expect([table.size, table.get(id)]).toEqual([2, record]);
  });
});

describe('storing', () => {
  it('returns what was stored in the end, where the step was begun anew', async () => {
    const keys = memoryDocument<KeyTable>(new Map(), { again: 2 });
    const { record } = await stored(keys, (table) => issued(table, ABOUT, DAY_MS, RULES, NOW));
    expect([...keys.current().values()]).toEqual([record]);
  });
});
