/** Reads a log from its end, so that its last records are found without reading all of it. */
import { type FileHandle, open } from 'node:fs/promises';
import { basename } from 'node:path';
import { MAX_LINE_BYTES, segmentFirstSeq } from '../format/chain.ts';
import { type Entry, entryOf, type Tally, unreadable } from './records.ts';

const BLOCK_BYTES = 256 * 1024;
const NEWLINE = 0x0a;

/** The end of a log, and what follows it. */
export interface LastEntries {
  /** The last records that were wanted, the oldest first. */
  readonly entries: readonly Entry[];
  /** Number of the first line that is not among those looked at, as its file counts: where to go on. */
  readonly nextSeq: number;
}

/**
 * Finds the last `count` records that `wanted` accepts. Only as much of the log is read as they take up, and of the last
 * file the number of its lines.
 * @throws Fault `audit_unreadable`
 */
export async function readEnd(
  files: readonly string[],
  count: number,
  wanted: (entry: Entry) => boolean,
  tally: Tally,
): Promise<LastEntries> {
  const found: Entry[] = [];
  let nextSeq = 1;
  for (const path of files.toReversed()) {
    try {
      await using file = await open(path, 'r');
      const { size } = await file.stat();
      const end = await endOfLines(file, size);
      if (path === files.at(-1)) nextSeq = (segmentFirstSeq(basename(path)) ?? 1) + (await countLines(file, end));
      // What follows the last newline of an earlier file will never be finished.
      else if (end < size) tally.unreadable += 1;
      if (count === 0) break;
      for await (const line of linesBackwards(file, end)) {
        const entry = entryOf(line, tally);
        // A copy: the line is a view of a block, which would be kept for it.
        if (entry && wanted(entry)) found.push({ record: entry.record, line: Buffer.from(line) });
        if (found.length === count) break;
      }
    } catch (error) {
      throw unreadable(path, error);
    }
    if (found.length === count) break;
  }
  return { entries: found.reverse(), nextSeq };
}

/** The lines before `end`, where a newline stands, from the last to the first, without their newlines. */
async function* linesBackwards(file: FileHandle, end: number): AsyncGenerator<Buffer> {
  let to = end;
  let size = BLOCK_BYTES;
  while (to > 0) {
    const from = Math.max(0, to - size);
    const block = await bytes(file, from, to);
    // The line at the beginning of the block began before it, unless the file does: it is read again with the next.
    const whole = from === 0 ? 0 : block.indexOf(NEWLINE) + 1;
    const isCut = from > 0 && (whole === 0 || whole === block.length);
    if (isCut && size < MAX_LINE_BYTES) {
      size *= 2;
      continue;
    }
    const start = isCut ? 0 : whole;
    for (let at = block.length; at > start; ) {
      // `fromIndex` -1 would mean the end of the block.
      const before = at < 2 ? -1 : block.lastIndexOf(NEWLINE, at - 2);
      const first = Math.max(before + 1, start);
      yield block.subarray(first, at - 1);
      at = first;
    }
    to = from + start;
    size = BLOCK_BYTES;
  }
}

/** Where the last whole line ends: behind its newline. */
async function endOfLines(file: FileHandle, size: number): Promise<number> {
  for (let to = size; to > 0; to -= BLOCK_BYTES) {
    const from = Math.max(0, to - BLOCK_BYTES);
    const newline = (await bytes(file, from, to)).lastIndexOf(NEWLINE);
    if (newline >= 0) return from + newline + 1;
  }
  return 0;
}

async function countLines(file: FileHandle, end: number): Promise<number> {
  let lines = 0;
  for (let from = 0; from < end; from += BLOCK_BYTES) {
    const block = await bytes(file, from, Math.min(end, from + BLOCK_BYTES));
    for (let at = block.indexOf(NEWLINE); at >= 0; at = block.indexOf(NEWLINE, at + 1)) lines += 1;
  }
  return lines;
}

async function bytes(file: FileHandle, from: number, to: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(to - from), 0, to - from, from);
  return buffer.subarray(0, bytesRead);
}
