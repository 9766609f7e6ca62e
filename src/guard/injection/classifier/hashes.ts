/** The integer hashes of the classifier. Training and scoring share them: to change one is to train anew. */

/** Where the rolling hash of a word begins. */
export const START_HASH = 0x811c9dc5 | 0;

/** The rolling hash of a word, a folded unit further: FNV-1a. */
export const rollHash = (hash: number, unit: number): number => Math.imul(hash ^ unit, 0x01000193);

/** The hash of two things in this order. */
export const joinHashes = (a: number, b: number): number =>
  Math.imul(a ^ (b + 0x7f4a7c15 + (a << 6) + (a >>> 2)), 0x85ebca6b);
