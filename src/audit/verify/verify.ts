/**
 * Checks a log, from its files alone. Streams: memory does not grow with the log, only with the damage.
 * Shares nothing with the writer but the format (format/).
 */
import { basename } from 'node:path';
import { GENESIS, PURGED_EVENT, type Purge, purgeOf, segmentFirstSeq } from '../format/chain.ts';
import {
  CheckpointCheck,
  type CheckpointFaultKind,
  type CheckpointFinding,
  readKeptCheckpoint,
  readPublicKeys,
} from './checkpoint-check.ts';
import { type Anchor, diagnose, type FaultKind, type Finding, type Piece } from './diagnose.ts';
import { type Files, listFiles, MAX_PIECES, type Sighting, scanFiles } from './scan.ts';

export interface AuditFault {
  readonly file: string;
  /** Counted from 1. For `missing`, the line before which the records are missing; for `truncated`, the last line. */
  readonly line: number;
  /** The record concerned; for `missing` and `truncated`, the first of them. */
  readonly seq?: number;
  readonly kind: FaultKind | CheckpointFaultKind | 'not_examined';
  readonly message: string;
}

/** What is known about a log from elsewhere. */
export interface Proof {
  /** File with the public key, or keys, that the log is signed with: without it signatures are not looked at. */
  readonly publicKeyFile?: string | undefined;
  /** File with checkpoint records that were kept out of reach of whoever can write the log; needs the public key. */
  readonly checkpointFile?: string | undefined;
}

export interface Verification {
  readonly records: number;
  readonly segments: number;
  /** Hash of the last record's line, to be compared with one that was kept elsewhere; null in an empty log. */
  readonly head: string | null;
  readonly firstSeq: number | null;
  readonly lastSeq: number | null;
  /** The log begins after record 1: what was before has not been checked. No fault, if only later files were given. */
  readonly startsLate: boolean;
  /** The records up to this `seq` were removed by a purge, which the log records; null if the log begins otherwise. */
  readonly purgedTo: number | null;
  /** What the signatures cover; null if they were not looked at. */
  readonly signed: {
    readonly checkpoints: number;
    /** `seq` of the last record that a sound checkpoint covers; 0 if none does. */
    readonly size: number;
    /** Records behind that checkpoint: nothing vouches for the last of them. */
    readonly beyond: number;
  } | null;
  /** `size` of the checkpoint that was kept elsewhere, and whether that record has been purged; null if none was given. */
  readonly kept: { readonly size: number; readonly purged: boolean } | null;
  /** In the order of the lines; empty if the chain holds. */
  readonly faults: readonly AuditFault[];
}

/**
 * Verifies files, and the segments of directories, as one log.
 * @throws Fault `audit_not_found` if there is nothing to verify, `audit_unreadable`, `public_key_unusable`,
 * `checkpoint_unusable`
 */
export async function verifyAudit(paths: readonly string[], proof: Proof = {}): Promise<Verification> {
  const given = await listFiles(paths);
  const keys = proof.publicKeyFile === undefined ? null : await readPublicKeys(proof.publicKeyFile);
  const kept = keys && proof.checkpointFile !== undefined ? await readKeptCheckpoint(proof.checkpointFile, keys) : null;
  const check = keys && new CheckpointCheck(keys, kept);
  const purges: Purge[] = [];
  const note = (sighting: Sighting): void => {
    check?.note(sighting);
    const purge = sighting.record.event === PURGED_EVENT ? purgeOf(sighting.record) : null;
    if (purge) purges.push(purge);
  };
  let scan = await scanFiles(given.files, { note });
  const { cutShort } = scan;
  // Where signatures are looked at, only what is signed may explain a gap.
  const vouched = purges.filter(({ seq }) => check === null || seq <= check.size);
  const beginning = beginningOf(given, scan.pieces, vouched);

  let broken: readonly Finding[] = [];
  const [only] = scan.pieces;
  const intact = scan.pieces.length === 1 && only!.flaw === null && follows(only!, beginning.anchor);
  if (scan.pieces.length > 0 && !intact) {
    // A second look cuts wherever a piece could be joined to another, so that what was copied or grafted comes off.
    const joints = new Set(scan.pieces.flatMap(({ firstPrev, lastHash }) => [firstPrev, lastHash]));
    scan = await scanFiles(given.files, { joints, maxLines: scan.lines });
    broken = diagnose(scan.pieces, beginning.anchor);
  }
  const sound = scan.pieces.filter(({ flaw }) => flaw === null);
  const last = sound.reduce<Piece | null>((a, b) => (a && a.lastSeq > b.lastSeq ? a : b), null);
  const firstSeq = sound.length > 0 ? Math.min(...sound.map((piece) => piece.firstSeq)) : null;
  const lastSeq = last?.lastSeq ?? null;

  const extent = { firstSeq: firstSeq ?? 1, lastSeq: lastSeq ?? 0, lines: scan.lines, purge: beginning.purge };
  const unproven = check?.findings(cutShort ? null : extent) ?? [];
  const faults: AuditFault[] = merge(broken, unproven).map(({ line, ...what }) => ({ ...scan.locate(line), ...what }));
  if (cutShort) {
    const message = `There are more than ${MAX_PIECES} breaks; what follows was not examined.`;
    faults.push({ ...scan.locate(scan.lines - 1), kind: 'not_examined', message });
  }
  const purgedTo = beginning.purge?.toSeq ?? null;
  return {
    records: scan.lines,
    segments: given.files.length,
    head: last?.lastHash ?? null,
    firstSeq,
    lastSeq,
    startsLate: beginning.anchor.lastHash === null && beginning.purge === null,
    purgedTo,
    signed: check && { checkpoints: check.good, size: check.size, beyond: beyond(check, extent.lastSeq) },
    kept: kept && { size: kept.size, purged: kept.size < extent.firstSeq && kept.size <= (purgedTo ?? 0) },
    faults,
  };
}

/** Of a line that the chain has found out about, there is no more to say, save that it is the last. */
function merge(broken: readonly Finding[], unproven: readonly CheckpointFinding[]) {
  const named = new Set(broken.map(({ line }) => line));
  const rest = unproven.filter(({ kind, line }) => kind === 'truncated' || !named.has(line));
  return [...broken, ...rest].sort((a, b) => a.line - b.line);
}

/** Records behind the last checkpoint, which follows the last record that it covers. */
const beyond = ({ size }: CheckpointCheck, lastSeq: number): number =>
  size === 0 ? lastSeq : Math.max(0, lastSeq - size - 1);

const follows = (piece: Piece, { lastSeq, lastHash }: Anchor): boolean =>
  piece.firstSeq === lastSeq + 1 && (lastHash === null || piece.firstPrev === lastHash);

/** What the log should begin behind: nothing, a purge, or, if only some files were given, what it does begin behind. */
interface Beginning {
  readonly anchor: Anchor;
  readonly purge: Purge | null;
}

/** @param purges those that may explain why the log begins late */
function beginningOf({ files, whole }: Files, pieces: readonly Piece[], purges: readonly Purge[]): Beginning {
  const lowest = Math.min(...pieces.filter(({ flaw }) => flaw === null).map((piece) => piece.firstSeq));
  // As the name of its first file says, else where it does.
  const lastSeq = (segmentFirstSeq(basename(files[0]!)) ?? (Number.isFinite(lowest) ? lowest : 1)) - 1;
  if (lastSeq === 0) return { anchor: { lastSeq, lastHash: GENESIS }, purge: null };
  const behind = ({ toSeq, head }: Purge): Anchor => ({ lastSeq: toSeq, lastHash: head });
  const purge = purges.find(({ toSeq }) => toSeq === lastSeq) ?? purges.find(({ toSeq }) => toSeq > lastSeq) ?? null;
  if (purge?.toSeq === lastSeq) return { anchor: behind(purge), purge };
  // A crash in the middle of a purge leaves some of what it has declared removed. Or nobody claims that this is all.
  if (purge || !whole) return { anchor: { lastSeq, lastHash: null }, purge };
  const latest = purges.at(-1);
  return { anchor: latest ? behind(latest) : { lastSeq: 0, lastHash: GENESIS }, purge: null };
}
