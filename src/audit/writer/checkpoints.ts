/** The log's own signatures: when they are due, and adding them as records. */
import { Denial } from '../../core/denial.ts';
import type { AuditFields } from '../format/chain.ts';
import { CHECKPOINT_EVENT } from '../format/checkpoint.ts';
import type { End } from './segments.ts';
import type { Signer } from './signing-key.ts';

export interface CheckpointOptions {
  readonly signer: Signer;
  /** A checkpoint follows at the latest after so many records, */
  readonly everyRecords: number;
  /** and after so many milliseconds, if there is a record to be signed. */
  readonly everyMs: number;
  /** Records after the last checkpoint, those that are queued included. */
  readonly unsigned: () => number;
  /** Adds a record right behind the last one, which it is told of. */
  readonly push: (say: (before: End) => AuditFields) => Promise<unknown>;
  /** The signing itself failed. It will be tried again. */
  readonly onFailure: (error: Error) => void;
}

export class Checkpoints {
  readonly #options: CheckpointOptions;
  readonly #timer: NodeJS.Timeout;
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: CheckpointOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.sign(), options.everyMs).unref();
  }

  /** Takes notice of one more record. */
  appended(): void {
    if (this.#options.unsigned() >= this.#options.everyRecords) this.sign();
  }

  /**
   * Adds a checkpoint, if anything has been added since the last one; returns when that one is on disk. It is a record
   * of the log's own: that it fails is told to whoever waits for it, and never to a request.
   */
  sign(): Promise<unknown> {
    if (this.#options.unsigned() > 0) {
      this.#last = this.#push();
      this.#last.catch((error) => {
        // What kept it from being written has been told already.
        if (!(error instanceof Denial)) this.#options.onFailure(error);
      });
    }
    return this.#last;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  // Async so that whatever the signing throws becomes a rejection.
  async #push(): Promise<void> {
    const { push, signer } = this.#options;
    await push(({ seq, head }) => ({ event: CHECKPOINT_EVENT, ...signer(seq, head) }));
  }
}
