/**
 * The readings of encoded texts: each island of one is a text of its own, and what is between them is not read. Each
 * coding is a reading by itself: what looks like one may have another begin within it.
 */
import { readingOf } from './coding.ts';
import { hidden } from './hidden.ts';
import { base32, base64 } from './radix.ts';
import type { Reading } from './reading.ts';
import { binary, decimal, hex, morse, scattered, spaced } from './units.ts';

export const ENCODINGS: readonly Reading[] = [
  ...[...base64, ...base32, hex, binary, decimal, morse, spaced, scattered].map(readingOf),
  hidden,
];
