/** The files of a log, as its writer finds them when it starts. */
import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault } from '../../core/fault.ts';
import { endOfLines, linesBackwards } from '../format/backwards.ts';
import {
  GENESIS,
  hashLine,
  PURGED_EVENT,
  parseLine,
  purgeOf,
  readLines,
  segmentFirstSeq,
  segmentsIn,
} from '../format/chain.ts';
import { CHECKPOINT_EVENT } from '../format/checkpoint.ts';
import { verifyAudit } from '../verify/verify.ts';
import { Admissions } from './admissions.ts';
import { beginsWithHole } from './hole.ts';

const DAY_MS = 86_400_000;

/** Where the log stands after its last record. */
export interface End {
  /** `seq` of the last record; 0 if there is none. */
  readonly seq: number;
  /** Hash of the last line. */
  readonly head: string;
  /** Bytes in the newest file up to there. */
  readonly bytes: number;
  /** {@link dayOf} the last record. */
  readonly day: number;
  /** `seq` of the last checkpoint; at least that of the last record before the newest file. */
  readonly checkpoint: number;
}

/** The day of a moment, in UTC, counted from 1970-01-01. */
export const dayOf = (moment: Date): number => Math.floor(moment.getTime() / DAY_MS);

export interface Found {
  readonly end: End;
  /** Name of the newest file; null in an empty directory. */
  readonly newest: string | null;
  /** Bytes of an unfinished line after the end of the newest file. */
  readonly tornBytes: number;
  /** Among them are blocks that were never written (hole.ts): more than the rest of one line. */
  readonly hasHole: boolean;
  readonly admissions: Admissions;
  /** Whose key has signed the last checkpoint of the files that were read; null if there is none. */
  readonly origin: string | null;
  /** The newest file says that the records up to this `seq` were removed; 0 if it does not say so of any. */
  readonly purgedTo: number;
}

const NOTHING: End = { seq: 0, head: GENESIS, bytes: 0, day: 0, checkpoint: 0 };

/**
 * Reads the end of the log: the newest file, and the one before it where a crash left the newest without a record.
 * @throws Fault `audit_log_damaged` (exit code 1) for anything but a torn last line, or the hole that a power cut leaves
 */
export async function findEnd(dir: string): Promise<Found> {
  const names = await segmentsIn(dir);
  const newest = names.at(-1) ?? null;
  if (newest === null) {
    return {
      end: NOTHING,
      newest,
      tornBytes: 0,
      hasHole: false,
      admissions: new Admissions(),
      origin: null,
      purgedTo: 0,
    };
  }
  const tail = await readSegment(dir, newest);
  if (tail.end.bytes > 0) return { ...tail, newest };

  const before = names.at(-2);
  if (before === undefined) {
    if (segmentFirstSeq(newest) !== 1) throw damaged(join(dir, newest), 'The log does not begin with record 1.');
    return { ...tail, newest };
  }
  const { end, tornBytes, ...found } = await readSegment(dir, before);
  if (tornBytes > 0) throw damaged(join(dir, before), 'It ends in the middle of a line, and is not the newest file.');
  if (end.bytes === 0) throw damaged(join(dir, before), 'It is empty, and is not the newest file.');
  if (end.seq + 1 !== segmentFirstSeq(newest)) {
    throw damaged(
      join(dir, newest),
      `It should begin with record ${segmentFirstSeq(newest)}, and ${before} ends with ${end.seq}.`,
    );
  }
  return { ...found, end: { ...end, bytes: 0 }, newest, tornBytes: tail.tornBytes, hasHole: tail.hasHole };
}

async function readSegment(dir: string, name: string): Promise<Omit<Found, 'newest'>> {
  const path = join(dir, name);
  const admissions = new Admissions();
  const seqBefore = segmentFirstSeq(name)! - 1;
  let end: End = { ...NOTHING, seq: seqBefore, checkpoint: seqBefore };
  let tornBytes = 0;
  let origin: string | null = null;
  let purgedTo = 0;
  for await (const { lines, torn } of readLines(path)) {
    for (const line of lines) {
      const record = parseLine(line);
      // What the file before ended with is taken from the first line of this one.
      const known = end.bytes > 0 || end.seq === 0;
      if (typeof record === 'string' || record.seq !== end.seq + 1 || (known && record.prev !== end.head)) {
        if (!(await beginsWithHole(path, end.bytes))) throw await damagedSegment(path);
        return { end, tornBytes: (await stat(path)).size - end.bytes, hasHole: true, admissions, origin, purgedTo };
      }
      end = {
        seq: record.seq,
        head: hashLine(line),
        bytes: end.bytes + line.length + 1,
        day: dayOf(new Date(record.timestamp)),
        checkpoint: record.event === CHECKPOINT_EVENT ? record.seq : end.checkpoint,
      };
      if (record.event === CHECKPOINT_EVENT) origin = String(record['origin']);
      if (record.event === PURGED_EVENT) purgedTo = purgeOf(record)?.toSeq ?? purgedTo;
      admissions.note(record);
    }
    tornBytes = torn?.length ?? 0;
  }
  return { end, tornBytes, hasHole: false, admissions, origin, purgedTo };
}

/** The first line of a file, without its newline; null if there is no whole line in it. */
export async function firstLine(path: string): Promise<Buffer | null> {
  for await (const { lines } of readLines(path)) return lines[0] ?? null;
  return null;
}

/** The last whole line of a file, without its newline, read from the end; null if there is none. */
export async function lastLine(path: string): Promise<Buffer | null> {
  await using file = await open(path, 'r');
  for await (const line of linesBackwards(file, await endOfLines(file))) return line;
  return null;
}

async function damagedSegment(path: string): Promise<Fault> {
  const { faults } = await verifyAudit([path]);
  const first = faults.find((fault) => fault.kind !== 'torn');
  return damaged(first ? `${path}:${first.line}` : path, first?.message ?? 'The chain is broken.');
}

const damaged = (where: string, what: string): Fault =>
  new Fault(
    'audit_log_damaged',
    `The audit log is damaged. ${where}: ${what} Keep the directory as evidence, find out what happened ("sallyport audit verify" lists everything), and start again with an empty audit.dir or a sound copy of this one.`,
    { exitCode: 1 },
  );
