/**
 * The plain form of a text: what a reader, or a model, takes it for. Full-width and styled letters become the letters
 * they stand for (NFKC, UAX #15), and what is not seen at all is dropped: zero-width and bidi controls, variation
 * selectors, the tag block (Default_Ignorable_Code_Point, UAX #44).
 *
 * Each code point is normalised by itself. Rules are written for ASCII, and composing an ASCII letter with the accent
 * after it would only hide the letter; in return, a text can be normalised in pieces and every offset traced back.
 */

/**
 * A longer run of invisible characters counts as a gap. Without that, a word could be followed by invisible
 * characters without end, and a stream would have to hold all of them back to know how the word goes on.
 */
export const INVISIBLE_RUN = 64;

const INVISIBLE = /\p{DI}/u;
const PIECE = new RegExp(String.raw`(\p{DI}{${INVISIBLE_RUN}})|(\p{DI}+)|[^\p{ASCII}]`, 'gu');
const NOT_ASCII = /[^\p{ASCII}]/u;

/** Whether a text is its own plain form. */
export const isPlain = (text: string): boolean =>
  !NOT_ASCII.test(text) || (!INVISIBLE.test(text) && text.normalize('NFKC') === text);

/** A stretch of a text and its plain form. */
export interface Stretch {
  readonly raw: string;
  readonly plain: string;
  /** Whether the two correspond code unit by code unit. If not, the stretch is one indivisible piece. */
  readonly aligned: boolean;
}

/**
 * Cuts a text into stretches. Unless it is the `last` of the text, a run of invisible characters at its end is left
 * over: it may grow into a gap.
 * @returns the stretches, and how many code units they cover
 */
export function stretches(text: string, last: boolean): { found: Stretch[]; used: number } {
  const found: Stretch[] = [];
  let used = 0;
  // The aligned stretch from `used` on: its plain form so far, which accounts for the text before `read`.
  let plainSoFar = '';
  let read = 0;
  const closeAligned = (end: number) => {
    if (end > used)
      found.push({ raw: text.slice(used, end), plain: plainSoFar + text.slice(read, end), aligned: true });
    plainSoFar = '';
  };
  for (const { 0: raw, 1: gap, 2: run, index } of text.matchAll(PIECE)) {
    const end = index + raw.length;
    const plain = gap ? ' ' : run ? '' : raw.normalize('NFKC');
    if (plain === raw) continue;
    if (raw.length === 1 && plain.length === 1) {
      plainSoFar += text.slice(read, index) + plain;
      read = end;
      continue;
    }
    closeAligned(index);
    if (run && !last && end === text.length) return { found, used: index };
    found.push({ raw, plain, aligned: false });
    used = read = end;
  }
  closeAligned(text.length);
  return { found, used: text.length };
}

/** The plain form of a whole text. */
export const normalise = (text: string): string =>
  isPlain(text)
    ? text
    : stretches(text, true)
        .found.map(({ plain }) => plain)
        .join('');
