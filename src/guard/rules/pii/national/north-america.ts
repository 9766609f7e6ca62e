/** Identifiers of the United States and Canada. */
import { digit, isMonotone, luhn } from '../checksums.ts';
import { DIGITS_ONLY, DOT, GAP, grouped, initial, type Row, separated } from '../row.ts';
import { idWords, named, taxWords } from '../words.ts';

/** What the Social Security Administration has never issued: area 000, 666 and 9xx, group 00, serial 0000. */
const isIssuable = (digits: string): boolean => !/^(?:000|666|9)|^.{3}00|0000$/.test(digits) && !isMonotone(digits);

/** The prefixes the IRS gives out: https://www.irs.gov/businesses/small-businesses-self-employed/how-eins-are-assigned-and-valid-ein-prefixes */
const EIN_PREFIX = /^(?:0[1-6]|1[0-6]|2[0-7]|3\d|4[0-8]|5\d|6[0-8]|7[1-7]|8[0-8]|9[0-58-9])/;

/** Twice the sum of the even places and that of the odd ones. */
const dea = (text: string): boolean =>
  (digit(text, 2) + digit(text, 4) + digit(text, 6) + 2 * (digit(text, 3) + digit(text, 5) + digit(text, 7))) % 10 ===
  digit(text, 8);

const LETTER = '[AC-HJKMNP-RT-Yac-hjkmnp-rt-y]';
const EITHER = '[AC-HJKMNP-RT-Yac-hjkmnp-rt-y0-9]';

export const NORTH_AMERICA: readonly Row[] = [
  {
    id: 'pii.ssn',
    noun: 'SSN',
    bounds: DIGITS_ONLY,
    form: grouped(3, 2, 4),
    check: isIssuable,
    context: named(
      'ssn|ssns|social security*|social sec*|soc sec*|ss number|ss#|ss no|seguro social',
      'social|taxpayer*|tax id*',
    ),
    strong:
      /^\d{3}(?:[-\u2010-\u2015\u2212]\d{2}[-\u2010-\u2015\u2212]|[ \u00a0\u2007\u2009\u202f]\d{2}[ \u00a0\u2007\u2009\u202f])\d{4}$/,
    examples: ['219-09-9999', '219 09 9999', '078\u201105\u20111120', '219099999', '219.09.9999'],
    lead: 'SSN ',
    source: 'https://www.ssa.gov/employer/randomization.html',
    description:
      'A US social security number that could have been issued; in groups of 3-2-4 no telling word is needed.',
    cannotSee: 'Nine digits without separators and without a telling word. Numbers spelt out in words.',
  },
  {
    id: 'pii.us_itin',
    noun: 'TAX_ID',
    form: String.raw`9\d{2}${GAP}?(?:5\d|6[0-5]|7\d|8[0-8]|9[0-24-9])${GAP}?\d{4}`,
    context: taxWords('itin|itins|individual taxpayer*', 'ssn'),
    strong: separated('[-\\u2010-\\u2015 ]', 3, 2, 4),
    examples: ['912-70-1234', '912 70 1234', '912701234'],
    lead: 'ITIN ',
    source: 'https://www.irs.gov/individuals/individual-taxpayer-identification-number',
    description: 'A US individual taxpayer number; in groups of 3-2-4 no telling word is needed.',
  },
  {
    id: 'pii.us_ein',
    noun: 'TAX_ID',
    form: String.raw`\d{2}-?\d{7}`,
    check: (digits) => EIN_PREFIX.test(digits),
    context: taxWords('ein|fein|employer id*|employer identification*', 'federal tax*|irs'),
    examples: ['12-3456789', '123456789'],
    lead: 'EIN ',
    source:
      'https://www.irs.gov/businesses/small-businesses-self-employed/how-eins-are-assigned-and-valid-ein-prefixes',
    description: 'A US employer identification number with a prefix in use.',
  },
  {
    id: 'pii.us_npi',
    noun: 'HEALTH_ID',
    form: String.raw`[12]\d{9}|[12]\d{3}${GAP}\d{3}${GAP}\d{3}`,
    check: (digits) => luhn(`80840${digits}`),
    context: named('npi|national provider*', 'provider*|physician*|practitioner|doctor|dr|prescriber|clinic*|medicare'),
    examples: ['1234567893', '1234-567-893'],
    lead: 'NPI ',
    source: 'https://www.cms.gov/Regulations-and-Guidance/Administrative-Simplification/NationalProvIdentStand',
    description: 'A US national provider identifier with a valid check digit.',
  },
  {
    id: 'pii.us_mbi',
    noun: 'HEALTH_ID',
    form: String.raw`[1-9]${LETTER}${EITHER}\d${GAP}?${LETTER}${EITHER}\d${GAP}?${LETTER}{2}\d{2}`,
    examples: ['1EG4-TE5-MK73', '1EG4TE5MK73', '1eg4-te5-mk73'],
    source: 'https://www.cms.gov/medicare/new-medicare-card/understanding-the-mbi.pdf',
    description:
      'A US Medicare beneficiary identifier. It has no check digit; its eleven places are letters and digits in an order of their own.',
  },
  {
    id: 'pii.us_dea',
    noun: 'HEALTH_ID',
    form: String.raw`[ABFGMPRabfgmpr]${initial('A-Z9')}\d{7}`,
    check: dea,
    context: named('dea|controlled substance*|registrant', 'prescriber*|medical licen*|physician*|practitioner'),
    examples: ['BB1388568', 'F91234563'],
    lead: 'DEA number ',
    source: 'https://en.wikipedia.org/wiki/DEA_number',
    description: 'The DEA number of a US prescriber with a valid check digit.',
  },
  {
    id: 'pii.ca_sin',
    noun: 'NATIONAL_ID',
    form: String.raw`[1-79]\d{2}${DOT}?\d{3}${DOT}?\d{3}`,
    check: (digits) => luhn(digits) && !isMonotone(digits),
    context: idWords('sin|sins|social insurance*|numéro d assurance sociale|assurance sociale|nas', 'canad*'),
    strong: /^\d{3}([- ])\d{3}\1\d{3}$/,
    examples: ['130-692-544', '130 692 544', '130692544'],
    lead: 'SIN ',
    source: 'https://en.wikipedia.org/wiki/Social_insurance_number',
    description:
      'A Canadian social insurance number with a valid check digit; in groups of 3-3-3 no telling word is needed.',
  },
];
