/** Private keys in the forms in which they are stored. */
import { after, type SecretRule, secret } from './row.ts';

// RFC 7468: a line break between lines of base64. Keys are also met with the breaks written as "\n" or "\\n", or as blanks.
const BREAK = String.raw`(?:\s|\\{1,2}[nr])`;
const BASE64 = '[A-Za-z0-9+/=]';
const KEY_WORDS = '(?:[A-Z0-9]{1,16} ){0,3}PRIVATE KEY(?: BLOCK)?-----';
const privateKey = new RegExp(
  [
    `-----BEGIN ${KEY_WORDS}`,
    // Headers of encrypted keys (RFC 1421 §4.6) and of PGP armour (RFC 9580 §6.2)
    String.raw`(?:${BREAK}{1,4}(?:Proc-Type|DEK-Info|Version|Comment|Hash): [\w ,.:/()-]{1,100}){0,4}`,
    // The whole key on one line, or lines of it, and a last short one. Every repetition begins with a break that base64
    // cannot contain, so there is one way to read a text and no backtracking.
    `(?:${BREAK}{0,4}${BASE64}{1,6400})?(?:${BREAK}{1,4}${BASE64}{16,80}){0,100}(?:${BREAK}{1,4}${BASE64}{1,15})?`,
    `(?:${BREAK}{0,4}-----END ${KEY_WORDS})?`,
  ].join(''),
);

export const KEYS: readonly SecretRule[] = [
  secret({
    id: 'private_key',
    pattern: privateKey,
    source: 'RFC 7468, RFC 9580',
    description: 'A private key in PEM or PGP armour, closed or not: the first line and what follows it.',
    cannotSee:
      'Key material without its "BEGIN ... PRIVATE KEY" line; what follows the first 14 000 characters of a key.',
  }),
  secret({
    id: 'putty_key',
    pattern: /(?<![A-Za-z0-9])Private-Lines: \d{1,3}(?:(?:\s|\\[nr]){1,4}[A-Za-z0-9+/=]{4,80}){1,60}/,
    source: 'https://the.earth.li/~sgtatham/putty/latest/htmldoc/AppendixC.html',
    description: 'The private lines of a key in the format of PuTTY.',
    cannotSee: 'The lines without their heading.',
  }),
  secret({
    id: 'age_key',
    pattern: /(?<![A-Za-z0-9])AGE-SECRET-KEY-(?:PQ-)?1[A-Z0-9]{58,2000}/,
    source: 'https://age-encryption.org/v1',
    description: 'A secret key of age, in Bech32.',
  }),
  secret({
    id: 'wireguard_key',
    // 32 bytes in base64: the last digit before the padding has two bits to spare.
    pattern:
      /(?<![A-Za-z0-9])(?:PrivateKey|PresharedKey|private_key|preshared_key|private-key|preshared-key)["']?\s{0,4}[=:]\s{0,4}["']?[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=/,
    source: 'https://man7.org/linux/man-pages/man8/wg.8.html',
    description: 'A private or preshared key in a configuration of WireGuard, with its name.',
    cannotSee: 'The key without its name: 44 characters of base64.',
  }),
  secret({
    id: 'jwk_private',
    pattern: /(?<![A-Za-z0-9])"(?:d|k)"\s{0,4}:\s{0,4}"[A-Za-z0-9_-]{22,1400}"/,
    valid: after(/"kty"|"crv"|"alg"|"kid"|"[xyne]"\s*:/),
    source: 'RFC 7517, RFC 7518',
    description: 'The private member of a JSON Web Key, "d" or "k", after another member of it.',
    cannotSee: 'A private member that comes first, or more than 100 characters after any other name.',
  }),
];
