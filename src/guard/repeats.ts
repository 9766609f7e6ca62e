/**
 * Recognises a text that is repeated: the system prompt in an answer. A repetition is a run of words each three of
 * which follow one another in the original too; so a word changed here and there does not hide the rest.
 *
 * Of the original only hashes are kept, and only for the exchange.
 */
import type { Recognised, Rule } from './rule.ts';
import type { ForkingScans, Match, Scanned } from './scan.ts';

/** Words that make a run a repetition. A sentence that two texts share by chance is shorter. */
const LEAST_WORDS = 12;
/** A longer run is told in parts: so what is held back is bounded. */
const MOST_WORDS = 60;
/** Longer words are read in parts, for the same reason. */
const LONGEST_WORD = 64;

/** A word; in scripts that put no blanks between words, a character, which counts for half of one. */
const WORD = new RegExp(
  String.raw`[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]|(?:(?![\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}])[\p{L}\p{N}]){1,${LONGEST_WORD}}`,
  'gu',
);
const HALF = /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]$/u;

export const REPEATED_PROMPT: Recognised & Pick<Rule, 'description' | 'cannotSee'> = {
  id: 'injection.repeated_prompt',
  kind: 'injection',
  label: '[SYSTEM_PROMPT_REDACTED]',
  description: 'An answer that repeats twelve words and more of the system or developer message.',
  cannotSee: 'The same said in other words or another language; system messages of less than twelve words.',
};

/** FNV-1a over the code units of a word in lower case. */
function hashOf(word: string): number {
  let hash = 0x811c9dc5;
  for (const character of word.toLowerCase()) hash = Math.imul(hash ^ character.codePointAt(0)!, 0x01000193);
  return hash;
}

const sequenceOf = (first: number, second: number, third: number): number =>
  Math.imul(Math.imul(first, 31) + second, 31) + third;

/** Hashes of what is in some texts: of each word, each two that follow one another, and each three. */
export function sequencesOf(texts: readonly string[]): ReadonlySet<number> {
  const sequences = new Set<number>();
  for (const text of texts) {
    let [first, second] = [0, 0];
    for (const [word] of text.matchAll(WORD)) {
      const third = hashOf(word);
      sequences.add(sequenceOf(0, 0, third));
      sequences.add(sequenceOf(0, second, third));
      sequences.add(sequenceOf(first, second, third));
      [first, second] = [second, third];
    }
  }
  return sequences;
}

interface Word {
  readonly hash: number;
  readonly start: number;
  readonly end: number;
  readonly weight: number;
}

export class RepeatScanner implements ForkingScans {
  readonly #sequences: ReadonlySet<number>;
  readonly #holds: boolean;
  /** What is not yet known to be a whole word. */
  #rest = '';
  #length = 0;
  /** The run that may still grow, or the last two words, with which one may begin. */
  #run: Word[] = [];
  /** Whether the run goes on from one that has been told. */
  #continues = false;

  /**
   * @param sequences of the original, see {@link sequencesOf}
   * @param holds whether text is to be held back until it is known whether it is repeated: to cut it out
   * @param length how much of the text went before
   */
  constructor(sequences: ReadonlySet<number>, holds: boolean, length = 0) {
    this.#sequences = sequences;
    this.#holds = holds;
    this.#length = length;
  }

  push(piece: string, last: boolean): Scanned {
    const text = this.#rest + piece;
    const base = this.#length - this.#rest.length;
    this.#length += piece.length;
    this.#rest = '';
    const matches: Match[] = [];
    for (const { 0: word, index } of text.matchAll(WORD)) {
      const isHalf = HALF.test(word);
      const end = index + word.length;
      // The last word may go on in the next piece.
      if (end === text.length && !last && !isHalf && [...word].length < LONGEST_WORD) this.#rest = word;
      else this.#take({ hash: hashOf(word), start: base + index, end: base + end, weight: isHalf ? 0.5 : 1 }, matches);
    }
    if (last) this.#close(matches);
    return { matches, frontier: last || !this.#holds ? this.#length - this.#rest.length : this.#undecided() };
  }

  #take(word: Word, matches: Match[]): void {
    const [first, second] = this.#run.slice(-2);
    const goesOn = second && this.#has(first!.hash, second.hash, word.hash);
    if (!goesOn) this.#close(matches);
    this.#run.push(word);
    // Two words are context only, until a third confirms them.
    if (!goesOn) this.#run = this.#run.slice(-2);
    else if (this.#run.length >= MOST_WORDS) {
      this.#close(matches);
      this.#continues = true;
    }
  }

  /** The run is over; its last two words may begin another. */
  #close(matches: Match[]): void {
    const isRun = this.#run.length > 2;
    const weight = this.#run.reduce((sum, word) => sum + word.weight, 0);
    if (isRun && (this.#continues || weight >= LEAST_WORDS))
      matches.push({ rule: REPEATED_PROMPT, start: this.#run[0]!.start, end: this.#run.at(-1)!.end });
    this.#run = this.#run.slice(-2);
    this.#continues = false;
  }

  /** Where a run begins that is not over, or may begin with the last one or two words. */
  #undecided(): number {
    const [first, second] = this.#run;
    if (second && (this.#run.length > 2 || this.#has(0, first!.hash, second.hash))) return first!.start;
    const latest = second ?? first;
    return latest && this.#has(0, 0, latest.hash) ? latest.start : this.#length - this.#rest.length;
  }

  #has(first: number, second: number, third: number): boolean {
    return this.#sequences.has(sequenceOf(first, second, third));
  }

  fork(): RepeatScanner {
    const fork = new RepeatScanner(this.#sequences, this.#holds, this.#length);
    fork.#rest = this.#rest;
    fork.#run = [...this.#run];
    fork.#continues = this.#continues;
    return fork;
  }
}
