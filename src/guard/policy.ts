import { getOrAdd } from '../core/maps.ts';
import { type Action, KINDS, type Kind } from '../core/policy.ts';
import type { Finding } from '../core/reply.ts';
import type { Recognised, Rule } from './rule.ts';
import { type RuleSet, ruleSet } from './rule-set.ts';
import { RULES } from './rules/all.ts';

export type Direction = Finding['direction'];
/** What to do about each kind; a kind that is not named is off. */
export type Actions = { readonly [K in Kind]?: Action };

/** Which rules are run on the texts of one direction, and what a match leads to. */
export interface Policy {
  readonly direction: Direction;
  /** What is done about a kind. */
  readonly actions: Actions;
  /**
   * The rules, those of each kind apart: what is personal data must not stand in front of a secret that begins in it,
   * nor what is only flagged in front of what is to be cut out.
   */
  readonly sets: readonly RuleSet[];
  readonly actionFor: (found: Recognised) => Finding['action'];
}

const sets = new Map<readonly Rule[], RuleSet>();

/** The same for all policies: made when it is first needed. */
const setOf = (rules: readonly Rule[]): RuleSet => getOrAdd(sets, rules, () => ruleSet(rules));

export function policyFor(direction: Direction, actions: Actions): Policy {
  const actionOf = ({ kind }: Pick<Recognised, 'kind'>): Action => actions[kind] ?? 'off';
  const kinds = KINDS.filter((kind) => actionOf({ kind }) !== 'off' && RULES[direction][kind].length > 0);
  return {
    direction,
    actions,
    sets: kinds.map((kind) => setOf(RULES[direction][kind])),
    actionFor: (found) => actionOf(found) as Finding['action'],
  };
}
