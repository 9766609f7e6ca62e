/** The side-cars of others, by stand-ins that are as strict as what their documentation says. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { Denial } from '../../../src/core/denial.ts';
import { openSidecars, type SidecarSettings } from '../../../src/guard/sidecars/sidecars.ts';
import { type Posted, sidecarSettings, testSidecar } from '../../support/sidecar.ts';

/** What one side-car says of texts: rule, kind and what was matched; or why it failed. */
async function judged(texts: readonly string[], settings: Partial<SidecarSettings> & { url: string }) {
  const sidecars = openSidecars([sidecarSettings(settings)], { fault: () => {}, observe: () => {} });
  onTestFinished(() => sidecars.close());
  const { signal } = new AbortController();
  const asked = texts.map((text, index) => ({ channel: `messages.${index}.content`, text }));
  try {
    const { matches } = await sidecars.judge('input', asked, { requestId: 'req_1', signal });
    return matches.map(({ text, rule, kind, start, end }) => [rule, kind, texts[text]!.slice(start, end)]);
  } catch (error) {
    return error instanceof Denial ? error.reason : error;
  }
}

describe('Presidio', () => {
  /** Finds words, and says where in code points, as Python counts. */
  const analyzer = (entities: Readonly<Record<string, string>>, score: unknown = 0.85) =>
    testSidecar(
      ({ text, language, ...others }: Posted, response) => {
        // What presidio-analyzer's app.py answers 500 to.
        if (typeof text !== 'string' || text === '' || language !== 'en') {
          response.writeHead(500, { 'content-type': 'application/json' }).end('{"error":"No text provided"}');
          return undefined;
        }
        expect(others).toEqual({ score_threshold: 0.5, correlation_id: 'req_1' });
        return Object.entries(entities).flatMap(([word, entity_type]) =>
          [...text.matchAll(RegExp(word, 'g'))].map(({ index }) => {
            const start = [...text.slice(0, index)].length;
            return { analysis_explanation: null, entity_type, start, end: start + [...word].length, score };
          }),
        );
      },
      { path: '/analyze' },
    );

  test('a text a request, offsets in code points, entities by name', async () => {
    const { url, asked } = await analyzer({ 'Ada 😀 Example': 'PERSON', Springfield: 'LOCATION', key1: 'Zip code' });
    const texts = ['😀😀 Ada 😀 Example of Springfield', '', 'key1'];
    expect(await judged(texts, { kind: 'presidio', name: 'p', url })).toEqual([
      ['sidecar.p.person', 'pii', 'Ada 😀 Example'],
      ['sidecar.p.location', 'pii', 'Springfield'],
      ['sidecar.p.zip_code', 'pii', 'key1'],
    ]);
    expect(asked).toHaveLength(2);
  });

  test('dates, pages and nationalities are nobody’s; labels say otherwise', async () => {
    const { url } = await analyzer({ today: 'DATE_TIME', page: 'URL', German: 'NRP', Ada: 'PERSON', token: 'AWS_KEY' });
    const texts = ['Ada today German page token'];
    const words = async (labels: SidecarSettings['labels']) =>
      ((await judged(texts, { kind: 'presidio', url, labels })) as string[][]).map(([, kind, word]) => [word, kind]);
    expect(await words({})).toEqual([
      ['Ada', 'pii'],
      ['token', 'pii'],
    ]);
    expect(await words({ DATE_TIME: 'pii', PERSON: 'off', AWS_KEY: 'secrets' })).toEqual([
      ['today', 'pii'],
      ['token', 'secrets'],
    ]);
  });

  test('a name far into a long text is seen in its place', async () => {
    const { url, asked } = await analyzer({ 'Ada Example': 'PERSON' });
    const text = `${'😀 word '.repeat(3000)}Ada Example${' word'.repeat(3000)}`;
    expect(await judged([text], { kind: 'presidio', url })).toEqual([['sidecar.ner.person', 'pii', 'Ada Example']]);
    expect(asked.length).toBeGreaterThan(3);
    for (const { text: piece } of asked) expect(piece.length).toBeLessThanOrEqual(10_000);
  });

  test.each<[what: string, answer: unknown]>([
    ['an object', { error: 'No text provided' }],
    ['a list of lists, as for several texts', [[]]],
    ['a result without a type', [{ start: 0, end: 1, score: 1 }]],
    ['a place beyond the text', [{ entity_type: 'PERSON', start: 0, end: 5, score: 1 }]],
    ['a place that is no number', [{ entity_type: 'PERSON', start: '0', end: 2, score: 1 }]],
    ['no score', [{ entity_type: 'PERSON', start: 0, end: 2 }]],
  ])('an answer that is wrong: %s', async (_what, answer) => {
    const { url } = await testSidecar(() => answer);
    expect(await judged(['😀Ada'], { kind: 'presidio', url })).toBe('bad_answer');
  });

  test('a language that it does not know is a failure', async () => {
    const { url } = await analyzer({});
    expect(await judged(['Ada'], { kind: 'presidio', url, language: 'xx' })).toBe('status');
  });
});

describe('a classifier', () => {
  const labels = { INJECTION: 'injection', SAFE: 'off' } as const;
  const say = (answer: unknown) => testSidecar(() => answer);

  test.each<[what: string, answer: unknown, expected: unknown]>([
    ['a list', [{ label: 'INJECTION', score: 0.9 }], 'found'],
    [
      'a list of one list',
      [
        [
          { label: 'SAFE', score: 0.1 },
          { label: 'INJECTION', score: 0.9 },
        ],
      ],
      'found',
    ],
    ['an object', { label: 'INJECTION', score: 0.9 }, 'found'],
    ['a score rounded up', [{ label: 'INJECTION', score: 1.0000001 }], 'found'],
    ['a low score', [{ label: 'INJECTION', score: 0.49 }], []],
    ['a label that means nothing', [{ label: 'LABEL_0', score: 0.99 }], []],
    ['a label that is off', [{ label: 'SAFE', score: 0.99 }], []],
    ['a label that every object has', [{ label: 'constructor', score: 0.99 }], []],
    ['nothing', [], 'bad_answer'],
    ['a list of nothing', [[]], 'bad_answer'],
    ['two lists, as for two texts', [[{ label: 'SAFE', score: 1 }], [{ label: 'SAFE', score: 1 }]], 'bad_answer'],
    ['no label', [{ score: 1 }], 'bad_answer'],
    ['no score', [{ label: 'INJECTION' }], 'bad_answer'],
    ['no score of a harmless label', [{ label: 'SAFE' }], 'bad_answer'],
    ['an error', { error: 'Model is overloaded', error_type: 'overloaded' }, 'bad_answer'],
  ])('%s', async (_what, answer, expected) => {
    const { url, asked } = await say(answer);
    expect(await judged(['Ignore it 😀'], { kind: 'classifier', name: 'c', url, labels })).toEqual(
      expected === 'found' ? [['sidecar.c.injection', 'injection', 'Ignore it 😀']] : expected,
    );
    expect(asked).toEqual([{ inputs: 'Ignore it 😀', truncate: false }]);
  });

  test('of a long text it is the piece that is found, and pieces side by side are one', async () => {
    const { url } = await testSidecar(({ inputs }: Posted) => [
      { label: inputs.includes('bad') ? 'INJECTION' : 'SAFE', score: 0.99 },
    ]);
    const text = `${'good '.repeat(1000)}${'bad '.repeat(500)}${'good '.repeat(1000)}`;
    const found = (await judged([text], { kind: 'classifier', url, labels })) as string[][];
    expect(found).toHaveLength(1);
    expect(found[0]![2]).toContain('bad '.repeat(500).trim());
    expect(found[0]![2]!.length).toBeLessThan(2000 + 2 * 1200);
  });
});
