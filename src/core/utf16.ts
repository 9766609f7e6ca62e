/** Strings are UTF-16: a character beyond the BMP is a pair of code units, and a cut must not go through it. */

/** Whether a code unit is the first half of a pair. */
export const isHighSurrogate = (unit: number): boolean => (unit & 0xfc00) === 0xd800;
/** Whether a code unit is the second half of a pair. */
export const isLowSurrogate = (unit: number): boolean => (unit & 0xfc00) === 0xdc00;

/** Where to cut a text at `end` at the latest: one code unit earlier where the other half of a pair may follow. */
export const wholeEnd = (text: string, end: number): number =>
  isHighSurrogate(text.charCodeAt(end - 1)) ? end - 1 : end;
