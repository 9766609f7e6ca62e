import { describe, expect, test } from 'vitest';
import { LENGTHS, lengthClass, lengthPenalty, Windows } from '../../../../src/guard/injection/classifier/windows.ts';

const BIASES = [-1, -0.5, 0, 0.25, 0.5, 1];
/** A few numbers without a pattern. */
const blocks = Array.from({ length: 150 }, (_, at) => ({
  sum: Math.sin(at * 7) * 20,
  count: 50 + ((at * 37) % 90),
  start: at * 100,
}));

function direct(from: number, to: number): number {
  const part = blocks.slice(from, to);
  const [sum, count] = [
    part.reduce((all, block) => all + block.sum, 0),
    part.reduce((all, block) => all + block.count, 0),
  ];
  return sum / Math.sqrt(count + 1) + BIASES[lengthClass(to - from)]!;
}

describe('windows', () => {
  test('the best that ends with a block is the best of all lengths', () => {
    const windows = new Windows(BIASES);
    blocks.forEach(({ sum, count, start }, at) => {
      const score = windows.add(sum, count, start);
      const choices = LENGTHS.filter((length) => length <= at + 1).map((length) => direct(at + 1 - length, at + 1));
      expect(score).toBeCloseTo(Math.max(...choices), 9);
      expect(direct(at + 1 - windows.bestBlocks, at + 1)).toBeCloseTo(score, 9);
      expect(windows.bestStart).toBe((at + 1 - windows.bestBlocks) * 100);
      if (at < 64) expect(windows.whole()).toBeCloseTo(direct(0, at + 1), 9);
    });
  });

  test.each([
    [1, 0],
    [2, 1],
    [3, 1],
    [31, 4],
    [32, 5],
    [5000, 5],
  ])('%i blocks have the bias of length %i', (count, length) => {
    expect(lengthClass(count)).toBe(length);
  });

  test('long texts have something to make up for, up to a length', () => {
    expect(lengthPenalty(10)).toBe(0);
    expect(lengthPenalty(1000)).toBeGreaterThan(lengthPenalty(500));
    expect(lengthPenalty(10_000_000)).toBe(lengthPenalty(1_000_000));
  });
});
