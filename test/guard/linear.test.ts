import { describe, expect, it } from 'vitest';
import { guardFor } from '../../src/guard/guard.ts';
import { EXAMPLES, textOf } from './examples.ts';
import { ALL_RULES, findMatches } from './inspect.ts';
import { filled, shortest, yardstickFor } from './yardstick.ts';

const LENGTH = 1 << 15;
const fill = (unit: string): string => filled(unit, LENGTH);
const yardstick = yardstickFor(LENGTH);

/** Runs of what a rule is made of, and near misses: an example that stops just before it would match, over and over. */
function hostile(id: string): string[] {
  const texts = EXAMPLES.filter((example) => example.id === id).map(textOf);
  const units = new Set([
    ...texts.slice(0, 2).flatMap((text) => [0.3, 0.6, 0.9].map((part) => text.slice(0, text.length * part))),
    ...texts.slice(0, 3).map((text) => text.slice(0, -1)),
    ...texts.slice(0, 2),
    ...['a', '1', 'a1', 'a.', 'a@a.', 'a-', '1-', '1 ', 'Aa1', '\n', 'a a ', '\u200b', 'key: '],
  ]);
  return [...units].filter((unit) => unit !== '');
}

describe('a rule takes linear time on any text', { timeout: 60_000 }, () => {
  // A pattern that looks at every character some dozen times passes; one that looks at the rest of the text does not.
  it.each(ALL_RULES.map((rule) => [rule.id, rule] as const))('%s', (id, rule) => {
    for (const unit of hostile(id)) {
      const text = fill(unit);
      findMatches(text.slice(0, 1000), [rule]);
      const took = shortest(() => findMatches(text, [rule]));
      expect(took / yardstick, `on ${JSON.stringify(unit)}`).toBeLessThan(40);
    }
  });
});

describe('a stream takes linear time', { timeout: 60_000 }, () => {
  it.each([
    'a',
    '1',
    'a@a.',
    '-----BEGIN ',
    '\u200b',
    'ada@example.com ',
    '1-',
    'ｅ',
    EXAMPLES.find(({ id }) => id === 'secrets.jwt')!.value,
  ])('of %j, in small pieces', (unit) => {
    const text = fill(unit).slice(0, LENGTH / 2);
    const guard = guardFor('output', { pii: 'redact', secrets: 'redact' });
    const took = shortest(() => {
      const window = guard.window('');
      for (let at = 0; at < text.length; at += 4) window.push(text.slice(at, at + 4));
      window.end();
    });
    // Some microseconds for each of the 4096 pieces; what is held back is read again with each
    expect(took / yardstick).toBeLessThan(400);
  });
});
