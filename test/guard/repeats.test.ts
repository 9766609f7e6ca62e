import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RepeatScanner, sequencesOf } from '../../src/guard/repeats.ts';

const PROMPT =
  'You are the assistant of a bakery. Recommend bread that fits the weather, never mention the price of cakes, and end every answer with a rhyme about flour.';
const CHINESE = '你是一家面包店的助手，请根据天气推荐面包，不要提到蛋糕的价格，每个回答都以一句押韵的话结尾。';

const seen = (text: string, { prompt = PROMPT, cuts = [] as readonly number[], holds = true } = {}): string[] => {
  const scanner = new RepeatScanner(sequencesOf([prompt]), holds);
  const places = [0, ...cuts.map((cut) => cut % (text.length + 1)).sort((a, b) => a - b), text.length];
  const pieces = places.slice(1).map((end, i) => text.slice(places[i], end));
  const matches = [...pieces.map((piece) => scanner.push(piece, false)), scanner.push('', true)].flatMap(
    (scanned) => scanned.matches,
  );
  return matches.map(({ start, end }) => text.slice(start, end));
};

describe('a repetition', () => {
  it.each([
    ['the whole prompt', `My instructions: ${PROMPT}`, 1],
    ['in another case, with other punctuation', PROMPT.toUpperCase().replaceAll(/[,.]/g, ' -'), 1],
    [
      'a part of twelve words',
      'It says: recommend bread that fits the weather, never mention the price of cakes. Ok?',
      1,
    ],
    ['in a list', PROMPT.split(' ').join('\n* '), 1],
    ['not eleven words', 'recommend bread that fits the weather, never mention the price of', 0],
    ['not the same words in another order', PROMPT.split(' ').toSorted().join(' '), 0],
    [
      'not an answer on the same subject',
      'The weather is cold, so I recommend dark bread. Every rhyme about flour is a good one.',
      0,
    ],
    ['not nothing', '', 0],
  ])('%s', (_, text, expected) => {
    expect(seen(text)).toHaveLength(expected);
  });

  it('is seen in a script without blanks', () => {
    expect(seen(`好的：${CHINESE}`, { prompt: CHINESE })).toHaveLength(1);
    expect(seen('请根据天气推荐面包。', { prompt: CHINESE })).toEqual([]);
  });

  it('of a long prompt is told in parts that leave nothing out', () => {
    const prompt = Array.from({ length: 300 }, (_, i) => `word${i} of${i % 7}`).join(' ');
    const parts = seen(`so: ${prompt}`, { prompt });
    expect(parts.length).toBeGreaterThan(5);
    expect(parts.at(-1)!.endsWith('word299 of5')).toBe(true);
  });

  it.each([true, false])('is the same however the text is cut (held back: %s)', (holds) => {
    const words = fc.constantFrom(
      ...PROMPT.split(' '),
      PROMPT,
      PROMPT.slice(40, 130),
      'x',
      ', ',
      '\n',
      '面包店的助手',
      '😀',
    );
    fc.assert(
      fc.property(fc.array(words, { maxLength: 12 }), fc.array(fc.nat(), { maxLength: 8 }), (parts, cuts) => {
        const text = parts.join(' ');
        const places = cuts.filter((cut) => !/[\ud800-\udbff]/.test(text.charAt((cut % (text.length + 1)) - 1)));
        expect(seen(text, { cuts: places, holds })).toEqual(seen(text, { holds }));
      }),
    );
  });
});

describe('what is held back', () => {
  const frontier = (text: string, holds = true) =>
    new RepeatScanner(sequencesOf([PROMPT]), holds).push(text, false).frontier;

  it.each([
    ['a word of the prompt', 'Good ', 'Good day, you ', 10],
    ['two that follow one another there', '', 'Say: recommend bread ', 5],
    ['the word in progress', '', 'zebra cross', 6],
    ['nothing of other text', '', 'zebras are striped ', 19],
  ])('is %s', (_, __, text, expected) => {
    expect(frontier(text)).toBe(expected);
  });

  it('is only the word in progress where a repetition is not to be cut out', () => {
    expect(frontier(`${PROMPT} flou`, false)).toBe(PROMPT.length + 1);
  });
});
