import { describe, expect, test } from 'vitest';
import { CONCEPTS, exactConcept, stemConcept } from '../../../../src/guard/injection/classifier/concepts.ts';
import { BUCKETS, FeatureReader } from '../../../../src/guard/injection/classifier/features.ts';
import { joinHashes, rollHash, START_HASH } from '../../../../src/guard/injection/classifier/hashes.ts';
import { foldedOf, kindOf, LETTER } from '../../../../src/guard/injection/classifier/letters.ts';
import { VOCABULARY } from '../../../../src/guard/injection/classifier/vocabulary.ts';
import { fold } from '../../../../src/guard/readings/fold.ts';

interface Block {
  readonly start: number;
  readonly end: number;
  readonly ids: readonly number[];
}

function blocks(text: string): Block[] {
  const reader = new FeatureReader(text);
  const found: Block[] = [];
  for (let ids = reader.next(); ids !== undefined; ids = reader.next())
    found.push({ start: reader.start, end: reader.end, ids: [...ids] });
  return found;
}
const features = (text: string) => new Set(blocks(text).flatMap(({ ids }) => ids));
const unitOf = (character: string) => {
  kindOf(character.charCodeAt(0));
  return foldedOf(character.charCodeAt(0));
};
const hashOf = (word: string) => [...word].reduce((hash, unit) => rollHash(hash, unitOf(unit)), START_HASH);

const PROSE = 'The harbour was quiet. Nobody had come down to the boats since the storm; the nets hung dry, and wet. ';

describe('blocks', () => {
  test.each([
    ['prose', PROSE.repeat(20)],
    ['one endless word', 'a'.repeat(5000)],
    ['endless blanks', ' '.repeat(5000)],
    ['endless marks', '|-'.repeat(5000)],
    ['invisible characters', 'a' + '\u200b'.repeat(5000)],
    ['Chinese', '港口很安静。没有人下到船边来。'.repeat(100)],
    ['lone surrogates', '\ud800x\udc00'.repeat(900)],
    ['nothing', ''],
  ])('cover a text without gaps, each of a bounded size: %s', (_what, text) => {
    const found = blocks(text);
    expect(found.map(({ start }) => start)).toEqual([0, ...found.map(({ end }) => end)].slice(0, found.length));
    expect(found.at(-1)?.end ?? 0).toBe(text.length);
    for (const { start, end, ids } of found) {
      expect(end - start).toBeLessThanOrEqual(500);
      expect(new Set(ids).size).toBe(ids.length);
      expect(ids.every((id) => id < BUCKETS)).toBe(true);
    }
  });

  test('of two texts may be read in turns', () => {
    const other = 'Sed ut perspiciatis unde omnis iste natus error sit voluptatem accusantium doloremque laudantium. ';
    const [one, two] = [new FeatureReader(PROSE.repeat(9)), new FeatureReader(other.repeat(9))];
    const seen: [number[], number[]] = [[], []];
    for (let more = true; more; ) {
      more = false;
      for (const [index, reader] of [one, two].entries()) {
        const ids = reader.next();
        if (ids === undefined) continue;
        seen[index]!.push(...ids);
        more = true;
      }
    }
    expect(seen).toEqual([
      blocks(PROSE.repeat(9)).flatMap(({ ids }) => ids),
      blocks(other.repeat(9)).flatMap(({ ids }) => ids),
    ]);
  });
});

describe('a text has the features of its', () => {
  const texts = [
    'Grüße an alle: das Café öffnet um 9.',
    'Собака спит на Красной площади',
    'Забудь звук',
    'Καλημέρα σας',
    '한국어 문장입니다',
  ];
  test.each(texts)('plain form: %s', (text) => {
    const plain = Array.from(text, (character) => fold(character.codePointAt(0)!)).join('');
    expect(features(plain)).toEqual(features(text));
  });
  // Greek is left out: some of its letters look like one Latin letter small and like another large.
  test.each(texts.filter((text) => !/\p{Script=Greek}/u.test(text)))('capitals: %s', (text) => {
    expect(features(text.toUpperCase().replaceAll('SS', 'ß'))).toEqual(features(text));
  });
  test('form with accents heaped on', () => {
    expect(features('q\u0301u\u0302i\u0303e\u0304t boats')).toEqual(features('quiet boats'));
  });
});

test('features tell order, neighbours and the beginning of a sentence', () => {
  const [one, two] = [features('dogs chase cats'), features('cats chase dogs')];
  expect([...one].filter((id) => !two.has(id)).length).toBeGreaterThan(3);
  expect([...features('Boats rest. Nets dry.')].some((id) => !features('Boats rest nets dry.').has(id))).toBe(true);
});

describe('concepts', () => {
  const all = Object.entries(VOCABULARY).flatMap(([concept, words], index) =>
    words.split(/\s+/).map((word) => [word, concept, index + 1] as const),
  );
  test('are fewer than a byte holds', () => expect(CONCEPTS).toBeLessThan(256));

  test('no word is listed twice, and each is one word', () => {
    expect(all.map(([word]) => word).filter((word, index, words) => words.indexOf(word) !== index)).toEqual([]);
    expect(all.map(([word]) => word).filter((word) => !/^[\p{L}\p{M}]+\*?$/u.test(word))).toEqual([]);
  });

  test('words and stems are found by their hash', () => {
    const spaced = all.filter(([word]) => kindOf(word.charCodeAt(0)) === LETTER);
    const lost = spaced.filter(([word]) => {
      const hash = hashOf(word.replace('*', ''));
      return (word.endsWith('*') ? stemConcept(hash) : exactConcept(hash)) === 0;
    });
    expect(lost).toEqual([]);
    expect(stemConcept(hashOf('ignor'))).toBe(stemConcept(hashOf('игнорир')));
    expect(stemConcept(hashOf('harbour')) + exactConcept(hashOf('harbour'))).toBe(0);
  });

  test('words of scripts without blanks are found by two or three characters', () => {
    const [first, second] = [...'忽略'].map((unit) => rollHash(START_HASH, unitOf(unit)));
    expect(exactConcept(joinHashes(first!, second!))).toBe(stemConcept(hashOf('ignor')));
  });
});
