/**
 * What a power cut can leave of a batch that was not synced, beside a torn last line: blocks that were not written stand
 * between blocks that were, as zeros. JSON has none (RFC 8259 §7), and nothing that was acknowledged can follow: a batch
 * is synced before the next is written.
 */
import { open } from 'node:fs/promises';
import { writeAtomic } from '../../core/files.ts';
import { parseLine } from '../format/chain.ts';
import { CHECKPOINT_EVENT } from '../format/checkpoint.ts';

/** Blocks are no smaller than this on any disk. */
const BLOCK_BYTES = 512;
/** More than a batch has. */
const MOST_BYTES = 16 * 1024 * 1024;
const NEWLINE = 0x0a;

/**
 * Whether what follows the last sound line of a file begins with such a hole: zeros from there, or from the beginning of
 * a block, to the end of a block.
 * @param from where that line ends
 */
export async function beginsWithHole(path: string, from: number): Promise<boolean> {
  await using file = await open(path, 'r');
  const { size } = await file.stat();
  if (size - from > MOST_BYTES) return false;
  const { buffer: tail } = await file.read(Buffer.alloc(size - from), 0, size - from, from);
  const start = tail.indexOf(0);
  const newline = tail.indexOf(NEWLINE);
  if (start < 0 || (newline >= 0 && newline < start)) return false;
  let end = start;
  while (end < tail.length && tail[end] === 0) end += 1;
  const aligned = (offset: number) => (from + offset) % BLOCK_BYTES === 0;
  return (start === 0 || aligned(start)) && (end === tail.length || aligned(end)) && isOneBatch(tail);
}

/** Longest time between the first and the last record of a batch, in milliseconds. */
const BATCH_MS = 5000;

/** Whether what is sound in it can have been written at once: what was synced before it is evidence, not rubble. */
function isOneBatch(tail: Buffer): boolean {
  const records = tail
    .toString()
    .split('\n')
    .map((line) => parseLine(Buffer.from(line)))
    .filter((record) => typeof record !== 'string');
  const times = records.map(({ timestamp }) => Date.parse(timestamp)).sort((a, b) => a - b);
  const checkpoints = records.filter(({ event }) => event === CHECKPOINT_EVENT);
  return checkpoints.length < 2 && !((times.at(-1) ?? 0) - (times[0] ?? 0) > BATCH_MS);
}

/** Keeps what follows the last sound line in a file of its own, before it is cut off: what of it was sound nobody knows. */
export async function keepTail(path: string, from: number): Promise<void> {
  await using file = await open(path, 'r');
  const { size } = await file.stat();
  const { buffer } = await file.read(Buffer.alloc(size - from), 0, size - from, from);
  await writeAtomic(`${path}.${from}.torn`, buffer);
}
