import type { Kind } from '../core/policy.ts';

/** How much of the text in front of a match a rule may look at, in UTF-16 code units. */
export const CONTEXT = 100;

/**
 * Something a guard recognises. One rule is one row in one of the tables of `rules/`; the scanner, the streaming
 * window and docs/guardrails.md need nothing else to know it.
 */
export interface Rule {
  /** `pii.email`: what audit records and metrics say. Starts with the kind, never changes. */
  readonly id: string;
  readonly kind: Kind;
  /** What stands in the place of a match that is redacted: `[EMAIL_REDACTED]`. */
  readonly label: string;
  /**
   * What it looks like, in the subset of regular expressions that partial.ts can derive a streaming form from: every
   * match has a bounded length. Begin with a lookbehind for "not inside a token", so that a long run of one character
   * offers one place to start and not one at each character; rules that begin with the same one share it. The only
   * flag is `i`.
   */
  readonly pattern: RegExp;
  /**
   * What a pattern cannot say: a checksum, a range, a telling word in front of it. Must be pure.
   * @param before the text in front of the match, up to {@link CONTEXT} code units of it. What follows is never seen:
   *   in a stream it has not arrived.
   */
  readonly valid?: (match: string, before: string) => boolean;
  /** For a reader of docs/guardrails.md. */
  readonly description: string;
  /** What gets past it, as far as we know. */
  readonly cannotSee: string;
}

/** As much of a rule as a match has to know: not everything that recognises something is a pattern. */
export type Recognised = Pick<Rule, 'id' | 'kind' | 'label'>;
