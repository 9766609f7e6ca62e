/** How a row of the tables of credentials is written. */
import type { Rule } from '../../rule.ts';

/** A rule, and where the form that it looks for is laid down. */
export interface SecretRule extends Rule {
  readonly source: string;
}

interface Row {
  readonly id: string;
  readonly pattern: RegExp;
  readonly valid?: NonNullable<Rule['valid']>;
  readonly source: string;
  readonly description: string;
  readonly cannotSee?: string;
}

/**
 * @param cannotSee said only where there is more than what is true of every credential that is known by its prefix
 */
export const secret = ({
  id,
  cannotSee = 'One that is cut short or has lost its prefix.',
  ...row
}: Row): SecretRule => ({
  ...row,
  id: `secrets.${id}`,
  kind: 'secrets',
  label: '[SECRET_REDACTED]',
  cannotSee,
});

/** Tells a random key from words joined by hyphens: it has a digit and a letter after its prefix. */
export const hasDigit = (match: string): boolean => /\d/.test(match) && /[A-Z]/i.test(match.slice(3));

/** Asks for a word, in any case, in the text before the match. */
export const after =
  (words: RegExp) =>
  (_match: string, before: string): boolean =>
    words.test(before);
