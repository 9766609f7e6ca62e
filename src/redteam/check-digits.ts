/** Check digits, for values that pass every test and belong to nobody. Each takes a number without and returns what follows. */
import { createHash } from 'node:crypto';

const digitsOf = (text: string): number[] => [...text].map(Number);
const weighted = (text: string, weights: readonly number[]): number =>
  digitsOf(text).reduce((sum, digit, i) => sum + digit * weights[i]!, 0);

/** ISO/IEC 7812-1, annex B: cards, IMEI, SIN, personnummer. */
export function luhn(body: string): string {
  const sum = digitsOf(body)
    .reverse()
    .reduce((total, digit, i) => total + (i % 2 === 0 ? (2 * digit > 9 ? 2 * digit - 9 : 2 * digit) : digit), 0);
  return String((10 - (sum % 10)) % 10);
}

/** ISO/IEC 7064, MOD 97-10 over letters and digits, as IBANs use it. */
export function mod97(country: string, account: string): string {
  const numeric = [...`${account}${country}00`].map((c) => Number.parseInt(c, 36)).join('');
  return String(98n - (BigInt(numeric) % 97n)).padStart(2, '0');
}

/** ISO/IEC 7064, MOD 11,10: the German tax number. */
export function mod11and10(body: string): string {
  let product = 10;
  for (const digit of digitsOf(body)) product = (((digit + product) % 10 || 10) * 2) % 11;
  return String((11 - product) % 10);
}

const D5 = [
  '0123456789',
  '1234067895',
  '2340178956',
  '3401289567',
  '4012395678',
  '5987604321',
  '6598710432',
  '7659821043',
  '8765932104',
  '9876543210',
];
const PERMUTED = [
  '0123456789',
  '1576283094',
  '5803796142',
  '8916043527',
  '9453126870',
  '4286573901',
  '2793806415',
  '7046913258',
];

/** Verhoeff's check digit: Aadhaar. */
export function verhoeff(body: string): string {
  const state = digitsOf(body)
    .reverse()
    .reduce((at, digit, i) => Number(D5[at]![Number(PERMUTED[(i + 1) % 8]![digit])]), 0);
  return String(D5[state]!.indexOf('0'));
}

/** The NHS number: modulus 11; null where there is no digit for it. */
export function nhs(body: string): string | null {
  const check = (11 - (weighted(body, [10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11)) % 11;
  return check === 10 ? null : String(check);
}

/** The Polish PESEL. */
export const pesel = (body: string): string =>
  String((10 - (weighted(body, [1, 3, 7, 9, 1, 3, 7, 9, 1, 3]) % 10)) % 10);

/** The two check digits of the Brazilian CPF. */
export function cpf(body: string): string {
  const digit = (text: string): string => {
    const rest =
      weighted(
        text,
        digitsOf(text).map((_, i) => text.length + 1 - i),
      ) % 11;
    return String(rest < 2 ? 0 : 11 - rest);
  };
  const first = digit(body);
  return first + digit(body + first);
}

/** The letter of the Spanish DNI. */
export const dniLetter = (body: string): string => 'TRWAGMYFPDXBNJZSQVHLCKE'[Number(body) % 23]!;

/** The letter of the Finnish personal identity code. */
export const hetuLetter = (birthday: string, serial: string): string =>
  '0123456789ABCDEFHJKLMNPRSTUVWXY'[Number(birthday + serial) % 31]!;

/** The key of the French social security number. */
export const nir = (body: string): string => String(97n - (BigInt(body) % 97n)).padStart(2, '0');

/** ABA routing numbers. */
export const aba = (body: string): string => String((10 - (weighted(body, [3, 7, 1, 3, 7, 1, 3, 7]) % 10)) % 10);

/** The Dutch BSN; null where there is no digit for it. */
export function bsn(body: string): string | null {
  const check = weighted(body, [9, 8, 7, 6, 5, 4, 3, 2]) % 11;
  return check === 10 ? null : String(check);
}

/** The Italian codice fiscale: its last letter. */
export function codiceFiscaleLetter(body: string): string {
  const odd = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];
  const valueIn = (c: string): number => (/\d/.test(c) ? Number(c) : c.charCodeAt(0) - 65);
  const sum = [...body].reduce((total, c, i) => total + (i % 2 === 0 ? odd[valueIn(c)]! : valueIn(c)), 0);
  return String.fromCharCode(65 + (sum % 26));
}

/** The letter of a Singapore NRIC of the S series. */
export const nricLetter = (body: string): string => 'JZIHGFEDCBA'[weighted(body, [2, 7, 6, 5, 4, 3, 2]) % 11]!;

/** An address of the Bitcoin network in base58 with its checksum. */
export function base58Check(payload: Uint8Array): string {
  const alphabet = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
  const sha = (data: Uint8Array) => createHash('sha256').update(data).digest();
  const bytes = Buffer.concat([payload, sha(sha(payload)).subarray(0, 4)]);
  let number = BigInt(`0x${bytes.toString('hex')}`);
  let text = '';
  for (; number > 0n; number /= 58n) text = alphabet[Number(number % 58n)] + text;
  return '1'.repeat(bytes.findIndex((byte) => byte !== 0)) + text;
}
