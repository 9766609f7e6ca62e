/** Personal data that has a form of its own. Names and addresses have none; they need a model. */
import type { Rule } from '../rule.ts';

/** Between the groups of a number: hyphens and dashes as people and models type them. */
const DASH = String.raw`[-\u2010-\u2015\u2212]`;
/** A single blank: the space, and the no-break, figure, thin and narrow ones. */
const BLANK = String.raw`[ \u00a0\u2007\u2009\u202f]`;
const GAP = String.raw`[-\u2010-\u2015\u2212 \u00a0\u2007\u2009\u202f]`;
const GAP_OR_DOT = String.raw`[-\u2010-\u2015\u2212 \u00a0\u2007\u2009\u202f.]`;

/** What the Social Security Administration has never issued: area 000, 666 and 9xx, group 00, serial 0000. */
const isIssuable = (match: string): boolean => !/^(?:000|666|9)|^.{3}00|0000$/.test(match.replace(/\D/g, ''));

/** The check digit of payment cards (ISO/IEC 7812-1, annex B). */
function passesLuhn(match: string): boolean {
  let sum = 0;
  let doubles = false;
  for (let i = match.length - 1; i >= 0; i -= 1) {
    const digit = match.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) continue;
    const weighted = doubles ? 2 * digit : digit;
    sum += weighted > 9 ? weighted - 9 : weighted;
    doubles = !doubles;
  }
  return sum % 10 === 0;
}

/** Latin letters with accents: half of Europe has them in its mail addresses (RFC 6531). */
const ACCENTED = String.raw`\u00c0-\u024f`;
const LOCAL = String.raw`[\w.%+${ACCENTED}-]`;
const LABEL = `[A-Za-z0-9${ACCENTED}][A-Za-z0-9${ACCENTED}-]{0,62}`;

const email = new RegExp(
  String.raw`(?<!${LOCAL})${LOCAL}{1,64}(?:'${LOCAL}{1,32})?@(?:${LABEL}\.){1,5}[A-Za-z]{2,24}(?![A-Za-z0-9])`,
);

const ssn = new RegExp(String.raw`(?<!\d)\d{3}(?:${DASH}\d{2}${DASH}|${BLANK}\d{2}${BLANK})\d{4}(?!\d)`);

// The first digit of a payment card is 2 to 6; 1 would take in every timestamp in milliseconds.
const card = new RegExp(
  String.raw`(?<![A-Za-z0-9.])(?:[2-6]\d{12,18}|[2-6]\d{3}(?:${GAP}\d{4}){3}(?:${GAP}\d{1,3})?|3\d{3}${GAP}\d{6}${GAP}\d{5})(?![A-Za-z0-9])`,
);

const northAmerican = String.raw`(?:(?:\+|00)?1${GAP_OR_DOT}?)?(?:\([2-9]\d{2}\)${GAP_OR_DOT}?|[2-9]\d{2}${GAP_OR_DOT})\d{3}${GAP_OR_DOT}\d{4}(?!\d)`;
// E.164: at most 15 digits, the first not 0. Up to three separators in a row: " (0)", ") ", " / ".
const international = String.raw`\+[1-9](?:[-\u2010-\u2015\u2212 \u00a0\u2007\u2009\u202f.()/]{0,3}\d){7,14}(?!\d)`;
const phone = new RegExp(`(?<![A-Za-z0-9.+-])(?:${northAmerican}|${international})`);

export const PII_RULES: readonly Rule[] = [
  {
    id: 'pii.ssn',
    kind: 'pii',
    label: '[SSN_REDACTED]',
    pattern: ssn,
    valid: isIssuable,
    description: 'A US social security number in groups of 3-2-4, with dashes or blanks, that could have been issued.',
    cannotSee: 'Nine digits without separators: they look like any other number. Numbers spelt out in words.',
  },
  {
    id: 'pii.email',
    kind: 'pii',
    label: '[EMAIL_REDACTED]',
    pattern: email,
    description: 'A mail address: up to 64 characters, an at sign, a domain name. Accented Latin letters included.',
    cannotSee:
      'Addresses spelt out ("name at example dot com"), quoted local parts, IP addresses as the domain, other scripts.',
  },
  {
    id: 'pii.card',
    kind: 'pii',
    label: '[CARD_REDACTED]',
    pattern: card,
    valid: passesLuhn,
    description:
      'A payment card number of 13 to 19 digits with a valid check digit, whole or in groups of 4-4-4-4 or 4-6-5.',
    cannotSee:
      'Other groupings, one digit a line, cards that begin with 0, 1, 7, 8 or 9. One in ten random numbers of that form passes the check.',
  },
  {
    id: 'pii.phone',
    kind: 'pii',
    label: '[PHONE_REDACTED]',
    pattern: phone,
    description: 'A North American number with separators, or an international one that begins with a plus sign.',
    cannotSee:
      'National numbers of other countries, numbers without separators and plus sign, seven-digit local numbers.',
  },
];
