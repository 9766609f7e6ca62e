import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MAX_DEPTH, MAX_VALUES, parseStrictJson, shapeOf } from '../../src/openai/strict-json.ts';
import { refusal } from '../support/refusal.ts';

const utf8 = (text: string) => Buffer.from(text);
const nested = (levels: number) => `{"a":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`;

describe('body 24–29: refused', () => {
  test.each<[string, Uint8Array]>([
    ['200 000 levels', utf8(nested(200_000))],
    ['200 000 levels that never close', utf8(`{"a":${'['.repeat(200_000)}`)],
    ['one level too many', utf8(nested(MAX_DEPTH + 1))],
    ['millions of values, which cost a validator more than anybody has', utf8(`{"a":[${'{},'.repeat(2_000_000)}{}]}`)],
    ['one value too many', utf8(`{"a":[${'1,'.repeat(MAX_VALUES)}1]}`)],
    ['invalid UTF-8', Buffer.from([0x7b, 0x22, 0x61, 0x22, 0x3a, 0x22, 0xff, 0x22, 0x7d])],
    ['an overlong encoding', Buffer.from([0x7b, 0x22, 0xc0, 0xaf, 0x22, 0x3a, 0x31, 0x7d])],
    ['an encoded surrogate', Buffer.from([0x7b, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x3a, 0x31, 0x7d])],
    ['a byte order mark', utf8('\ufeff{"a":1}')],
    ['UTF-16', Buffer.from('{"a":1}', 'utf16le')],
    ['half a surrogate pair, escaped', utf8('{"a":"\\ud800"}')],
    ['the other half', utf8('{"a":"x\\udc00x"}')],
    ['half a surrogate pair in a key', utf8('{"\\ud800":1}')],
    ['a number that overflows', utf8('{"a":1e400}')],
    ['a negative number that overflows', utf8('{"a":[-1e400]}')],
    ['an integer above 2^53', utf8('{"a":9007199254740993}')],
    ['NaN', utf8('{"a":NaN}')],
    ['Infinity', utf8('{"a":Infinity}')],
    ['a trailing comma', utf8('{"a":1,}')],
    ['a comment', utf8('{"a":1}//')],
    ['two values', utf8('{"a":1}{"a":2}')],
    ['nothing', utf8('')],
    ['an array', utf8('[]')],
    ['null', utf8('null')],
    ['a string', utf8('"a"')],
    ['__proto__', utf8('{"__proto__":{"polluted":1}}')],
    ['__proto__, escaped', utf8('{"\\u005f_proto__":{"polluted":1}}')],
    ['constructor, deep down', utf8('{"a":[{"b":{"constructor":1}}]}')],
    ['prototype', utf8('{"a":{"prototype":1}}')],
  ])('%s', (_what, body) => {
    expect(refusal(() => parseStrictJson(body)).code).toBe('invalid_json');
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});

test.each<[string, unknown]>([
  [nested(MAX_DEPTH), JSON.parse(nested(MAX_DEPTH))],
  ['{"a":9007199254740991,"b":-9007199254740991,"c":1e-400}', { a: 9007199254740991, b: -9007199254740991, c: 0 }],
  ['{"a":"\\ud83d\\ude00 [[[{{{ \\" \\\\"}', { a: '😀 [[[{{{ " \\' }],
  ['{"a":1,"a":2}', { a: 2 }],
])('accepts %s', (text, value) => {
  expect(parseStrictJson(utf8(text))).toEqual(value);
});

test('brackets in strings do not count as depth', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('[', '{', '"', '\\', 'a', ']') }), (text) => {
      expect(shapeOf(JSON.stringify({ a: text.repeat(100) }))).toEqual({ depth: 1, values: 2 });
    }),
  );
});

test('what is accepted survives unchanged', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), fc.jsonValue({ maxDepth: 5 })), (value) => {
      fc.pre(!/"(__proto__|constructor|prototype)"/.test(JSON.stringify(value)));
      const text = JSON.stringify(value);
      fc.pre(!/\\ud[89a-f]|\d{16}|e\+/i.test(text));
      expect(parseStrictJson(utf8(text))).toEqual(JSON.parse(text));
    }),
  );
});
