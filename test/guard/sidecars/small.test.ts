/** The parts that need no server. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Kind } from '../../../src/core/policy.ts';
import { Breaker } from '../../../src/guard/sidecars/breaker.ts';
import type { SidecarMatch } from '../../../src/guard/sidecars/judgement.ts';
import { merged } from '../../../src/guard/sidecars/merge.ts';
import { codePointOffsets } from '../../../src/guard/sidecars/offsets.ts';
import { anyText } from '../../support/any-text.ts';

describe('matches that overlap', () => {
  const match = (start: number, end: number, { kind = 'pii' as Kind, rule = 'r', text = 0 } = {}): SidecarMatch => ({
    text,
    rule,
    kind,
    label: '',
    start,
    end,
  });
  test.each<[what: string, given: SidecarMatch[], expected: SidecarMatch[]]>([
    ['become one', [match(3, 8), match(0, 5, { rule: 'first' })], [match(0, 8, { rule: 'first' })]],
    ['the longest first', [match(0, 3), match(0, 5, { rule: 'long' })], [match(0, 5, { rule: 'long' })]],
    ['one within the other', [match(0, 9), match(2, 4), match(5, 7)], [match(0, 9)]],
    ['stay two if they only touch', [match(0, 3), match(3, 5)], [match(0, 3), match(3, 5)]],
    ['stay two in two texts', [match(0, 3, { text: 1 }), match(0, 3)], [match(0, 3), match(0, 3, { text: 1 })]],
    [
      'stay two of two kinds',
      [match(2, 3), match(0, 5, { kind: 'injection' })],
      [match(0, 5, { kind: 'injection' }), match(2, 3)],
    ],
  ])('%s', (_what, given, expected) => expect(merged(given)).toEqual(expected));
});

test('code points are converted to UTF-16 code units', () => {
  fc.assert(
    fc.property(anyText(), (text) => {
      const unitsBefore = codePointOffsets(text);
      const characters = [...text];
      characters.forEach((_, index) => {
        expect(unitsBefore(index)).toBe(characters.slice(0, index).join('').length);
      });
      expect(unitsBefore(characters.length)).toBe(text.length);
    }),
  );
  for (const nonsense of [4, -1, 0.5, '1', null]) expect(codePointOffsets('a😀b')(nonsense)).toBeNaN();
});

test('after five failures in a row one call in five seconds is let through, until one is answered', () => {
  const breaker = new Breaker();
  for (let i = 0; i < 5; i++) {
    expect(breaker.allows(i)).toBe(true);
    breaker.silent(i);
  }
  expect(breaker.allows(5)).toBe(false);
  expect(breaker.allows(5003)).toBe(false);
  expect(breaker.allows(5004)).toBe(true);
  expect(breaker.allows(5005)).toBe(false);
  breaker.silent(6000);
  expect(breaker.allows(10_999)).toBe(false);
  expect(breaker.allows(11_000)).toBe(true);
  breaker.answered();
  expect(breaker.allows(11_001)).toBe(true);
});

test('failures that are not in a row do not count', () => {
  const breaker = new Breaker();
  for (let i = 0; i < 20; i++) {
    breaker.silent(i);
    if (i % 4 === 3) breaker.answered();
    expect(breaker.allows(i)).toBe(true);
  }
});
