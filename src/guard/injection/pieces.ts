/**
 * Long texts are worked on piece by piece, so that other work gets its turn in between: what does so is a generator that
 * yields nothing after each piece.
 */
import type { Reading, Stretch } from '../readings/reading.ts';

export type Slowly<T> = Generator<undefined, T>;

/** Characters worked on at once. */
export const PIECE = 1 << 14;
/** How far back a blank is looked for to cut a text at. */
const BACK = 256;

/** What two pieces have in common when a pattern is looked for. */
const OVERLAP = 512;

/** Where pieces end: at blanks where there are any near. */
function* ends(text: string, most: number): Generator<number> {
  for (let at = 0; at < text.length; ) {
    let end = Math.min(at + most, text.length);
    if (end < text.length) {
      let blank = end;
      while (blank > end - BACK && !/\s/.test(text[blank]!)) blank -= 1;
      if (/\s/.test(text[blank]!)) end = blank + 1;
    }
    yield end;
    at = end;
  }
}

export function* piecesOf(text: string, most = PIECE): Generator<string> {
  let start = 0;
  for (const end of ends(text, most)) {
    yield text.slice(start, end);
    start = end;
  }
}

/** What becomes of a text each piece of which is changed by itself. */
export function* piecewise(text: string, change: (piece: string) => string): Slowly<string> {
  let out = '';
  for (const piece of piecesOf(text)) {
    out += change(piece);
    if (piece.length < text.length) yield;
  }
  return out;
}

/** A text back to front. */
export function* backwards(text: string): Slowly<string> {
  let out = '';
  for (const piece of piecesOf(text)) {
    out = Array.from(piece).reverse().join('') + out;
    if (piece.length < text.length) yield;
  }
  return out;
}

/**
 * Where a pattern first matches.
 * @param pattern matches less than {@link OVERLAP} characters
 * @returns -1 if that is nowhere
 */
export function* search(text: string, pattern: RegExp): Slowly<number> {
  for (let at = 0; at === 0 || at < text.length; at += PIECE) {
    const index = (text.length > PIECE ? text.slice(at, at + PIECE + OVERLAP) : text).search(pattern);
    if (index >= 0) return at + index;
    if (text.length > PIECE) yield;
  }
  return -1;
}

/** What a reading shows of a whole text; offsets are those of the text. */
export function* shownBy(reading: Reading, text: string): Generator<Stretch | undefined, void> {
  const reader = reading.open();
  let rest = 0;
  for (let end = 0; end < text.length; ) {
    end = Math.min(end + PIECE, text.length);
    const { found, used } = reader.read(text.slice(rest, end), end === text.length);
    for (const stretch of found) yield { ...stretch, start: stretch.start + rest };
    rest += used;
    if (text.length > PIECE) yield;
  }
}
