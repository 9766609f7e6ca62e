/** Identifiers of Indonesia, Malaysia, the Philippines, Singapore, Thailand and Vietnam. */
import { digit, isDay, isDayAt, weighted } from '../checksums.ts';
import { BLANK, DOT, GAP, type Row, separated } from '../row.ts';
import { idWords, named, taxWords } from '../words.ts';

const NRIC_LETTERS: Readonly<Record<string, readonly [number, string]>> = {
  S: [0, 'JZIHGFEDCBA'],
  T: [4, 'JZIHGFEDCBA'],
  F: [0, 'XWUTRQPNMLK'],
  G: [4, 'XWUTRQPNMLK'],
  M: [3, 'XWUTRQPNJLK'],
};
const nric = (text: string): boolean => {
  const [offset, letters] = NRIC_LETTERS[text.charAt(0)]!;
  return letters.charAt((offset + weighted(text.slice(1), [2, 7, 6, 5, 4, 3, 2])) % 11) === text.charAt(8);
};

const UEN = 'ABCDEFGHJKLMNPQRSTUVWX0123456789';
/** Three kinds: a business, a local company (with its year), and others. */
const uen = (text: string): boolean => {
  if (text.length === 9) return 'XMKECAWLJDB'.charAt(weighted(text, [10, 4, 9, 3, 8, 2, 7, 1]) % 11) === text[8];
  if (/^\d/.test(text)) return 'ZKCMDNERGWH'.charAt(weighted(text, [10, 8, 6, 4, 9, 7, 5, 3, 1]) % 11) === text[9];
  const weights = [4, 3, 5, 3, 10, 2, 2, 5, 7];
  const sum = weights.reduce((total, weight, i) => total + weight * UEN.indexOf(text.charAt(i)), 0);
  return UEN.charAt((((sum - 5) % 11) + 11) % 11) === text[9];
};

const thai = (digits: string): boolean =>
  (11 - (weighted(digits, [13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11)) % 10 === digit(digits, 12);

/** Women have forty added to the day. */
const indonesian = (digits: string): boolean =>
  isDay(Number(digits.slice(8, 10)), Number(digits.slice(6, 8)) % 40) &&
  /^(?:1[1-9]|2[1]|3[1-6]|5[1-3]|6[1-5]|7[1-6]|8[12]|9[1-7])/.test(digits);

export const SOUTH_EAST_ASIA: readonly Row[] = [
  {
    id: 'pii.sg_nric',
    noun: 'NATIONAL_ID',
    form: String.raw`[STFGMstfgm]\d{7}[A-Za-z]`,
    check: nric,
    examples: ['S1234567D', 'G1234567X', 's1234567d'],
    source: 'https://en.wikipedia.org/wiki/National_Registration_Identity_Card',
    description: 'A Singapore NRIC or FIN, series M included, with a valid check letter.',
  },
  {
    id: 'pii.sg_uen',
    noun: 'COMPANY_ID',
    form: String.raw`\d{8}[A-Za-z]|(?:19|20)\d{7}[A-Za-z]|[TSRtsr]\d{2}[A-Za-z]{2}\d{4}[A-Za-z]`,
    check: uen,
    context: named('uen|unique entity*|acra', 'company*|business*|registration|singapore*'),
    strong: /^(?:(?:19|20)\d{7}|[TSR]\d{2}[A-Z]{2}\d{4})[A-Z]$/,
    examples: ['00192200M', '197401143C', 'T01FC6132D'],
    lead: 'UEN ',
    source: 'https://arthurdejong.org/python-stdnum/doc/stdnum.sg.uen',
    description:
      'A Singapore UEN with a valid check letter; that of a business of nine characters needs a telling word.',
  },
  {
    id: 'pii.th_id',
    noun: 'NATIONAL_ID',
    form: String.raw`[1-8]${DOT}?\d{4}${DOT}?\d{5}${DOT}?\d{2}${DOT}?\d`,
    check: thai,
    context: idWords('tnin|thai* id*|thai* national id*|thai* identity*|บัตรประชาชน|เลขประจำตัว|เลขบัตร', 'thai*'),
    strong: separated('[- ]', 1, 4, 5, 2, 1),
    examples: ['1-2345-67890-12-1', '1234567890121'],
    lead: 'Thai ID ',
    source: 'https://arthurdejong.org/python-stdnum/doc/stdnum.th.pin',
    description: 'A Thai identity number with a valid check digit; in groups of 1-4-5-2-1 no telling word is needed.',
  },
  {
    id: 'pii.my_nric',
    noun: 'NATIONAL_ID',
    form: String.raw`\d{2}[01]\d[0-3]\d${GAP}?\d{2}${GAP}?\d{4}`,
    check: (digits) => isDayAt(digits, 2, 4) && !/^.{6}(?:00|1[7-9]|20|69|70|73|8[01]|9[4-7])/.test(digits),
    context: idWords('nric|mykad|kad pengenalan|ic no', 'i/c|ic|malaysia*'),
    strong: separated('-', 6, 2, 4),
    examples: ['770305-02-1234', '770305021234'],
    lead: 'MyKad ',
    source: 'https://arthurdejong.org/python-stdnum/doc/stdnum.my.nric',
    description:
      'A Malaysian identity card number with a day and a place of birth; in groups of 6-2-4 no telling word is needed.',
  },
  {
    id: 'pii.id_nik',
    noun: 'NATIONAL_ID',
    form: String.raw`\d{16}|\d{6}${BLANK}\d{6}${BLANK}\d{4}`,
    check: indonesian,
    context: idWords('nik|ktp|nomor induk*|kependudukan', 'indonesia*'),
    examples: ['3171011708450001'],
    lead: 'NIK ',
    source: 'https://arthurdejong.org/python-stdnum/doc/stdnum.id.nik',
    description: 'An Indonesian NIK with a province and a day of birth.',
  },
  {
    id: 'pii.ph_tin',
    noun: 'TAX_ID',
    form: String.raw`\d{3}-?\d{3}-?\d{3}(?:-?\d{3}(?:\d{2})?)?`,
    context: taxWords('tin', 'bir|philippine*'),
    strong: /^\d{3}-\d{3}-\d{3}-\d{3,5}$/,
    examples: ['123-456-789-000', '123-456-789'],
    lead: 'TIN ',
    source: 'https://www.bir.gov.ph, TIN',
    description: 'A Philippine TIN; in four groups no telling word is needed.',
  },
  {
    id: 'pii.vn_id',
    noun: 'NATIONAL_ID',
    form: String.raw`0\d{11}|\d{9}`,
    context: idWords('cccd|cmnd|căn cước*|chứng minh*|can cuoc', 'vietnam*'),
    examples: ['001084012345'],
    lead: 'CCCD ',
    source: 'https://en.wikipedia.org/wiki/Vietnamese_identity_card',
    description: 'A Vietnamese identity number after a word for one.',
  },
];
