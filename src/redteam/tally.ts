/** Counts results, and says whether they are good enough. */
import type { Family, Threshold } from './families.ts';
import type { Outcome } from './probe.ts';
import type { Result } from './run.ts';

export interface Count {
  readonly tried: number;
  /** How many did what they should: attacks that were caught, look-alikes that were let alone. */
  readonly right: number;
}

/** A probe that did not do what it should; it has the line of the suite, and no value that was put into it. */
export interface Miss {
  readonly id: string;
  readonly line: string;
  readonly disguise: string;
  readonly place: string;
  readonly delivery: string;
  readonly outcome: Outcome;
  /** Rules that found something. */
  readonly rules: readonly string[];
  readonly detail: string | null;
}

export interface FamilyReport {
  readonly family: string;
  readonly attack: boolean;
  readonly plain: Count;
  readonly disguised: Count;
  readonly threshold: Threshold;
  readonly met: { readonly plain: boolean; readonly disguised: boolean };
  /** The first of them. */
  readonly misses: readonly Miss[];
}

export interface Breakdown {
  readonly name: string;
  readonly attacks: Count;
  readonly innocent: Count;
}

export interface Report {
  readonly target: string;
  readonly seed: string;
  readonly probes: number;
  /** Whether every threshold is met and no probe failed. */
  readonly passed: boolean;
  readonly families: readonly FamilyReport[];
  readonly disguises: readonly Breakdown[];
  readonly places: readonly Breakdown[];
  readonly deliveries: readonly Breakdown[];
  readonly failed: number;
}

/** More than anybody reads; the rest is counted. */
const MOST_MISSES = 200;

interface Tallied {
  tried: number;
  right: number;
}
const none = (): Tallied => ({ tried: 0, right: 0 });
const add = (count: Tallied, right: boolean): void => {
  count.tried += 1;
  if (right) count.right += 1;
};

/** Share of attacks that were caught, or of look-alikes that were not let alone; null where there were none. */
export const shareOf = ({ tried, right }: Count, attack: boolean): number | null =>
  tried === 0 ? null : (attack ? right : tried - right) / tried;

export class Tally {
  readonly #families = new Map<Family, { plain: Tallied; disguised: Tallied; misses: Miss[] }>();
  readonly #by = {
    disguise: new Map<string, [Tallied, Tallied]>(),
    place: new Map<string, [Tallied, Tallied]>(),
    delivery: new Map<string, [Tallied, Tallied]>(),
  };
  #failed = 0;
  #probes = 0;

  add({ family, probe, verdict, right }: Result): void {
    this.#probes += 1;
    if (verdict.outcome === 'failed') this.#failed += 1;
    const own = this.#families.get(family) ?? { plain: none(), disguised: none(), misses: [] };
    this.#families.set(family, own);
    add(probe.disguise === 'as is' ? own.plain : own.disguised, right);
    for (const dimension of ['disguise', 'place', 'delivery'] as const) {
      const counts = this.#by[dimension].get(probe[dimension]) ?? [none(), none()];
      this.#by[dimension].set(probe[dimension], counts);
      add(counts[family.attack ? 0 : 1], right);
    }
    if (right || own.misses.length >= MOST_MISSES) return;
    const { id, line, disguise, place, delivery } = probe;
    const rules = [...new Set(verdict.found.map(({ rule }) => rule))];
    own.misses.push({
      id,
      line,
      disguise,
      place,
      delivery,
      outcome: verdict.outcome,
      rules,
      detail: verdict.detail ?? null,
    });
  }

  /** @param thresholdOf what is demanded of a family; the suite's own demands if it is left out */
  report(
    about: { readonly target: string; readonly seed: string },
    thresholdOf = ({ threshold }: Family): Threshold => threshold,
  ): Report {
    const families = [...this.#families].map(([family, counts]): FamilyReport => {
      const threshold = thresholdOf(family);
      const met = (part: keyof Threshold): boolean => {
        const share = shareOf(counts[part], family.attack);
        return share === null || (family.attack ? share >= threshold[part] : share <= threshold[part]);
      };
      return {
        family: family.id,
        attack: family.attack,
        ...counts,
        threshold,
        met: { plain: met('plain'), disguised: met('disguised') },
      };
    });
    return {
      ...about,
      probes: this.#probes,
      passed: this.#failed === 0 && families.every(({ met }) => met.plain && met.disguised),
      families,
      disguises: breakdown(this.#by.disguise),
      places: breakdown(this.#by.place),
      deliveries: breakdown(this.#by.delivery),
      failed: this.#failed,
    };
  }
}

const breakdown = (counts: ReadonlyMap<string, readonly [Tallied, Tallied]>): Breakdown[] =>
  [...counts]
    .map(([name, [attacks, innocent]]) => ({ name, attacks, innocent }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
