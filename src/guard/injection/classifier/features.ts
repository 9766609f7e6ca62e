/**
 * The features of a text: hashed n-grams of words, of letters within words, and of concepts (see concepts.ts). Nothing is
 * sliced out of the text: a few integer hashes roll over its UTF-16 units.
 *
 * A text is read in blocks of some sentences. What a block holds is a set: a word said twice counts once. What stood in the
 * blocks before does not count again: a word said a thousand times is no more of an order than said once.
 */
import { CONCEPTS, exactConcept, stemConcept } from './concepts.ts';
import { joinHashes as join, rollHash, START_HASH } from './hashes.ts';
import { DROPPED, foldedOf, IDEOGRAPH, kindOf, LETTER, SPACE, STOP } from './letters.ts';

const BITS = 19;
/** How many buckets the features are hashed into. */
export const BUCKETS = 1 << BITS;

/** A block ends at the first end of a sentence after so many units, or between words after so many, or anywhere. */
const SENTENCES_FROM = 80;
const WORDS_FROM = 400;
const AT_MOST = 500;
/** Marks in a row that make a difference. */
const MARKS = 4;
/** Blocks whose features do not count again. */
const REMEMBERED = 3;
/** An ideograph says as much as about three letters. */
const IDEOGRAPH_WEIGHT = 3;
/** A concept is brought together with the one before it when they are at most so many words apart. */
const NEAR = 7;

// A salt for each family of features, so that they fall into buckets of their own.
const UNIGRAM = 0x1f3d5b79;
const BIGRAM = 0x2e4c6a80;
const TRIGRAM = 0x3d5b7911;
const SKIP = 0x4c6a8022;
const SKIP_TWO = 0x5b791133;
const LETTERS_3 = 0x6a802244;
const LETTERS_4 = 0x79113355;
const LETTERS_5 = 0x08224466;
const FIRST = 0x17335577;
const PUNCTUATION = 0x26446688;
const PUNCTUATED = 0x35557799;
const CONCEPT = 0x446688aa;
const CONCEPT_PAIR = 0x537799bb;
const CONCEPT_CLOSE = 0x6288aacc;
const CONCEPT_BOTH = 0x2dddff22;
const CONCEPT_TRIPLE = 0x7199bbdd;
const CONCEPT_FIRST = 0x00aaccee;
const CONCEPT_WORD = 0x0fbbddff;
const WORD_CONCEPT = 0x1eccee11;
const GOLDEN = 0x9e3779b1;

// Shared by all texts: used only within one call of `next`, which nothing interrupts.
const ids = new Uint32Array(16_384);
let count = 0;
/** All features of the block, also those that do not count. */
const all = new Uint32Array(16_384);
let occurring = 0;
/** `stamp` for the features of the block, one less for those of the blocks before. */
const seen = new Uint16Array(BUCKETS);
let stamp = 0;

function add(salt: number, hash: number): void {
  let mixed = Math.imul(hash ^ salt ^ (hash >>> 15), 0x2c1b3c6d);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0x297a2d39);
  put(mixed >>> (33 - BITS));
}

/** N-grams of letters have the upper half of the buckets, so that training can hold them back. */
function addLetters(salt: number, hash: number): void {
  let mixed = Math.imul(hash ^ salt ^ (hash >>> 15), 0x2c1b3c6d);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0x297a2d39);
  put((BUCKETS >>> 1) + (mixed >>> (33 - BITS)));
}

function put(id: number): void {
  const last = seen[id];
  if (last === stamp) return;
  seen[id] = stamp;
  all[occurring++] = id;
  if (last !== stamp - 1) ids[count++] = id;
}

/** Reads one text, block by block. */
export class FeatureReader {
  readonly #text: string;
  #position = 0;
  /** The features of the blocks before. */
  readonly #previous: Uint32Array[] = [];
  // The three words before, the concepts before with the index of their words, and how far the sentence is.
  #before1 = 0;
  #before2 = 0;
  #before3 = 0;
  #concept1 = 0;
  #concept2 = 0;
  #concept1At = -100;
  #concept2At = -100;
  #word = 0;
  #inSentence = 0;
  #punctuation = 0;
  #marks = 0;
  /** Where the block begins and ends, in UTF-16 units. */
  start = 0;
  end = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /**
   * Reads the next block.
   * @returns the buckets of its features, each once: valid until the next call for any text; undefined after the end
   */
  next(): Uint32Array | undefined {
    const text = this.#text;
    if (this.#position >= text.length) return undefined;
    stamp += 2;
    if (stamp >= 0xffff) {
      seen.fill(0);
      stamp = 2;
    }
    for (const block of this.#previous) for (const id of block) seen[id] = stamp - 1;
    count = occurring = 0;
    let at = this.#position;
    this.start = at;
    let size = 0;
    let hash = START_HASH;
    let length = 0;
    let concept = 0;
    let a = 0;
    let b = 0;
    let c = 0;
    let d = 0;
    for (; at < text.length; at++) {
      const code = text.charCodeAt(at);
      const kind = kindOf(code);
      if (kind === DROPPED) {
        if (++size >= AT_MOST) break;
        continue;
      }
      if (kind === LETTER) {
        const unit = foldedOf(code);
        hash = rollHash(hash, unit);
        length++;
        const stem = stemConcept(hash);
        if (stem) concept = stem;
        if (length >= 3) {
          let gram = Math.imul(unit, 0x3c6ef372) + Math.imul(a, 0x1b873593) + Math.imul(b, 0x5bd1e995);
          addLetters(LETTERS_3, gram);
          if (length >= 4) {
            gram = gram + Math.imul(c, 0x27d4eb2f);
            addLetters(LETTERS_4, gram);
            if (length >= 5) addLetters(LETTERS_5, gram + Math.imul(d, 0x165667b1));
          }
        }
        d = c;
        c = b;
        b = a;
        a = unit;
        if (++size >= AT_MOST) break;
        continue;
      }
      if (length > 0) {
        this.#endWord(hash, concept || exactConcept(hash));
        hash = START_HASH;
        length = concept = 0;
      }
      if (kind === IDEOGRAPH) {
        this.#ideograph(foldedOf(code));
        size += IDEOGRAPH_WEIGHT;
        if (size >= WORDS_FROM) break;
        continue;
      }
      size++;
      if (kind !== SPACE) {
        // A line of dashes is no more than a dash or three.
        if (this.#marks < MARKS) {
          this.#marks++;
          this.#punctuation = join(this.#punctuation, code);
          add(PUNCTUATION, this.#punctuation);
        }
      }
      if (kind === STOP) {
        this.#inSentence = 0;
        if (size >= SENTENCES_FROM) break;
      }
      if (size >= WORDS_FROM) break;
    }
    if (length > 0) this.#endWord(hash, concept || exactConcept(hash));
    this.#position = this.end = Math.min(at + 1, text.length);
    this.#previous.push(all.slice(0, occurring));
    if (this.#previous.length > REMEMBERED) this.#previous.shift();
    return ids.subarray(0, count);
  }

  #endWord(word: number, concept: number): void {
    const before1 = this.#before1;
    const before2 = this.#before2;
    add(UNIGRAM, word);
    const pair = join(before1, word);
    add(BIGRAM, pair);
    add(TRIGRAM, join(before2, pair));
    add(SKIP, join(before2, word));
    add(SKIP_TWO, join(this.#before3, word));
    if (this.#inSentence === 0) add(FIRST, word);
    else if (this.#inSentence === 1) add(FIRST, pair);
    if (this.#punctuation !== 0) add(PUNCTUATED, join(this.#punctuation, word));
    if (this.#word - this.#concept1At <= 2) add(CONCEPT_WORD, join(this.#concept1, word));
    if (concept !== 0) {
      add(WORD_CONCEPT, join(before1, concept));
      this.#meet(concept);
    }
    this.#shift(word);
  }

  #ideograph(unit: number): void {
    const word = rollHash(START_HASH, unit);
    const pair = join(this.#before1, word);
    const triple = join(this.#before2, pair);
    add(UNIGRAM, word);
    add(BIGRAM, pair);
    add(TRIGRAM, triple);
    add(SKIP, join(this.#before3, triple));
    if (this.#inSentence === 0) add(FIRST, word);
    if (this.#punctuation !== 0) add(PUNCTUATED, join(this.#punctuation, word));
    const concept = exactConcept(triple) || exactConcept(pair) || exactConcept(word);
    if (concept !== 0 && !(concept === this.#concept1 && this.#word - this.#concept1At <= 2)) this.#meet(concept);
    this.#shift(word);
  }

  #shift(word: number): void {
    this.#before3 = this.#before2;
    this.#before2 = this.#before1;
    this.#before1 = word;
    this.#word++;
    this.#inSentence++;
    this.#punctuation = this.#marks = 0;
  }

  #meet(concept: number): void {
    add(CONCEPT, Math.imul(concept, GOLDEN));
    if (this.#inSentence <= 1) add(CONCEPT_FIRST, Math.imul(concept, GOLDEN));
    const gap = this.#word - this.#concept1At;
    if (gap <= NEAR) {
      const pair = this.#concept1 * CONCEPTS + concept;
      add(CONCEPT_PAIR, Math.imul(pair, GOLDEN));
      // Languages differ in the order of verb and object.
      const [low, high] = this.#concept1 < concept ? [this.#concept1, concept] : [concept, this.#concept1];
      add(CONCEPT_BOTH, Math.imul(low * CONCEPTS + high, GOLDEN));
      if (gap <= 2) add(CONCEPT_CLOSE, Math.imul(pair, GOLDEN));
      if (this.#concept1At - this.#concept2At <= NEAR)
        add(CONCEPT_TRIPLE, Math.imul(this.#concept2 * CONCEPTS * CONCEPTS + pair, GOLDEN));
    }
    this.#concept2 = this.#concept1;
    this.#concept2At = this.#concept1At;
    this.#concept1 = concept;
    this.#concept1At = this.#word;
  }
}

/** Whether a bucket is one for n-grams of letters. */
export const isLetters = (bucket: number): boolean => bucket >= BUCKETS >>> 1;
