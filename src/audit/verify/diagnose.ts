/**
 * What happened to a log whose chain does not hold: which lines were changed, are missing, were inserted or moved.
 *
 * The verifier cuts the log into pieces. Inside a piece every line follows the one before; at the ends something is
 * wrong, or was suspected to be. That is enough to tell what happened, and needs memory for the damage only:
 *
 *   1. The backbone is the longest row of pieces with rising `seq`. Where the next piece names the hash of the last,
 *      they belong together wherever they stand; where it does not, only their order in the file speaks for them.
 *   2. Pieces of the backbone that do not stand in its order were moved.
 *   3. Between two of its pieces, missing numbers and lines that do not belong there are set off against each other.
 */
import type { Flaw } from '../format/chain.ts';

export type FaultKind = 'changed' | 'missing' | 'inserted' | 'reordered' | 'torn' | Flaw;

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

export interface Finding {
  /** Number of the line in the whole log, from 0. */
  readonly line: number;
  readonly seq?: number;
  readonly kind: FaultKind;
  readonly message: string;
}

type Before = Anchor & Partial<Pick<Piece, 'start' | 'lines'>>;

/** Names everything that is wrong, in the order of the lines. */
export function diagnose(pieces: readonly Piece[], anchor: Anchor): Finding[] {
  const chain = withoutLoners(backbone(pieces, anchor), anchor);
  const inOrder = new Set(heaviestRow(chain, (a, b) => (b.start > a.start ? 0 : null)));
  const members = new Set(chain);

  // Lines that do not belong to the log, by the piece that they stand behind.
  const strangers = new Map<Before, Piece[]>();
  let behind: Before = anchor;
  for (const piece of pieces) {
    if (inOrder.has(piece)) behind = piece;
    else if (!members.has(piece)) strangers.set(behind, [...(strangers.get(behind) ?? []), piece]);
  }

  const findings: Finding[] = [];
  for (const piece of chain) if (!inOrder.has(piece)) findings.push(moved(piece));
  let before: Before = anchor;
  for (const after of [...chain, null]) {
    findings.push(...between(before, after, strangers.get(before) ?? []));
    if (after) before = after;
  }
  return findings.sort((a, b) => a.line - b.line);
}

const follows = (after: Piece, before: Before): boolean =>
  after.firstSeq === before.lastSeq + 1 && (before.lastHash === null || after.firstPrev === before.lastHash);

const STRONGEST = 3;

function backbone(pieces: readonly Piece[], anchor: Anchor): Piece[] {
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

function between(before: Before, after: Piece | null, strangers: readonly Piece[]): Finding[] {
  if (!after) return strangers.map((piece) => trailing(piece, before));
  if (follows(after, before)) return inserted(strangers);
  const findings: Finding[] = [];
  let missing = after.firstSeq - before.lastSeq - 1;
  let seq = before.lastSeq + 1;
  if (missing > 0 && after.firstPrev === before.lastHash) return [renumbered(after, seq), ...inserted(strangers)];
  if (missing === 0) findings.push(broken(before, after));
  const rest: Lines[] = [];
  for (const piece of strangers) {
    const replaced = Math.min(missing, piece.lines);
    for (let index = 0; index < replaced; index++) {
      findings.push(piece.flaw ? spoilt(piece.start, piece.flaw, seq) : changed(piece.start + index, seq));
      seq += 1;
    }
    missing -= replaced;
    rest.push({ start: piece.start + replaced, lines: piece.lines - replaced, firstSeq: piece.firstSeq + replaced });
  }
  findings.push(...inserted(rest));
  if (missing > 0) findings.push(lost(after.start, seq, missing));
  return findings;
}

function trailing(piece: Piece, before: Before): Finding {
  if (piece.flaw) return spoilt(piece.start, piece.flaw);
  if (piece.firstPrev === before.lastHash) return renumbered(piece, before.lastSeq + 1);
  return intruder(piece);
}

const records = (first: number, count: number): string =>
  count === 1 ? `Record ${first}` : `Records ${first} to ${first + count - 1}`;

const changed = (line: number, seq: number): Finding => ({
  line,
  seq,
  kind: 'changed',
  message: `Record ${seq} was changed: the record after it names another hash.`,
});

const renumbered = (piece: Piece, seq: number): Finding => ({
  line: piece.start,
  seq,
  kind: 'changed',
  message: `Its seq was changed from ${seq} to ${piece.firstSeq}.`,
});

/** `after` has the right number and names another hash: it vouches for itself, so the line before is the changed one. */
function broken(before: Before, after: Piece): Finding {
  if (before.start === undefined || before.lines === undefined) {
    const message = `The first record does not follow what should be before it: its prev should be ${before.lastHash}.`;
    return { line: after.start, seq: after.firstSeq, kind: 'changed', message };
  }
  const finding = changed(before.start + before.lines - 1, before.lastSeq);
  if (after.lines > 1) return finding;
  return { ...finding, message: `Record ${before.lastSeq} or the prev of the record after it was changed.` };
}

const spoilt = (line: number, kind: Flaw | 'torn', seq?: number): Finding => ({
  line,
  ...(seq === undefined ? {} : { seq }),
  kind,
  message: {
    not_json: 'This line is not JSON.',
    not_a_record: 'This line is JSON, but not an audit record.',
    torn: 'The file ends in the middle of this line: it was not written to its end, or it was cut.',
  }[kind],
});

type Lines = Pick<Piece, 'start' | 'lines' | 'firstSeq'>;

/** One finding for lines that stand together. */
function inserted(strangers: readonly Lines[]): Finding[] {
  const runs: Lines[] = [];
  for (const stranger of strangers) {
    const last = runs.at(-1);
    if (stranger.lines === 0) continue;
    if (last && last.start + last.lines === stranger.start) {
      runs.splice(-1, 1, { ...last, lines: last.lines + stranger.lines });
    } else runs.push(stranger);
  }
  return runs.map(intruder);
}

const intruder = ({ start, lines, firstSeq }: Lines): Finding => ({
  line: start,
  ...(Number.isNaN(firstSeq) ? {} : { seq: firstSeq }),
  kind: 'inserted',
  message: `${lines === 1 ? 'This line does' : `${lines} lines from here on do`} not belong to the log.`,
});

const lost = (line: number, seq: number, count: number): Finding => ({
  line,
  seq,
  kind: 'missing',
  message: `${records(seq, count)} ${count === 1 ? 'is' : 'are'} missing before this line.`,
});

const moved = (piece: Piece): Finding => ({
  line: piece.start,
  seq: piece.firstSeq,
  kind: 'reordered',
  message: `${records(piece.firstSeq, piece.lines)} ${piece.lines === 1 ? 'stands' : 'stand'} here out of order.`,
});
