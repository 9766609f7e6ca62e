/** Reads the records of a log, also of a damaged one: a line that is no record is counted and passed over. */
import { fileFault } from '../../core/files.ts';
import { type AuditRecord, parseLine, readLines } from '../format/chain.ts';

/** A record and the line that it was read from, without its newline. */
export interface Entry {
  readonly record: AuditRecord;
  /** A view of a buffer: used up before the next entries are asked for. */
  readonly line: Buffer;
}

/** Counts what could not be read. */
export interface Tally {
  unreadable: number;
}

/** The record in a line, or null, which is counted. */
export function entryOf(line: Buffer, tally: Tally): Entry | null {
  const record = parseLine(line);
  if (typeof record !== 'string') return { record, line };
  tally.unreadable += 1;
  return null;
}

/**
 * Streams the records of files, many at a time, in flat memory. The unfinished end of the last file is passed over
 * without being counted: a running gateway is about to finish it.
 * @throws Fault `audit_unreadable`
 */
export async function* readEntries(files: readonly string[], tally: Tally): AsyncGenerator<readonly Entry[]> {
  for (const file of files) {
    try {
      for await (const { lines, torn } of readLines(file)) {
        if (torn && file !== files.at(-1)) tally.unreadable += 1;
        yield lines.map((line) => entryOf(line, tally)).filter((entry) => entry !== null);
      }
    } catch (error) {
      throw unreadable(file, error);
    }
  }
}

export const unreadable = (file: string, error: unknown) =>
  fileFault('audit_unreadable', 'the audit log', file, error, 'Run this as a user who may read it.');
