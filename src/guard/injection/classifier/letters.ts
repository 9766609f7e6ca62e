/**
 * What a UTF-16 unit counts as to the classifier. It is folded as for the plain reading, and further (case, and every
 * digit is 0), so that a text and its plain form have the same features. A change of the folds wants a new training.
 */
import { fold } from '../../readings/fold.ts';

// What a unit is: nothing at all, white space, punctuation, the end of a sentence, a letter, or a word by itself.
export const DROPPED = 0;
export const SPACE = 1;
export const MARK = 2;
export const STOP = 3;
export const LETTER = 4;
/** Scripts that put no blanks between words, and Hangul, whose words change their endings: each character is a word. */
export const IDEOGRAPH = 5;

const UNREAD = 6;
const kinds = new Uint8Array(0x10000).fill(UNREAD);
const folded = new Uint16Array(0x10000);

/** What a UTF-16 unit is. Reckoned when it is first met: most of them never are. */
export const kindOf = (unit: number): number => {
  const kind = kinds[unit]!;
  return kind === UNREAD ? enter(unit) : kind;
};
/** What a unit of which the kind has been asked is folded to, for letters and ideographs. */
export const foldedOf = (unit: number): number => folded[unit]!;

const IDEOGRAPHS =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}\p{Script=Khmer}ー]/u;
const WORD = /[\p{L}\p{N}\p{M}_]/u;
const ENDS = /[\n.!?。！？؟।]/;

/** The look-alikes of a small letter and of its capital differ: what either is taken for, both are. */
function base(character: string): string {
  const small = fold(character.toLowerCase().codePointAt(0)!);
  if (small < '\u0080') return small;
  const capital = fold(character.toUpperCase().codePointAt(0)!);
  return capital < '\u0080' ? capital : small;
}

function enter(unit: number): number {
  const [kind, text] = read(unit);
  folded[unit] = text.charCodeAt(0);
  kinds[unit] = kind;
  return kind;
}

function read(unit: number): [kind: number, folded: string] {
  if (unit >= 0xd800 && unit <= 0xdfff) return [MARK, ''];
  const plain = fold(unit);
  if (plain === '') return [DROPPED, ''];
  if (ENDS.test(plain) || ENDS.test(String.fromCharCode(unit))) return [STOP, ''];
  if (/\s/.test(plain)) return [SPACE, ''];
  const like = base(plain).toLowerCase();
  // Some capitals look like a digit: the Cyrillic Ze like a 3.
  const text = /\p{Nd}/u.test(like) ? '0' : like;
  if (IDEOGRAPHS.test(plain)) return [IDEOGRAPH, text];
  return [WORD.test(text) ? LETTER : MARK, text];
}
