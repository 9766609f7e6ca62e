/** Work that a log is tended by: once at the beginning, every hour, and never two at a time. */
const HOUR_MS = 3_600_000;

export class Upkeep {
  readonly #work: () => Promise<void>;
  readonly #onFailure: (error: Error) => void;
  readonly #timer: NodeJS.Timeout;
  #last: Promise<void> = Promise.resolve();

  /** @param onFailure is told what the work throws; it is done again an hour later. Must not throw */
  constructor(work: () => Promise<void>, onFailure: (error: Error) => void) {
    this.#work = work;
    this.#onFailure = onFailure;
    this.#timer = setInterval(() => void this.run(), HOUR_MS).unref();
  }

  /** Does it now, or after what is being done. Never rejects. */
  run(): Promise<void> {
    this.#last = this.#last.then(this.#work).catch(this.#onFailure);
    return this.#last;
  }

  /** No more of it; resolves when what has begun is done. */
  stop(): Promise<void> {
    clearInterval(this.#timer);
    return this.#last;
  }
}
