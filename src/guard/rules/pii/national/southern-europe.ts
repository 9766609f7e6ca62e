/** Identifiers of Italy, Spain and Portugal. */
import { base36, digit, isMonotone, luhn, weighted } from '../checksums.ts';
import { GAP, grouped, initial, type Row } from '../row.ts';
import { taxWords } from '../words.ts';

const ODD = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];

/** Characters at odd places count by a table of their own; digits may have been changed into letters (omocodia). */
const italianCode = (text: string): boolean => {
  let sum = 0;
  for (let i = 0; i < 15; i += 1) {
    const value = base36(text.charCodeAt(i));
    const place = value > 9 ? value - 10 : value;
    sum += i % 2 ? place : ODD[place]!;
  }
  return sum % 26 === text.charCodeAt(15) - 65;
};

const spanishLetter = (number: number): string => 'TRWAGMYFPDXBNJZSQVHLCKE'.charAt(number % 23);
const dni = (text: string): boolean => spanishLetter(Number(text.slice(0, 8))) === text[8];
const nie = (text: string): boolean =>
  spanishLetter(Number('XYZ'.indexOf(text.charAt(0)) + text.slice(1, 8))) === text[8];
const cif = (text: string): boolean => {
  let sum = 0;
  for (let i = 1; i < 8; i += 1) {
    const value = i % 2 ? 2 * digit(text, i) : digit(text, i);
    sum += value > 9 ? value - 9 : value;
  }
  const check = (10 - (sum % 10)) % 10;
  return text[8] === String(check) || text[8] === 'JABCDEFGHI'.charAt(check);
};

/** The first digits that are given out: https://pt.wikipedia.org/wiki/N%C3%BAmero_de_identifica%C3%A7%C3%A3o_fiscal */
const portuguese = (digits: string): boolean =>
  ((11 - (weighted(digits, [9, 8, 7, 6, 5, 4, 3, 2]) % 11)) % 11) % 10 === digit(digits, 8) &&
  /^(?:[1-35689]|45|7[0-24-57-9])/.test(digits);

export const SOUTHERN_EUROPE: readonly Row[] = [
  {
    id: 'pii.it_fiscal_code',
    noun: 'TAX_ID',
    form: String.raw`${initial('A-Z', '{6}')}[\dL-NP-Vl-np-v]{2}[ABCDEHLMPRSTabcdehlmprst][\dL-NP-Vl-np-v]{2}${GAP}?[A-Za-z][\dL-NP-Vl-np-v]{3}[A-Za-z]`,
    check: italianCode,
    examples: ['RCCMNL83S18D969H', 'rccmnl83s18d969h'],
    source: 'https://it.wikipedia.org/wiki/Codice_fiscale',
    description: 'An Italian codice fiscale with a valid check letter.',
  },
  {
    id: 'pii.it_vat',
    noun: 'TAX_ID',
    form: String.raw`(?:IT${GAP}?|[Ii][Tt])?\d{11}`,
    check: (text) => luhn(text.replace('IT', '')) && !isMonotone(text.replace('IT', '')),
    context: taxWords('partita iva|p.iva|p. iva|p iva|piva|iva', 'italian*'),
    strong: /^[Ii][Tt]/,
    examples: ['IT00743110157', '00743110157'],
    lead: 'partita IVA ',
    source: 'https://it.wikipedia.org/wiki/Partita_IVA',
    description: 'An Italian partita IVA with a valid check digit; with IT before it no telling word is needed.',
  },
  {
    id: 'pii.es_dni',
    noun: 'NATIONAL_ID',
    form: String.raw`\d{8}${GAP}?[A-HJ-NP-TV-Za-hj-np-tv-z]|\d{2}\.\d{3}\.\d{3}${GAP}?[A-HJ-NP-TV-Za-hj-np-tv-z]`,
    check: dni,
    examples: ['12345678Z', '12.345.678-Z', '12345678-z'],
    source: 'https://es.wikipedia.org/wiki/N%C3%BAmero_de_identificaci%C3%B3n_fiscal',
    description: 'A Spanish DNI (NIF of a citizen) with a valid letter.',
  },
  {
    id: 'pii.es_nie',
    noun: 'NATIONAL_ID',
    form: String.raw`${initial('XYZ')}\d{7}${GAP}?[A-HJ-NP-TV-Za-hj-np-tv-z]`,
    check: nie,
    examples: ['X1234567L', 'Y-1234567-X', 'z1234567r'],
    source: 'https://es.wikipedia.org/wiki/N%C3%BAmero_de_identidad_de_extranjero',
    description: 'A Spanish NIE (identity number of a foreigner) with a valid letter.',
  },
  {
    id: 'pii.es_cif',
    noun: 'COMPANY_ID',
    form: String.raw`${initial('A-HJNP-SUVW')}\d{7}${GAP}?[0-9A-Ja-j]`,
    check: cif,
    context: taxWords('cif|nif', 'empresa|sociedad|compañía|s.l.|s.a.'),
    strong: /^[NPQRWnpqrw].{7,}[A-Ja-j]$/,
    examples: ['A58818501', 'B-58378431', 'P2830000B'],
    lead: 'CIF ',
    source: 'https://es.wikipedia.org/wiki/C%C3%B3digo_de_identificaci%C3%B3n_fiscal',
    description: 'A Spanish CIF with a valid check character.',
  },
  {
    id: 'pii.pt_nif',
    noun: 'TAX_ID',
    form: grouped(3, 3, 3),
    check: portuguese,
    context: taxWords('nif|nipc|contribuinte|número fiscal|niss', 'portug*'),
    examples: ['123456789', '501 964 843'],
    lead: 'NIF ',
    source: 'https://pt.wikipedia.org/wiki/N%C3%BAmero_de_identifica%C3%A7%C3%A3o_fiscal',
    description: 'A Portuguese NIF with a valid check digit.',
  },
];
