/** The classifier for prompt injection: what docs/model-card.md describes. */
import { BUCKETS, FeatureReader } from './features.ts';
import { BIASES, ID, STEP, THRESHOLDS as TRAINED, WEIGHTS } from './weights.ts';
import { lengthPenalty, Windows } from './windows.ts';

/** A stretch of a text, in UTF-16 units, and the log-odds that it is an attack: to be compared with THRESHOLDS. */
export interface Scored {
  readonly start: number;
  readonly end: number;
  readonly score: number;
}

/** Above which a stretch counts as an attack: in text of a user, and in text that was retrieved or that a tool returned. */
export const THRESHOLDS: { readonly direct: number; readonly indirect: number } = TRAINED;

/** Which model it is: the beginning of the SHA-256 of what was learnt. */
export const MODEL: { readonly id: string } = { id: ID };

const bytes = Buffer.from(WEIGHTS, 'base64');
const steps = new Int8Array(bytes.buffer, bytes.byteOffset, BUCKETS);

/** About so many UTF-16 units are read at a time: a tenth of a millisecond. */
const TURN = 4096;

/**
 * Scores a text, some kilobytes a step, so that the caller can let others have a turn in between.
 * @returns for each step the stretch with the highest score that ends in it; last of all the whole text, if that scores higher
 */
export function* score(text: string): Generator<Scored> {
  const reader = new FeatureReader(text);
  const penalty = lengthPenalty(text.length);
  const windows = new Windows(BIASES.map((bias) => bias - penalty));
  let best: Scored | undefined;
  let turnEnd = TURN;
  let highest = Number.NEGATIVE_INFINITY;
  for (let block = reader.next(); block !== undefined; block = reader.next()) {
    let sum = 0;
    for (let at = 0; at < block.length; at++) sum += steps[block[at]!]!;
    const value = windows.add(sum * STEP, block.length, reader.start);
    if (best === undefined || value > best.score) best = { start: windows.bestStart, end: reader.end, score: value };
    if (reader.end < turnEnd) continue;
    highest = Math.max(highest, best.score);
    yield best;
    best = undefined;
    turnEnd = reader.end + TURN;
  }
  if (best !== undefined) {
    highest = Math.max(highest, best.score);
    yield best;
  }
  if (windows.blocks > 0 && windows.whole() > highest) yield { start: 0, end: text.length, score: windows.whole() };
}
