/**
 * What a single character is taken for. Each code point is folded by itself, so that a text can be folded in pieces and
 * every offset traced back.
 */
import { LOOKALIKES } from './lookalikes.ts';

/**
 * Not seen, or seen as part of the character before: Default_Ignorable_Code_Point (UAX #44; the tag block is in it),
 * controls, and the combining marks that can be heaped on any letter. Marks that belong to one script are letters of it.
 */
const DROPPED =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is meant
  // biome-ignore lint/suspicious/noMisleadingCharacterClass: so are the marks
  /[\p{DI}\u0000-\u0008\u000e-\u001f\u007f-\u0084\u0086-\u009f\ufff9-\ufffb\u0300-\u036f\u0483-\u0489\u064b-\u065f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\u302a-\u302f\ufe20-\ufe2f]/u;

const DIGIT = /\p{Nd}/u;
const MARKS = /\p{M}/gu;
/** The scripts whose letters come with accents that may be left out. In others a mark makes another letter. */
const ACCENTED = /^[\p{sc=Latin}\p{sc=Greek}\p{sc=Cyrillic}]/u;

/** What NFKC writes out as more than this is a phrase, which no rule looks for: U+FDFA is eighteen characters. */
const LONGEST = 4;

/** Decimal digits stand in runs of ten (The Unicode Standard, 4.6), so how far the run goes back says which it is. */
function digitOf(point: number): string {
  let before = 0;
  while (before < 9 && DIGIT.test(String.fromCodePoint(point - before - 1))) before += 1;
  return String(before);
}

function compute(point: number): string {
  const known = LOOKALIKES.get(point);
  if (known) return known;
  const character = String.fromCodePoint(point);
  if (DROPPED.test(character)) return '';
  const composed = character.normalize('NFKC');
  if (composed.length > LONGEST) return character;
  if (DIGIT.test(composed) && composed === character) return point < 128 ? character : digitOf(point);
  const parts = composed.normalize('NFKD');
  if (!ACCENTED.test(parts)) return composed === character ? character : inAscii(composed);
  return inAscii(parts.replace(MARKS, ''));
}

/** What NFKC gives may itself be a look-alike: the fraction slash of a half, a styled Greek letter. */
const inAscii = (text: string): string =>
  Array.from(text, (part) => LOOKALIKES.get(part.codePointAt(0)!) ?? part).join('');

/** What is known of a code point of the first plane: 0 nothing yet, 1 it is folded to something else than one code unit. */
const UNKNOWN = 0;
const OTHER = 1;
/** One code unit for each of the first plane. NUL and U+0001 are dropped, so that no character is folded to them. */
const folded = new Uint16Array(0x10000);

/**
 * The code unit that one of the first plane is folded to.
 * @returns -1 if it is folded to none or to several, see {@link fold}
 */
export function foldUnit(unit: number): number {
  const known = folded[unit]!;
  if (known > OTHER) return known;
  if (known === UNKNOWN) {
    const plain = compute(unit);
    folded[unit] = plain.length === 1 ? plain.charCodeAt(0) : OTHER;
    if (plain.length === 1) return folded[unit]!;
  }
  return -1;
}

/** The same for what is not one code unit of the first plane. As many as a text has in earnest; the rest is reckoned. */
const others = new Map<number, string>();
const MOST_OTHERS = 1 << 14;

/** What one code point is taken for: itself, another character, several, or nothing. */
export function fold(point: number): string {
  const known = others.get(point);
  if (known !== undefined) return known;
  const plain = compute(point);
  if (others.size < MOST_OTHERS) others.set(point, plain);
  return plain;
}
