/**
 * Where rules match in a text, and how far that is certain while more text may come.
 *
 * Of the matches that could be taken next, the leftmost is; of those, the longest; of those, the one whose rule stands
 * first. What is decided at a place never depends on text that has not arrived (see partial.ts), so reading a text in
 * pieces gives the matches that reading it at once gives.
 */
import { CONTEXT, type Recognised } from './rule.ts';
import type { RuleSet } from './rule-set.ts';

/** Offsets in UTF-16 code units, `end` excluded. */
export interface Match {
  readonly rule: Recognised;
  readonly start: number;
  readonly end: number;
}

/** Matches in order, and the offset before which every match that begins is among them. */
export interface Scanned {
  readonly matches: readonly Match[];
  readonly frontier: number;
}

/** Reads a text that arrives in pieces. Its offsets are those of the whole text. */
export interface Scans {
  /**
   * What no earlier piece could decide and this one does. The `last` piece decides everything.
   * @throws whatever a rule's `valid` throws
   */
  push(piece: string, last: boolean): Scanned;
}
export interface ForkingScans extends Scans {
  /** Another one that has read the same. */
  fork(): ForkingScans;
}

/** The first place at or after `from` where more text could begin, extend or undo a match; the length if there is none. */
export function pendingFrom({ starts, ready, maxLength }: RuleSet, text: string, from: number): number {
  // An unfinished match is no longer than a finished one.
  for (let at = Math.max(from, text.length - maxLength); at < text.length; at += 1) {
    for (const index of starts.at(text, at)) {
      const { undecided, maxLength: longest } = ready[index]!;
      if (text.length - at <= longest && matchesAt(undecided, text, at)) return at;
    }
  }
  return text.length;
}

/** The match that counts at a place. */
function matchAt({ starts, ready }: RuleSet, text: string, start: number): Match | null {
  let longest: Match | null = null;
  let before: string | null = null;
  for (const index of starts.at(text, start)) {
    const { rule, pattern } = ready[index]!;
    if (!matchesAt(pattern, text, start)) continue;
    const end = pattern.lastIndex;
    if (longest && end <= longest.end) continue;
    if (rule.valid) {
      before ??= text.slice(Math.max(0, start - CONTEXT), start);
      if (!rule.valid(text.slice(start, end), before)) continue;
    }
    longest = { rule, start, end };
  }
  return longest;
}

function matchesAt(pattern: RegExp, text: string, at: number): boolean {
  pattern.lastIndex = at;
  return pattern.test(text);
}

/**
 * Reads `text` from `from` on; what stands before is context for lookbehinds and telling words. Unless it is the `last`
 * of the text, only matches are given that no continuation can change.
 * @throws whatever a rule's `valid` throws
 */
export function scan(set: RuleSet, text: string, from: number, last: boolean): Scanned {
  const matches: Match[] = [];
  let frontier = last ? text.length : pendingFrom(set, text, from);
  for (let at = from; at < frontier; ) {
    const match = matchAt(set, text, at);
    if (match) matches.push(match);
    at = match ? match.end : at + 1;
    if (at > frontier) frontier = pendingFrom(set, text, at);
  }
  return { matches, frontier };
}

/** Reads a text as it is. */
export class Scanner implements ForkingScans {
  readonly #set: RuleSet;
  /** What is undecided, after what is context for it. */
  #text: string;
  /** Offset of `#text` in the whole text. */
  #base: number;
  /** Where in `#text` the undecided begins. */
  #from: number;

  constructor(set: RuleSet, text = '', base = 0, from = 0) {
    this.#set = set;
    this.#text = text;
    this.#base = base;
    this.#from = from;
  }

  push(piece: string, last: boolean): Scanned {
    this.#text += piece;
    const base = this.#base;
    const { matches, frontier } = scan(this.#set, this.#text, this.#from, last);
    const kept = Math.max(0, frontier - CONTEXT);
    this.#text = this.#text.slice(kept);
    this.#base += kept;
    this.#from = frontier - kept;
    return {
      matches: matches.map(({ rule, start, end }) => ({ rule, start: base + start, end: base + end })),
      frontier: base + frontier,
    };
  }

  fork(): Scanner {
    return new Scanner(this.#set, this.#text, this.#base, this.#from);
  }
}
