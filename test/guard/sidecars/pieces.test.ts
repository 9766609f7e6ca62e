import fc from 'fast-check';
import { expect, test } from 'vitest';
import { batchesOf, halvesOf, piecesOf } from '../../../src/guard/sidecars/pieces.ts';
import { anyText } from '../../support/any-text.ts';

const text = (content: string) => ({ channel: 'c', text: content });

test('white space is not worth a request', () => {
  expect(piecesOf([text(''), text(' \n'), text('x')], 100)).toMatchObject([{ text: 2, content: 'x' }]);
});

test('half a surrogate pair is replaced, and offsets stay', () => {
  expect(piecesOf([text('a\ud800b')], 100)).toMatchObject([{ content: 'a\ufffdb' }]);
});

test('pieces cover a text, repeat up to 200 characters, and are never too long', () => {
  const words = fc.array(fc.oneof(fc.constant(' '), fc.constant('word '), fc.constant('😀'), anyText(30)));
  fc.assert(
    fc.property(words, fc.integer({ min: 20, max: 300 }), (parts, maxChars) => {
      const whole = parts.join('');
      let covered = 0;
      for (const { start, content } of piecesOf([text(whole)], maxChars)) {
        expect(content.length).toBeLessThanOrEqual(maxChars);
        expect(whole.slice(start, start + content.length)).toBe(content);
        expect(content.isWellFormed()).toBe(true);
        expect(start).toBeLessThanOrEqual(covered);
        if (start > 0) expect(covered - start).toBeGreaterThanOrEqual(Math.min(200, maxChars >> 2));
        expect(start + content.length).toBeGreaterThan(covered);
        covered = start + content.length;
      }
      expect(covered === whole.length || whole.trim() === '').toBe(true);
    }),
  );
});

test('cuts are between words', () => {
  const pieces = piecesOf([text('word '.repeat(1000))], 1000);
  expect(pieces.length).toBeGreaterThan(5);
  for (const { content } of pieces) expect(content).toMatch(/^ ?(word )*(word)?$/);
});

test('a request carries as many texts as fit', () => {
  const pieces = piecesOf([text('x'.repeat(60)), text('x'.repeat(40)), text('x'), text('x'), text('x')], 100);
  const sizes = (maxTexts: number) => batchesOf(pieces, 100, maxTexts).map((batch) => batch.length);
  expect(sizes(256)).toEqual([2, 3]);
  expect(sizes(2)).toEqual([2, 2, 1]);
  expect(sizes(1)).toEqual([1, 1, 1, 1, 1]);
});

test('halves are half the texts, or half a text with its middle twice', () => {
  const pieces = piecesOf([text('x'.repeat(1000)), text('y')], 2000);
  const [first, second] = halvesOf(pieces)!;
  expect([first, second].map((half) => half!.length)).toEqual([1, 1]);
  expect(halvesOf(first!)!.map(([half]) => [half!.start, half!.content.length])).toEqual([
    [0, 600],
    [450, 550],
  ]);
  expect(halvesOf(second!)).toBeNull();
});
