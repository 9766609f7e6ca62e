import { expect, test } from 'vitest';
import { changing } from '../../../src/core/document/step.ts';

/** Begins once more for each value that came between. */
const document = (...values: number[]) => ({
  stored: 0,
  async change(update: (value: number) => number) {
    for (const value of values) {
      this.stored = update(value);
      await Promise.resolve();
    }
    return this.stored;
  },
});

test('returns what came of the attempt that was stored', async () => {
  const numbers = document(1, 5);
  expect(await changing(numbers, (value) => [value + 1, `from ${value}`])).toBe('from 5');
  expect(numbers.stored).toBe(6);
});

test('stores nothing once its signal is aborted, also while it waits for its turn', async () => {
  const lost = new AbortController();
  const numbers = document(1, 5);
  const change = changing(
    numbers,
    (value) => {
      lost.abort(new Error('the right is gone'));
      return [value + 1, value];
    },
    lost.signal,
  );
  await expect(change).rejects.toThrow('the right is gone');
  expect(numbers.stored).toBe(2);
});
