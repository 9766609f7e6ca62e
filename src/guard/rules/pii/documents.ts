/** Documents and devices that many countries have in the same form. */
import { base36, isMonotone, luhn } from './checksums.ts';
import { GAP, nearOf, type Row } from './row.ts';
import { named, words } from './words.ts';

const hasDigits =
  (count: number) =>
  (text: string): boolean => {
    let digits = 0;
    for (let i = 0; i < text.length; i += 1) if (text.charCodeAt(i) < 58) digits += 1;
    return digits >= count;
  };

const VALUES = [1, 2, 3, 4, 5, 6, 7, 8, 0, 1, 2, 3, 4, 5, 0, 7, 0, 9, 2, 3, 4, 5, 6, 7, 8, 9];
const WEIGHTS = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2];

/** 49 CFR 565.15: binding in North America only. */
const vin = (text: string): boolean => {
  const sum = WEIGHTS.reduce((total, weight, i) => {
    const value = base36(text.charCodeAt(i));
    return total + weight * (value > 9 ? VALUES[value - 10]! : value);
  }, 0);
  return '0123456789X'.charAt(sum % 11) === text.charAt(8) && /[A-Z].*[A-Z].*\d{4}$/.test(text);
};
const VIN_WORDS = words('vin|vin number|vehicle id*|chassis*|fahrgestell*|fahrzeug ident*|fin|bastidor|telaio|châssis');

export const DOCUMENTS: readonly Row[] = [
  {
    id: 'pii.passport',
    noun: 'PASSPORT',
    form: String.raw`[A-Za-z]{0,3}\d{5,9}[A-Za-z]?|[A-Z]{1,2} \d{6,8}|[A-Za-z]\d{3}[A-Za-z]\d{4}|\d{2}[A-Za-z]{2}\d{5}`,
    check: hasDigits(6),
    context: named(
      'passport*|passeport*|pasaporte*|passaporto|passaporte|paspoort*|reisepass*|paszport*|pass nr|pass no|паспорт|旅券|パスポート|护照|護照|여권|पासपोर्ट',
    ),
    look: (_, before) => /(?:pass|pasap|pasz|пасп|旅券|パスポート|照|여권|पासपोर्ट)[^\d\n]{0,30}$/i.test(nearOf(before)),
    examples: ['A12345678', '123456789', 'M12345678', 'M901G7890', '12AB34567'],
    lead: 'my passport number is ',
    source: 'ICAO 9303, part 4, and the formats listed by the EU (PRADO)',
    description: 'Six to nine digits with up to four letters, right after a word for a passport.',
    cannotSee: 'Passport numbers more than 30 characters after the word.',
  },
  {
    id: 'pii.driving_licence',
    noun: 'DRIVING_LICENCE',
    form: String.raw`[A-Za-z]{0,5}\d{1,14}[A-Za-z]{0,3}\d{0,6}(?:${GAP}\d[0-9A-Za-z]{1,7}){0,4}(?:${GAP}\d)?`,
    check: hasDigits(5),
    look: (_, before) =>
      /(?:driv\w{2,5}.{0,3}s? ?licen[cs]e|driving permit|\bDL|f[üu]hrerschein|permis de conduire|patente|carn[ée] de conducir|licencia de conducir|\bCNH|prawo jazdy|rijbewijs|운전면허|운전면허증|免許)[^\d\n]{0,24}$/i.test(
        nearOf(before),
      ),
    examples: ['D1234567', 'F255-921-50-094-0', '425700624'],
    lead: 'driver license: ',
    source: 'No common standard: https://ntsi.com/drivers-license-format/',
    description: 'Letters and digits, at least five of them digits, right after a word for a driving licence.',
    cannotSee: 'Licence numbers more than 24 characters after the word.',
  },
  {
    id: 'pii.imei',
    noun: 'DEVICE_ID',
    form: String.raw`\d{15}|\d{2}${GAP}\d{6}${GAP}\d{6}${GAP}\d`,
    check: (digits) => luhn(digits) && !isMonotone(digits),
    context: named('imei*', 'device*|handset|serial*|gerät*'),
    // The reporting bodies in use: 35 and 86 are nearly all handsets, 01 the older American ones.
    strong: /^\d\d-|^(?:35|86|01)/,
    examples: ['490154203237518', '49-015420-323751-8'],
    lead: 'IMEI ',
    source: '3GPP TS 23.003, annex B',
    description:
      'The IMEI of a mobile phone with a valid check digit; if it begins with 35, 86 or 01 no telling word is needed.',
  },
  {
    id: 'pii.vin',
    noun: 'VEHICLE_ID',
    form: '[A-HJ-NPR-Za-hj-npr-z0-9]{17}',
    look: (match, before) =>
      (vin(match) && !/[a-z]/.test(match)) || (VIN_WORDS.test(before) && /\d/.test(match) && /[a-z]/i.test(match)),
    examples: ['1HGCM82633A004352', '1M8GDM9AXKP042788'],
    source: '49 CFR 565.15, ISO 3779',
    description: 'A vehicle identification number with a valid check digit, or any after a word for one.',
    cannotSee: 'European vehicles without such a word: their numbers have no check digit.',
  },
];
