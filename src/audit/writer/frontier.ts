/** How far a log is acknowledged, for those who read behind its writer. */
import type { Progress } from '../read/follow.ts';

export class Frontier implements Progress {
  #seq: number;
  #waiting: { readonly seq: number; readonly wake: () => void }[] = [];

  constructor(seq: number) {
    this.#seq = seq;
  }

  get seq(): number {
    return this.#seq;
  }

  advance(seq: number): void {
    this.#seq = seq;
    const due = this.#waiting.filter((one) => one.seq < seq);
    if (due.length === 0) return;
    this.#waiting = this.#waiting.filter((one) => one.seq >= seq);
    for (const { wake } of due) wake();
  }

  beyond(seq: number, signal: AbortSignal): Promise<void> {
    if (this.#seq > seq || signal.aborted) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    const one = {
      seq,
      wake: () => {
        signal.removeEventListener('abort', give);
        resolve();
      },
    };
    const give = () => {
      this.#waiting = this.#waiting.filter((other) => other !== one);
      resolve();
    };
    signal.addEventListener('abort', give, { once: true });
    this.#waiting.push(one);
    return promise;
  }
}
