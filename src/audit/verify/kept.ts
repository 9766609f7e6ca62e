/** Checkpoints that were kept elsewhere, held in little memory: a year of them is half a million. */
import type { JsonObject } from '../../core/json.ts';
import { keyIdOf, type PublicKeys, readCheckpoint } from '../format/checkpoint.ts';
import { checkCosignature } from '../format/cosignature.ts';

const HEAD_BYTES = 32;

/** Whose signatures count. */
export interface Signatories {
  readonly log: PublicKeys;
  /** If given, only checkpoints that one of them has signed, too. */
  readonly witnesses: PublicKeys | null;
}

/** A checkpoint whose signatures hold. */
export interface Vouched {
  readonly size: number;
  /** The witness that signed it, by the beginning of its key's hash, and when; null if witnesses were not asked for. */
  readonly witness: string | null;
  readonly witnessedAt: string | null;
}

/** What lines say, by index: `size`, `head`, and the place from which they can be read again. */
export class Claims {
  readonly sizes: number[] = [];
  readonly places: number[] = [];
  heads = Buffer.alloc(HEAD_BYTES * 1024);

  /** @param head 64 hex digits */
  add(size: number, head: string, place: number): void {
    const at = this.sizes.length * HEAD_BYTES;
    if (at === this.heads.length) this.heads = Buffer.concat([this.heads, Buffer.alloc(at)]);
    this.heads.write(head, at, 'hex');
    this.sizes.push(size);
    this.places.push(place);
  }
}

/** Reads the checkpoint at a place again. */
type Reader = (place: number) => JsonObject | null;

/**
 * Checkpoints in rising order of `size`, then `head`, by index. Some may be forged: a signature takes longer to check than
 * all the rest, and is looked at when something depends on it.
 */
export class KeptCheckpoints {
  readonly #read: Reader;
  readonly #signatories: Signatories;
  readonly #sizes: Float64Array;
  readonly #heads: Buffer;
  readonly #places: Float64Array;

  constructor({ sizes, heads, places }: Claims, read: Reader, signatories: Signatories) {
    this.#read = read;
    this.#signatories = signatories;
    const compare = (a: number, b: number) => sizes[a]! - sizes[b]! || compareHeads(heads, a, b) || a - b;
    const order = Uint32Array.from(sizes.keys()).sort(compare);
    this.#sizes = Float64Array.from(order, (index) => sizes[index]!);
    this.#places = Float64Array.from(order, (index) => places[index]!);
    this.#heads = Buffer.alloc(order.length * HEAD_BYTES);
    for (const [to, from] of order.entries()) {
      heads.copy(this.#heads, to * HEAD_BYTES, from * HEAD_BYTES, (from + 1) * HEAD_BYTES);
    }
  }

  get count(): number {
    return this.#sizes.length;
  }

  size(index: number): number {
    return this.#sizes[index]!;
  }

  head(index: number): string {
    return this.#heads.toString('hex', index * HEAD_BYTES, (index + 1) * HEAD_BYTES);
  }

  /** Whether two say the same. */
  same(a: number, b: number): boolean {
    return this.#sizes[a] === this.#sizes[b] && compareHeads(this.#heads, a, b) === 0;
  }

  /** Those with this `size`. */
  *ofSize(size: number): Iterable<number> {
    let from = 0;
    for (let to = this.count; from < to; ) {
      const middle = (from + to) >>> 1;
      if (this.#sizes[middle]! < size) from = middle + 1;
      else to = middle;
    }
    for (; this.#sizes[from] === size; from++) yield from;
  }

  /** Reads a checkpoint again and checks its signatures. */
  vouched(index: number): Vouched | null {
    const { log, witnesses } = this.#signatories;
    const record = this.#read(this.#places[index]!);
    const checkpoint = record && readCheckpoint(record, log);
    if (!checkpoint || typeof checkpoint === 'string') return null;
    const { size, head } = checkpoint;
    if (size !== this.size(index) || head !== this.head(index)) return null;
    if (!witnesses) return { size, witness: null, witnessedAt: null };
    if (checkCosignature(record, witnesses) !== null) return null;
    return { size, witness: keyIdOf(String(record['witness'])), witnessedAt: String(record['witnessedAt']) };
  }

  /** The largest whose signatures hold. */
  newest(): Vouched | null {
    for (let index = this.count - 1; index >= 0; index--) {
      const vouched = this.vouched(index);
      if (vouched) return vouched;
    }
    return null;
  }
}

const compareHeads = (heads: Buffer, a: number, b: number): number =>
  heads.compare(heads, b * HEAD_BYTES, (b + 1) * HEAD_BYTES, a * HEAD_BYTES, (a + 1) * HEAD_BYTES);
