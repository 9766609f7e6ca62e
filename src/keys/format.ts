/**
 * What an API key looks like:
 *
 *     sp_ 4k9x0a2m7q _ 43 characters of secret 6 of checksum
 *
 * The prefix and the checksum let a secret scanner tell a leaked key from any other text without asking anyone; the id
 * is public and names the key in logs, records and the command line.
 */
import { createHash, randomBytes, randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';

export const ID_PATTERN = /^[0-9a-z]{10}$/;
const KEY_PATTERN = /^sp_([0-9a-z]{10})_[0-9A-Za-z]{49}$/;
const CHECKSUM_CHARS = 6;

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

function base62(value: bigint, length: number): string {
  let text = '';
  for (let rest = value; text.length < length; rest /= 62n) text = DIGITS[Number(rest % 62n)] + text;
  return text;
}

/** Base 62 as well, without big integers: it is worked out for every request. */
function checksum(text: string): string {
  let digits = '';
  for (let rest = crc32(text); digits.length < CHECKSUM_CHARS; rest = Math.floor(rest / 62))
    digits = DIGITS[rest % 62] + digits;
  return digits;
}

export interface MintedKey {
  readonly id: string;
  /** The key itself: shown once to whoever asked for it, and kept nowhere. */
  readonly key: string;
  readonly hash: string;
}

/** Makes a key with 256 bits of randomness. */
export function mintKey(): MintedKey {
  const id = Array.from({ length: 10 }, () => randomInt(36).toString(36)).join('');
  // 43 digits are just enough: 62^43 > 2^256.
  const secret = base62(BigInt(`0x${randomBytes(32).toString('hex')}`), 43);
  const unchecked = `sp_${id}_${secret}`;
  const key = unchecked + checksum(unchecked);
  return { id, key, hash: hashKey(key) };
}

/** Has the length of a key, and a wrong checksum. */
const NO_KEY = `sp_${'0'.repeat(10)}_${'0'.repeat(49)}`;

/** The id in a well-formed key; null for any other text, however long. Says nothing on whether the key was ever issued. */
export function parseKey(text: string): { readonly id: string } | null {
  const id = KEY_PATTERN.exec(text)?.[1];
  // A checksum is worked out for any text, so that it takes no less time to refuse one of another shape.
  const key = id === undefined ? NO_KEY : text;
  const isIntact = checksum(key.slice(0, -CHECKSUM_CHARS)) === key.slice(-CHECKSUM_CHARS);
  return isIntact && id !== undefined ? { id } : null;
}

/**
 * SHA-256 of a whole key, hex: all that is stored of it. A slow or salted hash protects secrets that can be guessed.
 * These are 256 random bits: there is nothing to guess, no two are equal, and the whole Bitcoin network at 10^21 hashes
 * a second would need about 10^48 years. What a slow hash would add is a way to keep the gateway busy with wrong keys.
 */
export const hashKey = (key: string): string => createHash('sha256').update(key).digest('hex');
