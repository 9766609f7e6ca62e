/**
 * The form that phrases are looked for in: lower case, accents dropped, every run of white space one blank. A phrase
 * need then be written once, and not for each way of typing it.
 */

const NOT_ASCII = /[^\p{ASCII}]/u;
const SPACE_RUN = /\s+/gu;
const MARKS = /\p{M}/gu;

export function fold(text: string): string {
  const bare = NOT_ASCII.test(text) ? text.normalize('NFD').replace(MARKS, '') : text;
  return bare.toLowerCase().replace(SPACE_RUN, ' ');
}

/**
 * Where in a text the places of its folded form are.
 * @param places offsets in the folded form
 */
export function unfold(text: string, places: readonly number[]): ReadonlyMap<number, number> {
  const found = new Map<number, number>();
  const ascending = places.toSorted((a, b) => a - b);
  let folded = 0;
  let raw = 0;
  let inSpace = false;
  let next = 0;
  for (const character of text) {
    const isSpace = /^\s$/u.test(character);
    // The rest of a run belongs to the blank before it.
    if (!(isSpace && inSpace))
      for (; next < ascending.length && ascending[next]! <= folded; next += 1) found.set(ascending[next]!, raw);
    if (next === ascending.length) return found;
    if (!isSpace) folded += fold(character).length;
    else if (!inSpace) folded += 1;
    inSpace = isSpace;
    raw += character.length;
  }
  for (; next < ascending.length; next += 1) found.set(ascending[next]!, text.length);
  return found;
}
