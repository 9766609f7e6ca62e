/**
 * Where rules match in a text, and how far that is certain while more text may come.
 *
 * Of the matches that could be taken next, the leftmost is; of those, the longest; of those, the one whose rule stands
 * first. What is decided at a place never depends on text that has not arrived (see partial.ts), so reading a text in
 * pieces gives the matches that reading it at once gives.
 */
import { shapeOf } from './partial.ts';
import type { Rule } from './rule.ts';

/** Offsets in UTF-16 code units, `end` excluded. */
export interface Match {
  readonly rule: Rule;
  readonly start: number;
  readonly end: number;
}

/** Matches in order, and the offset before which every match that begins is among them. */
export interface Scanned {
  readonly matches: readonly Match[];
  readonly frontier: number;
}

/** Rules made ready to be run together. */
export interface RuleSet {
  readonly rules: readonly Rule[];
  /** The longest match any of them can have, in UTF-16 code units. */
  readonly maxLength: number;
  /** A pattern a rule. Stateful, as every global RegExp is: `lastIndex` is set before each use. */
  readonly searchers: readonly RegExp[];
  /** Together they find where any of the rules might match; `valid` is not asked. */
  readonly any: readonly RegExp[];
  /** Together they find where any of the rules is undecided at the end of the text. */
  readonly partial: readonly RegExp[];
}

/** One pattern for each case-sensitivity: `(?i:…)` inside a pattern is unreliable in V8 (nodejs/node#60030). */
function alternations(rules: readonly Rule[], sourceOf: (rule: Rule) => string): RegExp[] {
  const byFlags = Map.groupBy(rules, (rule) => rule.pattern.flags);
  return Array.from(byFlags, ([flags, alike]) => new RegExp(alike.map(sourceOf).join('|'), `g${flags}`));
}

/**
 * @throws Error if a pattern is outside the subset of partial.ts
 */
export function ruleSet(rules: readonly Rule[]): RuleSet {
  const shapes = new Map(rules.map((rule) => [rule, shapeOf(rule.pattern)]));
  return {
    rules,
    maxLength: Math.max(0, ...rules.map((rule) => shapes.get(rule)!.maxLength)),
    searchers: rules.map(({ pattern }) => new RegExp(pattern, `g${pattern.flags}`)),
    any: alternations(rules, (rule) => rule.pattern.source),
    partial: alternations(rules, (rule) => shapes.get(rule)!.partial),
  };
}

function search(pattern: RegExp, text: string, from: number): RegExpExecArray | null {
  pattern.lastIndex = from;
  return pattern.exec(text);
}

/** Where the first of the patterns matches; the length of the text if none does. */
const firstOf = (patterns: readonly RegExp[], text: string, from: number): number =>
  patterns.reduce((least, pattern) => Math.min(least, search(pattern, text, from)?.index ?? least), text.length);

/** The first place at or after `from` where more text could begin, extend or undo a match; the length if there is none. */
export const pendingFrom = (set: RuleSet, text: string, from: number): number =>
  // An unfinished match is no longer than a finished one, so there is no need to look further back than that.
  firstOf(set.partial, text, Math.max(from, text.length - set.maxLength));

/** The next match of one rule. After a candidate that is not valid the search goes on one character later. */
function nextOf(set: RuleSet, index: number, text: string, from: number): Match | null {
  const rule = set.rules[index]!;
  const searcher = set.searchers[index]!;
  for (let found = search(searcher, text, from); found; found = search(searcher, text, found.index + 1)) {
    if (!rule.valid || rule.valid(found[0])) return { rule, start: found.index, end: found.index + found[0].length };
  }
  return null;
}

const isBefore = (a: Match, b: Match): boolean => a.start < b.start || (a.start === b.start && a.end > b.end);

/**
 * Reads `text` from `from` on; what stands before is context for lookbehinds. Unless it is the `last` of the text, only
 * matches are given that no continuation can change.
 * @throws whatever a rule's `valid` throws
 */
export function scan(set: RuleSet, text: string, from: number, last: boolean): Scanned {
  const matches: Match[] = [];
  let frontier = last ? text.length : pendingFrom(set, text, from);
  // Most texts hold nothing: one search says so.
  if (firstOf(set.any, text, from) >= frontier) return { matches, frontier };

  let at = from;
  const next = set.rules.map((_, index) => nextOf(set, index, text, at));
  for (;;) {
    let first: Match | null = null;
    for (const match of next) if (match && (!first || isBefore(match, first))) first = match;
    if (!first || first.start >= frontier) return { matches, frontier };
    matches.push(first);
    at = first.end;
    if (at > frontier) frontier = pendingFrom(set, text, at);
    next.forEach((match, index) => {
      if (match && match.start < at) next[index] = nextOf(set, index, text, at);
    });
  }
}

/** Every match in a whole text, at or after `from`. */
export const findMatches = (text: string, rules: readonly Rule[], from = 0): readonly Match[] =>
  scan(ruleSet(rules), text, from, true).matches;

/** Reads a text that arrives in pieces. Its offsets are those of the whole text. */
export class Scanner {
  readonly #set: RuleSet;
  /** What is undecided, after one code unit of what is: context for lookbehinds. */
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

  /** What no earlier piece could decide and this one does. The `last` piece decides everything. */
  push(piece: string, last: boolean): Scanned {
    this.#text += piece;
    const base = this.#base;
    const { matches, frontier } = scan(this.#set, this.#text, this.#from, last);
    const kept = Math.max(0, frontier - 1);
    this.#text = this.#text.slice(kept);
    this.#base += kept;
    this.#from = frontier - kept;
    return {
      matches: matches.map(({ rule, start, end }) => ({ rule, start: base + start, end: base + end })),
      frontier: base + frontier,
    };
  }

  /** Another scanner that has read the same. */
  fork(): Scanner {
    return new Scanner(this.#set, this.#text, this.#base, this.#from);
  }
}
