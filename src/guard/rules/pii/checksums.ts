/**
 * The arithmetic of check digits. Every function takes the letters and digits of an identifier, upper case, without
 * separators, and never throws: a character that does not belong makes the sum wrong.
 *
 * Sources: ISO/IEC 7812-1 (Luhn), ISO/IEC 7064 (mod 11-2, mod 11-10, mod 97-10), Verhoeff 1969, and for what each
 * country does with a weighted sum the formulas collected in python-stdnum (https://arthurdejong.org/python-stdnum/).
 */

/** The digit at `at`. */
export const digit = (text: string, at: number): number => text.charCodeAt(at) - 48;

/** Digits as they are, letters from A = 10. */
export const base36 = (character: number): number => (character > 57 ? character - 55 : character - 48);

/** The sum of the first digits, each times its weight. */
export function weighted(text: string, weights: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < weights.length; i += 1) sum += digit(text, i) * weights[i]!;
  return sum;
}

/** The number modulo `modulus`, whatever its length. */
export function remainder(digits: string, modulus: number): number {
  let rest = 0;
  for (let i = 0; i < digits.length; i += 1) rest = (rest * 10 + digit(digits, i)) % modulus;
  return rest;
}

/** All the same digit: passes many sums and is nobody's number. */
export const isMonotone = (digits: string): boolean => digits === digits.charAt(0).repeat(digits.length);

/** What is no digit does not count: cards are looked at as they are written. */
export function luhn(digits: string): boolean {
  let sum = 0;
  let doubles = false;
  for (let i = digits.length - 1; i >= 0; i -= 1) {
    const value = digit(digits, i);
    if (value < 0 || value > 9) continue;
    sum += doubles ? 2 * value - (value > 4 ? 9 : 0) : value;
    doubles = !doubles;
  }
  return sum % 10 === 0;
}

const PERMUTED = [
  '0123456789',
  '1576283094',
  '5803796142',
  '8916043527',
  '9453126870',
  '4286573901',
  '2793806415',
  '7046913258',
].map((row) => Array.from(row, Number));
const PRODUCT = [
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
].map((row) => Array.from(row, Number));

/** Verhoeff's scheme over the dihedral group of order ten. */
export function verhoeff(digits: string): boolean {
  let sum = 0;
  for (let i = digits.length - 1, at = 0; i >= 0; i -= 1, at += 1) {
    sum = PRODUCT[sum]![PERMUTED[at % 8]![digit(digits, i)]!]!;
  }
  return sum === 0;
}

/** ISO 7064 mod 97-10 as an IBAN uses it: the first four characters count as the last. */
export function mod97(text: string): boolean {
  let rest = 0;
  for (let i = 0; i < text.length; i += 1) {
    const value = base36(text.charCodeAt((i + 4) % text.length));
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
  }
  return rest === 1;
}

/** ISO 7064 mod 11-10: the last digit checks the others. */
export function mod11_10(digits: string): boolean {
  let check = 5;
  for (let i = 0; i < digits.length; i += 1) check = ((((check || 10) * 2) % 11) + digit(digits, i)) % 10;
  return check === 1;
}

/** ISO 7064 mod 11-2: the last character, a digit or X for ten, checks the others. */
export function mod11_2(text: string): boolean {
  let check = 0;
  for (let i = 0; i < text.length - 1; i += 1) check = ((check + digit(text, i)) * 2) % 11;
  return (check + (text.endsWith('X') ? 10 : digit(text, text.length - 1))) % 11 === 1;
}

/** EAN-13: weights one and three in turn. */
export const ean13 = (digits: string): boolean => weighted(digits, [1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1]) % 10 === 0;

const DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** A day that there is in some year. */
export const isDay = (month: number, day: number): boolean => day >= 1 && day <= (DAYS[month - 1] ?? 0);

/** Whether the digits at these places are a day: `isDayAt('010190', 2, 0)` for the first of January. */
export const isDayAt = (digits: string, month: number, day: number): boolean =>
  isDay(digit(digits, month) * 10 + digit(digits, month + 1), digit(digits, day) * 10 + digit(digits, day + 1));
