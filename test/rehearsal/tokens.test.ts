import fc from 'fast-check';
import { expect, test } from 'vitest';
import { tokenize } from '../../src/rehearsal/tokens.ts';
import { anyText } from '../support/any-text.ts';

test('a token is at most four characters and the white space before them', () => {
  expect(tokenize('A card: 4111 1111,\n\nthen 219-09-9999')).toEqual([
    'A',
    ' card',
    ':',
    ' 4111',
    ' 1111',
    ',',
    '\n',
    '\nthen',
    ' 219-',
    '09-9',
    '999',
  ]);
  expect(tokenize('')).toEqual([]);
});

test('property: tokens put together are the text, and none of them splits a code point', () => {
  fc.assert(
    fc.property(anyText(200), (text) => {
      const tokens = tokenize(text);
      expect(tokens.join('')).toBe(text);
      for (const token of tokens) {
        expect(token.isWellFormed()).toBe(true);
        expect(Array.from(token).length).toBeLessThanOrEqual(5);
      }
    }),
  );
});
