/** Identifiers of the Nordic and the Baltic countries. */
import { digit, isDay, isDayAt, luhn, weighted } from '../checksums.ts';
import { GAP, type Row } from '../row.ts';
import { idWords } from '../words.ts';

/** Coordination numbers have sixty added to the day. */
const swedish = (digits: string): boolean => {
  const number = digits.slice(-10);
  return isDay(Number(number.slice(2, 4)), Number(number.slice(4, 6)) % 60) && luhn(number);
};

const finnish = (text: string): boolean =>
  isDayAt(text, 2, 0) &&
  '0123456789ABCDEFHJKLMNPRSTUVWXY'.charAt(Number(text.slice(0, 6) + text.slice(-4, -1)) % 31) === text.slice(-1);

/** D numbers have forty added to the day, H numbers forty to the month. */
const norwegian = (digits: string): boolean =>
  Number(digits.slice(2, 4)) < 53 &&
  isDay(Number(digits.slice(2, 4)) % 40, Number(digits.slice(0, 2)) % 40) &&
  weighted(digits, [3, 7, 6, 1, 8, 9, 4, 5, 2, 1]) % 11 === 0 &&
  weighted(digits, [5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1]) % 11 === 0;

const danish = (digits: string): boolean => isDayAt(digits, 2, 0);

const icelandic = (digits: string): boolean =>
  isDay(Number(digits.slice(2, 4)), Number(digits.slice(0, 2)) % 40) &&
  /[09]$/.test(digits) &&
  weighted(digits, [3, 2, 7, 6, 5, 4, 3, 2, 1]) % 11 === 0;

/** Estonia and Lithuania use the same one: if the first sum gives ten, the second decides, and then ten counts as nought. */
const baltic = (digits: string): boolean => {
  const first = weighted(digits, [1, 2, 3, 4, 5, 6, 7, 8, 9, 1]) % 11;
  const check = first < 10 ? first : (weighted(digits, [3, 4, 5, 6, 7, 8, 9, 1, 2, 3]) % 11) % 10;
  return isDayAt(digits, 3, 5) && check === digit(digits, 10);
};

/** The newer kind begins with 32 and says no day. */
const latvian = (digits: string): boolean =>
  (digits.startsWith('32') || isDayAt(digits, 2, 0)) &&
  ((weighted(digits, [10, 5, 8, 4, 2, 1, 6, 3, 7, 9]) + 1) % 11) % 10 === digit(digits, 10);

export const NORTHERN_EUROPE: readonly Row[] = [
  {
    id: 'pii.se_personnummer',
    noun: 'NATIONAL_ID',
    form: String.raw`(?:(?:18|19|20)\d{2}|\d{2})[01]\d[0-9]\d[-+]?\d{4}`,
    check: swedish,
    context: idWords(
      'personnummer|pnr|samordningsnummer|organisationsnummer|swedish personal*|swedish id*',
      'swedish|svensk*|sweden',
    ),
    strong: /^/,
    examples: ['811228-9874', '19811228-9874', '198112289874', '811228+9874'],
    lead: 'personnummer ',
    source: 'https://www.skatteverket.se, Personnummer (SKV 704)',
    description: 'A Swedish personal or coordination number with a valid check digit.',
  },
  {
    id: 'pii.fi_hetu',
    noun: 'NATIONAL_ID',
    bounds: ['(?<!\\d)', '(?![A-Za-z0-9])'],
    form: String.raw`[0-3]\d[01]\d{3}[-+A-FU-Ya-fu-y]\d{3}[0-9A-FHJ-NPR-Ya-fhj-npr-y]`,
    check: finnish,
    examples: ['131052-308T', '131052B308T', '131052-308t'],
    source: 'https://dvv.fi/en/personal-identity-code',
    description: 'A Finnish personal identity code with a valid check character.',
  },
  {
    id: 'pii.no_fodselsnummer',
    noun: 'NATIONAL_ID',
    form: String.raw`\d{6}${GAP}?\d{5}`,
    check: norwegian,
    examples: ['15108695088', '151086 95088'],
    source: 'https://no.wikipedia.org/wiki/F%C3%B8dselsnummer',
    description: 'A Norwegian birth or D number with both check digits valid.',
  },
  {
    id: 'pii.is_kennitala',
    noun: 'NATIONAL_ID',
    form: String.raw`[0-7]\d[01]\d{3}${GAP}?\d{3}[09]`,
    check: icelandic,
    context: idWords('kennitala', 'kt|icelandic'),
    strong: /^/,
    examples: ['120174-3399', '1201743399'],
    lead: 'kennitala ',
    source: 'https://arthurdejong.org/python-stdnum/doc/stdnum.is_.kennitala',
    description: 'An Icelandic kennitala with a valid check digit.',
  },
  {
    id: 'pii.dk_cpr',
    noun: 'NATIONAL_ID',
    form: String.raw`[0-3]\d[01]\d{3}${GAP}?\d{4}`,
    check: danish,
    context: idWords('cpr|cpr nummer|cpr nr|personnummer|sygesikring*', 'danish|dansk*'),
    strong: /^\d{6}-\d{4}$/,
    examples: ['211062-5629', '2110625629'],
    lead: 'CPR ',
    source: 'https://cpr.dk/cpr-systemet/opbygning-af-cpr-nummeret',
    description:
      'A Danish CPR number. Its check digit has not been binding since 2007, so only the day of birth is checked.',
  },
  {
    id: 'pii.ee_lt_personal_code',
    noun: 'NATIONAL_ID',
    form: String.raw`[1-8]\d{2}[01]\d[0-3]\d{5}`,
    check: baltic,
    examples: ['36805280109', '38703181745'],
    source: 'https://arthurdejong.org/python-stdnum/doc/stdnum.ee.ik',
    description: 'An Estonian isikukood or a Lithuanian asmens kodas with a valid check digit.',
  },
  {
    id: 'pii.lv_personas_kods',
    noun: 'NATIONAL_ID',
    form: String.raw`[0-3]\d{5}${GAP}?\d{5}`,
    check: latvian,
    context: idWords('personas kods|personas kodu', 'latvia*|pk'),
    strong: /^/,
    examples: ['161175-19997', '16117519997', '328673-00679'],
    lead: 'personas kods ',
    source: 'https://arthurdejong.org/python-stdnum/doc/stdnum.lv.pvn',
    description:
      'A Latvian personal code with a valid check digit: with a day of birth, or the newer kind that begins with 32.',
  },
];
