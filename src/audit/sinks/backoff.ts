/** How long a sink rests after a failure. */
import { RetryAfter } from './sink.ts';

const LEAST_MS = 500;
const MOST_MS = 30_000;
const MOST_ASKED_FOR_MS = 300_000;

/**
 * Milliseconds to wait after so many failures in a row (from 1): somewhere between 0.5 s and a limit that doubles from
 * 1 s to 30 s, at random, so that gateways do not come back to a receiver all at once. What the receiver itself asked
 * for is obeyed, up to five minutes.
 * @param random from 0 to 1
 */
export function backOff(failures: number, error: unknown, random: number): number {
  const limit = Math.min(MOST_MS, LEAST_MS * 2 ** Math.min(failures, 10));
  const rest = LEAST_MS + random * (limit - LEAST_MS);
  return error instanceof RetryAfter ? Math.max(rest, Math.min(error.ms, MOST_ASKED_FOR_MS)) : rest;
}
