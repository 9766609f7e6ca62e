/**
 * Which rules can begin at a place. There are hundreds of rules, and most texts hold nothing: so each place is first
 * read by one automaton for all of them, which forgets a rule as soon as the characters do not fit, and only the rules
 * that are left after some characters are tried. It may leave rules that do not match, never the other way round:
 * lookarounds and the exact number of repetitions are not its business.
 *
 * The automaton is made while it is used: most of its states are never reached.
 */
import { getOrAdd } from '../core/maps.ts';
import type { Pattern } from './pattern.ts';

/** Characters that are read at a place. More tell little more. */
const DEPTH = 10;
const ASCII = 128;
/** States that are kept; a text that leads to more begins anew. Each has half a kilobyte. */
const MOST_STATES = 4096;

/** A step of one of the rules. */
interface Step {
  readonly rule: number;
  /** The characters that it reads; null for the end of the rule, which stays whatever follows. */
  readonly characters: Uint8Array | null;
  /** Indices of the steps that may come then, ascending. */
  readonly next: readonly number[];
}

/** What may be read of the rules that are left. */
interface State {
  /** Indices of steps, ascending; those of one rule stand together. */
  readonly steps: Int32Array;
  /** Indices of the rules that are left, ascending. */
  readonly rules: readonly number[];
  /** States by the code of the character, the last for all beyond ASCII; undefined until they are needed. */
  readonly next: (State | undefined)[];
}

export interface Startable {
  readonly pattern: Pattern;
  readonly flags: string;
  /** Whether it can begin behind a letter or a digit. */
  readonly followsWord: boolean;
}

const NONE: readonly number[] = [];
const isWord = Uint8Array.from({ length: ASCII }, (_, code) => Number(/[A-Za-z0-9]/.test(String.fromCharCode(code))));

const merged = (...lists: readonly (readonly number[])[]): readonly number[] =>
  lists.length === 1 ? lists[0]! : [...new Set(lists.flat())].sort((a, b) => a - b);

export class Starts {
  readonly #steps: Step[] = [];
  /** The steps with which each rule begins. */
  readonly #first: readonly (readonly number[])[];
  readonly #followsWord: readonly boolean[];
  /** By a hash of their steps. */
  readonly #known = new Map<number, State[]>();
  #made = 0;
  #afterWord: State;
  #afterOther: State;
  /** Steps that are reached, while they are collected; `#stamps` says which already were. */
  readonly #reached: Int32Array;
  readonly #stamps: Int32Array;
  #stamp = 0;

  constructor(rules: readonly Startable[]) {
    const classes = new Map<string, Uint8Array>();
    this.#first = rules.map(({ pattern, flags }, rule) => {
      const end = this.#add({ rule, characters: null, next: [] });
      return this.#compile(pattern, [end], rule, (source) => {
        const key = `${source}/${flags}`;
        const known = classes.get(key) ?? charactersOf(source, flags);
        classes.set(key, known);
        return known;
      });
    });
    this.#followsWord = rules.map(({ followsWord }) => followsWord);
    this.#reached = new Int32Array(this.#steps.length);
    this.#stamps = new Int32Array(this.#steps.length);
    [this.#afterOther, this.#afterWord] = this.#begin();
  }

  /** Indices of the rules that may match at `at`, or may once more text has come; ascending. */
  at(text: string, at: number): readonly number[] {
    let state = at > 0 && isWord[text.charCodeAt(at - 1)] === 1 ? this.#afterWord : this.#afterOther;
    const end = Math.min(text.length, at + DEPTH);
    for (let i = at; i < end; i += 1) {
      const code = text.charCodeAt(i);
      const column = code < ASCII ? code : ASCII;
      state = state.next[column] ?? this.#step(state, column);
      if (state.rules.length === 0) return NONE;
    }
    return state.rules;
  }

  #begin(): [afterOther: State, afterWord: State] {
    this.#known.clear();
    this.#made = 0;
    return [
      this.#state(Int32Array.from(this.#first.flat()).sort()),
      this.#state(Int32Array.from(this.#first.filter((_, rule) => this.#followsWord[rule]).flat()).sort()),
    ];
  }

  #step(from: State, column: number): State {
    if (this.#made >= MOST_STATES) [this.#afterOther, this.#afterWord] = this.#begin();
    this.#stamp += 1;
    let count = 0;
    const reach = (index: number): void => {
      if (this.#stamps[index] === this.#stamp) return;
      this.#stamps[index] = this.#stamp;
      this.#reached[count] = index;
      count += 1;
    };
    for (const index of from.steps) {
      const { characters, next } = this.#steps[index]!;
      if (characters === null) reach(index);
      else if (characters[column] === 1) for (const one of next) reach(one);
    }
    const state = this.#state(this.#reached.slice(0, count).sort());
    from.next[column] = state;
    return state;
  }

  /** The state of some steps, the same for the same steps. */
  #state(steps: Int32Array): State {
    // FNV-1a
    let hash = 0x811c9dc5;
    for (const index of steps) hash = Math.imul(hash ^ index, 0x01000193);
    const alike = getOrAdd(this.#known, hash, () => []);
    const known = alike.find((state) => isSame(state.steps, steps));
    if (known) return known;
    const rules: number[] = [];
    for (const index of steps) {
      const { rule } = this.#steps[index]!;
      if (rules.at(-1) !== rule) rules.push(rule);
    }
    const state: State = { steps, rules, next: new Array(ASCII + 1).fill(undefined) };
    alike.push(state);
    this.#made += 1;
    return state;
  }

  #add(step: Step): number {
    this.#steps.push(step);
    return this.#steps.length - 1;
  }

  /** The steps with which a pattern begins that goes on with `then`. What lies deeper than is ever read is not made. */
  #compile(
    pattern: Pattern,
    then: readonly number[],
    rule: number,
    classOf: (source: string) => Uint8Array,
  ): readonly number[] {
    switch (pattern.kind) {
      case 'character':
        return [this.#add({ rule, characters: classOf(pattern.source), next: then })];
      case 'lookaround':
        return then;
      case 'sequence':
        return pattern.items.reduceRight((next, item) => this.#compile(item, next, rule, classOf), then);
      case 'choice':
        return merged(...pattern.options.map((option) => this.#compile(option, then, rule, classOf)));
      case 'repetition': {
        let next = then;
        const least = Math.min(pattern.least, DEPTH);
        for (let count = Math.min(pattern.most, DEPTH); count > 0; count -= 1) {
          const again = this.#compile(pattern.item, next, rule, classOf);
          next = count > least ? merged(again, then) : again;
        }
        return next;
      }
    }
  }
}

const isSame = (a: Int32Array, b: Int32Array): boolean => a.length === b.length && a.every((one, i) => one === b[i]);

/** Which characters an atom matches; the last stands for all beyond ASCII, and for any of them it might. */
function charactersOf(source: string, flags: string): Uint8Array {
  const one = new RegExp(`^${source}$`, flags);
  const beyond = /[^\p{ASCII}]|\\[su]|\\x[89a-fA-F]/u.test(source);
  return Uint8Array.from({ length: ASCII + 1 }, (_, code) =>
    Number(code === ASCII ? beyond : one.test(String.fromCharCode(code))),
  );
}
