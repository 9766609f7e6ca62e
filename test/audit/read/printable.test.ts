import fc from 'fast-check';
import { expect, test } from 'vitest';
import { printable, printableJson, printableLines } from '../../../src/audit/read/printable.ts';

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
const CONTROL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/;
const anything = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom(...'\u001b[2J\u009b\u202e\u0007\u007f\r\n ä€') }),
);

test.each([
  ['\u001b[2J\u001b[HOK', '\u{fffd}[2J\u{fffd}[HOK', '\u{fffd}[2J\u{fffd}[HOK'],
  ['\u009b2J \u202e', '\u{fffd}2J \u{fffd}', '\u{fffd}2J \u{fffd}'],
  ['one\ntwo', 'one\u{fffd}two', 'one\ntwo'],
  ['a,"b\r\nc"\r\n', 'a,"b\u{fffd}\u{fffd}c"\u{fffd}\u{fffd}', 'a,"b\r\nc"\r\n'],
  ['DAMAGED\rOK', 'DAMAGED\u{fffd}OK', 'DAMAGED\u{fffd}OK'],
  ['Zürich 東京 💠', 'Zürich 東京 💠', 'Zürich 東京 💠'],
])('%j', (text, line, lines) => expect([printable(text), printableLines(text)]).toEqual([line, lines]));

test('whatever a text is, nothing in it moves the cursor', () => {
  fc.assert(
    fc.property(anything, (text) => {
      expect(printable(text)).not.toMatch(CONTROL);
      expect(printable(text)).not.toContain('\n');
      expect(printableLines(text).replaceAll('\r\n', '\n')).not.toMatch(CONTROL);
      expect(printableLines(text).split('\n').length).toBe(text.split('\n').length);
    }),
  );
});

test('a JSON text keeps its value', () => {
  fc.assert(
    fc.property(anything, (text) => {
      const json = printableJson(JSON.stringify({ [text]: text }, null, 2));
      expect(json).not.toMatch(CONTROL);
      expect(JSON.parse(json)).toEqual({ [text]: text });
    }),
  );
});
