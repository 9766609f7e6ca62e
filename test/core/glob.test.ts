import { expect, test } from 'vitest';
import { globMatches } from '../../src/core/glob.ts';

test.each([
  ['abc', 'abc', true],
  ['abc', 'abcd', false],
  ['abc', 'xabc', false],
  ['*', '', true],
  ['*', 'anything/at:all', true],
  ['a*', 'abc', true],
  ['a*', 'ba', false],
  ['*c', 'abc', true],
  ['a*c', 'ac', true],
  ['a*a', 'a', false],
  ['a*b*c', 'a-b-c', true],
  ['a*b*c', 'a-c', false],
  ['ab*ba', 'aba', false],
  ['spiffe://corp/*/prod', 'spiffe://corp/x/prod', true],
  ['spiffe://corp/*/prod', 'spiffe://corp/prod', false],
  ['a.c', 'abc', false],
  ['**', 'x', true],
])('%s and %s: %s', (pattern, name, expected) => {
  expect(globMatches(pattern, name)).toBe(expected);
});
