/** Cuts what is to be judged into what one request carries. */
import type { Text } from './judgement.ts';
import { isBetweenCharacters } from './offsets.ts';

/** A stretch of one of the texts. */
export interface Piece {
  /** Index in the texts that are judged. */
  readonly text: number;
  readonly channel: string;
  /** Offset of `content` in that text, in UTF-16 code units. */
  readonly start: number;
  readonly content: string;
}

/** Longer than a name, an address or an order to a model: what lies across a cut is whole in one of the two pieces. */
const OVERLAP = 200;

/**
 * Every text that is more than white space, the long ones in pieces of at most `maxChars`, each of which repeats the
 * last 200 characters of the one before. Cuts are between words where there are any.
 */
export const piecesOf = (texts: readonly Text[], maxChars: number): Piece[] =>
  texts.flatMap(({ channel, text }, index) =>
    // Half a surrogate pair would make a Python server fail; its place is kept.
    /\S/.test(text) ? cut({ text: index, channel, start: 0, content: text.toWellFormed() }, maxChars) : [],
  );

function cut({ content, start, ...about }: Piece, maxChars: number): Piece[] {
  const overlap = Math.min(OVERLAP, maxChars >> 2);
  const pieces: Piece[] = [];
  for (let from = 0; ; ) {
    const last = content.length - from <= maxChars;
    const end = last ? content.length : wordEnd(content, from + maxChars, overlap);
    pieces.push({ ...about, start: start + from, content: content.slice(from, end) });
    if (last) return pieces;
    from = wordEnd(content, end - overlap, overlap >> 1);
  }
}

/** The end of a word at or before `at`, if there is one within `reach`; else the end of a character. */
function wordEnd(text: string, at: number, reach: number): number {
  for (let end = at; end > at - reach; end--) if (/\s/.test(text.charAt(end))) return end;
  return isBetweenCharacters(text, at) ? at : at - 1;
}

/** Puts pieces together that fit into one request, in order. */
export function batchesOf(pieces: readonly Piece[], maxChars: number, maxTexts: number): Piece[][] {
  const batches: Piece[][] = [];
  let room = 0;
  for (const piece of pieces) {
    const batch = batches.at(-1);
    if (batch && batch.length < maxTexts && piece.content.length <= room) {
      batch.push(piece);
      room -= piece.content.length;
    } else {
      batches.push([piece]);
      room = maxChars - piece.content.length;
    }
  }
  return batches;
}

/** Two smaller batches of the same; null if that would be too small to be judged. */
export function halvesOf(batch: readonly Piece[]): Piece[][] | null {
  if (batch.length > 1) return [batch.slice(0, batch.length >> 1), batch.slice(batch.length >> 1)];
  const [piece] = batch;
  if (!piece || piece.content.length < OVERLAP) return null;
  return cut(piece, Math.ceil(piece.content.length * 0.6)).map((half) => [half]);
}
