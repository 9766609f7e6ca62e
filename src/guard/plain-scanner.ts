import { type Stretch, stretches } from './normalise.ts';
import type { Match, Scanned, Scanner } from './scan.ts';

interface Origin extends Stretch {
  /** Offset of `plain` in the plain form of the whole text. */
  readonly plainStart: number;
  /** Offset of `raw` in the whole text. */
  readonly rawStart: number;
}

/**
 * Reads the plain form of a text that arrives in pieces. Offsets are those of the text itself; a match that begins or
 * ends inside a piece that normalisation changed covers that piece whole.
 */
export class PlainScanner {
  readonly #scanner: Scanner;
  /** Read, but not yet normalised: a run of invisible characters. */
  #rest = '';
  #plainLength: number;
  #rawLength: number;
  /** Where the plain text that is still undecided comes from, in order. What is not listed is where it was. */
  #origins: Origin[] = [];

  /** Goes on from `scanner`, which has read `length` code units, all of them plain. */
  constructor(scanner: Scanner, length: number) {
    this.#scanner = scanner;
    this.#plainLength = length;
    this.#rawLength = length;
  }

  push(piece: string, last: boolean): Scanned {
    const text = this.#rest + piece;
    const { found, used } = stretches(text, last);
    this.#rest = text.slice(used);
    for (const stretch of found) {
      this.#origins.push({ ...stretch, plainStart: this.#plainLength, rawStart: this.#rawLength });
      this.#plainLength += stretch.plain.length;
      this.#rawLength += stretch.raw.length;
    }
    const { matches, frontier } = this.#scanner.push(found.map(({ plain }) => plain).join(''), last);
    return this.#traceBack(matches, frontier);
  }

  /** Offsets are asked for in ascending order, so one pass over the origins answers all. */
  #traceBack(matches: readonly Match[], frontier: number): Scanned {
    let passed = 0;
    const originOf = (plain: number): Origin | undefined => {
      let origin = this.#origins[passed];
      while (origin && origin.plainStart + origin.plain.length <= plain) origin = this.#origins[++passed];
      return origin && origin.plainStart <= plain ? origin : undefined;
    };
    const startOf = (plain: number): number => {
      const origin = originOf(plain);
      if (plain === this.#plainLength) return this.#rawLength;
      if (!origin) return plain;
      return origin.rawStart + (origin.aligned ? plain - origin.plainStart : 0);
    };
    const endOf = (plain: number): number => {
      const origin = originOf(plain - 1);
      if (!origin) return plain;
      return origin.rawStart + (origin.aligned ? plain - origin.plainStart : origin.raw.length);
    };
    const traced = matches.map(({ rule, start, end }) => ({ rule, start: startOf(start), end: endOf(end) }));
    const rawFrontier = startOf(frontier);
    this.#origins = this.#origins.slice(passed);
    return { matches: traced, frontier: rawFrontier };
  }
}
