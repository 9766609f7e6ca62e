import type { Match, Scanned, Scans } from '../scan.ts';
import type { Reader, Stretch } from './reading.ts';

/** A stretch that rules have not decided about yet. */
interface Origin {
  /** Offset of what it reads as in the text that the scanner reads, and its length. */
  readonly plainStart: number;
  readonly plainLength: number;
  /** Offset in the whole text, and its length. */
  readonly rawStart: number;
  readonly rawLength: number;
  readonly step: number;
}

const NOTHING: readonly Match[] = [];

/**
 * Runs the rules over another form of a text that arrives in pieces. Offsets are those of the text itself; a match that
 * begins or ends inside an indivisible piece covers that piece whole. It scans like any scanner, so that one reading
 * can be read through another: encoded text whose characters are disguised.
 */
export class TracedScanner implements Scans {
  readonly #reader: Reader;
  readonly #open: () => Scans;
  /** Of the text that is being read; none between two texts. */
  #scanner: Scans | null = null;
  /** Pushed, but not yet read, and where it stands in the whole text. */
  #rest = '';
  #base: number;
  /** How much the scanner has read. */
  #plainLength: number;
  /** Where what is still undecided comes from, in order. What is not listed is where it was. */
  #origins: Origin[] = [];
  /** Where in the whole text what is still undecided begins, if anything is. */
  #pending: number | null = null;

  /**
   * @param open makes a scanner for each text that the reading finds
   * @param start how much of the text went before
   * @param first goes on with the first text: it has read what went before as it is
   */
  constructor(reader: Reader, open: () => Scans, start = 0, first: Scans | null = null) {
    this.#reader = reader;
    this.#open = open;
    this.#base = start;
    this.#scanner = first;
    this.#plainLength = first ? start : 0;
    const frontier = first?.push('', false).frontier ?? start;
    if (frontier < start) this.#pending = frontier;
  }

  push(piece: string, last: boolean): Scanned {
    const text = this.#rest + piece;
    const base = this.#base;
    const { found, used } = this.#reader.read(text, last);
    this.#rest = used === text.length ? '' : text.slice(used);
    this.#base = base + used;
    // Most pieces hold nothing for most readings.
    if (found.length === 0 && !(last && this.#scanner))
      return { matches: NOTHING, frontier: this.#pending ?? this.#base };

    const matches: Match[] = [];
    let plain = '';
    for (const stretch of found) {
      plain += stretch.plain;
      this.#trace(stretch, base);
      if (!stretch.ends) continue;
      this.#scan(plain, true, matches);
      plain = '';
    }
    if (last ? this.#scanner || plain : plain) this.#scan(plain, last, matches);
    return { matches, frontier: this.#pending ?? this.#base };
  }

  #trace({ start, length, plain, step }: Stretch, base: number): void {
    this.#origins.push({
      plainStart: this.#plainLength,
      plainLength: plain.length,
      rawStart: base + start,
      rawLength: length,
      step,
    });
    this.#plainLength += plain.length;
  }

  #scan(plain: string, ends: boolean, into: Match[]): void {
    this.#scanner ??= this.#open();
    const { matches, frontier } = this.#scanner.push(plain, ends);
    this.#traceBack(matches, frontier, into);
    if (!ends) return;
    this.#scanner = null;
    this.#origins = [];
    this.#plainLength = 0;
    this.#pending = null;
  }

  #traceBack(matches: readonly Match[], frontier: number, into: Match[]): void {
    for (const { rule, start, end } of matches) into.push({ rule, start: this.#startOf(start), end: this.#endOf(end) });
    this.#pending = frontier < this.#plainLength ? this.#startOf(frontier) : null;
    if (this.#pending === null) this.#origins = [];
    // Nothing that begins before the frontier is asked for again.
    else this.#origins = this.#origins.slice(Math.max(0, this.#indexOf(frontier)));
  }

  /** Where in the whole text a place begins that the scanner has read. */
  #startOf(plain: number): number {
    const origin = this.#originOf(plain);
    return origin ? origin.rawStart + Math.floor((plain - origin.plainStart) * origin.step) : plain;
  }

  #endOf(plain: number): number {
    const origin = this.#originOf(plain - 1);
    if (!origin) return plain;
    return origin.rawStart + (origin.step ? Math.ceil((plain - origin.plainStart) * origin.step) : origin.rawLength);
  }

  #originOf(plain: number): Origin | undefined {
    return this.#origins[this.#indexOf(plain)];
  }

  /** The index of the stretch that a place lies in; -1 if it lies before all of them. */
  #indexOf(plain: number): number {
    let [low, high] = [0, this.#origins.length - 1];
    while (low <= high) {
      const middle = (low + high) >> 1;
      const { plainStart, plainLength } = this.#origins[middle]!;
      if (plain < plainStart) high = middle - 1;
      else if (plain >= plainStart + plainLength) low = middle + 1;
      else return middle;
    }
    return -1;
  }
}
