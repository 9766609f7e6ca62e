/** Which idea of the vocabulary a word stands for: a lookup by the rolling hash of the word, of its beginning or of characters. */

import { joinHashes, rollHash, START_HASH } from './hashes.ts';
import { DROPPED, foldedOf, IDEOGRAPH, kindOf } from './letters.ts';
import { VOCABULARY } from './vocabulary.ts';

/** One more than the highest concept: 0 stands for none. */
export const CONCEPTS = Object.keys(VOCABULARY).length + 1;

/** Open addressing over 32-bit hashes: a probe costs a nanosecond, a Map of numbers ten. */
class HashTable {
  readonly #keys: Int32Array;
  readonly #values: Uint8Array;
  readonly #mask: number;

  constructor(entries: ReadonlyMap<number, number>) {
    const size = 2 ** Math.ceil(Math.log2(entries.size * 8));
    this.#keys = new Int32Array(size);
    this.#values = new Uint8Array(size);
    this.#mask = size - 1;
    for (const [key, value] of entries) {
      let at = (key ^ (key >>> 15)) & this.#mask;
      while (this.#values[at] !== 0) at = (at + 1) & this.#mask;
      this.#keys[at] = key;
      this.#values[at] = value;
    }
  }

  get(key: number): number {
    let at = (key ^ (key >>> 15)) & this.#mask;
    while (this.#values[at] !== 0) {
      if (this.#keys[at] === key) return this.#values[at]!;
      at = (at + 1) & this.#mask;
    }
    return 0;
  }
}

function hashOf(word: string): number {
  const units = [...word].map((unit) => unit.charCodeAt(0)).filter((unit) => kindOf(unit) !== DROPPED);
  if (kindOf(units[0]!) !== IDEOGRAPH) return units.reduce((hash, unit) => rollHash(hash, foldedOf(unit)), START_HASH);
  const words = units.slice(0, 3).map((unit) => rollHash(START_HASH, foldedOf(unit)));
  return words.reduceRight((hash, word) => joinHashes(word, hash));
}

const exact = new Map<number, number>();
const stems = new Map<number, number>();
Object.values(VOCABULARY).forEach((words, index) => {
  for (const word of words.split(/\s+/)) {
    const table = word.endsWith('*') ? stems : exact;
    const hash = hashOf(word.replace('*', ''));
    // A word of two ideas, in two languages, stands for the first.
    if (!table.has(hash)) table.set(hash, index + 1);
  }
});
const EXACT = new HashTable(exact);
const STEMS = new HashTable(stems);

/** The concept of a whole word, or of one to three characters of a script without blanks; 0 for none. */
export const exactConcept = (hash: number): number => EXACT.get(hash);
/** The concept of all words that begin so; 0 for none. */
export const stemConcept = (hash: number): number => STEMS.get(hash);
