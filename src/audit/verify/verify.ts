/**
 * Checks a log, from its files alone. Streams: memory does not grow with the log, only with the damage.
 * Shares nothing with the writer but the format (format/).
 */
import type { PublicKeys } from '../format/checkpoint.ts';
import { type BadCheckpoint, CheckpointCheck } from './checkpoint-check.ts';
import { Comparing, type Disagreement } from './compare.ts';
import type { FaultKind, Finding } from './diagnose.ts';
import { examine } from './examine.ts';
import { type Report, reporting } from './progress.ts';
import { readPublicKeys } from './public-keys.ts';
import { noneIn, readKept } from './read-kept.ts';
import { listFiles } from './scan.ts';

export interface AuditFault {
  readonly file: string;
  /** Counted from 1. For `missing`, the line before which the records are missing; for `truncated`, the last line. */
  readonly line: number;
  /** The record concerned; for `missing` and `truncated`, the first of them. */
  readonly seq?: number;
  readonly kind: FaultKind | BadCheckpoint['kind'] | 'unsigned' | Disagreement | 'not_examined';
  readonly message: string;
}

/** What is known about a log from elsewhere. */
export interface Proof {
  /** File with the public key, or keys, that the log is signed with: without it signatures are not looked at. */
  readonly publicKeyFile?: string | undefined;
  /**
   * Files with checkpoints that were kept out of reach of whoever can write the log, as the log or as a witness gave
   * them out; needs the public key. The log must agree with all of them.
   */
  readonly checkpointFiles?: readonly string[] | undefined;
  /** File with the public key, or keys, of witnesses: then only checkpoints count that one of these has signed, too. */
  readonly witnessKeyFile?: string | undefined;
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
  /** What was kept elsewhere; null if nothing was given. */
  readonly kept: {
    /** Checkpoints that the log was compared with; of those before a purge, or after 1000 breaks, nothing is known. */
    readonly compared: number;
    /** What the newest covers whose signatures hold: `seq` of the last record. */
    readonly size: number;
    /** That record has been purged since. */
    readonly purged: boolean;
    /** Which witness signed it, by the first 16 digits of the SHA-256 of its key, and when; null without witness keys. */
    readonly witness: string | null;
    readonly witnessedAt: string | null;
  } | null;
  /** In the order of the lines; empty if the chain holds. */
  readonly faults: readonly AuditFault[];
}

/**
 * Verifies files, and the segments of directories, as one log.
 * @param report is told how it goes, several times a second
 * @throws Fault `audit_not_found` if there is nothing to verify, `audit_unreadable`, `public_key_unusable`,
 * `checkpoint_unusable`
 */
export async function verifyAudit(paths: readonly string[], proof: Proof = {}, report?: Report): Promise<Verification> {
  // What was kept is read first: of a gateway that runs, the files hold all that it has signed by then.
  const keys = proof.publicKeyFile === undefined ? null : await readPublicKeys(proof.publicKeyFile);
  const kept = keys && (await openKept(keys, proof, report));
  const given = await listFiles(paths);
  const check = keys && new CheckpointCheck(keys);
  const examined = await examine(given, check, kept?.compare, report);
  const { scan, notExamined, broken, purges, purge, startsLate, comparing } = examined;

  const sound = scan.pieces.filter((piece) => piece.flaw === null && !broken.strays.has(piece));
  const last = sound.at(-1) && sound.reduce((a, b) => (a.lastSeq > b.lastSeq ? a : b));
  const firstSeq = sound.length > 0 ? Math.min(...sound.map((piece) => piece.firstSeq)) : null;
  const lastSeq = last?.lastSeq ?? null;
  const purgedTo = purge?.toSeq ?? null;

  const named = new Set(broken.findings.filter(accuses).map(({ line }) => line));
  const extent = { firstSeq: firstSeq ?? 1, lastSeq: lastSeq ?? 0, purges, purgedTo: purgedTo ?? 0 };
  // As long as it is not known what belongs to the log, nobody can say with what it would have agreed.
  const comparison = notExamined ? null : comparing?.result({ ...extent, lines: scan.lines, named });
  // Of lines that the chain has found out about, there is no more to say, save that one is the last.
  const strays = [...broken.strays];
  const isTold = (line: number): boolean =>
    named.has(line) || strays.some(({ start, lines }) => line >= start && line < start + lines);
  const missing = new Set(broken.findings.filter(({ kind }) => kind === 'missing').map(({ line }) => line));
  const bad = (check?.bad ?? []).filter(({ line }) => !isTold(line));
  const disagreements = (comparison?.findings ?? []).filter(
    ({ kind, line }) => kind === 'truncated' || !(isTold(line) || (kind === 'missing' && missing.has(line))),
  );
  const unsigned = check?.good === 0 && firstSeq !== null && !notExamined ? [unsignedFrom(firstSeq)] : [];
  const found = [...unsigned, ...broken.findings, ...bad, ...disagreements].sort((a, b) => a.line - b.line);
  const faults: AuditFault[] = found.map(({ line, ...what }) => ({ ...scan.locate(line), ...what }));
  if (notExamined) {
    const { line, message } = notExamined;
    faults.push({ ...scan.locate(line), kind: 'not_examined', message });
  }
  return {
    records: scan.lines,
    segments: given.files.length,
    head: last?.lastHash ?? null,
    firstSeq,
    lastSeq,
    startsLate,
    purgedTo,
    signed: check && { checkpoints: check.good, size: check.size, beyond: beyond(check, extent.lastSeq) },
    kept: kept && {
      compared: comparison?.compared ?? 0,
      ...kept.newest,
      purged: kept.newest.size < extent.firstSeq && kept.newest.size <= extent.purgedTo,
    },
    faults,
  };
}

async function openKept(log: PublicKeys, proof: Proof, report?: Report) {
  const { checkpointFiles = [], witnessKeyFile } = proof;
  if (checkpointFiles.length === 0) return null;
  const signatories = { log, witnesses: witnessKeyFile === undefined ? null : await readPublicKeys(witnessKeyFile) };
  const { report: count } = await reporting('checkpoints', checkpointFiles, report);
  const checkpoints = await readKept(checkpointFiles, signatories, count);
  const newest = checkpoints.newest();
  if (!newest) throw noneIn(checkpointFiles.join(', '), signatories);
  return { newest, compare: () => new Comparing(checkpoints, newest.size) };
}

/** Whether it says that the line itself is not what it was. */
const accuses = ({ kind }: Finding): boolean => kind !== 'missing' && kind !== 'reordered';

const unsignedFrom = (seq: number) => ({
  line: 0,
  seq,
  kind: 'unsigned' as const,
  message:
    'There is no sound checkpoint among these records, though a gateway signs its log right after its start. Give all files of the log, and the right key; if these are, somebody else wrote it, or took its checkpoints out.',
});

/** Records behind the last checkpoint, which follows the last record that it covers. */
const beyond = ({ size }: CheckpointCheck, lastSeq: number): number =>
  size === 0 ? lastSeq : Math.max(0, lastSeq - size - 1);
