/** Failures in a row after which a side-car is left alone. */
const MOST_FAILURES = 5;
const RETRY_AFTER_MS = 5000;

/**
 * Leaves a side-car alone that does not answer, so that not every request and every sentence of a stream waits for its
 * whole time. After five failures in a row one call in five seconds is let through, until one is answered.
 *
 * Only silence counts: timeouts and connections that break. An error status comes at once and costs nobody time, and
 * may be the fault of one client's text, which must not shut the others out.
 */
export class Breaker {
  #failures = 0;
  #retryAt = 0;

  /** Whether a call may be made at `now`, in milliseconds of a clock that only goes forward. */
  allows(now: number): boolean {
    if (this.#failures < MOST_FAILURES) return true;
    if (now < this.#retryAt) return false;
    this.#retryAt = now + RETRY_AFTER_MS;
    return true;
  }

  answered(): void {
    this.#failures = 0;
  }

  silent(now: number): void {
    this.#failures += 1;
    this.#retryAt = now + RETRY_AFTER_MS;
  }
}
