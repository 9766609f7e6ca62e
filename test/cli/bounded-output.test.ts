import { expect, test } from 'vitest';
import { boundedOutput } from '../../src/cli/bounded-output.ts';
import { stuckOutput } from './stuck.ts';

test('no more waits than it was told, whole texts only, and it goes on once half of it is read', () => {
  const { output, takeAll, text } = stuckOutput();
  const bounded = boundedOutput(output, 100);
  const written: string[] = [];
  for (let i = 0; i < 1000; i++) {
    const piece = `${i} ${'x'.repeat(20)}\n`;
    if (bounded(piece)) written.push(piece);
  }
  expect(output.writableLength).toBeLessThanOrEqual(125);
  takeAll();
  expect(bounded('on\n')).toBe(true);
  takeAll();
  expect(text()).toBe(`${written.join('')}on\n`);
});

test('a reader that takes a little at a time does not make it come and go with every text', () => {
  const output = { writableLength: 101, write: () => true };
  const bounded = boundedOutput(output as never, 100);
  const accepted = [101, 99, 60, 51, 50, 99, 100, 101, 99].map((length) => {
    output.writableLength = length;
    return bounded('x');
  });
  expect(accepted).toEqual([false, false, false, false, true, true, true, false, false]);
});
