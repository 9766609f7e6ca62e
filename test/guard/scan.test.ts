import { describe, expect, it } from 'vitest';
import type { Rule } from '../../src/guard/rule.ts';
import { ruleSet } from '../../src/guard/rule-set.ts';
import { pendingFrom, Scanner } from '../../src/guard/scan.ts';
import { findMatches } from './inspect.ts';

const rule = (id: string, pattern: RegExp, valid?: Rule['valid']): Rule => ({
  id,
  kind: 'pii',
  label: '[X]',
  pattern,
  ...(valid && { valid }),
  description: '',
  cannotSee: '',
});

const seen = (text: string, rules: readonly Rule[], from?: number): string[] =>
  findMatches(text, rules, from).map((match) => `${match.rule.id} ${match.start}-${match.end}`);

describe('which matches are taken', () => {
  const long = rule('long', /b{1,4}/);
  const short = rule('short', /[ab]{2}/);

  it.each<[string, string, readonly Rule[], readonly string[]]>([
    ['the leftmost', 'abbbb', [long, short], ['short 0-2', 'long 2-5']],
    ['of those, the longest', 'xbbb', [short, long], ['long 1-4']],
    ['of those, the rule that stands first', 'xbb', [rule('first', /bb/), short], ['first 1-3']],
    ['of those, the rule that stands first', 'xbb', [short, rule('second', /bb/)], ['short 1-3']],
    ['none that overlaps one that was taken', 'ababa', [rule('aba', /aba/)], ['aba 0-3']],
    ['several', 'b-b-b', [rule('b', /b/)], ['b 0-1', 'b 2-3', 'b 4-5']],
    ['none, if there are no rules', 'b', [], []],
    ['in either case', 'B b', [rule('i', /b/i), long], ['i 0-1', 'i 2-3']],
    ['with a match before it as context', 'aab', [rule('a', /a{2}/), rule('b', /(?<!a)b/)], ['a 0-2']],
  ])('%s', (_, text, rules, expected) => {
    expect(seen(text, rules)).toEqual(expected);
  });

  it('goes on one character later when a candidate is not valid', () => {
    expect(seen('1234', [rule('even', /\d{2,3}/, (match) => match === '23' || match === '234')])).toEqual(['even 1-4']);
  });

  it('takes what stands before `from` as context only', () => {
    expect(seen('xab ab', [rule('ab', /(?<!x)ab/)], 1)).toEqual(['ab 4-6']);
    expect(seen('ab ab', [rule('ab', /ab/)], 1)).toEqual(['ab 3-5']);
  });

  it('lets a fault of a rule through', () => {
    const broken = rule('broken', /b/, () => {
      throw new RangeError('no');
    });
    expect(() => findMatches('abc', [broken])).toThrow(RangeError);
  });
});

describe('what is pending', () => {
  it('is the earliest over all rules, in either case', () => {
    const set = ruleSet([rule('a', /xyz/), rule('b', /BCD/i)]);
    expect(pendingFrom(set, 'ab xy', 0)).toBe(3);
    expect(pendingFrom(set, 'a bc', 0)).toBe(2);
    expect(pendingFrom(set, 'a bcx', 0)).toBe(4);
    expect(pendingFrom(set, 'a bc', 3)).toBe(4);
  });
});

describe('a scanner', () => {
  it('tells a match when nothing can change it any more', () => {
    const scanner = new Scanner(ruleSet([rule('ab', /(?<!b)ab{1,2}(?!c)/)]));
    expect(scanner.push('xa', false)).toEqual({ matches: [], frontier: 1 });
    expect(scanner.push('bb', false)).toEqual({ matches: [], frontier: 1 });
    expect(scanner.push('a', false)).toMatchObject({ matches: [{ start: 1, end: 4 }], frontier: 5 });
    expect(scanner.push('b', true)).toEqual({ matches: [], frontier: 6 });
  });

  it('goes on by itself after a fork', () => {
    const scanner = new Scanner(ruleSet([rule('ab', /ab/)]));
    scanner.push('xxa', false);
    const fork = scanner.fork();
    expect(scanner.push('c', true).matches).toEqual([]);
    expect(fork.push('b', true).matches).toMatchObject([{ start: 2, end: 4 }]);
  });
});
