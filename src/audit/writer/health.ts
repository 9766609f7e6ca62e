/** Whether the log takes records, and since when it does not. */
import { Denial } from '../../core/denial.ts';
import { errnoOf } from '../../core/files.ts';
import type { AuditFields } from '../format/chain.ts';
import { SyncFailure } from './disk.ts';
import { RECOVERED_EVENT } from './queue.ts';

/** The disk takes its time: it has neither confirmed a write nor refused it. */
export class Stall extends Error {
  constructor(ms: number) {
    super(`The disk has not answered for ${ms / 1000} s. See to it; the log goes on when it does.`);
    this.name = 'Stall';
  }
}

/** From the first failed write until a record is on disk again. */
interface Outage {
  readonly since: Date;
  /** What went wrong last. */
  error: Error;
  /** Records that were turned away. */
  refused: number;
}

export interface HealthOptions {
  readonly now: () => Date;
  /** Milliseconds that the disk may take for what it is asked. */
  readonly stallMs: number;
  /** Both are told once, and must not throw. */
  readonly onFailure: (error: Error) => void;
  readonly onRecovery: () => void;
}

export class Health {
  readonly #options: HealthOptions;
  #outage: Outage | null = null;
  #stalled = new AbortController();

  constructor(options: HealthOptions) {
    this.#options = options;
  }

  /** What is wrong; null if nothing is. */
  get failure(): Error | null {
    return this.#outage?.error ?? null;
  }

  /** Aborted, with the Denial `audit_unavailable`, while the disk does not answer. */
  get stalled(): AbortSignal {
    return this.#stalled.signal;
  }

  /** Whether the disk has said nothing so far: it may yet take what it was given. */
  get isStall(): boolean {
    return this.failure instanceof Stall;
  }

  /** Whether only a new start can help. */
  get isFinal(): boolean {
    return this.failure instanceof SyncFailure;
  }

  /** The record that tells of an outage when it is over; null if there is none. */
  get recovery(): AuditFields | null {
    if (!this.#outage) return null;
    const { error, since, refused } = this.#outage;
    const reason = errnoOf(error) ?? error.name;
    return { event: RECOVERED_EVENT, failedAt: since.toISOString(), reason, refused };
  }

  fail(error: Error): void {
    const isNews = this.#outage === null || this.isStall;
    this.#outage = { since: this.#outage?.since ?? this.#options.now(), refused: this.#outage?.refused ?? 0, error };
    if (isNews) this.#options.onFailure(error);
  }

  /** So many records more were turned away. */
  refuse(records: number): void {
    if (this.#outage) this.#outage.refused += records;
  }

  recover(): void {
    this.#outage = null;
    if (this.#stalled.signal.aborted) this.#stalled = new AbortController();
    this.#options.onRecovery();
  }

  /** Waits for the disk. That it says nothing for too long is a failure, too; what it says then is still waited for. */
  async watch<T>(work: Promise<T>): Promise<T> {
    const { stallMs } = this.#options;
    const late = setTimeout(() => {
      if (!this.#outage) this.fail(new Stall(stallMs));
      this.#stalled.abort(new Denial('audit_unavailable', { cause: this.failure }));
    }, stallMs);
    try {
      return await work;
    } finally {
      clearTimeout(late);
    }
  }
}
