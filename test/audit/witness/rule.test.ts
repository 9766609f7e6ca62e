import fc from 'fast-check';
import { expect, test } from 'vitest';
import { judge } from '../../../src/audit/witness/rule.ts';

const statement = (size: number, head: string) => ({ origin: 'o', size, head });

test.each([
  ['the first of a log', 7, 'a', [], 'new'],
  ['a larger one', 8, 'a', [[7, 'a']], 'new'],
  [
    'the newest again',
    7,
    'a',
    [
      [3, 'a'],
      [7, 'a'],
    ],
    'known',
  ],
  [
    'an older one again',
    3,
    'a',
    [
      [3, 'a'],
      [7, 'a'],
    ],
    'known',
  ],
  [
    'another head for the newest',
    7,
    'b',
    [
      [3, 'a'],
      [7, 'a'],
    ],
    'witness_forked',
  ],
  [
    'another head for an older one',
    3,
    'b',
    [
      [3, 'a'],
      [7, 'a'],
    ],
    'witness_forked',
  ],
  [
    'one between two',
    5,
    'a',
    [
      [3, 'a'],
      [7, 'a'],
    ],
    'witness_rolled_back',
  ],
  [
    'one before all',
    1,
    'a',
    [
      [3, 'a'],
      [7, 'a'],
    ],
    'witness_rolled_back',
  ],
] as const)('%s', (_, size, head, known, verdict) => {
  const entries = known.map(([size, head]) => statement(size, head));
  const same = entries.find((one) => one.size === size) ?? null;
  expect(judge(statement(size, head), entries.at(-1) ?? null, same)).toBe(verdict);
});

test('whatever is offered, what is kept only grows, and nothing that was kept is ever contradicted', () => {
  const offers = fc.array(fc.tuple(fc.integer({ min: 1, max: 12 }), fc.constantFrom('a', 'b', 'c')), { maxLength: 60 });
  fc.assert(
    fc.property(offers, (all) => {
      const kept: ReturnType<typeof statement>[] = [];
      for (const [size, head] of all) {
        const same = kept.find((one) => one.size === size) ?? null;
        const verdict = judge(statement(size, head), kept.at(-1) ?? null, same);
        const largest = Math.max(0, ...kept.map((one) => one.size));
        expect(verdict === 'new').toBe(size > largest);
        expect(verdict === 'known').toBe(kept.some((one) => one.size === size && one.head === head));
        expect(verdict === 'witness_forked').toBe(same !== null && same.head !== head);
        expect(verdict === 'witness_rolled_back').toBe(same === null && size < largest);
        if (verdict === 'new') kept.push(statement(size, head));
      }
    }),
  );
});
