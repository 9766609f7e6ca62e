import { Group } from './group.ts';
import { ENCODINGS } from './readings/encodings.ts';
import { isPlain, PLAIN } from './readings/plain.ts';
import { TracedScanner } from './readings/traced-scanner.ts';
import type { ForkingScans, Scanned, Scans } from './scan.ts';

/** How often one encoding may be hidden in another. */
const DEPTH = 3;

/**
 * Reads a text in every way in which a reader, or a model, could: as it is, in its plain form, and what is encoded in
 * its plain form, which is a text again. Offsets are always those of the text itself.
 *
 * The scanners read the plain form from the first character on that is not plain; until then, one reading is both.
 * Encodings are looked for in the plain form from the start: one that has begun cannot be joined later.
 */
export class Layer implements Scans {
  readonly #readers: readonly ForkingScans[];
  readonly #readPlainToo: (length: number) => readonly Scans[];
  readonly #group: Group;
  #isPlain = true;
  /** Whether anything encoded has been found; what nobody has looked for may be there. */
  mayHide: boolean;

  /**
   * @param fresh makes what reads one form of the text
   * @param depth how many encodings may be hidden in one another
   * @param first what reads the text as it is, if that is something else
   * @param plainToo what reads the plain form besides, from a length on
   */
  constructor(
    fresh: () => readonly ForkingScans[],
    depth = DEPTH,
    first = fresh(),
    plainToo: (length: number) => readonly Scans[] = () => [],
  ) {
    this.#readers = first;
    this.#readPlainToo = plainToo;
    const deeper = () => {
      this.mayHide = true;
      return new Layer(fresh, depth - 1);
    };
    const encodings = () => new Group(ENCODINGS.map((reading) => new TracedScanner(reading.open(), deeper)));
    const hides = depth > 0 && this.#readers.length > 0;
    this.mayHide = !hides;
    this.#group = new Group([...this.#readers, ...(hides ? [new TracedScanner(PLAIN.open(), encodings)] : [])]);
  }

  push(piece: string, last: boolean): Scanned {
    if (this.#isPlain && this.#readers.length > 0 && !isPlain(piece)) this.#readPlain();
    return this.#group.push(piece, last);
  }

  #readPlain(): void {
    this.#isPlain = false;
    const { length } = this.#group;
    const forks = new Group([...this.#readers.map((reader) => reader.fork()), ...this.#readPlainToo(length)], length);
    this.#group.join(new TracedScanner(PLAIN.open(), () => forks, length, forks));
  }
}
