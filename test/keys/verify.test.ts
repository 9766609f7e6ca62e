import { timingSafeEqual } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { describe, expect, it, vi } from 'vitest';
import { hashKey, mintKey, parseKey } from '../../src/keys/format.ts';
import { type KeyRecord, tableOf } from '../../src/keys/record.ts';
import { verifyKey } from '../../src/keys/verify.ts';
import { makeKey, NOW } from './make.ts';

// Both still do what they do; they are only counted.
vi.mock('node:crypto', { spy: true });
vi.mock('../../src/keys/format.ts', { spy: true });

const good = makeKey();
const verify = (presented: string | null, record: KeyRecord = good.record, client = 'billing', now = NOW) =>
  verifyKey(presented, client, tableOf([makeKey().record, record]), now);

/** The checksum of a key, worked out another way than the code under test does. */
function checksum(text: string): string {
  const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
  return Array.from({ length: 6 }, (_, place) => digits[Math.floor(crc32(text) / 62 ** (5 - place)) % 62]).join('');
}

/** Another secret under the id of a key that exists, well formed. */
function forged(): string {
  const text = `sp_${good.id}_${mintKey().key.slice(14, 57)}`;
  return text + checksum(text);
}

const made = (changes: Partial<KeyRecord>) => {
  const { key, record } = makeKey(changes);
  return [key, record] as const;
};
type Case = readonly [presented: string | null, record?: KeyRecord, client?: string, now?: Date];

const refusals: [string, Case][] = [
  ['no key', [null]],
  ['an empty key', ['']],
  ['a malformed key', ['sk-123']],
  ['a damaged checksum', [`${good.key.slice(0, -1)}~`]],
  ['an unknown key', [mintKey().key]],
  ['a wrong secret under a known id', [forged()]],
  ['an expired key', made({ expiresAt: '2026-06-01T12:00:00.000Z' })],
  ['a revoked key', made({ revokedAt: '2026-05-20T00:00:00.000Z' })],
  ['a key revoked in the future: it is revoked', made({ revokedAt: '2027-05-20T00:00:00.000Z' })],
  ['the certificate of another client', [good.key, good.record, 'shipping']],
  ['a client whose name only begins the same', [good.key, good.record, 'billing2']],
  ['a client whose name differs in case', [good.key, good.record, 'Billing']],
  ['an expiry that has come', [good.key, good.record, 'billing', new Date('2026-07-01T00:00:00Z')]],
];

describe('one answer', () => {
  it.each(refusals)('null for %s', (_, args) => expect(verify(...args)).toBeNull());

  it('the record for the right key from the right client', () => expect(verify(good.key)).toBe(good.record));

  it('the record until the last millisecond', () =>
    expect(verify(good.key, good.record, 'billing', new Date('2026-06-30T23:59:59.999Z'))).toBe(good.record));

  it.each([
    ['*', 'anything', true],
    ['spiffe://corp/*/billing', 'spiffe://corp/prod/billing', true],
    ['spiffe://corp/*/billing', 'spiffe://corp/prod/shipping', false],
    ['*.corp', 'billing.corp', true],
    ['*.corp', 'billing.corp.evil', false],
  ])('a key for %s and the client %s: %s', (pattern, client, fits) => {
    const [key, record] = made({ client: pattern });
    expect(verify(key, record, client)).toBe(fits ? record : null);
  });

  it('null with an empty table', () => expect(verifyKey(good.key, 'billing', new Map(), NOW)).toBeNull());

  it('the forged key of these tests is well formed', () => expect(parseKey(forged())).toEqual({ id: good.id }));
});

describe('the same work', () => {
  it.each<[string, Case]>([...refusals, ['a good key', [good.key]]])(
    'for %s: one hash of 63 characters, one comparison',
    (_, args) => {
      vi.mocked(hashKey).mockClear();
      vi.mocked(timingSafeEqual).mockClear();
      verify(...args);
      expect(vi.mocked(hashKey).mock.calls.map(([text]) => text.length)).toEqual([63]);
      expect(vi.mocked(timingSafeEqual)).toHaveBeenCalledTimes(1);
    },
  );
});
