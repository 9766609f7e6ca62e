/**
 * Guards that run as services of their own, for what needs a model: names, places, organisations. They are asked beside
 * the built-in rules, all at once, and say where they saw what.
 */
import { Denial } from '../../core/denial.ts';
import type { Direction } from '../policy.ts';
import { SidecarFailure } from './failure.ts';
import type { Asked, SidecarMatch, Text } from './judgement.ts';
import { merged } from './merge.ts';
import type { SidecarSettings } from './settings.ts';
import { type Observe, openSidecar, type Sidecar } from './sidecar.ts';

export type { SidecarMatch, Text } from './judgement.ts';
export type { SidecarSettings } from './settings.ts';

export interface Judged {
  /** In the order of texts and places. Two overlap only if they are of different kinds. */
  readonly matches: readonly SidecarMatch[];
  /** Names of those that failed and are to be ignored by policy: to be recorded as a flag. */
  readonly failed: readonly string[];
}

export interface Sidecars {
  /** Whether there is any for this direction. */
  has(direction: Direction): boolean;
  /**
   * Asks all of that direction in parallel.
   * @throws Denial `guard_unavailable` when one fails that may not; the reason of the signal if that aborts
   */
  judge(direction: Direction, texts: readonly Text[], about: Omit<Asked, 'direction'>): Promise<Judged>;
  close(): Promise<void>;
}

export interface SidecarsOptions {
  /** Told when a side-car begins to fail, and not again before it has answered. */
  readonly fault: (error: Error) => void;
  /** Told of every request to a side-car, for metrics. */
  readonly observe: Observe;
}

export function openSidecars(settings: readonly SidecarSettings[], { fault, observe }: SidecarsOptions): Sidecars {
  const failing = new Set<string>();
  const watch: Observe = (name, outcome, seconds) => {
    if (outcome === 'ok') failing.delete(name);
    observe(name, outcome, seconds);
  };
  const all = settings.map((one) => openSidecar(one, watch));
  const asked = (direction: Direction) => all.filter(({ settings: { on } }) => on.includes(direction));

  /** What one says; null if it failed and that is to be ignored. */
  async function opinion(
    sidecar: Sidecar,
    texts: readonly Text[],
    about: Asked,
  ): Promise<readonly SidecarMatch[] | null> {
    const { name, whenItFails } = sidecar.settings;
    try {
      return await sidecar.judge(texts, about);
    } catch (error) {
      if (!(error instanceof SidecarFailure)) throw error;
      if (!failing.has(name)) {
        failing.add(name);
        fault(new Error(`The side-car ${name} failed: ${error.message}.`));
      }
      if (whenItFails === 'flag') return null;
      throw new Denial('guard_unavailable', { reason: error.reason, retryAfterMs: 1000, cause: error });
    }
  }

  return {
    has: (direction) => asked(direction).length > 0,
    async judge(direction, texts, about) {
      const giveUp = new AbortController();
      const signal = AbortSignal.any([about.signal, giveUp.signal]);
      const sidecars = asked(direction);
      try {
        const said = await Promise.all(
          sidecars.map((sidecar) => opinion(sidecar, texts, { ...about, direction, signal })),
        );
        return {
          matches: merged(said.flatMap((matches) => matches ?? [])),
          failed: sidecars.flatMap(({ settings: { name } }, index) => (said[index] === null ? name : [])),
        };
      } finally {
        // One has refused: the others need not go on.
        giveUp.abort();
      }
    },
    close: async () => {
      await Promise.all(all.map((sidecar) => sidecar.close()));
    },
  };
}
