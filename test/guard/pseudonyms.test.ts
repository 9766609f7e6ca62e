import { expect, test } from 'vitest';
import { pseudonymsFor } from '../../src/guard/pseudonyms.ts';

test('one value has one name, and each name gives its value back', () => {
  const names = pseudonymsFor(['nothing']);
  expect(names.nameFor('[EMAIL_REDACTED]', 'ada@example.com')).toBe('<EMAIL_1>');
  expect(names.nameFor('[EMAIL_REDACTED]', 'bob@example.com')).toBe('<EMAIL_2>');
  expect(names.nameFor('[EMAIL_REDACTED]', 'ada@example.com')).toBe('<EMAIL_1>');
  expect(names.nameFor('[PHONE_REDACTED]', '+1 415 555 0132')).toBe('<PHONE_1>');
  expect(names.valueOf('<EMAIL_2>')).toBe('bob@example.com');
  expect(names.size).toBe(3);
});

test('a model may write a name in lower case; what is no name stays', () => {
  const names = pseudonymsFor([]);
  names.nameFor('[EMAIL_REDACTED]', 'ada@example.com');
  expect(names.valueOf('<email_1>')).toBe('ada@example.com');
  expect(names.valueOf('<EMAIL_2>')).toBe('<EMAIL_2>');
});

test('a name that the request holds already is given to nobody', () => {
  const names = pseudonymsFor(['write to <EMAIL_1>', 'or to <email_3>']);
  const given = ['a@b.example', 'c@d.example'].map((value) => names.nameFor('[EMAIL_REDACTED]', value));
  expect(given).toEqual(['<EMAIL_2>', '<EMAIL_4>']);
  expect(names.valueOf('<EMAIL_1>')).toBe('<EMAIL_1>');
});

test('what is written down has names in the place of values again', () => {
  const names = pseudonymsFor([]);
  for (const value of ['Ada', 'Ada Example', '$&']) names.nameFor('[PERSON_REDACTED]', value);
  expect(names.hide('Ada Example, Ada and $& <EMAIL_1>')).toBe('<PERSON_2>, <PERSON_1> and <PERSON_3> <EMAIL_1>');
});

test('however many names a request holds, there is another', () => {
  const held = Array.from({ length: 50_000 }, (_, i) => `<EMAIL_${i + 1}>`).join(' ');
  expect(pseudonymsFor([held]).nameFor('[EMAIL_REDACTED]', 'a@b.example')).toBe('<EMAIL_50001>');
});
