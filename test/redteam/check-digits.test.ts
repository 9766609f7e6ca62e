/** Published numbers, each with the check digit that it is known to have. */
import { expect, test } from 'vitest';
import * as check from '../../src/redteam/check-digits.ts';

test.each<[string, string | null, string]>([
  ['Luhn', check.luhn('7992739871'), '3'],
  ['IBAN', check.mod97('DE', '370400440532013000'), '89'],
  ['German tax number', check.mod11and10('8609574271'), '9'],
  ['Verhoeff', check.verhoeff('236'), '3'],
  ['NHS', check.nhs('943476591'), '9'],
  ['PESEL', check.pesel('4405140135'), '9'],
  ['CPF', check.cpf('111444777'), '35'],
  ['DNI', check.dniLetter('12345678'), 'Z'],
  ['HETU', check.hetuLetter('131052', '308'), 'T'],
  ['NIR', check.nir('2550814168025'), '38'],
  ['ABA', check.aba('12100035'), '8'],
  ['BSN', check.bsn('11122233'), '3'],
  ['codice fiscale', check.codiceFiscaleLetter('RSSMRA85T10A562'), 'S'],
  ['NRIC', check.nricLetter('1234567'), 'D'],
  ['Bitcoin', check.base58Check(new Uint8Array(21)), '1111111111111111111114oLvT2'],
])('%s', (_what, made, known) => {
  expect(made).toBe(known);
});

test('where no digit fits there is none', () => {
  const all = Array.from({ length: 1000 }, (_, i) => String(400_000_000 + i));
  expect(all.some((body) => check.nhs(body) === null)).toBe(true);
  expect(all.some((body) => check.bsn(body.slice(1)) === null)).toBe(true);
});
