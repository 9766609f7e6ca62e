/** Identifiers of India, Pakistan and the Middle East. */
import { digit, isMonotone, luhn, verhoeff, weighted } from '../checksums.ts';
import { DOT, GAP, type Row, separated } from '../row.ts';
import { idWords, taxWords } from '../words.ts';

const turkish = (digits: string): boolean => {
  const at = (i: number) => digit(digits, i);
  const tenth = ((at(0) + at(2) + at(4) + at(6) + at(8)) * 7 - (at(1) + at(3) + at(5) + at(7)) + 100) % 10;
  return tenth === at(9) && weighted(digits, [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]) % 10 === at(10);
};

const israeli = (digits: string): boolean => luhn(digits.padStart(9, '0')) && !isMonotone(digits);

export const SOUTH_WEST_ASIA: readonly Row[] = [
  {
    id: 'pii.in_aadhaar',
    noun: 'NATIONAL_ID',
    form: String.raw`[2-9]\d{3}${DOT}?\d{4}${DOT}?\d{4}`,
    check: (digits) => verhoeff(digits) && !isMonotone(digits),
    context: idWords('aadhaar|aadhar|adhaar|adhar|uidai|आधार', 'uid|india*'),
    strong: /^\d{4}([- ])\d{4}\1\d{4}$/,
    examples: ['2345 6789 0124', '234567890124', '2345-6789-0124'],
    lead: 'Aadhaar ',
    source: 'https://uidai.gov.in, UID numbering scheme',
    description: 'An Indian Aadhaar number with a valid check digit; in groups of four no telling word is needed.',
  },
  {
    id: 'pii.in_pan',
    noun: 'TAX_ID',
    form: '[A-Z]{3}[ABCFGHJLPT][A-Z]\\d{4}[A-Z]|[a-z]{3}[abcfghjlpt][a-z]\\d{4}[a-z]',
    context: taxWords('pan|pan card|permanent account*', 'income tax'),
    strong: /^[A-Z]/,
    examples: ['ABCPE1234F', 'abcpe1234f'],
    lead: 'PAN ',
    source: 'https://en.wikipedia.org/wiki/Permanent_account_number',
    description: 'An Indian PAN, by its form; in small letters it needs a telling word.',
  },
  {
    id: 'pii.in_gstin',
    noun: 'COMPANY_ID',
    form: String.raw`(?:[0-3]\d|9[79])[A-Za-z]{5}\d{4}[A-Za-z][1-9A-Za-z][Zz][0-9A-Za-z]`,
    examples: ['27AAPFU0939F1ZV', '27aapfu0939f1zv'],
    source: 'https://arthurdejong.org/python-stdnum/doc/stdnum.in_.gstin',
    description: 'An Indian GSTIN: a state, a PAN, an entity, Z and a character.',
    cannotSee: 'A wrong check character: made-up ones are everywhere, and nothing else has this form.',
  },
  {
    id: 'pii.in_voter',
    noun: 'NATIONAL_ID',
    form: String.raw`[A-Za-z]{3}\d{7}`,
    context: idWords('voter*|epic', 'election*|electoral*|elector'),
    examples: ['WKH1186253', 'ABC1234567'],
    lead: 'voter ID ',
    source: 'https://arthurdejong.org/python-stdnum/doc/stdnum.in_.epic',
    description:
      'The number of an Indian voter card after a word for one. Old cards have no check digit, so none is asked.',
  },
  {
    id: 'pii.pk_cnic',
    noun: 'NATIONAL_ID',
    form: String.raw`[1-7]\d{4}-?\d{7}-?[1-9]`,
    context: idWords('cnic|nadra|nicop', 'pakistan*'),
    strong: separated('-', 5, 7, 1),
    examples: ['34201-0891231-8', '3420108912318'],
    lead: 'CNIC ',
    source: 'https://arthurdejong.org/python-stdnum/doc/stdnum.pk.cnic',
    description: 'A Pakistani CNIC; in groups of 5-7-1 no telling word is needed.',
  },
  {
    id: 'pii.ae_emirates_id',
    noun: 'NATIONAL_ID',
    form: String.raw`784${GAP}?(?:19|20)\d{2}${GAP}?\d{7}${GAP}?\d`,
    check: luhn,
    examples: ['784-1980-1234567-8', '784198012345678'],
    source: 'https://u.ae, Emirates ID',
    description: 'An Emirates ID (15 digits that begin with 784 and a year) with a valid check digit.',
  },
  {
    id: 'pii.il_id',
    noun: 'NATIONAL_ID',
    form: String.raw`\d{8}-?\d`,
    check: israeli,
    context: idWords(
      'teudat zehut|mispar zehut|tz|israel* id*|israel* national id*|israel* identity*|תעודת זהות|ת.ז|מספר זהות',
      'israel*',
    ),
    examples: ['039337423', '03933742-3'],
    lead: 'Teudat Zehut ',
    source: 'https://arthurdejong.org/python-stdnum/doc/stdnum.il.idnr',
    description: 'An Israeli identity number with a valid check digit.',
  },
  {
    id: 'pii.tr_national_id',
    noun: 'NATIONAL_ID',
    form: String.raw`[1-9]\d{10}|[1-9]\d{2} \d{3} \d{3} \d{2}`,
    check: turkish,
    examples: ['17291716060', '10000000146'],
    source: 'https://arthurdejong.org/python-stdnum/doc/stdnum.tr.tckimlik',
    description: 'A Turkish identity number with both check digits valid.',
  },
];
