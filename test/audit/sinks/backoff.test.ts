import fc from 'fast-check';
import { expect, test } from 'vitest';
import { backOff } from '../../../src/audit/sinks/backoff.ts';
import { RetryAfter } from '../../../src/audit/sinks/sink.ts';

test.each([
  [1, 500, 1000],
  [2, 500, 2000],
  [5, 500, 16_000],
  [6, 500, 30_000],
  [100_000, 500, 30_000],
])('after %i failures between %i and %i ms', (failures, least, most) => {
  expect(backOff(failures, new Error(), 0)).toBe(least);
  expect(backOff(failures, new Error(), 1)).toBe(most);
});

test.each([
  [0, 750],
  [20_000, 20_000],
  [300_000, 300_000],
  [86_400_000, 300_000],
])('a receiver that asks for %i ms is left alone for %i', (asked, granted) => {
  expect(backOff(1, new RetryAfter('', asked), 0.5)).toBe(granted);
});

test('always between half a second and five minutes', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.option(fc.double({ min: 0, noNaN: true })),
      (n, random, asked) => {
        const ms = backOff(n, asked === null ? new Error() : new RetryAfter('', asked), random);
        expect(ms).toBeGreaterThanOrEqual(500);
        expect(ms).toBeLessThanOrEqual(asked === null ? 30_000 : 300_000);
      },
    ),
  );
});
