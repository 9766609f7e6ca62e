import { expect, test } from 'vitest';
import { wholeEnd } from '../../src/core/utf16.ts';

test.each([
  ['', 0, 0],
  ['ab', 1, 1],
  ['a😀', 2, 1],
  ['a😀', 3, 3],
  ['a\ud83d', 2, 1],
  ['a\ude00', 2, 2],
])('%j is cut at %i: %i', (text, end, expected) => {
  expect(wholeEnd(text, end)).toBe(expected);
});
