import { describe, expect, it } from 'vitest';
import { PlainScanner } from '../../src/guard/plain-scanner.ts';
import type { Rule } from '../../src/guard/rule.ts';
import { ruleSet, Scanner } from '../../src/guard/scan.ts';

const word: Rule = {
  id: 'pii.word',
  kind: 'pii',
  label: '[X]',
  pattern: /(?<![a-z])[a-z]{2,9}(?![a-z])/i,
  description: '',
  cannotSee: '',
};
const plainScanner = () => new PlainScanner(new Scanner(ruleSet([word])), 0);

describe('matches in the plain form, traced back to the text', () => {
  it.each([
    ['where nothing changed', 'so be', ['so', 'be']],
    ['through one character for one', '1 ｓｏ 2', ['ｓｏ']],
    ['through two code units for one', '1 𝐬𝐨𝐧 2', ['𝐬𝐨𝐧']],
    ['through one character for several', '1 so™ 2', ['so™']],
    ['around what is dropped', '1 s\u200bo\u{e0041} 2', ['s\u200bo']],
    ['after what is dropped', '\u200b\u200bso', ['so']],
    ['one after the other', 'ab™ ｃd e\u200bf', ['ab™', 'ｃd', 'e\u200bf']],
  ])('%s', (_, text, expected) => {
    const whole = plainScanner().push(text, true);
    expect(whole.matches.map(({ start, end }) => text.slice(start, end))).toEqual(expected);
    expect(whole.frontier).toBe(text.length);

    const scanner = plainScanner();
    const pieces = Array.from(text).map((piece) => scanner.push(piece, false));
    const matches = [...pieces, scanner.push('', true)].flatMap((piece) => piece.matches);
    expect(matches).toEqual(whole.matches);
  });

  it('go on from a scanner that read plain text', () => {
    const first = new Scanner(ruleSet([word]));
    first.push('so b', false);
    const scanned = new PlainScanner(first.fork(), 4).push('ｅ™ ', false);
    expect(scanned).toMatchObject({ matches: [{ start: 3, end: 6 }], frontier: 7 });
  });

  it('decide nothing about invisible characters that may become a gap', () => {
    expect(plainScanner().push('1 \u200b\u200b', false).frontier).toBe(2);
  });
});
