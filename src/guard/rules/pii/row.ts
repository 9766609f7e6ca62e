/**
 * One kind of personal data as a row of a table, and the rule it becomes.
 *
 * A number by itself is weak evidence: one in ten passes a check digit. So a row says what makes it strong, a form that
 * nothing else has or a telling word before it, and a match with neither is left alone.
 */
import type { Rule } from '../../rule.ts';
import { type Context, hasLetter, PHONE_WORDS, type Words, words } from './words.ts';

export interface Row {
  readonly id: `pii.${string}`;
  /** What it is called in `[…_REDACTED]`. */
  readonly noun: string;
  /** Source of the pattern, in the subset of partial.ts, without its bounds: no letter or digit stands on either side. */
  readonly form: string;
  /** Other bounds: the lookbehind and the lookahead. */
  readonly bounds?: readonly [string, string];
  /** What the form cannot say. Sees the letters and digits alone, in upper case. */
  readonly check?: (compact: string) => boolean;
  /** The same for what needs more: the match as it stands, and the text before it. */
  readonly look?: (match: string, before: string) => boolean;
  /** Telling words of which one has to stand before it. */
  readonly context?: Context;
  /** The matches, as they stand, that are strong enough without a telling word. */
  readonly strong?: Words;
  /** Invented values: each is seen, alone and in a sentence (after `lead`, if there is one). */
  readonly examples: readonly string[];
  /** A telling word for the examples that need one. */
  readonly lead?: string;
  readonly source: string;
  readonly description: string;
  readonly cannotSee?: string;
}

/** Between the digits of a number: hyphens and dashes, and the blanks that are one character wide at most. */
export const GAP = String.raw`[-\u2010-\u2015\u2212 \u00a0\u2007\u2009\u202f]`;
/** The same and the full stop. */
export const DOT = String.raw`[-\u2010-\u2015\u2212 \u00a0\u2007\u2009\u202f.]`;
export const DASH = String.raw`[-\u2010-\u2015\u2212]`;
export const BLANK = String.raw`[ \u00a0\u2007\u2009\u202f]`;

/**
 * Letters with which a form begins, and what may stand before the digits: `initial('A-Z', '{3}')`. A blank only after
 * capitals, or a stream would be held up at "to " and "the ".
 */
export const initial = (capitals: string, count = ''): string =>
  `(?:[${capitals}]${count}${GAP}?|[${capitals}${capitals.toLowerCase()}]${count}${DASH}?)`;

/** Groups of digits of these lengths with or without a separator between them: `grouped(3, 2, 4)`. */
export const grouped = (...lengths: readonly number[]): string =>
  lengths.map((length) => String.raw`\d{${length}}`).join(`${DOT}?`);

/** The same groups, and the separators must be there: for `strong`. */
export const separated = (separator: string, ...lengths: readonly number[]): RegExp =>
  new RegExp(`^${lengths.map((length) => String.raw`\d{${length}}`).join(separator)}$`);

const isDigit = (code: number): boolean => code >= 48 && code <= 57;
const AFTER_DIGIT = '-.:/+_';

/** Whether the rest of a longer number, of a UUID or of a version stands right before it. */
function isInside(before: string): boolean {
  const last = before.length - 1;
  if (last < 1 || !AFTER_DIGIT.includes(before.charAt(last))) return false;
  return isDigit(before.charCodeAt(last - 1)) || (before.endsWith('-') && /[\da-f]{4}-$/i.test(before.slice(-5)));
}

/** Whether another number does: for what has only its form to show. */
export function isInRow(before: string): boolean {
  const last = before.length - 1;
  return last > 0 && isDigit(before.charCodeAt(last - 1)) && '-. \u00a0'.includes(before.charAt(last));
}

/** Letters may stand on either side, as in "SSN123-45-6789". */
export const DIGITS_ONLY = [String.raw`(?<!\d)`, String.raw`(?!\d)`] as const;

/** Letters and digits alone, in upper case. By hand, since every candidate comes through here. */
export function compactOf(match: string): string {
  let compact = '';
  let from = 0;
  let isUpper = true;
  for (let i = 0; i < match.length; i += 1) {
    const code = match.charCodeAt(i);
    if (isDigit(code) || (code >= 65 && code <= 90)) continue;
    if (code >= 97 && code <= 122) {
      isUpper = false;
      continue;
    }
    if (i > from) compact += match.slice(from, i);
    from = i + 1;
  }
  compact = from === 0 ? match : compact + match.slice(from);
  return isUpper ? compact : compact.toUpperCase();
}

/** The last of a text, at most fifty characters, that has no digit. By hand: a pattern that ends in $ tries every start. */
export function nearOf(before: string): string {
  const least = Math.max(0, before.length - 50);
  let at = before.length;
  while (at > least && !isDigit(before.charCodeAt(at - 1))) at -= 1;
  return before.slice(at);
}

/** Nouns of what is told apart by its name where the form would do for several. */
const ALIKE = new Set([
  'NATIONAL_ID',
  'TAX_ID',
  'COMPANY_ID',
  'HEALTH_ID',
  'ID_CARD',
  'BANK_ACCOUNT',
  'DEVICE_ID',
  'SSN',
]);

/** Rows that look alike, and the names of them all. */
interface Family {
  readonly names: Words;
  readonly members: readonly { readonly row: Row; readonly whole: RegExp; readonly context: Context }[];
}

function familyOf(rows: readonly Row[]): Family {
  const members = rows.flatMap((row) => {
    const { context, noun, form } = row;
    return context && ALIKE.has(noun) ? [{ row, whole: new RegExp(`^(?:${form})$`), context }] : [];
  });
  return { names: words(members.map(({ context }) => context.namesSource).join('|')), members };
}

/** Whether another row sees the same in it, and the name of that one stands right before it. */
const isAnothers = (row: Row, { names, members }: Family, match: string, near: string): boolean =>
  names.test(near) &&
  members.some(
    (other) =>
      other.row !== row &&
      other.whole.test(match) &&
      (!other.row.check || other.row.check(compactOf(match))) &&
      other.context.names.test(near),
  );

/** A name right before it decides; otherwise a weaker word anywhere before it, or its form. */
function validOf(row: Row, family: Family): (match: string, before: string) => boolean {
  const { check, look, context, strong, noun } = row;
  return (match, before) => {
    if (isInside(before)) return false;
    if (check && !check(compactOf(match))) return false;
    if (look && !look(match, before)) return false;
    const near = nearOf(before);
    if (context?.names.test(near)) return true;
    if (ALIKE.has(noun) && isAnothers(row, family, match, near)) return false;
    // A telephone number has no letters.
    if (ALIKE.has(noun) && !hasLetter(match) && PHONE_WORDS.test(near)) return false;
    return !context || (!!strong?.test(match) && !isInRow(before)) || context.all.test(before);
  };
}

function gapsOf({ context, strong, check, examples }: Row): string {
  if (context && !strong) return 'One without a telling word in the 100 characters before it.';
  if (context && !examples.every((example) => strong?.test(example)))
    return 'One without its separators or its prefix and without a telling word in the 100 characters before it.';
  return check ? 'One that is misspelt.' : 'Whether it was ever issued.';
}

function ruleOf(row: Row, family: Family): Rule {
  const [before, after] = row.bounds ?? ['(?<![A-Za-z0-9])', '(?![A-Za-z0-9])'];
  return {
    id: row.id,
    kind: 'pii',
    label: `[${row.noun}_REDACTED]`,
    pattern: new RegExp(`${before}(?:${row.form})${after}`),
    valid: validOf(row, family),
    description: row.description,
    cannotSee: row.cannotSee ?? gapsOf(row),
  };
}

/** The rules of a table. Rows of it that look alike yield to the one whose name stands before the match. */
export function rulesOf(rows: readonly Row[]): readonly Rule[] {
  const family = familyOf(rows);
  return rows.map((row) => ruleOf(row, family));
}
