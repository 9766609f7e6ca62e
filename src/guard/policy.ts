import type { Action, Kind } from '../core/policy.ts';
import type { Finding } from '../core/reply.ts';
import type { Rule } from './rule.ts';
import { ALL_RULES } from './rules/all.ts';
import { type RuleSet, ruleSet } from './scan.ts';

export type Direction = Finding['direction'];
/** What to do about each kind; a kind that is not named is off. */
export type Actions = { readonly [K in Kind]?: Action };

/** Which rules are run on the texts of one direction, and what a match leads to. */
export interface Policy {
  readonly direction: Direction;
  readonly set: RuleSet;
  /** A match that was `hidden`, seen in the plain form only, cannot be cut out: where it would be, the text is blocked. */
  readonly actionFor: (rule: Rule, hidden: boolean) => Finding['action'];
}

/** Injection is an attack on the model, so it is looked for on the way in only. */
const appliesTo = (direction: Direction, kind: Kind): boolean => direction === 'input' || kind !== 'injection';

export function policyFor(direction: Direction, actions: Actions): Policy {
  const actionOf = (rule: Rule): Action => (appliesTo(direction, rule.kind) ? (actions[rule.kind] ?? 'off') : 'off');
  const running = ALL_RULES.filter((rule) => actionOf(rule) !== 'off');
  const planned = new Map(running.map((rule) => [rule, actionOf(rule) as Finding['action']]));
  return {
    direction,
    set: ruleSet(running),
    actionFor: (rule, hidden) => {
      const action = planned.get(rule)!;
      return hidden && action === 'redact' ? 'block' : action;
    },
  };
}
