import { partialOf } from './partial.ts';
import { lengths, parsePattern } from './pattern.ts';
import type { Rule } from './rule.ts';
import { Starts } from './starts.ts';

/** A rule, ready to be tried at one place. Its patterns are sticky, and so stateful: `lastIndex` is set before each use. */
interface Ready {
  readonly rule: Rule;
  readonly pattern: RegExp;
  /** Matches to the end of the text where it is undecided there whether the rule matches. */
  readonly undecided: RegExp;
  /** The longest match, in UTF-16 code units. */
  readonly maxLength: number;
}

/** Rules made ready to be run together. */
export interface RuleSet {
  readonly ready: readonly Ready[];
  readonly starts: Starts;
  readonly maxLength: number;
}

/**
 * @throws Error if a pattern is outside the subset of pattern.ts
 */
export function ruleSet(rules: readonly Rule[]): RuleSet {
  const parsed = rules.map((rule) => ({ rule, pattern: parsePattern(rule.pattern) }));
  const ready = parsed.map(({ rule, pattern }) => ({
    rule,
    pattern: new RegExp(rule.pattern.source, `y${rule.pattern.flags}`),
    undecided: new RegExp(partialOf(pattern), `y${rule.pattern.flags}`),
    maxLength: lengths(pattern)[1],
  }));
  return {
    ready,
    starts: new Starts(
      parsed.map(({ rule, pattern }) => ({
        pattern,
        flags: rule.pattern.flags,
        followsWord: followsWord(rule.pattern.source),
      })),
    ),
    maxLength: Math.max(0, ...ready.map(({ maxLength }) => maxLength)),
  };
}

const LOOKBEHIND = /^\(\?<[=!](?:\\.|\[(?:\\.|[^\\\]])*\]|[^)])\)/;
const WORD = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'];

/** Whether the lookbehind that a pattern begins with, if it does, leaves any letter or digit. */
function followsWord(source: string): boolean {
  const [lead] = LOOKBEHIND.exec(source) ?? [''];
  // The lead of one option says nothing of the others.
  if (lead === '' || hasOptions(source)) return true;
  const behind = new RegExp(lead, 'y');
  return WORD.some((before) => {
    behind.lastIndex = 1;
    return behind.test(before);
  });
}

const hasOptions = (source: string): boolean => parsePattern(new RegExp(source)).kind === 'choice';
