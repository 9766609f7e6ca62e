import { timingSafeEqual } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { globMatches } from '../../src/core/glob.ts';
import { hashKey, mintKey, parseKey } from '../../src/keys/format.ts';
import { withinHours } from '../../src/keys/hours.ts';
import { withinNetworks } from '../../src/keys/networks.ts';
import { endOf, type KeyRecord, type KeyRules, type KeyState, stateOf, tableOf } from '../../src/keys/record.ts';
import {
  type Circumstances,
  examineKey,
  REASONS,
  type Reason,
  standing,
  type Verdict,
  verifyKey,
} from '../../src/keys/verify.ts';
import { makeKey, NOW } from './make.ts';

// All still do what they do; they are only counted.
vi.mock('node:crypto', { spy: true });
vi.mock('../../src/core/glob.ts', { spy: true });
vi.mock('../../src/keys/format.ts', { spy: true });
vi.mock('../../src/keys/hours.ts', { spy: true });
vi.mock('../../src/keys/networks.ts', { spy: true });

const DAY_MS = 86_400_000;
const RULES: KeyRules = { env: 'prod', maxTtlMs: 90 * DAY_MS };
const HERE: Circumstances = { client: 'billing', remote: '10.1.2.3', now: NOW };

/** The checksum of a key, worked out another way than the code under test does. */
function checksum(text: string): string {
  const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
  return Array.from({ length: 6 }, (_, place) => digits[Math.floor(crc32(text) / 62 ** (5 - place)) % 62]).join('');
}

/** Another secret under an id, well formed. */
function forged(id: string): string {
  const text = `sp_${id}_${mintKey().key.slice(14, 57)}`;
  return text + checksum(text);
}

/** The verdict on a key with a record of its own. */
function verdictOn(
  changes: Partial<KeyRecord>,
  circumstances: Partial<Circumstances> = {},
  rules: Partial<KeyRules> = {},
): Reason | 'good' {
  const { key, record } = makeKey(changes);
  const keys = tableOf([makeKey().record, record]);
  const verdict = verifyKey(key, { ...HERE, ...circumstances }, keys, { ...RULES, ...rules });
  // A stream that runs is asked the same questions.
  const left = standing(record, { ...HERE, ...circumstances }, keys, { ...RULES, ...rules });
  expect(left).toBe(verdict.ok ? null : verdict.reason);
  if (verdict.ok) expect(verdict.record).toBe(record);
  else expect(verdict.keyId).toBe(record.id);
  return verdict.ok ? 'good' : verdict.reason;
}

const at = (time: string): Partial<Circumstances> => ({ now: new Date(time) });
const HOURS = 'mon-fri 08:00-18:00 UTC';

// NOW is a Monday, 2026-06-01 12:00 UTC; keys are issued on 2026-05-01 and expire on 2026-07-01.
describe('a key whose secret is right', () => {
  it.each<[string, Reason | 'good', Parameters<typeof verdictOn>]>([
    ['as issued', 'good', [{}]],
    ['its last millisecond', 'good', [{}, at('2026-06-30T23:59:59.999Z')]],
    ['its end', 'expired', [{}, at('2026-07-01T00:00:00.000Z')]],
    ['revoked', 'revoked', [{ revokedAt: '2026-05-20T00:00:00.000Z' }]],
    ['revoked in the future: it is revoked', 'revoked', [{ revokedAt: '2027-05-20T00:00:00.000Z' }]],
    ['longer than the rules allow, before they end it', 'good', [{}, {}, { maxTtlMs: 31.6 * DAY_MS }]],
    ['longer than the rules allow, once they have ended it', 'expired', [{}, {}, { maxTtlMs: 31.5 * DAY_MS }]],
    ['edited to last for ever', 'expired', [{ expiresAt: '9999-01-01T00:00:00.000Z' }, at('2026-07-30T00:00:00.000Z')]],
    ['issued by a clock that is ahead', 'good', [{ issuedAt: '2026-06-01T12:05:00.000Z' }]],
    ['issued in the future', 'not_yet', [{ issuedAt: '2026-06-01T12:05:00.001Z' }]],
    ['of another environment', 'other_environment', [{ env: 'staging' }]],
    ['of another environment, which differs in case', 'other_environment', [{ env: 'Prod' }]],
    ['of any environment, where all are good', 'good', [{ env: 'staging' }, {}, { env: null }]],
    ['with the certificate of another client', 'other_client', [{}, { client: 'shipping' }]],
    ['with that of a client whose name only begins the same', 'other_client', [{}, { client: 'billing2' }]],
    ['with that of a client whose name differs in case', 'other_client', [{}, { client: 'Billing' }]],
    ['for any client', 'good', [{ client: '*' }, { client: 'anything' }]],
    ['for a pattern', 'good', [{ client: 'spiffe://corp/*/billing' }, { client: 'spiffe://corp/prod/billing' }]],
    ['beside a pattern', 'other_client', [{ client: '*.corp' }, { client: 'billing.corp.evil' }]],
    ['from its network', 'good', [{ networks: ['192.0.2.1', '10.0.0.0/8'] }]],
    [
      'from its network, as a listener on :: shows it',
      'good',
      [{ networks: ['10.0.0.0/8'] }, { remote: '::ffff:10.1.2.3' }],
    ],
    ['from another network', 'other_network', [{ networks: ['10.2.0.0/16', '2001:db8::/32'] }]],
    ['from nowhere, if networks count', 'other_network', [{ networks: ['0.0.0.0/0', '::/0'] }, { remote: '' }]],
    ['from nowhere, if they do not', 'good', [{}, { remote: '' }]],
    ['within its hours', 'good', [{ hours: HOURS }]],
    ['after its hours', 'outside_hours', [{ hours: HOURS }, at('2026-06-01T18:00:00.000Z')]],
    ['replaced, before its end', 'good', [{ replacedBy: 'abcdefghij' }]],
  ])('%s: %s', (_, expected, args) => expect(verdictOn(...args)).toBe(expected));
});

describe('a key whose secret is not right has no id', () => {
  const { id, key, record } = makeKey();
  it.each<[Reason, string | null]>([
    ['no_key', null],
    ['malformed', ''],
    ['malformed', 'sk-123'],
    ['malformed', `${key.slice(0, -1)}~`],
    ['malformed', key.repeat(1000)],
    ['unknown', mintKey().key],
    ['wrong', forged(id)],
  ])('%s', (reason, presented) => {
    vi.mocked(hashKey).mockClear();
    expect(verifyKey(presented, HERE, tableOf([record]), RULES)).toEqual({ ok: false, reason, keyId: null });
    // However long it is, as much is hashed as for any other.
    expect(vi.mocked(hashKey).mock.calls.map(([text]) => text.length)).toEqual([63]);
  });

  it('the forged key of these tests is well formed', () => expect(parseKey(forged(id))).toEqual({ id }));

  it('nor has any in an empty table', () =>
    expect(verifyKey(key, HERE, new Map(), RULES)).toMatchObject({ reason: 'unknown', keyId: null }));
});

describe('every combination of defects', () => {
  const good = makeKey({ networks: ['10.0.0.0/8'], hours: HOURS });
  const presented: readonly (readonly [Reason | null, string | null])[] = [
    [null, good.key],
    ['no_key', null],
    ['malformed', 'x'.repeat(63)],
    ['unknown', mintKey().key],
    ['wrong', forged(good.id)],
  ];
  const defects: readonly (readonly [Reason, Partial<KeyRecord>])[] = [
    ['revoked', { revokedAt: '2026-05-20T00:00:00.000Z' }],
    ['expired', { expiresAt: '2026-05-20T00:00:00.000Z' }],
    ['not_yet', { issuedAt: '2026-06-02T00:00:00.000Z' }],
    ['other_environment', { env: 'staging' }],
    ['other_client', { client: 'shipping' }],
    ['other_network', { networks: ['192.0.2.0/24'] }],
    ['outside_hours', { hours: 'sun 08:00-18:00 UTC' }],
  ];
  const subsets = Array.from({ length: 2 ** defects.length }, (_, bits) =>
    defects.filter((_, place) => bits & (1 << place)),
  );
  const asked = { hashKey, timingSafeEqual, parseKey, globMatches, withinNetworks, withinHours };

  beforeEach(() => {
    for (const question of Object.values(asked)) vi.mocked(question).mockClear();
  });

  it.each(presented)('has one shape, and all the questions are asked once: %s', (defect, text) => {
    for (const chosen of subsets) {
      const record: KeyRecord = Object.assign({}, good.record, ...chosen.map(([, changes]) => changes));
      const all = [defect, ...chosen.map(([reason]) => reason)].filter((reason) => reason !== null);
      const keys = tableOf([makeKey().record, record]);
      for (const question of Object.values(asked)) vi.mocked(question).mockClear();

      const verdict = verifyKey(text, HERE, keys, RULES);

      const [reason] = all;
      expect(verdict).toEqual(
        (reason === undefined
          ? { ok: true, record }
          : { ok: false, reason, keyId: defect === null ? good.id : null }) satisfies Verdict,
      );
      const times = Object.entries(asked).map(([name, question]) => [name, vi.mocked(question).mock.calls.length]);
      expect(times).toEqual(Object.keys(asked).map((name) => [name, 1]));
      expect(vi.mocked(hashKey).mock.calls.map(([text]) => text.length)).toEqual([63]);
      if (defect === null) expect(examineKey(text, HERE, keys, RULES).reasons).toEqual(all);
    }
  });

  it('is made of every reason there is', () => {
    const covered = [...presented.map(([reason]) => reason), ...defects.map(([reason]) => reason)];
    expect(covered.filter((reason) => reason !== null)).toEqual([...REASONS]);
  });
});

describe('a key that was good before', () => {
  const { record } = makeKey();
  it.each<[string, ReturnType<typeof standing>, readonly KeyRecord[]]>([
    ['is as it was', null, [record]],
    ['has got other models', null, [{ ...record, models: ['llama'] }]],
    ['is gone', 'revoked', []],
    ['has got another secret', 'wrong', [{ ...record, hash: makeKey().hash }]],
    ['was revoked', 'revoked', [{ ...record, revokedAt: '2026-06-01T11:59:59.000Z' }]],
    ['has got another role', 'other_role', [{ ...record, role: 'auditor' }]],
    ['was given to another client', 'other_client', [{ ...record, client: 'shipping' }]],
    ['was moved to another environment', 'other_environment', [{ ...record, env: 'staging' }]],
  ])('%s: %s', (_, expected, now) => {
    vi.mocked(hashKey).mockClear();
    expect(standing(record, HERE, tableOf(now), RULES)).toBe(expected);
    expect(hashKey).not.toHaveBeenCalled();
  });
});

describe('how a key stands', () => {
  it.each<[KeyState, Partial<KeyRecord>]>([
    ['active', {}],
    ['replaced', { replacedBy: 'abcdefghij' }],
    ['not yet', { issuedAt: '2026-06-02T00:00:00.000Z' }],
    ['expired', { expiresAt: '2026-06-01T12:00:00.000Z' }],
    ['expired', { expiresAt: '2026-06-01T12:00:00.000Z', replacedBy: 'abcdefghij' }],
    ['expired', { issuedAt: '2026-01-01T00:00:00.000Z' }],
    ['revoked', { expiresAt: '2026-06-01T12:00:00.000Z', revokedAt: '2026-05-02T00:00:00.000Z' }],
  ])('%s: %j', (state, changes) => expect(stateOf(makeKey(changes).record, NOW, RULES.maxTtlMs)).toBe(state));

  it('ends when its record says, or when the rules do', () => {
    const { record } = makeKey();
    expect(endOf(record, 90 * DAY_MS)).toEqual(new Date('2026-07-01T00:00:00.000Z'));
    expect(endOf(record, 10 * DAY_MS)).toEqual(new Date('2026-05-11T00:00:00.000Z'));
  });
});
