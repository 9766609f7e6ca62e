/**
 * The stretches of a text that are scored: each run of 1, 2, 4 ... 32 blocks, and the whole of up to 64. A short order in a long
 * document stands out in a small window, a persona that takes a page in a large one. Sums over blocks make all of
 * them cost little more than one.
 *
 * The score of a window with n features that weigh s together is s / sqrt(n) + bias. The divisor is the length of its
 * vector: it makes windows of different lengths comparable.
 */

/** The windows that end with a block: so many blocks long. */
export const LENGTHS = [1, 2, 4, 8, 16, 32] as const;
const RING = 64;

/** The bias of a window depends on its length, as the index of the longest of LENGTHS that is not longer. */
export const lengthClass = (blocks: number): number => Math.min(LENGTHS.length - 1, 31 - Math.clz32(blocks));

/**
 * What a long text has to make up for: it has more windows, of which the best counts. Up to a length only, so that an
 * order cannot be hidden by adding pages to it.
 * @param units the length of the text in UTF-16 units
 */
export const lengthPenalty = (units: number): number =>
  PENALTY * Math.min(PENALTY_DOUBLINGS, Math.max(0, Math.log2(units / TYPICAL_BLOCK)));
const PENALTY = 0.3;
const PENALTY_DOUBLINGS = 4;
const TYPICAL_BLOCK = 120;

/** Scores the windows of one text, as its blocks come in. */
export class Windows {
  readonly #biases: ArrayLike<number>;
  readonly #sums = new Float64Array(RING);
  readonly #counts = new Float64Array(RING);
  readonly #starts = new Float64Array(RING);
  #blocks = 0;
  #sum = 0;
  #count = 0;
  /** Of the best window that ends with the last block. */
  bestStart = 0;
  bestBlocks = 0;

  /** @param biases one for each of LENGTHS */
  constructor(biases: ArrayLike<number>) {
    this.#biases = biases;
  }

  /**
   * @param sum what the features of the block weigh
   * @param count how many features it has
   * @returns the score of the best window that ends with it
   */
  add(sum: number, count: number, start: number): number {
    const at = this.#blocks++ % RING;
    // What lies before the block, so that a window is the difference of two.
    this.#sums[at] = this.#sum;
    this.#counts[at] = this.#count;
    this.#starts[at] = start;
    this.#sum += sum;
    this.#count += count;
    let best = Number.NEGATIVE_INFINITY;
    for (const length of LENGTHS) {
      if (length > this.#blocks) break;
      const first = (this.#blocks - length) % RING;
      const score = this.#score(this.#sum - this.#sums[first]!, this.#count - this.#counts[first]!, length);
      if (score <= best) continue;
      best = score;
      this.bestStart = this.#starts[first]!;
      this.bestBlocks = length;
    }
    return best;
  }

  /** The score of the whole text up to here; of one that is too long to be one order, none. */
  whole(): number {
    return this.#blocks > RING ? Number.NEGATIVE_INFINITY : this.#score(this.#sum, this.#count, this.#blocks);
  }

  get blocks(): number {
    return this.#blocks;
  }

  #score(sum: number, count: number, blocks: number): number {
    return sum / Math.sqrt(count + 1) + this.#biases[lengthClass(blocks)]!;
  }
}
