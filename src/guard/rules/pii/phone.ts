/**
 * Telephone numbers, by the numbering plans that libphonenumber-js carries (Google's libphonenumber). Its parser takes
 * some ten microseconds a candidate, too long for a text made of candidates, so that its patterns are compiled here once:
 * lengths by calling code, and what is a fixed line or a mobile one in the countries whose national formats are read.
 */
import metadata from 'libphonenumber-js/max/metadata';
import { compactOf, isInRow, type Row } from './row.ts';
import { hasLetter, PHONE_WORDS, words } from './words.ts';

type Plan = readonly [code: string, idd: unknown, pattern: string, lengths: readonly number[], ...rest: unknown[]];
const PLANS = metadata.countries as unknown as Readonly<Record<string, Plan>>;

/** Between two digits: ") ", " / ", "-". */
const SEPARATOR = String.raw`[-\u2010-\u2015\u2212 \u00a0\u2007\u2009\u202f.()/]`;
const BETWEEN = String.raw`[-\u2010-\u2015\u2212 \u00a0\u2007\u2009\u202f./]`;
const GAP = String.raw`[-\u2010-\u2015\u2212 \u00a0\u2007\u2009\u202f.]`;
const EXTENSION = String.raw`(?:[ ,;]{0,2}(?:[xX#]|[eE]xt\.?|EXT|[eE]xtension|[dD]urchwahl|[pP]oste|[rR]amal)[ .:]{0,2}\d{1,6})?`;
const BOUNDS = ['(?<![A-Za-z0-9])', String.raw`(?!\d)`] as const;

/** Shorter ones are those of services, longer ones of machines; and a longer limit takes in the number that comes next. */
const MIN_LENGTH = 6;
const MAX_LENGTH = 12;
/** With a calling code before them, so many digits are a number even where the plan wants more: plans change. */
const ENOUGH = 9;

/** Calling codes, by the least and the most digits that follow them: `{ '10,10': ['1', '7'] }`. */
function codesByLength(): Map<string, string[]> {
  const lengths = new Map<string, number[]>();
  for (const [code, , , possible] of Object.values(PLANS))
    lengths.set(code, [...(lengths.get(code) ?? []), ...possible]);
  return Map.groupBy(lengths.keys(), (code) => {
    const all = lengths.get(code)!;
    const least = Math.min(Math.max(MIN_LENGTH, Math.min(...all)), ENOUGH, Math.max(...all));
    return `${least},${Math.min(MAX_LENGTH, Math.max(...all))}`;
  });
}

const INTERNATIONAL = Array.from(
  codesByLength(),
  ([range, codes]) => String.raw`(?:${codes.join('|')})(?:${SEPARATOR}{0,2}\([01]\))?(?:${SEPARATOR}{0,3}\d){${range}}`,
).join('|');

/** Countries that write their numbers with a nought in front. Italy's belongs to the number. */
const TRUNK_NOUGHT =
  'GB DE FR NL BE CH AT SE FI IE AU NZ JP KR CN TW IN PK BD LK TR ZA IL AE SA EG NG KE GH ID MY TH VN PH UA RO RS HR SI BG SK AR BR PE VE EC MA DZ'.split(
    ' ',
  );
/** What a country's fixed lines, the first of the kinds, and its mobile ones, the second, look like. */
const linesOf = (country: string): string[] =>
  ((PLANS[country]?.[11] ?? []) as readonly (readonly [string] | 0)[])
    .slice(0, 2)
    .flatMap((kind) => (kind ? [kind[0]] : []));
const NATIONAL = new RegExp(
  `^(?:0(?:${TRUNK_NOUGHT.flatMap((country) => linesOf(country)).join('|')})|${linesOf('IT').join('|')})$`,
);
/** Said of people one reaches by telephone, and of much else: good for what is written like a number. */
const VERBS = words(
  [
    'call*|ring|rang|text me|text him|text her|text us|texted|reach*|contact*|answering|answer|office|my number|his number|her number|their number|our number|your number|emergency',
    'anrufen|ruf*|appel*|joindre|contacter|llam*|contactar|chiam*|contatt*|ligue|ligar|liga|bel|bellen|bereik*|zadzwoń|dzwoń|zadzwonić|soita|kontakt*|ara|arayın|звон*|позвон*|打给|致电',
  ].join('|'),
);
/** Right before a number that is something else. */
const OTHER =
  /(?<![a-z])(?:order|invoice|ticket|account|case|reference|ref|tracking|serial|model|version|isbn|issn|doi|page|pages|pp|zip|code|patent|port|pid|line|error|id|sku|part|item|timestamp)(?: (?:number|no|id|code))?[\s:#.="'-]{0,3}(?:is )?["']?$|[$€£¥§]\s?$/i;
const DATE =
  /^\(?\d{1,2}[-./]\d{1,2}[-./](?:\d{4}|\d{2}$)|^(?:19|20)\d{2}[-./]\d{1,2}[-./]\d{1,2}(?:\D|$)|^(?:19|20)\d{2}-(?:19|20)\d{2}$/;
const DECIMAL = /^\d{1,3}\.\d{4,}$/;
/** How numbers are written where no nought stands before them, or the nought is not enough. */
const CUSTOMARY = new RegExp(
  [
    // Spain, with and without its prefix of two digits
    String.raw`[6-9]\d{2}(?: \d{2}){3}|[1-9]\d(?: \d{3})(?: \d{2}){2}`,
    // Mobile numbers of Poland, Spain and Portugal
    String.raw`(?:45|5[0137]|6\d|7[2-9]|88|9[1236])\d \d{3} \d{3}`,
    // Brazil
    String.raw`[1-9]\d[ -](?:9\d{4}|[2-5]\d{3}|\d{4})[- ]\d{4}`,
    // Japan and China
    String.raw`\d{2,3}-\d{4}-\d{4}|1[3-9]\d[ -]\d{4}[ -]\d{4}`,
    // Russia
    String.raw`8[ -]?\(?\d{3}\)?[ -]?\d{3}[ -]\d{2}[ -]?\d{2}`,
    // Turkey
    String.raw`5\d{2}([ .-])\d{3}\1\d{2}\1\d{2}`,
    // Sweden
    String.raw`0[1-9]\d{0,2}-\d{2,3} \d{2}(?: \d{2,3})?`,
    // Austria and Germany: an area code of three to five digits
    String.raw`\(?0[1-9]\d{1,3}\)?(?: ?/ ?|[ -])\d{3,8}(?:[ -]\d{2,5}){0,2}`,
  ]
    .map((form) => `^(?:${form})$`)
    .join('|'),
);
/** Mobile numbers of China: all eleven digits are taken. */
const CHINESE = /^1(?:3\d|4[5-9]|5[0-35-9]|6[2567]|7[0-8]|8\d|9[0-35-9])\d{8}$/;

const mainPart = (match: string): string =>
  hasLetter(match) || match.includes('#')
    ? match.replace(/[ ,;]{0,2}(?:[x#]|ext|durchwahl|poste|ramal).*$/i, '')
    : match;

/** Whether a word for telephoning stands before it. */
function isTold(count: number, isSeparated: boolean, before: string): boolean {
  const near = before.slice(-60);
  return PHONE_WORDS.test(near) || (count > (isSeparated ? 5 : 8) && VERBS.test(near));
}

/** Whether it is written as telephone numbers are. */
function isCustomary(number: string, digits: string, isSeparated: boolean): boolean {
  if (digits.length < 8) return false;
  if (!isSeparated) {
    if (digits.length !== 10 && digits.length !== 11) return false;
    return digits.charAt(0) === '0' ? NATIONAL.test(digits) : CHINESE.test(digits);
  }
  if (CUSTOMARY.test(number)) return true;
  if (digits.length < 9 || !/^\(?0[1-9]|^\([1-9]\d{1,2}\)/.test(number)) return false;
  if (/\d\.\d{1,2}\D/.test(number.replace(/(?:\.\d\d){4}$/, ''))) return false;
  return number.startsWith('(') || NATIONAL.test(digits);
}

function isNational(match: string, before: string): boolean {
  if (isInRow(before)) return false;
  const number = mainPart(match);
  const digits = compactOf(number);
  const isSeparated = number.length > digits.length + (number.startsWith('(') ? 1 : 0);
  if (!isTold(digits.length, isSeparated, before) && !isCustomary(number, digits, isSeparated)) return false;
  return !DATE.test(number) && !DECIMAL.test(number) && !OTHER.test(before.slice(-32));
}

export const PHONE: readonly Row[] = [
  {
    id: 'pii.phone',
    noun: 'PHONE',
    bounds: BOUNDS,
    form: String.raw`(?:\+ ?|00${GAP}?|011${GAP})(?:${INTERNATIONAL})${EXTENSION}`,
    look: (match, before) =>
      match.startsWith('+') || /\D/.test(match) || PHONE_WORDS.test(before) || VERBS.test(before),
    examples: [
      '+1 415 555 0132',
      '001-415-555-0132',
      '+44 20 7946 0958',
      '+44 (0)20 7946 0958',
      '+49 30 / 1234567',
      '+4915112345678',
      '+33 1 23 45 67 89',
      '+55 (11) 98765-4321',
      '011 44 20 7946 0958',
      '+1-415-555-0132x818',
    ],
    source: 'ITU-T E.164, E.123; libphonenumber metadata',
    description:
      'An international number: +, 00 or 011, a calling code, as many digits as the country has, an extension.',
    cannotSee: 'Numbers in words; 00 and digits without separators and without a telling word.',
  },
  {
    id: 'pii.phone_north_american',
    noun: 'PHONE',
    bounds: BOUNDS,
    form: String.raw`(?:1${GAP}?)?(?:\(\d{3}\)${GAP}?|\d{3}(?:${GAP}|/))\d{3}${GAP}\d{4}${EXTENSION}`,
    look: (match, before) =>
      /^(?:1.?)?(?:\(|[2-9]\d{2}.[2-9])|^(?:1[-.])?\d{3}([-.])\d{3}\1/.test(match) ||
      PHONE_WORDS.test(before) ||
      VERBS.test(before),
    examples: [
      '415-555-0132',
      '(415) 555-0132',
      '(415)555-0132',
      '415.555.0132',
      '1-800-555-0199',
      '415\u2011555\u20110132',
      '978-645-9740x11144',
      '415 555 0132 ext. 12',
    ],
    source: 'https://www.nanpa.com, North American Numbering Plan',
    description:
      'A North American number of ten digits with separators, and its extension. Area codes are not checked.',
    cannotSee: 'Ten digits without separators and without a telling word.',
  },
  {
    id: 'pii.phone_national',
    noun: 'PHONE',
    // A group has two digits or more, or every list of digits would be read to its end from each of them.
    form: String.raw`(?:(?:\d{1,3}${GAP}?)?\(\d{1,5}\)|\d)(?:${BETWEEN}{1,3}\d(?=\d)|\d){5,12}${EXTENSION}`,
    look: isNational,
    examples: [
      '020 7946 0958',
      '(030) 1234567',
      '01 23 45 67 89',
      '0412 345 678',
      '090-1234-5678',
      '612 34 56 78',
      '11 98765-4321',
      '(85) 5986-8343',
      '13812345678',
      '0612345678',
      '501 234 567',
    ],
    source: 'libphonenumber metadata',
    description:
      'A national number: with a nought or parentheses in front, if it is a line of one of 46 countries; as Austria, Brazil, China, Japan, Poland, Portugal, Russia, Spain, Sweden and Turkey write theirs; in any other form after a word for telephoning.',
    cannotSee: 'Numbers of other forms without a telling word in the 60 characters before them.',
  },
];
