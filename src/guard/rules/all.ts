import type { Rule } from '../rule.ts';
import { INJECTION_RULES } from './injection.ts';
import { PII_RULES } from './pii.ts';
import { SECRET_RULES } from './secrets.ts';

/** Every rule there is. Order decides between matches of the same length at the same place: the graver kind first. */
export const ALL_RULES: readonly Rule[] = [...SECRET_RULES, ...PII_RULES, ...INJECTION_RULES];
