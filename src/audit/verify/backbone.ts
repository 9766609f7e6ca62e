/**
 * Cut logs put together again: which of the pieces belong to the log, and in which order.
 *
 * The backbone is the longest row of pieces with rising `seq`. Where the next piece names the hash of the last, they
 * belong together wherever they stand; where it does not, only their order in the file speaks for them.
 */
import type { Flaw } from '../format/chain.ts';

/** Lines that follow each other properly, or one that cannot stand in a chain at all. */
export interface Piece {
  /** Number of its first line in the whole log, from 0. */
  readonly start: number;
  lines: number;
  /** NaN for a line that has none. */
  readonly firstSeq: number;
  lastSeq: number;
  readonly firstPrev: string;
  lastHash: string;
  readonly flaw: Flaw | 'torn' | null;
}

/** What the first record has to follow; a null `lastHash` is not known, because earlier files were not given. */
export type Anchor = Pick<Piece, 'lastSeq'> & { readonly lastHash: string | null };

/** The pieces of the log, in its order, without what stands in their place. */
export const backbone = (pieces: readonly Piece[], anchor: Anchor): Piece[] =>
  withoutLoners(rowOf(pieces, anchor), anchor);

/** Those of them that stand where they should. */
export const standing = (row: readonly Piece[]): Piece[] => heaviestRow(row, (a, b) => (b.start > a.start ? 0 : null));

/** Whether a piece goes on where another one, or what is known of it, ends. */
export const follows = (after: Piece, before: Anchor): boolean =>
  after.firstSeq === before.lastSeq + 1 && (before.lastHash === null || after.firstPrev === before.lastHash);

const STRONGEST = 3;

function rowOf(pieces: readonly Piece[], anchor: Anchor): Piece[] {
  const sound = pieces.filter(({ flaw }) => flaw === null).sort((a, b) => a.firstSeq - b.firstSeq || a.start - b.start);
  return heaviestRow(
    sound,
    (a, b) => {
      if (a.lastSeq >= b.firstSeq) return null;
      const inOrder = b.start > a.start;
      if (!follows(b, a)) return inOrder ? 0 : null;
      // Of two copies, the one that stands beside its neighbours is the original.
      return b.start === a.start + a.lines ? STRONGEST : inOrder ? 2 : 1;
    },
    (first) => (!follows(first, anchor) ? 0 : first.start === 0 ? STRONGEST : 2),
  );
}

/**
 * A single line that neither names the one before nor is named by the one after is vouched for by nobody: it stands
 * where a line belongs, and is not that line.
 */
function withoutLoners(chain: readonly Piece[], anchor: Anchor): Piece[] {
  return chain.filter((piece, index) => {
    const next = chain[index + 1];
    return piece.lines > 1 || !next || follows(next, piece) || follows(piece, chain[index - 1] ?? anchor);
  });
}

/**
 * The row with the most lines of all that `bond` allows; among those, the one with the strongest bonds.
 * @param pieces sorted so that no piece comes after one that is before it
 * @param bond null if `b` cannot come after `a`, else how much speaks for it, up to {@link STRONGEST}
 */
function heaviestRow(
  pieces: readonly Piece[],
  bond: (a: Piece, b: Piece) => number | null,
  start: (first: Piece) => number = () => 0,
): Piece[] {
  const perLine = STRONGEST * (pieces.length + 1) + 1; // more than all bonds together
  const ends: { score: number; from: number }[] = [];
  let best = -1;
  for (const [index, piece] of pieces.entries()) {
    let score = start(piece);
    let from = -1;
    for (let other = 0; other < index; other++) {
      const strength = bond(pieces[other]!, piece);
      if (strength === null || ends[other]!.score + strength <= score) continue;
      score = ends[other]!.score + strength;
      from = other;
    }
    ends.push({ score: score + piece.lines * perLine, from });
    if (best < 0 || ends[index]!.score > ends[best]!.score) best = index;
  }
  const row: Piece[] = [];
  for (let at = best; at >= 0; at = ends[at]!.from) row.unshift(pieces[at]!);
  return row;
}
