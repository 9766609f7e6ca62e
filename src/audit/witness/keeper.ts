/** What the gateway asks of those who keep its checkpoints. */
import { errnoOf } from '../../core/files.ts';
import type { Entry } from './entry.ts';

export interface Keeper {
  /**
   * Shows a checkpoint. MUST NOT be fulfilled before it is known to be kept.
   * @throws Contradicted if it is never going to be kept; whatever else went wrong may be tried again
   */
  confirm(checkpoint: Entry, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** A keeper knows something else of this log. */
export class Contradicted extends Error {
  readonly code: string;

  constructor(code: string) {
    super(`It refuses the checkpoint: ${code}.`);
    this.name = 'Contradicted';
    this.code = code;
  }
}

/** Something else that a keeper did not do right, by a short name. */
export class Unconfirmed extends Error {
  readonly code: string;

  constructor(code: string) {
    super(`It did not confirm the checkpoint: ${code}.`);
    this.name = 'Unconfirmed';
    this.code = code;
  }
}

/** A short name for what went wrong, such as `ECONNREFUSED`, `http_503` or `TimeoutError`. */
export const reasonOf = (error: unknown): string =>
  error instanceof Error ? (errnoOf(error) ?? errnoOf(error.cause) ?? error.name) : 'unknown';
