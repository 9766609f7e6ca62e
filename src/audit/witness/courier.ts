/** Brings the newest checkpoint to one keeper, and knows since when that has not worked. */
import { setTimeout as sleep } from 'node:timers/promises';
import { within } from '../../core/abort.ts';
import type { Entry } from './entry.ts';
import { Contradicted, type Keeper, reasonOf } from './keeper.ts';

/** In milliseconds. */
export interface Pace {
  /** Between two checkpoints: a witness keeps every one it is shown, so it is not shown more than there is use for. */
  readonly betweenMs: number;
  /** After a first failure; then twice as long after each, */
  readonly firstRetryMs: number;
  /** until it is this. */
  readonly lastRetryMs: number;
}

/** Longest time that an answer is waited for. */
const ANSWER_MS = 10_000;

/** What a courier tells. */
export interface Told {
  /** The keeper knows something else of the log. Once for each reason, until it confirms again. */
  refused(size: number, reason: string): void;
  /** It could not be asked, or has not answered as it should. Once for each reason, until it confirms again. */
  failed(reason: string, error: unknown): void;
}

interface Waiting {
  readonly checkpoint: Entry;
  /** When the first of those came that it has taken the place of. */
  readonly since: number;
}

export class Courier {
  readonly #keeper: Keeper;
  readonly #told: Told;
  readonly #pace: Pace;
  readonly #now: () => Date;
  /** Ends pauses. */
  readonly #hurry = new AbortController();
  /** Ends everything. */
  readonly #stop = new AbortController();
  #next: Waiting | null = null;
  #running: Promise<void> | null = null;
  #failures = 0;
  /** By `performance.now()`. */
  #notBefore = 0;
  readonly #reasons = new Set<string>();
  /** Size of the newest checkpoint; 0 if there was none. */
  size = 0;
  /** Size of the newest that is confirmed; 0 if there is none. */
  witnessed = 0;
  /** Since when there is one that is not confirmed, in milliseconds of the epoch; null if there is none. */
  unconfirmedSince: number | null = null;
  /** What went wrong last. */
  reason = 'no_answer_yet';

  constructor(keeper: Keeper, told: Told, pace: Pace, now: () => Date) {
    this.#keeper = keeper;
    this.#told = told;
    this.#pace = pace;
    this.#now = now;
  }

  /** Takes a checkpoint that is newer than those before. Returns at once. */
  submit(checkpoint: Entry): void {
    if (this.#stop.signal.aborted) return;
    const now = this.#now().getTime();
    this.size = checkpoint.size;
    this.unconfirmedSince ??= now;
    this.#next = { checkpoint, since: this.#next?.since ?? now };
    this.#running ??= this.#run().finally(() => {
      this.#running = null;
    });
  }

  /** Tries what is left once more, for so many milliseconds at most. */
  async close(withinMs: number): Promise<void> {
    this.#hurry.abort();
    // A file on a volume that hangs cannot be given up, only left alone.
    await within(withinMs, this.#running ?? Promise.resolve());
    this.#stop.abort();
    await this.#keeper.close();
  }

  /** Never rejects. */
  async #run(): Promise<void> {
    while (this.#next && !this.#stop.signal.aborted) {
      const pause = Math.max(0, this.#notBefore - performance.now());
      await sleep(pause, null, { signal: this.#hurry.signal, ref: false }).catch(() => {});
      this.#notBefore = (await this.#bring()) + performance.now();
    }
  }

  /** @returns how long to wait then, in milliseconds */
  async #bring(): Promise<number> {
    const { checkpoint, since } = this.#next!;
    const inHurry = this.#hurry.signal.aborted;
    this.#next = null;
    try {
      const signal = AbortSignal.any([this.#stop.signal, AbortSignal.timeout(ANSWER_MS)]);
      await this.#keeper.confirm(checkpoint, signal);
      this.#confirmed(checkpoint);
      return this.#pace.betweenMs;
    } catch (error) {
      this.reason = reasonOf(error);
      const isNew = !this.#reasons.has(this.reason);
      this.#reasons.add(this.reason);
      if (error instanceof Contradicted) {
        if (isNew) this.#told.refused(checkpoint.size, this.reason);
        return this.#pace.betweenMs;
      }
      if (isNew) this.#told.failed(this.reason, error);
      // At the end everything has one try.
      if (!inHurry) this.#next ??= { checkpoint, since };
      const { firstRetryMs, lastRetryMs } = this.#pace;
      const most = Math.min(lastRetryMs, firstRetryMs * 2 ** this.#failures++);
      return most * (0.5 + Math.random() / 2);
    }
  }

  #confirmed({ size }: Entry): void {
    this.witnessed = size;
    this.unconfirmedSince = this.#next?.since ?? null;
    this.#failures = 0;
    this.#reasons.clear();
  }
}
