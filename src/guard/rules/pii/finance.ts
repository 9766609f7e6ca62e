/** Cards and accounts. */
import { digit, isMonotone, luhn, mod97, weighted } from './checksums.ts';
import { compactOf, GAP, nearOf, type Row } from './row.ts';
import { named } from './words.ts';

/** That many digits after the ones given, with any single separator before each. */
const more = (count: number): string => String.raw`(?:${GAP}?\d){${count}}`;
/** Mir, Mastercard, Diners Club, JCB, Visa, Maestro, Discover, UnionPay: what begins otherwise is no card. */
const ISSUER = /^(?:220[0-4]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720|3[0-9]|[456])/;
const isCard = (match: string): boolean => luhn(match) && ISSUER.test(compactOf(match));
/** Articles are numbered with thirteen digits as well. */
const ARTICLE = /(?:ean|gtin|isbn|upc|barcode|article|artikel)[\s\w:#.-]{0,12}$/i;
const CARD_SOURCE = 'ISO/IEC 7812-1; issuer ranges: https://en.wikipedia.org/wiki/Payment_card_number';

/**
 * The lengths of IBANs, with the country's code and the check digits, from the IBAN registry of SWIFT (release 99):
 * https://www.swift.com/standards/data-standards/iban-international-bank-account-number
 */
const IBAN_LENGTHS: Readonly<Record<number, string>> = {
  15: 'NO',
  16: 'BE',
  18: 'DK FK FI FO GL NL SD',
  19: 'MK SI',
  20: 'AT BA EE KZ LT LU MN XK',
  21: 'CH HR LI LV',
  22: 'BG BH CR DE GB GE IE ME RS VA',
  23: 'AE GI IL IQ OM SO TL',
  24: 'AD CZ ES MD PK RO SA SE SK TN VG',
  25: 'LY PT ST',
  26: 'IS TR',
  27: 'BI DJ FR GR IT MC MR SM',
  28: 'AL AZ BY CY DO GT HN HU LB NI PL SV',
  29: 'BR EG PS QA UA',
  30: 'JO KW MU YE',
  31: 'MT SC',
  32: 'LC',
  33: 'RU',
};
const eitherCase = (letters: string): string =>
  Array.from(letters, (letter) => `[${letter}${letter.toLowerCase()}]`).join('');
/** In lower case no blank follows the country: "it 12" begins no IBAN, and what might hold up a stream. */
const IBAN = Object.entries(IBAN_LENGTHS)
  .map(([length, countries]) => {
    const codes = countries.split(' ');
    const lead = `(?:(?:${codes.join('|')})${GAP}?|${codes.map(eitherCase).join('|')})`;
    return String.raw`${lead}\d${GAP}?\d(?:${GAP}?[A-Za-z0-9]){${Number(length) - 4}}`;
  })
  .join('|');

/** ISO 9362 says what a BIC is; its form alone is that of any word in capitals. */
const ACCOUNT_WORDS = named(
  'account number|account no|account|acct|acct no|bank account|checking|savings account|kontonummer|konto|numéro de compte|compte|número de cuenta|cuenta|conto|conta|rekeningnummer|numer konta|口座番号|계좌번호',
);

/** Codes of banks: https://es.wikipedia.org/wiki/CLABE */
const isClabe = (digits: string): boolean => {
  const weights = [3, 7, 1];
  let sum = 0;
  for (let i = 0; i < 17; i += 1) sum += (digit(digits, i) * weights[i % 3]!) % 10;
  return (10 - (sum % 10)) % 10 === digit(digits, 17);
};

export const FINANCE: readonly Row[] = [
  {
    id: 'pii.card',
    noun: 'CARD',
    form: `[2-6]${more(15)}`,
    look: isCard,
    examples: [
      '4111111111111111',
      '4111 1111 1111 1111',
      '5555-5555-5555-4444',
      '6011\u00a01111\u00a01111\u00a01117',
      '41 11 11 11 11 11 11 11',
      '5 5 5 5 5 5 5 5 5 5 5 5 4 4 4 4',
    ],
    source: CARD_SOURCE,
    description: 'A payment card number of 16 digits with a valid check digit, in any groups.',
    cannotSee: 'One digit a line, cards that begin with 0, 1, 7, 8 or 9. One in ten random numbers passes the check.',
  },
  {
    id: 'pii.card_15',
    noun: 'CARD',
    form: String.raw`3${GAP}?[47]${more(13)}|(?:2131|1800)(?:${GAP}?\d){11}`,
    look: luhn,
    examples: ['378282246310005', '3782 822463 10005', '3714-496353-98431'],
    source: CARD_SOURCE,
    description: 'A card of 15 digits: American Express (34, 37) and the old ones of JCB (1800, 2131).',
    cannotSee: 'Other beginnings.',
  },
  {
    id: 'pii.card_14',
    noun: 'CARD',
    form: String.raw`3${GAP}?(?:0${GAP}?[0-59]|[689]${GAP}?\d)${more(11)}`,
    look: isCard,
    examples: ['30569309025904', '3056 930902 5904', '3852-0000-0232-37'],
    source: CARD_SOURCE,
    description: 'A Diners Club card: 14 digits that begin with 300 to 305, 309, 36, 38 or 39.',
    cannotSee: 'Diners cards of other beginnings; those of 16 digits are seen as cards.',
  },
  {
    id: 'pii.card_13',
    noun: 'CARD',
    form: String.raw`4\d{12}|4\d{3}${GAP}\d{3}${GAP}\d{3}${GAP}\d{3}|4\d{3}${GAP}\d{4}${GAP}\d{4}${GAP}\d`,
    look: (match, before) => isCard(match) && !ARTICLE.test(before.slice(-24)),
    examples: ['4222222222222', '4222 222 222 222'],
    source: CARD_SOURCE,
    description: 'An old Visa card of 13 digits.',
    cannotSee: 'Groups other than 4-3-3-3 and 4-4-4-1.',
  },
  {
    id: 'pii.card_12',
    noun: 'CARD',
    form: String.raw`(?:50[0-3]\d|5893|6304|67\d{2})(?:${GAP}?\d{4}){2}`,
    look: luhn,
    examples: ['501800000009', '6759 0000 0000'],
    source: CARD_SOURCE,
    description: 'A Maestro card of 12 digits.',
    cannotSee: 'Beginnings other than 500 to 503, 5893, 6304 and 67.',
  },
  {
    id: 'pii.card_long',
    noun: 'CARD',
    form: String.raw`[4-6]\d{3}(?:${GAP}?\d{4}){3}${GAP}?\d{1,3}|[4-6]\d{16,18}`,
    look: isCard,
    examples: ['6205500000000000004', '6205 5000 0000 0000 004', '4111 1111 1111 1111 003'],
    source: CARD_SOURCE,
    description: 'A card of 17 to 19 digits (UnionPay, Maestro, some of Visa), whole or in groups of four.',
    cannotSee: 'Other groups.',
  },
  {
    id: 'pii.iban',
    noun: 'IBAN',
    form: IBAN,
    check: (compact) => mod97(compact),
    examples: [
      'GB82WEST12345698765432',
      'DE89 3704 0044 0532 0130 00',
      'fr1420041010050500013m02606',
      'NO93-8601-1117-947',
    ],
    source: 'ISO 13616-1',
    description: 'An IBAN of the length its country has and with valid check digits, in any groups and case.',
    cannotSee: 'Countries outside the registry.',
  },
  {
    id: 'pii.us_aba_routing',
    noun: 'BANK_ACCOUNT',
    form: String.raw`\d{9}|\d{4}-\d{4}-\d`,
    check: (digits) =>
      /^(?:0\d|1[0-2]|2[1-9]|3[0-2]|6[1-9]|7[0-2]|80)/.test(digits) &&
      !isMonotone(digits) &&
      weighted(digits, [3, 7, 1, 3, 7, 1, 3, 7, 1]) % 10 === 0,
    context: named('aba|routing*|rtn|routing transit*|transit number', 'bank code|wire|ach|direct deposit'),
    examples: ['121000358', '1210-0035-8'],
    lead: 'routing number ',
    source: 'ANSI X9.100-160',
    description: 'A US bank routing number with a valid check digit.',
  },
  {
    id: 'pii.mx_clabe',
    noun: 'BANK_ACCOUNT',
    form: String.raw`\d{18}|\d{3} \d{3} \d{11} \d`,
    check: isClabe,
    strong:
      /^(?:002|006|009|012|014|019|021|030|032|036|037|042|044|05[89]|06[02]|072|10[0368]|11[023]|12[4-9]|13[0-9]|14[0-8]|15[0-6]|16[68]|638|646|661|706|710|72[2389])/,
    context: named('clabe', 'cuenta*|transferencia|interbancaria|bank account'),
    examples: ['032180000118359719'],
    lead: 'CLABE: ',
    source: 'Banco de México, CLABE',
    description:
      'A Mexican bank account number of 18 digits with a valid check digit; with the code of a bank no telling word is needed.',
  },
  {
    id: 'pii.bank_account',
    noun: 'BANK_ACCOUNT',
    form: String.raw`\d(?:${GAP}?\d){6,16}`,
    context: ACCOUNT_WORDS,
    look: (_, before) =>
      /(?:account|acct|konto|kontonummer|compte|cuenta|conto|conta|rekeningnummer|konta|番号|번호)[^\d\n]{0,24}$/i.test(
        nearOf(before),
      ),
    examples: ['945456787654', '0123 4567 89'],
    lead: 'my bank account number is ',
    source: 'No common standard: any 7 to 17 digits',
    description: 'Seven to seventeen digits right after a word for a bank account.',
    cannotSee: 'Account numbers with letters, and those more than 24 characters after the word.',
  },
];
