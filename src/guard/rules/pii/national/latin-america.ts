/** Identifiers of Brazil, Mexico, Argentina, Chile, Colombia and their neighbours. */
import { digit, isDay, isMonotone, luhn, weighted } from '../checksums.ts';
import { DOT, nearOf, type Row, separated } from '../row.ts';
import { idWords, taxWords } from '../words.ts';

const from11 = (sum: number): number => (sum % 11 < 2 ? 0 : 11 - (sum % 11));

const cpf = (digits: string): boolean =>
  !isMonotone(digits) &&
  from11(weighted(digits, [10, 9, 8, 7, 6, 5, 4, 3, 2])) === digit(digits, 9) &&
  from11(weighted(digits, [11, 10, 9, 8, 7, 6, 5, 4, 3, 2])) === digit(digits, 10);

/** Letters, in use since July 2026, count as their ASCII code less 48: what {@link digit} gives for them as well. */
const cnpj = (text: string): boolean =>
  !isMonotone(text) &&
  from11(weighted(text, [5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2])) === digit(text, 12) &&
  from11(weighted(text, [6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2])) === digit(text, 13);

const CURP = '0123456789ABCDEFGHIJKLMN\u00d1OPQRSTUVWXYZ';
const curp = (text: string): boolean => {
  let sum = 0;
  for (let i = 0; i < 17; i += 1) sum += CURP.indexOf(text.charAt(i)) * (18 - i);
  return isDay(Number(text.slice(6, 8)), Number(text.slice(8, 10))) && (10 - (sum % 10)) % 10 === digit(text, 17);
};

const rfcDay = (match: string): boolean => {
  const day = /\d{6}/.exec(match)?.[0] ?? '';
  return isDay(Number(day.slice(2, 4)), Number(day.slice(4, 6)));
};
const RFC_NAME = String.raw`[A-Za-z\u00d1\u00f1&]{3,4}`;
const RFC_END = '[A-Za-z0-9]{2}[0-9Aa]';
const RFC = '0123456789ABCDEFGHIJKLMN&OPQRSTUVWXYZ \u00d1';
const rfc = (match: string): boolean => {
  const text = match.toUpperCase().replace(/[- ]/g, '').padStart(13, ' ');
  let sum = 0;
  for (let i = 0; i < 12; i += 1) sum += RFC.indexOf(text.charAt(i)) * (13 - i);
  return '0123456789A'.charAt((11 - (sum % 11)) % 11) === text.charAt(12) && rfcDay(match);
};

const cuit = (digits: string): boolean =>
  '01234567899'.charAt((11 - (weighted(digits, [5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11)) % 11) === digits[10];

const rut = (text: string): boolean => {
  const number = text.slice(0, -1).padStart(8, '0');
  return '0123456789K'.charAt((11 - (weighted(number, [3, 2, 7, 6, 5, 4, 3, 2]) % 11)) % 11) === text.slice(-1);
};

const nit = (text: string): boolean => {
  const number = text.slice(0, -1).padStart(15, '0');
  const sum = weighted(number, [71, 67, 59, 53, 47, 43, 41, 37, 29, 23, 19, 17, 13, 7, 3]) % 11;
  return (sum < 2 ? sum : 11 - sum) === digit(text, text.length - 1);
};

const uruguayan = (digits: string): boolean =>
  (10 - (weighted(digits.padStart(8, '0'), [2, 9, 8, 7, 6, 3, 4]) % 10)) % 10 === digit(digits, digits.length - 1);

const ecuadorian = (digits: string): boolean => luhn(digits) && /^(?:0[1-9]|1\d|2[0-4]|30)[0-5]/.test(digits);

const pisPasep = (digits: string): boolean =>
  !isMonotone(digits) && from11(weighted(digits, [3, 2, 9, 8, 7, 6, 5, 4, 3, 2])) === digit(digits, 10);

export const LATIN_AMERICA: readonly Row[] = [
  {
    id: 'pii.br_cpf',
    noun: 'NATIONAL_ID',
    form: String.raw`\d{3}${DOT}?\d{3}${DOT}?\d{3}${DOT}?\d{2}`,
    check: cpf,
    examples: ['390.533.447-05', '39053344705'],
    source: 'https://pt.wikipedia.org/wiki/Cadastro_de_Pessoas_F%C3%ADsicas',
    description: 'A Brazilian CPF with both check digits valid.',
  },
  {
    id: 'pii.br_cnpj',
    noun: 'COMPANY_ID',
    form: String.raw`\d{14}|[\dA-Z]{2}\.[\dA-Z]{3}\.[\dA-Z]{3}/[\dA-Z]{4}-\d{2}`,
    check: cnpj,
    examples: ['11.222.333/0001-81', '11222333000181', '12.ABC.345/01DE-35'],
    source: 'https://www.gov.br/receitafederal, CNPJ alfanumérico (IN RFB 2229/2024)',
    description: 'A Brazilian CNPJ with both check digits valid, also with letters.',
    cannotSee: 'One with letters and without its separators.',
  },
  {
    id: 'pii.br_pis',
    noun: 'NATIONAL_ID',
    form: String.raw`\d{3}\.?\d{5}\.?\d{2}-?\d`,
    check: pisPasep,
    context: idWords('pis|pasep|nis|nit|pis/pasep|inss'),
    strong: /^\d{3}\.\d{5}\.\d{2}-\d$/,
    examples: ['120.12345.67-2', '12012345672'],
    lead: 'PIS ',
    source: 'https://pt.wikipedia.org/wiki/PIS/PASEP',
    description: 'A Brazilian PIS/PASEP number with a valid check digit.',
  },
  {
    id: 'pii.mx_curp',
    noun: 'NATIONAL_ID',
    form: String.raw`[A-Za-z]{4}\d{6}[HMXhmx][A-Za-z]{5}[0-9A-Za-z]\d`,
    check: curp,
    examples: ['BOXW310820HNERXN09'],
    source: 'https://www.gob.mx/curp, Instructivo normativo',
    description: 'A Mexican CURP with a day of birth and a valid check digit.',
  },
  {
    id: 'pii.mx_rfc',
    noun: 'TAX_ID',
    form: String.raw`${RFC_NAME}\d{6}${RFC_END}|${RFC_NAME}-\d{6}-?${RFC_END}|[A-Z\u00d1&]{3,4} \d{6} ${RFC_END}`,
    look: (match, before) => rfc(match) || (rfcDay(match) && /(?<![a-z])rfc(?![a-z])/i.test(before.slice(-40))),
    examples: ['GODE561231GR8', 'VECJ-880326-6D0'],
    lead: 'RFC ',
    source: 'https://arthurdejong.org/python-stdnum/doc/stdnum.mx.rfc',
    description: 'A Mexican RFC with a day and a valid check character, or with a day and the word RFC before it.',
  },
  {
    id: 'pii.ar_cuit',
    noun: 'TAX_ID',
    form: String.raw`(?:2[03-7]|3[034])[-. ]?\d{8}[-. ]?\d`,
    check: cuit,
    context: taxWords('cuit|cuil|afip|arca', 'argentin*'),
    strong: /^/,
    examples: ['20-05536168-2', '20055361682'],
    lead: 'CUIT ',
    source: 'https://arthurdejong.org/python-stdnum/doc/stdnum.ar.cuit',
    description: 'An Argentine CUIT or CUIL with a valid check digit; with its prefix no telling word is needed.',
  },
  {
    id: 'pii.uy_ci',
    noun: 'NATIONAL_ID',
    form: String.raw`[1-6]\.\d{3}\.\d{3}-\d|[1-6]\d{6}-?\d`,
    check: uruguayan,
    context: idWords('cédula|cedula|c.i.', 'ci|uruguay*'),
    strong: /\./,
    examples: ['3.412.776-9', '34127769'],
    lead: 'Uruguay: C.I. ',
    source: 'https://ciuy.readthedocs.io',
    description: 'A Uruguayan cédula with a valid check digit; with its full stops no telling word is needed.',
  },
  {
    id: 'pii.cl_rut',
    noun: 'NATIONAL_ID',
    form: String.raw`\d{1,2}\.\d{3}\.\d{3}-?[\dKk]|\d{7,8}-?[\dKk]`,
    check: (text) => rut(text) && !isMonotone(text.slice(0, -1)),
    context: idWords('rut|run|rol único', 'chile*|cédula'),
    strong: /-|\./,
    examples: ['12.531.909-2', '12531909-2', '125319092'],
    lead: 'RUT ',
    source: 'https://arthurdejong.org/python-stdnum/doc/stdnum.cl.rut',
    description: 'A Chilean RUT with a valid check character; with its hyphen no telling word is needed.',
  },
  {
    id: 'pii.co_nit',
    noun: 'TAX_ID',
    form: String.raw`\d{3}\.\d{3}\.\d{3}-\d|\d{8,9}-\d|\d{9,10}`,
    check: nit,
    context: taxWords('nit', 'colombia*|dian'),
    strong: /\..*-/,
    examples: ['213.123.432-1', '213123432-1'],
    lead: 'NIT ',
    source: 'https://arthurdejong.org/python-stdnum/doc/stdnum.co.nit',
    description: 'A Colombian NIT with a valid check digit.',
  },
  {
    id: 'pii.pe_ruc',
    noun: 'TAX_ID',
    form: String.raw`(?:10|15|16|17|20)\d{9}`,
    check: (digits) => (11 - (weighted(digits, [5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11)) % 10 === digit(digits, 10),
    context: taxWords('ruc|sunat', 'perú|peru*'),
    examples: ['20512333797'],
    lead: 'RUC ',
    source: 'https://arthurdejong.org/python-stdnum/doc/stdnum.pe.ruc',
    description: 'A Peruvian RUC with a valid check digit.',
  },
  {
    id: 'pii.ec_cedula',
    noun: 'NATIONAL_ID',
    form: String.raw`\d{9}-?\d`,
    check: ecuadorian,
    context: idWords('cédula|cedula|c.i.', 'ci|ecuador*'),
    examples: ['1713175071', '171317507-1'],
    lead: 'Ecuador: C.I. ',
    source: 'https://arthurdejong.org/python-stdnum/doc/stdnum.ec.ci',
    description: 'An Ecuadorian cédula with a valid check digit.',
  },
  {
    id: 'pii.do_cedula',
    noun: 'NATIONAL_ID',
    form: String.raw`\d{3}-?\d{7}-?\d`,
    check: (digits) => luhn(digits) && !isMonotone(digits),
    context: idWords('cédula|cedula', 'dominican*'),
    strong: separated('-', 3, 7, 1),
    examples: ['224-0002211-1'],
    lead: 'cédula ',
    source: 'https://arthurdejong.org/python-stdnum/doc/stdnum.do.cedula',
    description: 'A Dominican cédula with a valid check digit; in groups of 3-7-1 no telling word is needed.',
  },
  {
    id: 'pii.cedula',
    noun: 'ID_DOCUMENT',
    form: String.raw`\d{1,3}(?:\.\d{3}){2,3}|\d{6,10}`,
    look: (_, before) => /(?:c[ée]dula|\bdni|\bc\.?c\.?|documento|identidad)[^\d\n]{0,30}$/i.test(nearOf(before)),
    examples: ['1.020.304.050', '52123456'],
    lead: 'cédula ',
    source: 'No common standard: the national documents of Argentina, Colombia, Paraguay, Peru and Venezuela',
    description: 'Six to ten digits right after "cédula", "DNI" or "documento".',
    cannotSee: 'Numbers without such a word right before them.',
  },
];
