/** Tells a history of checkpoints from any other file, before anything is done to it. */
import type { FileHandle } from 'node:fs/promises';
import { type Entry, readEntry } from './entry.ts';

/** More than any line has. */
export const WINDOW_BYTES = 16 * 1024;
/** What every line begins with, of a log or of a witness. */
const BEGINNING = '{"v":1,"';

/** What is there of so many bytes from a position on. */
export async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}

export interface Found {
  readonly newest: Entry | null;
  /** Whether the last line has no newline. */
  readonly isUnfinished: boolean;
}

/**
 * What a file holds by its beginning and its end; null if it is no history. Between the checkpoints there may be lines
 * that a crash or a full disk has left unfinished, but none that says something else: an audit log, too, may end with a
 * checkpoint.
 */
export async function examine(file: FileHandle, size: number): Promise<Found | null> {
  const start = Math.max(0, size - 4 * WINDOW_BYTES);
  const beginning = (await readAt(file, 0, Math.min(size, WINDOW_BYTES))).toString().split('\n');
  const end = (await readAt(file, start, size - start)).toString().split('\n');
  const isUnfinished = end.at(-1) !== '';
  // What the edge of what was read has cut cannot be judged.
  if (size > WINDOW_BYTES) beginning.pop();
  if (start > 0) end.shift();
  if (beginning.length === 0 || end.length === 0) return null;
  const lines = [...beginning, ...end];
  const newest = newestOf(end);
  const isHistory = newest === null ? start === 0 && lines.every(isBegun) : !lines.some(saysSomethingElse);
  return isHistory && lines.every((line) => line.length < WINDOW_BYTES) ? { newest, isUnfinished } : null;
}

function newestOf(lines: readonly string[]): Entry | null {
  for (const line of lines.toReversed()) {
    const entry = readEntry(line);
    if (entry) return entry;
  }
  return null;
}

/** Whether this may be the beginning of a line of a history, or nothing. */
const isBegun = (line: string): boolean =>
  (line.startsWith(BEGINNING) || BEGINNING.startsWith(line)) && !saysSomethingElse(line);

function saysSomethingElse(line: string): boolean {
  try {
    JSON.parse(line);
  } catch {
    return false;
  }
  return readEntry(line) === null;
}
