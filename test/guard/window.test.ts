import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Guard, guardFor, type Released, Window } from '../../src/guard/guard.ts';
import type { Policy } from '../../src/guard/policy.ts';
import type { Rule } from '../../src/guard/rule.ts';
import { ruleSet } from '../../src/guard/rule-set.ts';
import { TEXTS } from './examples.ts';
import { judged } from './inspect.ts';

const CHANNEL = 'choices.0.message.content';

interface Run extends Pick<Released, 'text' | 'findings' | 'blocked' | 'changed'> {
  readonly mostHeld: number;
}

/** Pushes the pieces one after the other and puts together what came out. */
function run(window: Window, pieces: readonly string[]): Run {
  const released = [...pieces.map((piece) => window.push(piece)), window.end()];
  return {
    text: released.map((one) => one.text).join(''),
    findings: released.flatMap((one) => one.findings),
    blocked: released.at(-1)!.blocked,
    changed: released.some((one) => one.changed),
    mostHeld: Math.max(...released.map((one) => one.held)),
  };
}

function cut(text: string, places: readonly number[]): string[] {
  const sorted = [0, ...places.map((place) => place % (text.length + 1)), text.length].sort((a, b) => a - b);
  return sorted.slice(1).map((end, i) => text.slice(sorted[i], end));
}

/** Inserts an invisible character, or writes ASCII full-width: seen in the plain form only. */
const disguise = (text: string, at: number, how: number): string => {
  const place = at % (text.length + 1);
  const full = (c: string) => (/[!-~]/.test(c) ? String.fromCharCode(c.charCodeAt(0) + 0xfee0) : c);
  return [
    `${text.slice(0, place)}\u200b${text.slice(place)}`,
    `${text.slice(0, place)}${'\u{e0041}'.repeat(1 + (at % 70))}${text.slice(place)}`,
    text.replace(/./g, full),
    text.slice(0, place) + full(text.slice(place, place + 1)) + text.slice(place + 1),
  ][how % 4]!;
};

const noise = [
  ' ',
  '\n',
  '. ',
  ', ',
  '-',
  '@',
  '+1 ',
  '(',
  '12',
  '4111',
  'sk-',
  'eyJ',
  'a',
  'Zz',
  'the ',
  'call ',
  '.com',
]
  .concat([
    '\u200b',
    '\u00ad\u200d',
    '\u00e9',
    'e\u0301',
    '\u2026',
    '\u2122',
    '\uff20',
    '\u{1f600}',
    '\u{1d7d8}',
    '漢字',
  ])
  .concat(['\ud83d', '\ude00', '[EMAIL_REDACTED]', '\u{e0041}', '-----', '-----BEGIN ']);

const fragment = (texts: readonly string[]) =>
  fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...texts) },
    // Near misses: an example that stops early, starts late or has one character changed
    { weight: 2, arbitrary: fc.tuple(fc.constantFrom(...texts), fc.nat()).map(([t, n]) => t.slice(0, n % t.length)) },
    { weight: 1, arbitrary: fc.tuple(fc.constantFrom(...texts), fc.nat()).map(([t, n]) => t.slice(n % t.length)) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.constantFrom(...texts), fc.nat(), fc.constantFrom(...noise))
        .map(([t, n, c]) => t.slice(0, n % t.length) + c + t.slice((n % t.length) + 1)),
    },
    {
      weight: 2,
      arbitrary: fc.tuple(fc.constantFrom(...texts), fc.nat(), fc.nat()).map(([t, n, how]) => disguise(t, n, how)),
    },
    { weight: 5, arbitrary: fc.constantFrom(...noise) },
    { weight: 1, arbitrary: fc.string({ unit: 'grapheme', maxLength: 8 }) },
  );
const texts = (from: readonly string[]) => fc.array(fragment(from), { maxLength: 9 }).map((parts) => parts.join(''));
const action = fc.constantFrom('block', 'redact', 'flag', 'off');

function sameHoweverCut(guard: Guard, text: string, pieces: readonly string[]): void {
  const whole = judged(guard, text, CHANNEL);
  const { mostHeld, ...streamed } = run(guard.window(CHANNEL), pieces);
  expect(streamed).toEqual(whole);
}

describe('a window gives what inspecting the whole text gives', () => {
  it.each(TEXTS.map((example) => [example]))('at every split point of a text with %j', (example) => {
    const guard = guardFor('output', { pii: 'redact', secrets: 'redact' });
    const text = `It is ${example}, or so.`;
    const step = Math.ceil(text.length / 150);
    for (let at = 0; at <= text.length; at += step) sameHoweverCut(guard, text, [text.slice(0, at), text.slice(at)]);
    sameHoweverCut(guard, text, text.split(''));
  });

  it('at random places of random texts, under random policies', () => {
    fc.assert(
      fc.property(
        fc.record({ pii: action, secrets: action }),
        fc.constantFrom('input' as const, 'output' as const),
        texts(TEXTS),
        fc.array(fc.nat(), { maxLength: 12 }),
        (actions, direction, text, places) => sameHoweverCut(guardFor(direction, actions), text, cut(text, places)),
      ),
      { numRuns: 3000 },
    );
  });

  it('one code unit at a time', () => {
    fc.assert(
      fc.property(fc.record({ pii: action, secrets: action }), texts(TEXTS), (actions, text) =>
        sameHoweverCut(guardFor('output', actions), text, text.split('')),
      ),
      { numRuns: 400 },
    );
  });
});

/** A random pattern of the subset, over an alphabet so small that everything collides. */
const pattern = fc.letrec<{ atom: string; term: string; sequence: string; pattern: string }>((tie) => ({
  atom: fc.oneof(
    { maxDepth: 2 },
    fc.constantFrom('a', 'b', '-', '[ab]', '[a-]', '\\w', '\\d'),
    fc.constantFrom('(?!a)', '(?=b)', '(?<!b)', '(?<=a)', '(?<![^-])', '(?![\\s\\S])'),
    tie('pattern').map((inner) => `(?:${inner})`),
  ),
  term: fc
    .tuple(tie('atom'), fc.constantFrom('', '', '', '?', '{2}', '{0,2}', '{1,3}'))
    .map(([atom, quantifier]) => (atom.startsWith('(?') && !atom.startsWith('(?:') ? atom : atom + quantifier)),
  sequence: fc.array(tie('term'), { minLength: 1, maxLength: 4 }).map((terms) => terms.join('')),
  pattern: fc.array(tie('sequence'), { minLength: 1, maxLength: 2 }).map((branches) => branches.join('|')),
})).pattern;

const isOdd = (match: string): boolean => match.length % 2 === 1;

describe('the derivation holds for any pattern of the subset', () => {
  it('whatever the rules and the text', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(pattern, fc.constantFrom('', 'i'), fc.boolean()), { minLength: 1, maxLength: 3 }),
        fc.string({ unit: fc.constantFrom('a', 'b', 'A', '-', '1', '\u200b', '\uff41'), maxLength: 14 }),
        fc.array(fc.nat(), { maxLength: 5 }),
        (sources, text, places) => {
          const rules: Rule[] = sources.map(([source, flags, checked], index) => ({
            id: `pii.${index}`,
            kind: 'pii',
            label: '[X]',
            // A character that must be there makes sure that the pattern does not match the empty text.
            pattern: new RegExp(`(?:${source})[ab1]`, flags),
            ...(checked ? { valid: isOdd } : {}),
            description: '',
            cannotSee: '',
          }));
          const policy: Policy = {
            direction: 'output',
            actions: {},
            sets: [ruleSet(rules)],
            actionFor: () => 'redact',
          };
          const { mostHeld, ...streamed } = run(new Window(policy, CHANNEL), cut(text, places));
          const { mostHeld: _, ...whole } = run(new Window(policy, CHANNEL), [text]);
          const { held, ...atOnce } = new Window(policy, CHANNEL).end(text);
          expect(streamed).toEqual(atOnce);
          expect(whole).toEqual(atOnce);
        },
      ),
      { numRuns: 1000 },
    );
  });
});

describe('what is held back', () => {
  const guard = guardFor('output', { pii: 'redact', secrets: 'redact' });
  const reach = Math.max(...guard.policy.sets.map(({ maxLength }) => maxLength));

  it('is never longer than the longest match, in plain text', () => {
    fc.assert(
      fc.property(texts(TEXTS), (text) => {
        const ascii = text.replace(/[^\p{ASCII}]/gu, '');
        expect(run(guard.window(CHANNEL), ascii.split('')).mostHeld).toBeLessThanOrEqual(reach);
      }),
      { numRuns: 200 },
    );
  });

  it('stays bounded when a text goes on and on', () => {
    const endless = ['a', '1', '-', 'a@', 'a.', '+1', '4111 ', '\u200b', '\u{e0041}', '\ud800', 'é', '-----BEGIN '];
    for (const unit of endless) {
      // Two code units each for as many invisible characters as may follow each character of a match
      const bound = reach * (1 + 2 * 64);
      expect(run(guard.window(CHANNEL), Array(400).fill(unit.repeat(20))).mostHeld).toBeLessThan(Math.min(bound, 500));
    }
  });

  it.each([
    ['a word, which may be the name in a mail address', 'Hello wor', 'Hello ', 3],
    ['nothing after a full stop', 'Hello world. ', 'Hello world. ', 0],
    ['digits, which may be a card', 'Total: 4111', 'Total: ', 4],
    ['a whole match, which may go on', 'ada@example.com', '', 15],
    ['half a character', 'yes, \ud83d', 'yes, ', 1],
    ['nothing for an invisible character', 'yes, \u200b', 'yes, \u200b', 0],
  ])('is %s', (_, pushed, text, held) => {
    expect(guard.window(CHANNEL).push(pushed)).toMatchObject({ text, held });
  });

  it('is nothing where no rule is on', () => {
    expect(guardFor('output', {}).window(CHANNEL).push('ada@exam')).toMatchObject({ text: 'ada@exam', held: 0 });
  });
});

describe('a window that blocks', () => {
  it('releases what stood before and nothing after, and goes on judging', () => {
    const window = guardFor('output', { pii: 'block', secrets: 'redact' }).window(CHANNEL);
    expect(window.push('Mail: ')).toMatchObject({ text: 'Mail: ', blocked: null });
    expect(window.push('ada@example.com')).toMatchObject({ text: '', blocked: null });
    const finding = { rule: 'pii.email', action: 'block', span: [6, 21] };
    expect(window.push(' or ')).toMatchObject({ text: '', findings: [finding], blocked: finding, held: 0 });
    expect(window.end('bob@example.com')).toMatchObject({
      text: '',
      findings: [{ rule: 'pii.email', span: [25, 40] }],
      blocked: finding,
    });
  });

  it('never lets go of the first half of a pair', () => {
    const window = guardFor('output', { pii: 'redact' }).window(CHANNEL);
    expect([window.push('yes \ud83d').text, window.push('\ude00 b').text, window.end().text]).toEqual([
      'yes ',
      '😀 ',
      'b',
    ]);
  });
});
