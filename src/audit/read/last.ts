/** Reads a log from its end, so that its last records are found without reading all of it. */
import { type FileHandle, open } from 'node:fs/promises';
import { basename } from 'node:path';
import { BLOCK_BYTES, bytes, endOfLines, linesBackwards } from '../format/backwards.ts';
import { segmentFirstSeq } from '../format/chain.ts';
import { type Entry, entryOf, type Tally, unreadable } from './records.ts';

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
      const end = await endOfLines(file);
      if (path === files.at(-1)) nextSeq = (segmentFirstSeq(basename(path)) ?? 1) + (await countLines(file, end));
      // What follows the last newline of an earlier file will never be finished.
      else if (end < (await file.stat()).size) tally.unreadable += 1;
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

async function countLines(file: FileHandle, end: number): Promise<number> {
  let lines = 0;
  for (let from = 0; from < end; from += BLOCK_BYTES) {
    const block = await bytes(file, from, Math.min(end, from + BLOCK_BYTES));
    for (let at = block.indexOf(NEWLINE); at >= 0; at = block.indexOf(NEWLINE, at + 1)) lines += 1;
  }
  return lines;
}
