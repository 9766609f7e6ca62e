import { type Actions, ALONE, type Direction, type Guard, guardFor, type Verdict } from '../../src/guard/guard.ts';
import type { Rule } from '../../src/guard/rule.ts';
import { type RuleSet, ruleSet } from '../../src/guard/rule-set.ts';
import { RULES } from '../../src/guard/rules/all.ts';
import { type Match, scan } from '../../src/guard/scan.ts';

export const ALL_RULES: readonly Rule[] = [...RULES.output.secrets, ...RULES.output.pii, ...RULES.output.injection];

const sets = new WeakMap<readonly Rule[], RuleSet>();

/** Every match in a whole text as it is, at or after `from`. */
export function findMatches(text: string, rules: readonly Rule[], from = 0): readonly Match[] {
  const set = sets.get(rules) ?? ruleSet(rules);
  sets.set(rules, set);
  return scan(set, text, from, true).matches;
}

/** Does all the steps at once. */
export function done<T>(steps: Generator<void, T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** Judges a whole text. */
export const judged = (guard: Guard, text: string, channel: string): Omit<Verdict, 'held'> => {
  const { held: _, ...verdict } = {
    held: 0,
    ...guard.edit(text, done(guard.examine(text, 'direct', ALONE)), channel, ALONE),
  };
  return verdict;
};

export const inspect = (
  text: string,
  { direction, actions, channel }: { direction: Direction; actions: Actions; channel: string },
) => judged(guardFor(direction, actions), text, channel);
