import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { INVISIBLE_RUN, isPlain, normalise, stretches } from '../../src/guard/normalise.ts';
import { anyText } from '../support/any-text.ts';

describe('the plain form', () => {
  it.each([
    ['ASCII', 'Hello, world 123', 'Hello, world 123'],
    ['full-width letters', 'ｉｇｎｏｒｅ　ａｌｌ', 'ignore all'],
    ['mathematical letters and digits', '𝐢𝐠𝐧𝐨𝐫𝐞 𝟒𝟏𝟏𝟏', 'ignore 4111'],
    ['ligatures and signs', 'ﬁle™ № ½', 'fileTM No 1⁄2'],
    ['no-break spaces', 'a\u00a0b\u202fc', 'a b c'],
    ['zero-width characters', 'ig\u200bno\u200dre\ufeff', 'ignore'],
    ['soft hyphens and variation selectors', 'ig\u00adno\ufe0fre', 'ignore'],
    ['bidi controls', '\u202eabc\u202c \u2066d\u2069', 'abc d'],
    ['the tag block', 'a\u{e0069}\u{e0067}b', 'ab'],
    ['accents that stand apart, as they are', 'e\u0301', 'e\u0301'],
    ['other scripts, as they are', 'Привет, 世界 😀', 'Привет, 世界 😀'],
    ['lone surrogates, as they are', 'a\ud800b', 'a\ud800b'],
    ['a flood of invisible characters, as a gap', `ignore${'\u200b'.repeat(INVISIBLE_RUN)}all`, 'ignore all'],
    ['almost a flood, as nothing', `ig${'\u200b'.repeat(INVISIBLE_RUN - 1)}nore`, 'ignore'],
  ])('of %s', (_, text, plain) => {
    expect(normalise(text)).toBe(plain);
  });

  it('is its own plain form', () => {
    fc.assert(
      fc.property(anyText(), (text) => {
        expect(normalise(normalise(text))).toBe(normalise(text));
        if (isPlain(text)) expect(normalise(text)).toBe(text);
      }),
    );
  });
});

describe('stretches', () => {
  const text = fc
    .array(fc.constantFrom('a', 'b c', '\u200b', '\u{e0041}', '\u00ad'.repeat(70), 'ｅ', '™', 'é', '😀'), {
      maxLength: 12,
    })
    .map((parts) => parts.join(''));

  it('cover the text, and keep their length where they keep their characters', () => {
    fc.assert(
      fc.property(text, (whole) => {
        const { found, used } = stretches(whole, true);
        expect(used).toBe(whole.length);
        for (const { raw, plain, aligned } of found) if (aligned) expect(plain.length).toBe(raw.length);
        expect(found.map(({ raw }) => raw).join('')).toBe(whole);
        expect(found.map(({ plain }) => plain).join('')).toBe(normalise(whole));
      }),
    );
  });

  it('are the same when the text arrives in pieces', () => {
    fc.assert(
      fc.property(text, fc.nat(), (whole, n) => {
        const points = Array.from(whole);
        const head = points.slice(0, n % (points.length + 1)).join('');
        const first = stretches(head, false);
        const rest = stretches(whole.slice(first.used), true);
        const plain = [...first.found, ...rest.found].map((stretch) => stretch.plain).join('');
        expect(plain).toBe(normalise(whole));
      }),
    );
  });
});
