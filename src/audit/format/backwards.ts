/** Reads the lines of a file from its end, so that the last ones are found without reading all of it. */
import type { FileHandle } from 'node:fs/promises';
import { MAX_LINE_BYTES } from './chain.ts';

export const BLOCK_BYTES = 256 * 1024;
const NEWLINE = 0x0a;

/** The lines before `end`, where a newline stands, from the last to the first, without their newlines. */
export async function* linesBackwards(file: FileHandle, end: number): AsyncGenerator<Buffer> {
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
export async function endOfLines(file: FileHandle): Promise<number> {
  const { size } = await file.stat();
  for (let to = size; to > 0; to -= BLOCK_BYTES) {
    const from = Math.max(0, to - BLOCK_BYTES);
    const newline = (await bytes(file, from, to)).lastIndexOf(NEWLINE);
    if (newline >= 0) return from + newline + 1;
  }
  return 0;
}

/** What is there of a file from one position to another. */
export async function bytes(file: FileHandle, from: number, to: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(to - from), 0, to - from, from);
  return buffer.subarray(0, bytesRead);
}
