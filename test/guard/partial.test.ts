import { describe, expect, it } from 'vitest';
import { partialOf } from '../../src/guard/partial.ts';
import { lengths, parsePattern } from '../../src/guard/pattern.ts';
import { ALL_RULES } from './inspect.ts';

/** Where a match of `pattern` may still begin or go on, once `text` has been read. */
const pending = (pattern: RegExp, text: string): number =>
  text.search(new RegExp(partialOf(parsePattern(pattern)), pattern.flags));

describe('what is undecided at the end of a text', () => {
  it.each<[string, RegExp, string, number]>([
    ['nothing, after other text', /abc/, 'xx', 2],
    ['the beginning of a match', /abc/, 'xxab', 2],
    ['the earliest of several beginnings', /abab/, 'xabab', 1],
    ['a match that may grow', /a{1,3}/, 'xaa', 1],
    ['nothing, once a match can grow no further and something follows', /a{1,3}/, 'xaaab', 5],
    ['a match that what follows may undo', /ab(?!c)/, 'xab', 1],
    ['nothing, once it is known what follows', /ab(?!c)/, 'xabd', 4],
    ['a match that what follows must confirm', /ab(?=c)/, 'xab', 1],
    ['nothing behind the wrong character', /(?<!x)ab/, 'xa', 2],
    ['a beginning behind the right character', /(?<=y)ab/, 'xya', 2],
    ['a match inside an alternative', /(?:ab|cd)e/, 'xcd', 1],
    ['a match inside a repetition', /(?:ab){2,3}c/, 'xabab', 1],
    ['a match that skipped what is optional', /ab?c/, 'xa', 1],
    ['a class', /[0-9]{2}-[a-f\]-]/, 'x12-', 1],
    ['an escape', /\$\d\u0041\x42/, 'x$1A', 1],
    ['a match in the other case', /abc/i, 'xAB', 1],
    ['a lookaround between atoms', /a(?!b)\w(?<=c)d/, 'xa', 1],
  ])('is %s', (_, pattern, text, start) => {
    expect(pending(pattern, text)).toBe(start);
  });
});

describe('the length of a match', () => {
  it.each<[RegExp, number, number]>([
    [/abc/, 3, 3],
    [/a?b{2}c{1,4}/, 3, 7],
    [/(?<!x)a(?:bc|d){0,2}(?!y)/, 1, 5],
    [/a|bcd/, 1, 3],
    [/[abc]\d\u0041/, 3, 3],
  ])('%s', (pattern, minLength, maxLength) => {
    expect(lengths(parsePattern(pattern))).toEqual([minLength, maxLength]);
  });
});

describe('what cannot be used in a stream', () => {
  it.each<[string, string, RegExp]>([
    ['an unbounded repetition', 'ab*', /"\*" is not in the subset at offset 2/],
    ['an unbounded repetition', 'a+', /"\+"/],
    ['an open-ended count', 'a{2,}', /"\{2,\}"/],
    ['a lazy quantifier', 'a{1,3}?b', /"\?b"/],
    ['a word boundary', '\\babc', /"\\bab"/],
    ['an anchor', '^a', /"\^a"/],
    ['an anchor', 'a$', /"\$"/],
    ['any character', 'a.b', /"\.b"/],
    ['a capturing group', '(ab)', /"\(ab\)"/],
    ['a back reference', '(?:a)\\1', /"\\1"/],
    ['a property', 'a\\p', /"\\p"/],
    ['a long lookahead', 'a(?!bc)', /"\(\?!b"/],
    ['a long lookbehind', '(?<!bc)a', /"\(\?<!"/],
    ['a class that is a complement', '[^a]b', /the complement \[\^a\]/],
    ['an escape that is a complement', 'a\\S', /the complement \\S/],
    ['a class with a complement in it', '[a\\W]', /the complement/],
    ['a surrogate', '\\ud83d', /names a surrogate/],
    ['a character beyond the BMP', '😀', /names a surrogate/],
    ['a match of nothing', 'a?', /matches the empty text/],
  ])('is %s: %s', (_, source, message) => {
    expect(() => parsePattern(new RegExp(source))).toThrow(message);
  });

  it('is any flag but i', () => {
    expect(() => parsePattern(/a/u)).toThrow(/flag other than i/);
  });

  it('is none of the rules', () => {
    for (const { pattern } of ALL_RULES) expect(() => parsePattern(pattern)).not.toThrow();
  });
});
