/** Identifiers of Germany, Austria and Switzerland. */
import { base36, digit, ean13, isDayAt, mod11_10, weighted } from '../checksums.ts';
import { DOT, GAP, type Row } from '../row.ts';
import { idWords, named } from '../words.ts';

/** Of the first ten digits exactly one occurs twice or three times. */
const germanTaxId = (digits: string): boolean => {
  if (digits[0] === '0' || !mod11_10(digits)) return false;
  let seen = 0;
  let repeated = -1;
  for (let i = 0; i < 10; i += 1) {
    const value = digit(digits, i);
    const bit = 1 << value;
    if ((seen & bit) === 0) seen |= bit;
    else if (repeated === -1 || repeated === value) repeated = value;
    else return false;
  }
  return repeated !== -1 && digits.slice(0, 10).split(String(repeated)).length <= 4;
};

/** The letter counts as the two digits of its place in the alphabet; what has two digits counts as their sum. */
const germanSocial = (text: string): boolean => {
  const digits = text.slice(0, 8) + String(text.charCodeAt(8) - 64).padStart(2, '0') + text.slice(9);
  const weights = [2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1];
  let sum = 0;
  for (let i = 0; i < 12; i += 1) {
    const value = digit(digits, i) * weights[i]!;
    sum += Math.floor(value / 10) + (value % 10);
  }
  return isDayAt(text, 4, 2) && sum % 10 === digit(digits, 12);
};

const germanHealth = (text: string): boolean => {
  const digits = String(text.charCodeAt(0) - 64).padStart(2, '0') + text.slice(1);
  let sum = 0;
  for (let i = 0; i < 10; i += 1) {
    const value = digit(digits, i) * ((i % 2) + 1);
    sum += value > 9 ? value - 9 : value;
  }
  return sum % 10 === digit(digits, 10);
};

/** ICAO 9303: weights 7, 3, 1. The number has nine characters; a tenth is its check digit. */
const machineReadable = (text: string): boolean => {
  if (text.length < 10) return /\d/.test(text);
  const weights = [7, 3, 1];
  let sum = 0;
  for (let i = 0; i < 9; i += 1) sum += base36(text.charCodeAt(i)) * weights[i % 3]!;
  return sum % 10 === digit(text, 9);
};

const austrianSocial = (digits: string): boolean =>
  weighted(digits, [3, 7, 9, 0, 5, 8, 4, 2, 1, 6]) % 11 === digit(digits, 3) &&
  (isDayAt(digits, 6, 4) || digit(digits, 6) === 1);

export const GERMAN_SPEAKING: readonly Row[] = [
  {
    id: 'pii.de_tax_id',
    noun: 'TAX_ID',
    form: String.raw`\d{11}|\d{2}${DOT}\d{3}${DOT}\d{3}${DOT}\d{3}`,
    check: germanTaxId,
    examples: ['36574261809', '36 574 261 809'],
    source: 'https://de.wikipedia.org/wiki/Steuerliche_Identifikationsnummer',
    description: 'A German tax identification number, by its check digit and the rule about repeated digits.',
  },
  {
    id: 'pii.de_social_security',
    noun: 'NATIONAL_ID',
    form: String.raw`\d{2}${GAP}?\d{6}${GAP}?[A-Za-z]${GAP}?\d{3}`,
    check: germanSocial,
    examples: ['15070649C103', '65 170839 J 003'],
    source: 'https://de.wikipedia.org/wiki/Versicherungsnummer',
    description: 'A German pension insurance number (RVNR) with a day of birth and a valid check digit.',
  },
  {
    id: 'pii.de_health_insurance',
    noun: 'HEALTH_ID',
    form: String.raw`[A-Za-z]\d{9}`,
    check: germanHealth,
    context: named(
      'kvnr|krankenversicher*|versichertennummer|versicherten*|egk|health insurance|gesundheitskarte',
      'krankenkasse|krankenversicherung|versicherungsnummer',
    ),
    examples: ['A123456780'],
    lead: 'KVNR ',
    source: 'https://de.wikipedia.org/wiki/Krankenversichertennummer',
    description: 'A German health insurance number with a valid check digit.',
  },
  {
    id: 'pii.de_id_card',
    noun: 'ID_CARD',
    form: '[CFGHJKLMNPRTVWXYZcfghjklmnprtvwxyz][CFGHJKLMNPRTVWXYZcfghjklmnprtvwxyz0-9]{8}\\d?',
    check: machineReadable,
    context: idWords('ausweis*|personalausweis*|perso|reisepass*|passnummer'),
    examples: ['L01X00T471', 'C01X00T47'],
    lead: 'Personalausweis ',
    source: 'https://de.wikipedia.org/wiki/Ausweisnummer',
    description: 'The number of a German identity card or passport, with or without its check digit.',
  },
  {
    id: 'pii.de_vat',
    noun: 'TAX_ID',
    form: String.raw`(?:DE${GAP}?|[Dd][Ee])\d{3}${GAP}?\d{3}${GAP}?\d{3}`,
    check: (text) => mod11_10(text.slice(2)),
    examples: ['DE136695976', 'DE 136 695 976'],
    source: 'https://arthurdejong.org/python-stdnum/doc/stdnum.de.vat',
    description: 'A German VAT number with a valid check digit.',
  },
  {
    id: 'pii.at_social_security',
    noun: 'NATIONAL_ID',
    form: String.raw`[1-9]\d{3}${GAP}?\d{6}`,
    check: austrianSocial,
    context: idWords('svnr|sv nummer|sozialversicherung*|versicherungsnummer|e card', 'austria*'),
    strong: /^/,
    examples: ['1237 010180', '1237010180'],
    lead: 'SVNR ',
    source: 'https://arthurdejong.org/python-stdnum/doc/stdnum.at.vnr',
    description: 'An Austrian social insurance number with a day of birth and a valid check digit.',
  },
  {
    id: 'pii.ch_ahv',
    noun: 'NATIONAL_ID',
    form: String.raw`756${DOT}?\d{4}${DOT}?\d{4}${DOT}?\d{2}`,
    check: ean13,
    examples: ['756.9217.0769.85', '7569217076985'],
    source: 'https://de.wikipedia.org/wiki/Sozialversicherungsnummer#Versichertennummer',
    description: 'A Swiss AHV number (13 digits that begin with 756) with a valid check digit.',
  },
];
