/** What a witness may put its name to. */
import type { Statement } from '../format/checkpoint.ts';

/**
 * Why a witness puts its name to nothing. `witness_forked`: it knows another head of that size.
 * `witness_rolled_back`: it knows a longer log, and nothing of that size.
 */
export const REFUSALS = ['witness_forked', 'witness_rolled_back'] as const;
export type Refusal = (typeof REFUSALS)[number];

/** `new`: it is to be kept. `known`: it has been. */
export type Verdict = 'new' | 'known' | Refusal;

/**
 * Judges a checkpoint with a valid signature by what is known of its log. A checkpoint does not tell whether it
 * continues a smaller one: that takes the log itself. What counts is that every one ever accepted is kept, and that
 * no two of them are of one size: `audit verify` compares the log with all of them.
 * @param newest the largest known
 * @param same the known one of the size that is offered
 */
export function judge(offered: Statement, newest: Statement | null, same: Statement | null): Verdict {
  if (newest === null || offered.size > newest.size) return 'new';
  if (same === null) return 'witness_rolled_back';
  return same.head === offered.head ? 'known' : 'witness_forked';
}
