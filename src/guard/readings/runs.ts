/** A set of ASCII characters: 1 at the place of each. */
export type Characters = Uint8Array;

/** @param pattern matches each of them alone */
export const charactersOf = (pattern: RegExp): Characters =>
  Uint8Array.from({ length: 128 }, (_, code) => (pattern.test(String.fromCharCode(code)) ? 1 : 0));

/**
 * The first run of at least so many of some characters. It looks from the far end of where a run could be, as Boyer and
 * Moore do, so that a text of words is passed over in steps of nearly `least`.
 * @returns where it begins; if there is none, where the run at the end of the text does, be it empty
 */
export function runFrom(text: string, from: number, characters: Characters, least: number): number {
  let start = from;
  while (start + least <= text.length) {
    const before = startOfRun(text, start, start + least, characters);
    if (before === start) return start;
    start = before;
  }
  return startOfRun(text, start, text.length, characters);
}

/** Where the run of some characters begins that ends at a place, not before `from`. */
export function startOfRun(text: string, from: number, end: number, characters: Characters): number {
  let at = end;
  while (at > from && isIn(characters, text.charCodeAt(at - 1))) at -= 1;
  return at;
}

export const isIn = (characters: Characters, unit: number): boolean => unit < 128 && characters[unit] === 1;
