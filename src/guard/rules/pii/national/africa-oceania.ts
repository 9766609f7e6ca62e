/** Identifiers of Australia, New Zealand and Africa. */
import { digit, isDayAt, isMonotone, luhn, weighted } from '../checksums.ts';
import { BLANK, GAP, grouped, type Row, separated } from '../row.ts';
import { idWords, named, taxWords } from '../words.ts';

const tfn = (digits: string): boolean =>
  !isMonotone(digits) && weighted(digits, [1, 4, 3, 7, 5, 8, 6, 9, 10]) % 11 === 0;

const abn = (digits: string): boolean =>
  digits[0] !== '0' && (weighted(digits, [10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19]) - 10) % 89 === 0;

const acn = (digits: string): boolean =>
  !isMonotone(digits) && (10 - (weighted(digits, [8, 7, 6, 5, 4, 3, 2, 1]) % 10)) % 10 === digit(digits, 8);

const medicare = (digits: string): boolean =>
  weighted(digits, [1, 3, 7, 9, 1, 3, 7, 9]) % 10 === digit(digits, 8) && digits[9] !== '0';

const ird = (digits: string): boolean => {
  const number = digits.padStart(9, '0');
  const value = Number(number);
  const check = (sum: number) => (11 - (sum % 11)) % 11;
  const first = check(weighted(number, [3, 2, 7, 6, 5, 4, 3, 2]));
  const last = first < 10 ? first : check(weighted(number, [7, 4, 3, 2, 5, 2, 7, 6]));
  return value > 10_000_000 && value < 150_000_000 && last === digit(number, 8);
};

const southAfrican = (digits: string): boolean => isDayAt(digits, 2, 4) && luhn(digits);

export const AFRICA_OCEANIA: readonly Row[] = [
  {
    id: 'pii.au_tfn',
    noun: 'TAX_ID',
    form: grouped(3, 3, 3),
    check: tfn,
    context: taxWords('tfn|tax file number|ato', 'australia*'),
    examples: ['876 543 210', '876543210'],
    lead: 'TFN ',
    source: 'https://arthurdejong.org/python-stdnum/doc/stdnum.au.tfn',
    description: 'An Australian tax file number with a valid check digit.',
  },
  {
    id: 'pii.au_abn',
    noun: 'COMPANY_ID',
    form: String.raw`\d{2}${GAP}?\d{3}${GAP}?\d{3}${GAP}?\d{3}`,
    check: abn,
    context: taxWords('abn|australian business*', 'business number|australia*'),
    strong: /^\d{11}$|^\d{2}\D\d{3}\D\d{3}\D\d{3}$/,
    examples: ['51 824 753 556', '51824753556'],
    lead: 'ABN ',
    source: 'https://abr.business.gov.au/Help/AbnFormat',
    description: 'An Australian business number with valid check digits (one in 89 numbers of eleven digits has them).',
  },
  {
    id: 'pii.au_acn',
    noun: 'COMPANY_ID',
    form: grouped(3, 3, 3),
    check: acn,
    context: named('acn|australian company*|asic', 'company number|company no|australia*'),
    examples: ['004 085 616', '004085616'],
    lead: 'ACN ',
    source: 'https://asic.gov.au, Australian Company Number (ACN) digit check',
    description: 'An Australian company number with a valid check digit.',
  },
  {
    id: 'pii.au_medicare',
    noun: 'HEALTH_ID',
    form: String.raw`[2-6]\d{3}${GAP}?\d{5}${GAP}?\d(?:[-/ ]?\d)?`,
    check: medicare,
    context: named('medicare*', 'health card|irn|australia*'),
    strong: separated(BLANK, 4, 5, 1),
    examples: ['2123 45670 1', '2123456701', '2123456701/2'],
    lead: 'Medicare ',
    source: 'https://meteor.aihw.gov.au, Medicare card number',
    description:
      'An Australian Medicare card number with a valid check digit; in groups of 4-5-1 no telling word is needed.',
  },
  {
    id: 'pii.nz_ird',
    noun: 'TAX_ID',
    form: String.raw`\d{2,3}[- ]?\d{3}[- ]?\d{3}`,
    check: ird,
    context: taxWords('ird|inland revenue', 'new zealand*|nz'),
    examples: ['49-091-850', '49091850', '136410132'],
    lead: 'IRD ',
    source: 'https://arthurdejong.org/python-stdnum/doc/stdnum.nz.ird',
    description: 'A New Zealand IRD number with a valid check digit.',
  },
  {
    id: 'pii.za_id',
    noun: 'NATIONAL_ID',
    form: String.raw`\d{2}[01]\d[0-3]\d${BLANK}?\d{4}${BLANK}?[0-2][89]\d`,
    check: southAfrican,
    examples: ['8001015009087', '800101 5009 087'],
    source: 'https://arthurdejong.org/python-stdnum/doc/stdnum.za.idnr',
    description: 'A South African identity number with a day of birth and a valid check digit.',
  },
  {
    id: 'pii.eg_national_id',
    noun: 'NATIONAL_ID',
    form: String.raw`[23]\d{2}[01]\d[0-3]\d[0-38]\d{6}`,
    look: (match) => isDayAt(match, 3, 5) && /^.{7}(?:0[1-4]|1[1-9]|2[1-9]|3[1-5]|88)/.test(match),
    strong: /^/,
    context: idWords('raqam qawmi|الرقم القومي|رقم قومي|بطاقة', 'egypt*'),
    examples: ['29001011234567'],
    lead: 'Egyptian national ID ',
    source: 'https://arthurdejong.org/python-stdnum/doc/stdnum.eg.tn, Civil Status Department',
    description:
      'An Egyptian national number: 14 digits with a century, a day of birth and a governorate. Its check digit is not published.',
  },
  {
    id: 'pii.ng_nin',
    noun: 'NATIONAL_ID',
    form: String.raw`\d{11}|\d{4}${BLANK}\d{3}${BLANK}\d{4}`,
    context: idWords('nin|nimc|bvn|bank verification*', 'nigeria*'),
    examples: ['12345678901'],
    lead: 'NIN ',
    source: 'https://nimc.gov.ng',
    description: 'A Nigerian NIN or BVN after a word for one.',
  },
  {
    id: 'pii.gh_card',
    noun: 'NATIONAL_ID',
    form: String.raw`GHA-\d{9}-\d`,
    examples: ['GHA-123456789-0'],
    source: 'https://nia.gov.gh',
    description: 'The number of a Ghana Card, by its form.',
  },
];
