import type { Kind } from '../core/policy.ts';

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
   * offers one place to start and not one at each character. The only flag is `i`.
   */
  readonly pattern: RegExp;
  /** What a pattern cannot say: a checksum, a range. Sees the match and nothing around it; must be pure. */
  readonly valid?: (match: string) => boolean;
  /** For a reader of docs/guardrails.md. */
  readonly description: string;
  /** What gets past it, as far as we know. */
  readonly cannotSee: string;
}
