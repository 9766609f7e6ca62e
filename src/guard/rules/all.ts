import type { Kind } from '../../core/policy.ts';
import type { Rule } from '../rule.ts';
import { EXFILTRATION_RULES } from './exfiltration.ts';
import { PII_RULES } from './pii/pii.ts';
import { SECRET_RULES } from './secrets/secrets.ts';

type Rules = Readonly<Record<Kind, readonly Rule[]>>;

/**
 * What is looked for, by direction and kind. Injections in prompts have no rule here: they are read as a whole
 * (injection/). Order decides between matches of the same length at the same place.
 */
export const RULES: Readonly<Record<'input' | 'output', Rules>> = {
  input: { injection: [], pii: PII_RULES, secrets: SECRET_RULES },
  output: { injection: EXFILTRATION_RULES, pii: PII_RULES, secrets: SECRET_RULES },
};
