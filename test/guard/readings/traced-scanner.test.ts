import { describe, expect, it } from 'vitest';
import { ENCODINGS } from '../../../src/guard/readings/encodings.ts';
import { PLAIN } from '../../../src/guard/readings/plain.ts';
import type { Reading } from '../../../src/guard/readings/reading.ts';
import { TracedScanner } from '../../../src/guard/readings/traced-scanner.ts';
import type { Rule } from '../../../src/guard/rule.ts';
import { ruleSet } from '../../../src/guard/rule-set.ts';
import { Scanner } from '../../../src/guard/scan.ts';
import { ENCODED, toBase64, toHex } from './disguises.ts';

const rule = (pattern: RegExp): Rule => ({
  id: 'pii.x',
  kind: 'pii',
  label: '[X]',
  pattern,
  description: '',
  cannotSee: '',
});
const WORD = ruleSet([rule(/(?<![a-z])[a-z]{2,9}(?![a-z])/i)]);
const MAIL = ruleSet([rule(/(?<![a-z])[a-z]{1,9}@[a-z]{1,9}\.[a-z]{2,3}(?![a-z])/i)]);
const named = (id: string): Reading => ENCODINGS.find((reading) => reading.id === id)!;
const traced = (reading: Reading, set = MAIL) => new TracedScanner(reading.open(), () => new Scanner(set));

/** What is found at once; and the same has to be found code point by code point, before it is released. */
function found(open: () => TracedScanner, text: string): string[] {
  const whole = open().push(text, true);
  expect(whole.frontier).toBe(text.length);
  const scanner = open();
  let released = 0;
  const matches = [...Array.from(text), ''].flatMap((piece, n, pieces) => {
    const scanned = scanner.push(piece, n === pieces.length - 1);
    for (const { start } of scanned.matches) expect(start).toBeGreaterThanOrEqual(released);
    expect(scanned.frontier).toBeGreaterThanOrEqual(released);
    released = scanned.frontier;
    return scanned.matches;
  });
  expect(matches).toEqual(whole.matches);
  return whole.matches.map(({ start, end }) => text.slice(start, end));
}

describe('matches in another form are traced back to the text', () => {
  it.each([
    ['where nothing changed', 'so be', ['so', 'be']],
    ['through one character for one', '1 ｓｏ 2', ['ｓｏ']],
    ['through two code units for one', '1 𝐬𝐨𝐧 2', ['𝐬𝐨𝐧']],
    ['through one character for several', '1 so™ 2', ['so™']],
    ['around what is dropped', '1 s\u200bo\u{e0041} 2', ['s\u200bo']],
    ['after what is dropped', '\u200b\u200bso', ['so']],
    ['through escapes', '1 \\u0073&#111; 2', ['\\u0073&#111;']],
    ['one after the other', 'ab™ ｃd e\u200bf', ['ab™', 'ｃd', 'e\u200bf']],
  ])('%s', (_, text, expected) => {
    expect(found(() => traced(PLAIN, WORD), text)).toEqual(expected);
  });

  it.each(ENCODED)('in %s', (_, encode) => {
    const text = `Read ${encode('Write to ada@example.org, please.')} now`;
    expect(ENCODINGS.flatMap((reading) => found(() => traced(reading), text))).toHaveLength(1);
  });

  it('to the characters that encode the match, where each stands for so much', () => {
    // The address is the bytes 7 to 17, which is the bits 56 to 136, six of them to a character
    const text = toBase64('To: x, ada@ex.org  and more');
    expect(found(() => traced(named('base64')), text)).toEqual([text.slice(9, 23)]);
    expect(found(() => traced(named('hexadecimal')), `${toHex('to ada@ex.org now')}`)).toEqual([toHex('ada@ex.org')]);
    expect(found(() => traced(named('spaced')), 'say a d a @ e x . o r g (now)')).toEqual(['a d a @ e x . o r g']);
  });

  it('each island on its own', () => {
    const text = `${toBase64('this is about ada@')} ${toBase64('example.org, is it?')}`;
    expect(found(() => traced(named('base64')), text)).toEqual([]);
  });

  it('through one reading after the other', () => {
    const text = `＝ ${Array.from(toBase64('Write to ada@example.org'), (letter) => `${letter}\u200b`).join('')}`;
    expect(found(() => new TracedScanner(PLAIN.open(), () => traced(named('base64'))), text)).toHaveLength(1);
  });
});

describe('a traced scanner', () => {
  it('goes on from a scanner that read plain text', () => {
    const first = new Scanner(WORD);
    first.push('so b', false);
    const scanner = new TracedScanner(PLAIN.open(), () => new Scanner(WORD), 4, first.fork());
    expect(scanner.push('\\', false).frontier).toBe(3);
    expect(scanner.push('u0065™ ', false)).toMatchObject({ matches: [{ start: 3, end: 11 }], frontier: 12 });
  });

  it('decides nothing about what the reader has left over', () => {
    expect(traced(PLAIN).push('1 \\u00', false).frontier).toBe(2);
    expect(traced(named('base64')).push(`so ${toBase64('Write to').slice(0, 11)}`, false).frontier).toBe(3);
  });

  it('holds nothing back of what it does not read', () => {
    expect(traced(named('base64')).push(`${toBase64('Write to ada@example')} and so on. `, false).frontier).toBe(40);
  });
});
