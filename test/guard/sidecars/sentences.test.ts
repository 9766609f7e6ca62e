import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SentenceGate } from '../../../src/guard/sidecars/sentences.ts';
import { anyText } from '../../support/any-text.ts';

function segments(pieces: readonly string[]): string[] {
  const gate = new SentenceGate();
  return [...pieces.flatMap((piece) => gate.push(piece)), ...gate.end()];
}

const WORDS = 'It went on like this for quite a while and nobody in the room had anything to add to it';

describe('where a text is cut', () => {
  test.each<[what: string, text: string, cuts: number[]]>([
    ['after a sentence of 80 characters, with the blank', `${WORDS}. Next one.`, [89]],
    ['not after a short one', 'Yes. No. Perhaps. Who knows?', []],
    ['not where the sentence has not ended', `${WORDS}, and then`, []],
    ['at the end of a line', `${WORDS}\nnext`, [88]],
    ['after quotes and brackets', `${WORDS}.”) Next`, [91]],
    ['after an ellipsis', `${WORDS}… Next`, [89]],
    ['not at the point of a number', `${WORDS} 3.14 and`, []],
    ['not after a title', `${WORDS} with Dr. Example`, []],
    ['not after an initial', `${WORDS} with J. Example`, []],
    ['not after an initial at the beginning of a line', `${'x'.repeat(90)}\nJ. Example`, [91]],
    ['after 。 without a blank', `${'文'.repeat(90)}。文`, [91]],
    ['each sentence of a long one', `${WORDS}. ${WORDS}! ${WORDS}? x`, [89, 178, 267]],
    ['at a blank where no sentence ends for 1000 characters', `${'x'.repeat(800)} ${'x'.repeat(400)}`, [801]],
    ['not at a blank of the first half', `${'x'.repeat(400)} ${'x'.repeat(900)}`, [1000]],
    ['after 1000 characters where there is no blank', 'x'.repeat(2500), [1000, 2000]],
    ['not through a surrogate pair', `x${'😀'.repeat(600)}`, [999]],
  ])('%s', (_what, text, cuts) => {
    const edges = [0, ...cuts, text.length];
    const expected = edges.slice(1).map((end, index) => text.slice(edges[index], end));
    expect(segments([text])).toEqual(expected);
    expect(segments([...text].flatMap((character) => character.split('')))).toEqual(expected);
  });
});

const prose = fc
  .array(
    fc.oneof(
      { arbitrary: fc.constantFrom('. ', '! ', '.” ', '\n', ' Dr. ', ' ', '。', '😀', ' 3.14 ', '.'), weight: 2 },
      { arbitrary: fc.constantFrom(WORDS, 'word', 'x'.repeat(300), '😀'.repeat(200)), weight: 2 },
      anyText(20),
    ),
    { maxLength: 40 },
  )
  .map((parts) => parts.join(''));

test('the segments are the same however the text is cut, and put together are the text', () => {
  fc.assert(
    fc.property(prose, fc.array(fc.nat(3000), { maxLength: 30 }), (text, places) => {
      const edges = [0, ...places.map((place) => Math.min(place, text.length)).sort((a, b) => a - b), text.length];
      const pieces = edges.slice(1).map((end, index) => text.slice(edges[index], end));
      const whole = segments([text]);
      expect(segments(pieces)).toEqual(whole);
      expect(whole.join('')).toBe(text);
      for (const segment of whole) {
        expect(segment.length).toBeLessThanOrEqual(1000);
        expect(segment.isWellFormed()).toBe(true);
      }
    }),
  );
});

test('no more is held than the longest segment', () => {
  const gate = new SentenceGate();
  for (let i = 0; i < 5000; i++) {
    gate.push('x');
    expect(gate.held).toBeLessThan(1000);
  }
});

test('a megabyte in single characters takes linear time', () => {
  const gate = new SentenceGate();
  const began = performance.now();
  for (let i = 0; i < 1_000_000; i++) gate.push('.');
  expect(performance.now() - began).toBeLessThan(3000);
});
