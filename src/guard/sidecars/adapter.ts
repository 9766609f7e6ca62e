/** What is different from one kind of side-car to the next: what it is asked, and how its answer is read. */
import type { Kind } from '../../core/policy.ts';
import type { Direction } from '../policy.ts';

export interface Question {
  readonly requestId: string;
  readonly direction: Direction;
  readonly texts: readonly { readonly channel: string; readonly text: string }[];
}

/** A finding, its rule in the side-car's own words. */
export interface Found {
  /** Index in the texts of the question. */
  readonly text: number;
  readonly rule: string;
  readonly kind: Kind;
  /** UTF-16 code units, `end` excluded. */
  readonly start: number;
  readonly end: number;
  /** 0 to 1; findings without one are certain. */
  readonly score: number;
}

export interface Adapter {
  /** Most characters of all texts of a question together, unless configured. */
  readonly maxChars: number;
  /** Most texts in a question. */
  readonly maxTexts: number;
  /** What is sent, as JSON. */
  readonly ask: (question: Question) => unknown;
  /**
   * Reads an answer. That its offsets lie within the texts is checked afterwards, for all kinds alike.
   * @throws SidecarFailure `bad_answer`
   */
  readonly read: (answer: unknown, question: Question) => readonly Found[];
}
