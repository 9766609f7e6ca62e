/** Identifiers of the United Kingdom and Ireland. */
import { digit, isMonotone, weighted } from '../checksums.ts';
import { BLANK, GAP, grouped, initial, type Row, separated } from '../row.ts';
import { named, taxWords } from '../words.ts';

const nhs = (digits: string): boolean =>
  !isMonotone(digits) && (11 - (weighted(digits, [10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11)) % 11 === digit(digits, 9);

const utr = (digits: string): boolean =>
  '21987654321'.charAt(weighted(digits.slice(1), [6, 7, 8, 9, 10, 5, 4, 3, 2]) % 11) === digits.charAt(0);

/** Seven digits, a check letter, and sometimes a letter that counts nine times. */
const pps = (text: string): boolean => {
  const second = text.length > 8 && text[8] !== 'W' ? text.charCodeAt(8) - 64 : 0;
  const sum = weighted(text, [8, 7, 6, 5, 4, 3, 2]) + 9 * second;
  return 'WABCDEFGHIJKLMNOPQRSTUV'.charAt(sum % 23) === text.charAt(7);
};

export const BRITISH_ISLES: readonly Row[] = [
  {
    id: 'pii.uk_nhs',
    noun: 'HEALTH_ID',
    form: grouped(3, 3, 4),
    check: nhs,
    context: named('nhs|national health|chi|h&c', 'health*|patient*|hospital|surgery|gp|medical*'),
    strong: separated(BLANK, 3, 3, 4),
    examples: ['943 476 5919', '401-023-2137', '9434765919'],
    lead: 'NHS number ',
    source: 'https://www.datadictionary.nhs.uk/attributes/nhs_number.html',
    description: 'A UK NHS number with a valid check digit; in groups of 3-3-4 with blanks no telling word is needed.',
  },
  {
    id: 'pii.uk_nino',
    noun: 'NATIONAL_ID',
    form: String.raw`[A-CEGHJ-PR-TW-Za-ceghj-pr-tw-z]${initial('A-CEGHJ-NPR-TW-Z')}\d{2}(?:${GAP}?\d{2}){2}${GAP}?[A-Da-d]`,
    check: (text) => !/^(?:BG|GB|NK|KN|TN|NT|ZZ)/.test(text),
    examples: ['AB 12 34 56 C', 'AB123456C', 'js-45-67-89-d'],
    source: 'https://www.gov.uk/hmrc-internal-manuals/national-insurance-manual/nim39110',
    description: 'A UK national insurance number. It has no check digit.',
    cannotSee: 'One without its last letter.',
  },
  {
    id: 'pii.uk_utr',
    noun: 'TAX_ID',
    form: String.raw`\d{10}|\d{5} \d{5}|\d{3} \d{3} \d{4}`,
    check: utr,
    context: taxWords('utr|unique taxpayer*|self assessment|hmrc'),
    examples: ['1955839661', '19558 39661'],
    lead: 'UTR: ',
    source: 'https://arthurdejong.org/python-stdnum/doc/stdnum.gb.utr',
    description: 'A UK unique taxpayer reference with a valid check digit.',
  },
  {
    id: 'pii.uk_driving_licence',
    noun: 'DRIVING_LICENCE',
    form: String.raw`${initial('A-Z', '{1,5}9{0,4}')}\d[0156]\d[0-3]\d{2}${GAP}?[A-Za-z9]{2}\d[A-Za-z]{2}`,
    check: (text) => text.length === 16,
    examples: ['MORGA753116SM9IJ', 'JONES 710238 HA9TA'],
    source: 'https://www.gov.uk/government/publications/inf4d-driving-licence-information',
    description: 'A UK driving licence number of 16 characters: the name, the day of birth, initials.',
    cannotSee: 'Licences of Northern Ireland, which are eight digits.',
  },
  {
    id: 'pii.ie_pps',
    noun: 'NATIONAL_ID',
    form: String.raw`\d{7}${GAP}?[A-Wa-w][A-IWa-iw]?`,
    check: pps,
    examples: ['1234567T', '6433435F', '1234567FA'],
    source: 'https://arthurdejong.org/python-stdnum/doc/stdnum.ie.pps',
    description: 'An Irish PPS number with a valid check letter.',
  },
];
