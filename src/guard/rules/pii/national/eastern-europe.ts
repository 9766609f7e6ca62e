/** Identifiers of south-eastern Europe, Ukraine and Russia. */
import { digit, isDay, isDayAt, isMonotone, luhn, mod11_10, weighted } from '../checksums.ts';
import { BLANK, DOT, GAP, type Row } from '../row.ts';
import { idWords, named, taxWords } from '../words.ts';

const cnp = (digits: string): boolean =>
  isDayAt(digits, 3, 5) &&
  /^.{7}(?:0[1-9]|[1-4]\d|5[12]|70)/.test(digits) &&
  [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 1][weighted(digits, [2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9]) % 11] === digit(digits, 12);

const egn = (digits: string): boolean =>
  isDay(Number(digits.slice(2, 4)) % 20, Number(digits.slice(4, 6))) &&
  Number(digits.slice(2, 4)) < 53 &&
  (weighted(digits, [2, 4, 8, 5, 10, 9, 7, 3, 6]) % 11) % 10 === digit(digits, 9);

/** JMBG, EMŠO: the numbers of the countries that were Yugoslavia. */
const jmbg = (digits: string): boolean =>
  isDayAt(digits, 2, 0) &&
  ((11 - (weighted(digits, [7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11)) % 11) % 10 === digit(digits, 12);

const afm = (digits: string): boolean =>
  !isMonotone(digits) && (weighted(digits, [256, 128, 64, 32, 16, 8, 4, 2]) % 11) % 10 === digit(digits, 8);

const inn = (digits: string): boolean =>
  (weighted(digits, [7, 2, 4, 10, 3, 5, 9, 4, 6, 8]) % 11) % 10 === digit(digits, 10) &&
  (weighted(digits, [3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8]) % 11) % 10 === digit(digits, 11);

const snils = (digits: string): boolean =>
  (weighted(digits, [9, 8, 7, 6, 5, 4, 3, 2, 1]) % 101) % 100 === Number(digits.slice(9));

const rnokpp = (digits: string): boolean =>
  (weighted(digits, [-1, 5, 7, 9, 4, 6, 10, 5, 7]) % 11) % 10 === digit(digits, 9);

export const EASTERN_EUROPE: readonly Row[] = [
  {
    id: 'pii.ro_cnp',
    noun: 'NATIONAL_ID',
    form: String.raw`[1-8]\d{2}[01]\d[0-3]\d{7}`,
    check: cnp,
    examples: ['1630615123457', '1800101221144'],
    source: 'https://arthurdejong.org/python-stdnum/doc/stdnum.ro.cnp',
    description: 'A Romanian CNP with a day of birth, a county and a valid check digit.',
  },
  {
    id: 'pii.bg_egn',
    noun: 'NATIONAL_ID',
    form: String.raw`\d{2}[0-5]\d[0-3]\d{5}`,
    check: egn,
    context: idWords('egn|егн|единен граждански номер|bulgarian id*', 'bulgaria*'),
    examples: ['7523169263', '8032056031'],
    lead: 'ЕГН ',
    source: 'https://arthurdejong.org/python-stdnum/doc/stdnum.bg.egn',
    description: 'A Bulgarian EGN with a day of birth and a valid check digit.',
  },
  {
    id: 'pii.jmbg',
    noun: 'NATIONAL_ID',
    form: String.raw`[0-3]\d[01]\d[09]\d{8}`,
    check: jmbg,
    examples: ['0101006500006', '0101980500005'],
    source: 'https://arthurdejong.org/python-stdnum/doc/stdnum.si.emso',
    description: 'A JMBG or EMŠO of Bosnia, Montenegro, North Macedonia, Serbia or Slovenia with a valid check digit.',
  },
  {
    id: 'pii.hr_oib',
    noun: 'NATIONAL_ID',
    form: String.raw`(?:HR)?\d{11}`,
    check: (text) => mod11_10(text.replace('HR', '')),
    context: idWords('oib|osobni identifikacijski broj|porezni broj', 'croatia*'),
    strong: /^HR/,
    examples: ['33392005961', 'HR33392005961'],
    lead: 'OIB ',
    source: 'https://arthurdejong.org/python-stdnum/doc/stdnum.hr.oib',
    description: 'A Croatian OIB with a valid check digit.',
  },
  {
    id: 'pii.gr_afm',
    noun: 'TAX_ID',
    form: String.raw`(?:EL)?\d{9}`,
    check: (text) => afm(text.replace('EL', '')),
    context: taxWords('afm|αφμ|α.φ.μ.', 'greek'),
    strong: /^EL/,
    examples: ['094259216', 'EL094259216'],
    lead: 'ΑΦΜ ',
    source: 'https://arthurdejong.org/python-stdnum/doc/stdnum.gr.vat',
    description: 'A Greek AFM with a valid check digit.',
  },
  {
    id: 'pii.gr_amka',
    noun: 'NATIONAL_ID',
    form: String.raw`[0-3]\d[01]\d{8}`,
    check: (digits) => isDayAt(digits, 2, 0) && luhn(digits),
    context: idWords('amka|αμκα|α.μ.κ.α.', 'greek'),
    strong: /^/,
    examples: ['01013099997'],
    lead: 'ΑΜΚΑ ',
    source: 'https://arthurdejong.org/python-stdnum/doc/stdnum.gr.amka',
    description: 'A Greek AMKA with a day of birth and a valid check digit.',
  },
  {
    id: 'pii.ru_inn',
    noun: 'TAX_ID',
    form: String.raw`\d{12}`,
    check: inn,
    context: taxWords('inn|инн'),
    strong: /^/,
    examples: ['500100732259'],
    lead: 'ИНН ',
    source: 'https://arthurdejong.org/python-stdnum/doc/stdnum.ru.inn',
    description: 'The INN of a Russian person with both check digits valid.',
  },
  {
    id: 'pii.ru_snils',
    noun: 'NATIONAL_ID',
    form: String.raw`\d{3}${DOT}?\d{3}${DOT}?\d{3}${GAP}?\d{2}`,
    check: snils,
    context: idWords('snils|снилс'),
    strong: /^\d{3}-\d{3}-\d{3}[- ]\d{2}$/,
    examples: ['112-233-445 95', '11223344595'],
    lead: 'СНИЛС ',
    source: 'https://ru.wikipedia.org/wiki/Страховой_номер_индивидуального_лицевого_счёта',
    description: 'A Russian SNILS with valid check digits.',
  },
  {
    id: 'pii.ru_passport',
    noun: 'PASSPORT',
    form: String.raw`\d{2}${BLANK}?\d{2}${BLANK}?\d{6}`,
    context: named('паспорт|серия|passport*'),
    examples: ['4509 123456', '45 09 123456'],
    lead: 'паспорт ',
    source: 'https://ru.wikipedia.org/wiki/Паспорт_гражданина_Российской_Федерации',
    description: 'The number of a Russian internal passport after a word for one.',
  },
  {
    id: 'pii.ua_rnokpp',
    noun: 'TAX_ID',
    form: String.raw`\d{10}`,
    check: rnokpp,
    context: taxWords('рнокпп|іпн|инн|ідентифікаційний|rnokpp', 'ukrain*'),
    examples: ['1759013776'],
    lead: 'РНОКПП ',
    source: 'https://arthurdejong.org/python-stdnum/doc/stdnum.ua.rntrc',
    description: 'A Ukrainian taxpayer number with a valid check digit.',
  },
];
