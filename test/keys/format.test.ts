import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashKey, mintKey, parseKey } from '../../src/keys/format.ts';
import { anyText } from '../support/any-text.ts';

const minted = fc.constant(null).map(mintKey);

describe('a minted key', () => {
  it('has the shape that secret scanners know, and parses', () => {
    fc.assert(
      fc.property(minted, ({ id, key, hash }) => {
        expect(key).toMatch(/^sp_[0-9a-z]{10}_[0-9A-Za-z]{49}$/);
        expect(parseKey(key)).toEqual({ id });
        expect(hash).toBe(createHash('sha256').update(key).digest('hex'));
      }),
    );
  });

  it('is like no other, in id and secret', () => {
    const keys = Array.from({ length: 500 }, mintKey);
    expect(new Set(keys.map(({ id }) => id)).size).toBe(500);
    expect(new Set(keys.map(({ key }) => key.slice(14, 57))).size).toBe(500);
  });

  it('uses every digit, evenly enough', () => {
    const seen = new Map<string, number>();
    for (let i = 0; i < 1000; i++)
      for (const digit of mintKey().key.slice(15, 57)) seen.set(digit, (seen.get(digit) ?? 0) + 1);
    expect(seen.size).toBe(62);
    // 42 000 digits over 62: about 677 each, with a deviation of 26; six of these make chance failures unheard of.
    for (const [digit, count] of seen) expect(Math.abs(count - 677), digit).toBeLessThan(160);
  });
});

describe('parsing', () => {
  it('notices any single character that was changed', () => {
    const characters = [...'0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-. é'];
    fc.assert(
      fc.property(minted, fc.nat(62), fc.constantFrom(...characters), ({ key }, at, character) => {
        fc.pre(key[at] !== character);
        expect(parseKey(key.slice(0, at) + character + key.slice(at + 1))).toBeNull();
      }),
    );
  });

  it('takes no longer text, were its checksum right', () => {
    const { key } = mintKey();
    const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
    const text = key + 'x'.repeat(1000);
    const checksum = Array.from({ length: 6 }, (_, place) => digits[Math.floor(crc32(text) / 62 ** (5 - place)) % 62]);
    expect(parseKey(text + checksum.join(''))).toBeNull();
  });

  it('takes any text at all', () => {
    fc.assert(fc.property(anyText(200), (text) => parseKey(text) === null));
  });

  it.each([
    ['nothing', () => ''],
    ['a space before', (key: string) => ` ${key}`],
    ['a line break after', (key: string) => `${key}\n`],
    ['something after', (key: string) => `${key}0`],
    ['a missing end', (key: string) => key.slice(0, -1)],
    ['another prefix', (key: string) => key.replace('sp_', 'sk_')],
    ['upper case', (key: string) => key.toUpperCase()],
    ['a megabyte', (key: string) => key.repeat(16_000)],
  ])('refuses %s', (_, change) => expect(parseKey(change(mintKey().key))).toBeNull());
});

describe('hashing', () => {
  it('covers the whole key', () => {
    const { key } = mintKey();
    expect(new Set([key, key.slice(1), `${key} `].map(hashKey)).size).toBe(3);
  });

  // Stored hashes and issued keys must survive every later version.
  it('has not changed', () => {
    const key = 'sp_btvoflzc29_2Yp6F7ihnnlPsbaZWo3IgeWCQ1ii6r00DHPXXX3sV1R3xJL5j';
    expect(parseKey(key)).toEqual({ id: 'btvoflzc29' });
    expect(hashKey(key)).toBe('7aebff7f32ce6165387a736fd4f47d8d6bdb5600046d03730aa4087912df40fc');
  });
});
