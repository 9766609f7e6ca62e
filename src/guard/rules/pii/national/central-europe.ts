/** Identifiers of Poland, Czechia, Slovakia and Hungary. */
import { digit, isDay, isMonotone, remainder, weighted } from '../checksums.ts';
import { GAP, grouped, initial, type Row } from '../row.ts';
import { idWords, named, taxWords } from '../words.ts';

/** Months of the years from 2000 on have twenty added; those of other centuries are left out, nobody is so old. */
const pesel = (digits: string): boolean =>
  isDay(Number(digits.slice(2, 4)) % 20, Number(digits.slice(4, 6))) &&
  Number(digits.slice(2, 4)) < 33 &&
  weighted(digits, [1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1]) % 10 === 0;

const nip = (digits: string): boolean =>
  !isMonotone(digits) && weighted(digits, [6, 5, 7, 2, 3, 4, 5, 6, 7]) % 11 === digit(digits, 9);

const regon = (digits: string): boolean =>
  digits.length === 9
    ? (weighted(digits, [8, 9, 2, 3, 4, 5, 6, 7]) % 11) % 10 === digit(digits, 8)
    : (weighted(digits, [2, 4, 8, 5, 0, 9, 7, 3, 6, 1, 2, 4, 8]) % 11) % 10 === digit(digits, 13);

const polishCard = (text: string): boolean => {
  const letters = [0, 1, 2].map((i) => text.charCodeAt(i) - 55);
  const sum = letters[0]! * 7 + letters[1]! * 3 + letters[2]! + weighted(text.slice(4), [7, 3, 1, 7, 3]);
  return sum % 10 === digit(text, 3);
};

/** Women have fifty added to the month, and both twenty more when a day's numbers run out. */
const birthNumber = (digits: string): boolean => {
  const month = (Number(digits.slice(2, 4)) % 50) % 20;
  if (!isDay(month, Number(digits.slice(4, 6)))) return false;
  // Those born before 1954 have nine digits and no check digit.
  if (digits.length === 9) return Number(digits.slice(0, 2)) < 54;
  return remainder(digits, 11) === 0 || (remainder(digits.slice(0, 9), 11) === 10 && digits.endsWith('0'));
};

const taj = (digits: string): boolean => weighted(digits, [3, 7, 3, 7, 3, 7, 3, 7]) % 10 === digit(digits, 8);

export const CENTRAL_EUROPE: readonly Row[] = [
  {
    id: 'pii.pl_pesel',
    noun: 'NATIONAL_ID',
    form: String.raw`\d{2}[0-3]\d[0-3]\d{6}`,
    check: pesel,
    examples: ['44051401359', '02070803628'],
    source: 'https://www.gov.pl/web/gov/czym-jest-numer-pesel',
    description: 'A Polish PESEL number with a day of birth and a valid check digit.',
  },
  {
    id: 'pii.pl_nip',
    noun: 'TAX_ID',
    form: String.raw`(?:PL)?\d{10}|\d{3}${GAP}\d{3}${GAP}\d{2}${GAP}\d{2}|\d{3}${GAP}\d{2}${GAP}\d{2}${GAP}\d{3}`,
    check: (text) => nip(text.replace('PL', '')),
    context: taxWords('nip|numer identyfikacji podatkowej', 'podatk*'),
    strong: /^\d+(?:-\d+){3}$|^PL/,
    examples: ['123-456-32-18', '1234563218', 'PL1234563218'],
    lead: 'NIP ',
    source: 'https://pl.wikipedia.org/wiki/Numer_identyfikacji_podatkowej',
    description: 'A Polish NIP with a valid check digit.',
  },
  {
    id: 'pii.pl_regon',
    noun: 'COMPANY_ID',
    form: String.raw`\d{9}|\d{14}`,
    check: regon,
    context: named('regon'),
    examples: ['123456785', '12345678512347'],
    lead: 'REGON ',
    source: 'https://pl.wikipedia.org/wiki/REGON',
    description: 'A Polish REGON number with a valid check digit.',
  },
  {
    id: 'pii.pl_id_card',
    noun: 'ID_CARD',
    form: String.raw`${initial('A-Z', '{3}')}\d{6}`,
    check: polishCard,
    context: idWords('dowód|dowodu|dowód osobisty|dowodu osobistego|numer dowodu|polish id*'),
    examples: ['ABS123456', 'abs123456'],
    lead: 'dowód osobisty ',
    source: 'https://pl.wikipedia.org/wiki/Dow%C3%B3d_osobisty_w_Polsce',
    description: 'The number of a Polish identity card with a valid check digit.',
  },
  {
    id: 'pii.cz_sk_birth_number',
    noun: 'NATIONAL_ID',
    form: String.raw`\d{2}[0-8]\d[0-3]\d/?\d{3,4}`,
    check: birthNumber,
    context: idWords('rodné číslo|rodného čísla|rodne cislo|r.č.|rč|birth number', 'czech|slovak'),
    strong: /^\d{6}\/\d{4}$/,
    examples: ['710319/2745', '7103192745', '491231123'],
    lead: 'rodné číslo ',
    source: 'https://arthurdejong.org/python-stdnum/doc/stdnum.cz.rc',
    description: 'A Czech or Slovak birth number divisible by eleven, or of nine digits from before 1954.',
  },
  {
    id: 'pii.hu_taj',
    noun: 'HEALTH_ID',
    form: grouped(3, 3, 3),
    check: taj,
    context: named('taj|taj szám|társadalombiztosítás*', 'hungarian'),
    examples: ['111 111 110', '123456788'],
    lead: 'TAJ ',
    source: 'https://hu.wikipedia.org/wiki/TAJ-sz%C3%A1m',
    description: 'A Hungarian TAJ number with a valid check digit.',
  },
];
