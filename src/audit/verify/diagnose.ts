/**
 * What happened to a log whose chain does not hold: which lines were changed, are missing, were inserted or moved.
 *
 * The verifier cuts the log into pieces. Inside a piece every line follows the one before; at the ends something is
 * wrong, or was suspected to be. That is enough to tell what happened, and needs memory for the damage only:
 *
 *   1. The backbone is what the pieces of the log make when they are put together again (backbone.ts).
 *   2. Pieces of the backbone that do not stand in its order were moved.
 *   3. Between two of its pieces, missing numbers and lines that do not belong there are set off against each other.
 */
import type { Flaw } from '../format/chain.ts';
import { type Anchor, backbone, follows, type Piece, standing } from './backbone.ts';

export type FaultKind = 'changed' | 'missing' | 'inserted' | 'reordered' | 'torn' | Flaw;

export interface Finding {
  /** Number of the line in the whole log, from 0. */
  readonly line: number;
  readonly seq?: number;
  readonly kind: FaultKind;
  readonly message: string;
}

type Before = Anchor & Partial<Pick<Piece, 'start' | 'lines'>>;

export interface Diagnosis {
  /** Everything that is wrong, in the order of the lines. */
  readonly findings: readonly Finding[];
  /** Pieces that do not belong to the log, in the order of their lines. */
  readonly strays: ReadonlySet<Piece>;
}

/** Names what is wrong. */
export function diagnose(pieces: readonly Piece[], anchor: Anchor): Diagnosis {
  const chain = backbone(pieces, anchor);
  const inOrder = new Set(standing(chain));
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
  const strays = new Set(pieces.filter((piece) => !members.has(piece)));
  return { findings: findings.sort((a, b) => a.line - b.line), strays };
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
    if (replaced > 0) {
      findings.push(piece.flaw ? spoilt(piece.start, piece.flaw, seq) : changed(piece.start, seq, replaced));
    }
    seq += replaced;
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

/** One finding for lines that follow each other: a forged stretch is as long as somebody likes. */
const changed = (line: number, seq: number, count = 1): Finding => ({
  line,
  seq,
  kind: 'changed',
  message:
    count === 1
      ? `Record ${seq} was changed: the record after it names another hash.`
      : `${records(seq, count)} were changed: what stands in their place does not belong to the log.`,
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
