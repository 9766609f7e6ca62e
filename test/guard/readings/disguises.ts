/** Ways to write a text in other characters, for tests. */
const bytes = (text: string, encoding: BufferEncoding = 'utf8'): number[] => [...Buffer.from(text, encoding)];
const pad = (byte: number, radix: number, length: number): string => byte.toString(radix).padStart(length, '0');
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const MORSE: Readonly<Record<string, string>> = {
  i: '..',
  g: '--.',
  n: '-.',
  o: '---',
  r: '.-.',
  e: '.',
  a: '.-',
  l: '.-..',
};

export const toBase64 = (text: string): string => Buffer.from(text).toString('base64');
export const toHex = (text: string): string => Buffer.from(text).toString('hex');
export const toBase32 = (text: string): string =>
  (
    bytes(text)
      .map((byte) => pad(byte, 2, 8))
      .join('')
      .match(/.{1,5}/g) ?? []
  )
    .map((bits) => BASE32[Number.parseInt(bits.padEnd(5, '0'), 2)])
    .join('');
export const toTags = (text: string): string =>
  Array.from(text, (letter) => String.fromCodePoint(0xe0000 + letter.charCodeAt(0))).join('');
export const toSelectors = (text: string): string =>
  bytes(text)
    .map((byte) => String.fromCodePoint(byte < 16 ? 0xfe00 + byte : 0xe0100 + byte - 16))
    .join('');

/** Each way with its name; all that they give are read as the text, letter for letter. */
export const ENCODED: readonly (readonly [name: string, encode: (text: string) => string])[] = [
  ['base64', toBase64],
  ['base64 for URLs, without padding', (text) => Buffer.from(text).toString('base64url')],
  ['base64 in lines', (text) => toBase64(text).replace(/.{16}/g, '$&\r\n')],
  ['base64 of UTF-16', (text) => Buffer.from(text, 'utf16le').toString('base64')],
  ['base64 after letters that do not belong', (text) => `q${toBase64(text)}`],
  ['base32', toBase32],
  ['base32 in small letters', (text) => toBase32(text).toLowerCase()],
  ['hexadecimal', toHex],
  ['hexadecimal in capitals, with blanks', (text) => toHex(text).toUpperCase().replace(/../g, '$& ').trim()],
  ['hexadecimal with prefixes and commas', (text) => toHex(text).replace(/../g, '0x$&, ')],
  ['hexadecimal with backslashes', (text) => toHex(text).replace(/../g, '\\x$&')],
  ['code points', (text) => toHex(text).replace(/../g, 'U+00$& ')],
  [
    'binary',
    (text) =>
      bytes(text)
        .map((byte) => pad(byte, 2, 8))
        .join(' '),
  ],
  [
    'binary without blanks',
    (text) =>
      bytes(text)
        .map((byte) => pad(byte, 2, 8))
        .join(''),
  ],
  ['decimal', (text) => bytes(text).join(' ')],
  ['decimal, as a list', (text) => `[${bytes(text).join(', ')}]`],
  ['tags', toTags],
  ['variation selectors', toSelectors],
];

export const toMorse = (text: string): string =>
  text
    .split(' ')
    .map((word) => Array.from(word, (letter) => MORSE[letter]).join(' '))
    .join(' / ');
