import { isHighSurrogate, isLowSurrogate } from '../../core/utf16.ts';

const SURROGATE = /[\ud800-\udfff]/;

/**
 * Converts offsets in Unicode code points, as Python and Go count them, into offsets in UTF-16 code units.
 * What is no offset in this text becomes NaN.
 */
export function codePointOffsets(text: string): (codePoints: unknown) => number {
  if (!SURROGATE.test(text)) return (codePoints) => (typeof codePoints === 'number' ? codePoints : Number.NaN);
  const units: number[] = [];
  let at = 0;
  for (const character of text) {
    units.push(at);
    at += character.length;
  }
  units.push(at);
  return (codePoints) => (typeof codePoints === 'number' ? (units[codePoints] ?? Number.NaN) : Number.NaN);
}

/** Whether an offset stands between two characters: never through a surrogate pair. */
export const isBetweenCharacters = (text: string, offset: number): boolean =>
  !(isHighSurrogate(text.charCodeAt(offset - 1)) && isLowSurrogate(text.charCodeAt(offset)));
