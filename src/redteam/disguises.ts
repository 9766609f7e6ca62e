/**
 * The clothes that a text may come in, one row each. A disguise that leaves a text as it was is not drawn for it.
 * Nothing here reads a text back: that is for the guards.
 */
import { LOWER, type Random } from './random.ts';

export interface Disguise {
  readonly id: string;
  /** Done to one character after the other, so that a value can be followed through it; or to the text as a whole. */
  readonly by: 'character' | 'text';
  /**
   * What it leaves readable. `values`: a number or a key is still itself. `words`: only words are, in the eyes of a model
   * or of a person. `prose`: values are left alone and the sentence around them is dressed, since a key in upper case is
   * another key.
   */
  readonly keeps: 'values' | 'words' | 'prose';
  /** Whether honest people send texts like that: look-alikes wear it, too. */
  readonly honest?: true;
  readonly apply: (text: string, random: Random) => string;
}

const ASCII_LETTER = /[A-Za-z]/;
const mapEach =
  (change: (character: string, random: Random) => string): Disguise['apply'] =>
  (text, random) =>
    [...text].map((character) => change(character, random)).join('');
/** Letters and digits to the alphabets that begin at these code points; Unicode has several in one piece. */
const styled = (upper: number, lower: number, digit: number): Disguise['apply'] =>
  mapEach((c) => {
    const code = c.codePointAt(0)!;
    if (/[A-Z]/.test(c)) return String.fromCodePoint(upper + code - 65);
    if (/[a-z]/.test(c)) return String.fromCodePoint(lower + code - 97);
    return /\d/.test(c) ? String.fromCodePoint(digit + code - 48) : c;
  });
const table = (from: string, to: string): Disguise['apply'] => {
  const targets = [...to];
  return mapEach((c) => (from.includes(c) ? targets[from.indexOf(c)]! : c));
};
/** Something between the letters and digits of a word. */
const between =
  (filler: string): Disguise['apply'] =>
  (text) =>
    text.replaceAll(/(?<=[A-Za-z0-9])(?=[A-Za-z0-9])/g, filler);
const rotated = (by: number): Disguise['apply'] =>
  mapEach((c) => {
    if (!ASCII_LETTER.test(c)) return c;
    const turned = LOWER[(LOWER.indexOf(c.toLowerCase()) + by) % 26]!;
    return c === c.toLowerCase() ? turned : turned.toUpperCase();
  });
const bytes = (text: string): Buffer => Buffer.from(text, 'utf8');
const eachByte =
  (write: (byte: number) => string, separator = ''): Disguise['apply'] =>
  (text) =>
    [...bytes(text)].map(write).join(separator);
const eachUnit =
  (write: (unit: number) => string): Disguise['apply'] =>
  (text) =>
    Array.from({ length: text.length }, (_, i) => write(text.charCodeAt(i))).join('');
const hex = (number: number, width: number): string => number.toString(16).padStart(width, '0');

function base32(text: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...bytes(text)].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  const letters = (bits.match(/.{1,5}/g) ?? [])
    .map((five) => alphabet[Number.parseInt(five.padEnd(5, '0'), 2)])
    .join('');
  return letters.padEnd(Math.ceil(letters.length / 8) * 8, '=');
}
const base64 = (text: string): string => bytes(text).toString('base64');
const words =
  (change: (word: string, random: Random) => string): Disguise['apply'] =>
  (text, random) =>
    text.replaceAll(/[A-Za-z]{4,}/g, (word) => change(word, random));

const MARKS = Array.from({ length: 24 }, (_, i) => String.fromCodePoint(0x300 + i));

export const AS_IS: Disguise = { id: 'as is', by: 'character', keeps: 'values', honest: true, apply: (text) => text };

export const DISGUISES: readonly Disguise[] = [
  { id: 'upper case', by: 'character', keeps: 'prose', honest: true, apply: (text) => text.toUpperCase() },
  { id: 'lower case', by: 'character', keeps: 'prose', honest: true, apply: (text) => text.toLowerCase() },
  {
    id: 'full-width',
    by: 'character',
    keeps: 'values',
    apply: mapEach((c) => (/[!-~]/.test(c) ? String.fromCodePoint(c.codePointAt(0)! + 0xfee0) : c)),
  },
  { id: 'mathematical bold', by: 'character', keeps: 'values', apply: styled(0x1d400, 0x1d41a, 0x1d7ce) },
  { id: 'monospace letters', by: 'character', keeps: 'values', apply: styled(0x1d670, 0x1d68a, 0x1d7f6) },
  {
    id: 'circled letters',
    by: 'character',
    keeps: 'words',
    apply: mapEach((c) =>
      /[a-z]/.test(c)
        ? String.fromCodePoint(0x24d0 + c.charCodeAt(0) - 97)
        : /[A-Z]/.test(c)
          ? String.fromCodePoint(0x24b6 + c.charCodeAt(0) - 65)
          : c,
    ),
  },
  { id: 'zero-width space', by: 'character', keeps: 'values', apply: between('\u200b') },
  { id: 'word joiner', by: 'character', keeps: 'values', apply: between('\u2060') },
  { id: 'soft hyphen', by: 'character', keeps: 'values', apply: between('\u00ad') },
  { id: 'variation selectors', by: 'character', keeps: 'values', apply: between('\ufe0f') },
  {
    id: 'bidi controls',
    by: 'character',
    keeps: 'values',
    apply: mapEach((c, random) => (random.below(3) === 0 ? `\u202d${c}\u202c` : c)),
  },
  {
    id: 'tag block',
    by: 'character',
    keeps: 'values',
    apply: mapEach((c) => (/[ -~]/.test(c) ? String.fromCodePoint(0xe0000 + c.codePointAt(0)!) : c)),
  },
  {
    id: 'Cyrillic look-alikes',
    by: 'character',
    keeps: 'values',
    apply: table('aceiopsxyABCEHKMOPTX', 'асеіорѕхуАВСЕНКМОРТХ'),
  },
  { id: 'Greek look-alikes', by: 'character', keeps: 'values', apply: table('ovABEHIKMNOPTXYZ', 'ονΑΒΕΗΙΚΜΝΟΡΤΧΥΖ') },
  {
    id: 'small capitals',
    by: 'character',
    keeps: 'words',
    apply: table('abcdefghijklmnoprstuvwyz', 'ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ'),
  },
  { id: 'accents', by: 'character', keeps: 'words', apply: table('aeioucnyAEIOU', 'áéíóúçñýÁÉÍÓÚ') },
  {
    id: 'Zalgo',
    by: 'character',
    keeps: 'values',
    apply: mapEach((c, random) =>
      /[A-Za-z0-9]/.test(c) ? c + Array.from({ length: 1 + random.below(4) }, () => random.pick(MARKS)).join('') : c,
    ),
  },
  { id: 'leet', by: 'text', keeps: 'words', apply: table('aeiotsAEIOTS', '431075431075') },
  {
    id: 'spaced letters',
    by: 'text',
    keeps: 'words',
    apply: (text) =>
      text
        .split(/\s+/)
        .map((word) => [...word].join(' '))
        .join('   '),
  },
  {
    id: 'dotted letters',
    by: 'text',
    keeps: 'words',
    apply: (text) =>
      text
        .split(/\s+/)
        .map((word) => [...word].join('.'))
        .join(' '),
  },
  {
    id: 'hyphens within words',
    by: 'text',
    keeps: 'words',
    apply: words((word, random) => {
      const at = 1 + random.below(word.length - 2);
      return `${word.slice(0, at)}-${word.slice(at)}`;
    }),
  },
  {
    id: 'swapped letters',
    by: 'text',
    keeps: 'words',
    apply: words((word, random) => {
      const at = 1 + random.below(word.length - 3);
      return word.slice(0, at) + word[at + 1]! + word[at]! + word.slice(at + 2);
    }),
  },
  {
    id: 'upside down',
    by: 'text',
    keeps: 'words',
    apply: table('abcdefghijklmnopqrtuvwyz', 'ɐqɔpǝɟƃɥᴉɾʞlɯuodbɹʇnʌʍʎz'),
  },
  { id: 'reversed', by: 'text', keeps: 'words', apply: (text) => [...text].reverse().join('') },
  { id: 'reversed words', by: 'text', keeps: 'words', apply: (text) => text.split(' ').reverse().join(' ') },
  { id: 'a line for each word', by: 'text', keeps: 'words', honest: true, apply: (text) => text.replaceAll(' ', '\n') },
  { id: 'bold words', by: 'text', keeps: 'words', honest: true, apply: words((word) => `**${word}**`) },
  { id: 'rot13', by: 'character', keeps: 'words', apply: rotated(13) },
  { id: 'Caesar 3', by: 'character', keeps: 'words', apply: rotated(3) },
  { id: 'base64', by: 'text', keeps: 'values', honest: true, apply: base64 },
  { id: 'base64url without padding', by: 'text', keeps: 'values', apply: (text) => bytes(text).toString('base64url') },
  { id: 'base64 in lines', by: 'text', keeps: 'values', apply: (text) => base64(text).replaceAll(/.{48}/g, '$&\n') },
  { id: 'base64 twice', by: 'text', keeps: 'values', apply: (text) => base64(base64(text)) },
  { id: 'base32', by: 'text', keeps: 'values', apply: base32 },
  { id: 'hex', by: 'text', keeps: 'values', honest: true, apply: eachByte((byte) => hex(byte, 2)) },
  { id: 'hex with spaces', by: 'text', keeps: 'values', apply: eachByte((byte) => hex(byte, 2), ' ') },
  { id: 'binary', by: 'text', keeps: 'words', apply: eachByte((byte) => byte.toString(2).padStart(8, '0'), ' ') },
  {
    id: 'character codes',
    by: 'text',
    keeps: 'words',
    apply: (text) => [...text].map((c) => c.codePointAt(0)).join(' '),
  },
  { id: 'URL escapes', by: 'character', keeps: 'values', apply: eachByte((byte) => `%${hex(byte, 2).toUpperCase()}`) },
  { id: 'encodeURIComponent', by: 'character', keeps: 'values', honest: true, apply: encodeURIComponent },
  { id: 'decimal HTML entities', by: 'character', keeps: 'values', apply: mapEach((c) => `&#${c.codePointAt(0)};`) },
  {
    id: 'hexadecimal HTML entities',
    by: 'character',
    keeps: 'values',
    apply: mapEach((c) => `&#x${c.codePointAt(0)!.toString(16)};`),
  },
  { id: '\\u escapes', by: 'character', keeps: 'values', apply: eachUnit((unit) => `\\u${hex(unit, 4)}`) },
  { id: '\\x escapes', by: 'character', keeps: 'values', apply: eachByte((byte) => `\\x${hex(byte, 2)}`) },
  { id: 'JSON string', by: 'text', keeps: 'prose', honest: true, apply: (text) => JSON.stringify({ text }) },
];
