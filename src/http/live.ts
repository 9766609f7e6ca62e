/** The exchanges that are going on, by connection: there is one at a time on each. They can be broken off from outside. */
import type { Socket } from 'node:net';
import { Denial } from '../core/denial.ts';
import { Interruption, type Lapse } from '../core/pipeline.ts';

export interface LiveExchange {
  /** Aborted with an {@link Interruption} when the exchange is broken off. */
  readonly broken: AbortController;
  /** Under which it was let in. */
  readonly conditions: (() => Lapse | null)[];
  /** To be called when it is over. */
  end(): void;
}

export interface LiveExchanges {
  begin(socket: Socket): LiveExchange;
  /** Breaks off what is going on on a connection; false if nothing is. */
  interrupt(socket: Socket, why: Interruption): boolean;
  /** Breaks off every exchange that would not be let in any more. */
  review(): void;
  /** How many there are. */
  running(): number;
  /** Resolves once there is none; after `drainMs` those that are left are broken off. */
  drain(drainMs: number): Promise<void>;
}

export function liveExchanges(): LiveExchanges {
  const live = new Map<Socket, LiveExchange>();
  let wake: () => void = () => {};
  return {
    begin(socket) {
      const end = (): void => {
        live.delete(socket);
        if (live.size === 0) wake();
      };
      const exchange = { broken: new AbortController(), conditions: [], end };
      live.set(socket, exchange);
      return exchange;
    },
    interrupt(socket, why) {
      live.get(socket)?.broken.abort(why);
      return live.has(socket);
    },
    review() {
      for (const { broken, conditions } of live.values()) {
        if (broken.signal.aborted) continue;
        const lapse = firstLapse(conditions);
        if (lapse) broken.abort(new Interruption('revoked', lapse.denial, lapse));
      }
    },
    running: () => live.size,
    async drain(drainMs) {
      if (live.size === 0) return;
      const over = new Promise<void>((resolve) => {
        wake = resolve;
      });
      const cutOff = setTimeout(() => {
        for (const { broken } of live.values()) broken.abort(new Interruption('drained', new Denial('draining')));
      }, drainMs);
      await over;
      clearTimeout(cutOff);
    },
  };
}

function firstLapse(conditions: LiveExchange['conditions']): Lapse | null {
  for (const condition of conditions) {
    const lapse = condition();
    if (lapse) return lapse;
  }
  return null;
}
