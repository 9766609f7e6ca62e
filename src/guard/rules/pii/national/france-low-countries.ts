/** Identifiers of France, Belgium and the Netherlands. */
import { isDay, isMonotone, luhn, remainder, weighted } from '../checksums.ts';
import { DOT, GAP, grouped, type Row, separated } from '../row.ts';
import { idWords, named } from '../words.ts';

/** The key is what the number lacks to a multiple of 97; Corsica's letters count as 19 and 18. */
const frenchSocial = (text: string): boolean => {
  const number = text.slice(0, 13).replace('2A', '19').replace('2B', '18');
  const month = Number(number.slice(3, 5));
  const hasMonth = (month >= 1 && month <= 12) || (month >= 20 && month <= 42) || month >= 50;
  return hasMonth && 97 - remainder(number, 97) === Number(text.slice(13));
};

/** Births from 2000 on count with a 2 before the number; BIS numbers have twenty or forty added to the month. */
const belgian = (digits: string): boolean => {
  const number = digits.slice(0, 9);
  const check = Number(digits.slice(9));
  const months = Number(digits.slice(2, 4));
  const isBorn =
    months < 53 && (months % 20 === 0 || isDay(months % 20, Number(digits.slice(4, 6))) || digits.slice(4, 6) === '00');
  return isBorn && (97 - remainder(number, 97) === check || 97 - remainder(`2${number}`, 97) === check);
};

const dutch = (digits: string): boolean =>
  !isMonotone(digits) && weighted(digits, [9, 8, 7, 6, 5, 4, 3, 2, -1]) % 11 === 0;

export const FRANCE_LOW_COUNTRIES: readonly Row[] = [
  {
    id: 'pii.fr_nir',
    noun: 'NATIONAL_ID',
    form: String.raw`[1-478]${GAP}?\d{2}${GAP}?\d{2}${GAP}?(?:\d{2}|2[ABab])${GAP}?\d{3}${GAP}?\d{3}${GAP}?\d{2}`,
    check: frenchSocial,
    examples: ['2 55 08 14 168 025 38', '255081416802538'],
    source: 'https://fr.wikipedia.org/wiki/Num%C3%A9ro_de_s%C3%A9curit%C3%A9_sociale_en_France',
    description: 'A French social security number (NIR) with its key.',
    cannotSee: 'One without its key of two digits.',
  },
  {
    id: 'pii.fr_siren',
    noun: 'COMPANY_ID',
    form: `${grouped(3, 3, 3, 5)}|${grouped(3, 3, 3)}`,
    check: (digits) => luhn(digits) && luhn(digits.slice(0, 9)) && !isMonotone(digits),
    context: named('siren|siret|rcs|insee', 'entreprise|établissement|société'),
    // Both sums are right for one in a hundred.
    strong: /^\d{3}(?:[ .]\d{3}){2}[ .]\d{5}$|^\d{14}$/,
    examples: ['732 829 320', '73282932000074'],
    lead: 'SIREN ',
    source: 'https://fr.wikipedia.org/wiki/Syst%C3%A8me_d%27identification_du_r%C3%A9pertoire_des_entreprises',
    description: 'A French SIREN or SIRET number with a valid check digit.',
  },
  {
    id: 'pii.be_national_number',
    noun: 'NATIONAL_ID',
    form: String.raw`\d{2}${DOT}?\d{2}${DOT}?\d{2}${DOT}?\d{3}${DOT}?\d{2}`,
    check: belgian,
    examples: ['85.07.30-033.28', '85073003328'],
    source: 'https://arthurdejong.org/python-stdnum/doc/stdnum.be.nn',
    description: 'A Belgian national register number with a day of birth and valid check digits.',
  },
  {
    id: 'pii.nl_bsn',
    noun: 'NATIONAL_ID',
    form: String.raw`\d{9}|\d{3}${DOT}\d{3}${DOT}\d{3}|\d{4}${DOT}\d{2}${DOT}\d{3}`,
    check: dutch,
    context: idWords('bsn|bsn nummer|burgerservicenummer|burger service nummer|sofi*|persoonsnummer', 'dutch'),
    strong: separated('\\.', 4, 2, 3),
    examples: ['111222333', '1112.22.333'],
    lead: 'BSN ',
    source: 'https://nl.wikipedia.org/wiki/Burgerservicenummer',
    description: 'A Dutch citizen service number that passes the eleven test.',
  },
];
