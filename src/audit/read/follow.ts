/** Reads a log from any record on, and goes on as it grows: the files are the queue of everyone who wants the records. */
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { errnoOf } from '../../core/files.ts';
import { MAX_LINE_BYTES, segmentFirstSeq, segmentsIn } from '../format/chain.ts';

const READ_BYTES = 256 * 1024;
const NEWLINE = 0x0a;

/** How far a log may be read. What lies beyond it may yet be taken back. */
export interface Progress {
  /** `seq` of the last record that is acknowledged. */
  readonly seq: number;
  /** Resolves once that is more than `seq`, or `signal` is aborted. */
  beyond(seq: number, signal: AbortSignal): Promise<void>;
}

/**
 * For those who cannot ask the writer: whatever is in the files may be read, and they are looked at again after `everyMs`
 * milliseconds. A record whose write fails may then be seen though it is taken back.
 */
export const polling = (everyMs: number): Progress => ({
  seq: Number.POSITIVE_INFINITY,
  beyond: (_seq, signal) => sleep(everyMs, undefined, { signal }).catch(() => {}),
});

/** Lines as they stand in the log, one after the other. */
export interface Stretch {
  /** `seq` of the first line. */
  readonly firstSeq: number;
  /** At least one, without their newlines. Views of one buffer: used up before the next are asked for. */
  readonly lines: readonly Buffer[];
}

/**
 * Reads the lines of a log from record `fromSeq` on, waits at the end until there are more, and ends when `signal` is
 * aborted. Where records are not there any more, it goes on with the next that is: `firstSeq` tells. Lines are not
 * parsed: their number follows from the name of their file.
 * @throws whatever the file system throws; an Error if the last record that was acknowledged is not there, or a line
 *   has no end
 */
export async function* follow(
  dir: string,
  fromSeq: number,
  progress: Progress,
  signal: AbortSignal,
): AsyncGenerator<Stretch> {
  const buffer = Buffer.allocUnsafe(READ_BYTES);
  let next = fromSeq;
  let done = 0; // first record of the newest file that was read to its end
  while (!signal.aborted) {
    if (progress.seq < next) {
      await progress.beyond(next - 1, signal);
      continue;
    }
    const segment = await segmentWith(dir, next, done);
    if (!segment) {
      if (progress.seq !== Number.POSITIVE_INFINITY) throw new Error(`Record ${next} is not in ${dir}.`);
      await progress.beyond(next - 1, signal);
      continue;
    }
    await using file = await openIfThere(join(dir, segment.name));
    if (!file) {
      done = segment.firstSeq; // purged a moment ago
      continue;
    }
    let seq = segment.firstSeq;
    let offset = 0;
    let successor: number | null = null;
    while (!signal.aborted) {
      // Asked before the bytes are read: later, they might be of a record that was taken back, and its number given anew.
      const known = progress.seq;
      const lines = await wholeLines(file, offset, known - seq + 1, buffer);
      if (lines.length > 0) {
        seq += lines.length;
        offset += lines.reduce((sum, line) => sum + line.length + 1, 0);
        const fresh = lines.slice(Math.max(0, lines.length - (seq - next)));
        next = Math.max(next, seq);
        if (fresh.length > 0) yield { firstSeq: seq - fresh.length, lines: fresh };
      } else if (known < Math.max(seq, next)) {
        await progress.beyond(Math.max(seq, next) - 1, signal);
      } else if (successor !== null) {
        break;
      } else {
        // Once it has a successor a file does not grow, but it may have grown until then: it is read once more.
        successor = (await segmentWith(dir, seq, segment.firstSeq))?.firstSeq ?? null;
        if (successor !== null) continue;
        if (known !== Number.POSITIVE_INFINITY) throw new Error(`Record ${seq} is not in ${join(dir, segment.name)}.`);
        await progress.beyond(seq - 1, signal);
      }
    }
    done = segment.firstSeq;
  }
}

/** The file with a record, or the first one behind it; null if there is none but those up to the one that begins with `after`. */
async function segmentWith(
  dir: string,
  seq: number,
  after: number,
): Promise<{ name: string; firstSeq: number } | null> {
  const segments = (await segmentsIn(dir))
    .map((name) => ({ name, firstSeq: segmentFirstSeq(name)! }))
    .filter(({ firstSeq }) => firstSeq > after);
  return segments.findLast(({ firstSeq }) => firstSeq <= seq) ?? segments[0] ?? null;
}

async function openIfThere(path: string): Promise<FileHandle | null> {
  try {
    return await open(path, 'r');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null;
    throw error;
  }
}

/** The lines from `offset` on, `most` of them, as far as they fit into the buffer; a longer one gets its own. */
async function wholeLines(file: FileHandle, offset: number, most: number, shared: Buffer): Promise<Buffer[]> {
  if (most <= 0) return [];
  for (let buffer = shared; ; buffer = Buffer.allocUnsafe(2 * buffer.length)) {
    const { bytesRead } = await file.read(buffer, 0, buffer.length, offset);
    const lines: Buffer[] = [];
    let from = 0;
    for (let end = buffer.indexOf(NEWLINE); end >= 0 && end < bytesRead && lines.length < most; ) {
      lines.push(buffer.subarray(from, end));
      from = end + 1;
      end = buffer.indexOf(NEWLINE, from);
    }
    if (lines.length > 0 || bytesRead < buffer.length) return lines;
    if (bytesRead > MAX_LINE_BYTES) throw new Error(`The line at byte ${offset} is longer than any record.`);
  }
}
