import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalJson, type Json } from '../../src/core/json.ts';

test.each<[Json, string]>([
  [{ b: 1, a: [true, null, 'x'] }, '{"a":[true,null,"x"],"b":1}'],
  [{ é: 1, e: 2, E: 3 }, '{"E":3,"e":2,"é":1}'],
  [{ nested: { z: 0, y: { b: '\n', a: '"' } } }, '{"nested":{"y":{"a":"\\"","b":"\\n"},"z":0}}'],
  [-0, '0'],
  [1e21, '1e+21'],
])('%j', (value, text) => {
  expect(canonicalJson(value)).toBe(text);
});

test('is JSON of the same value, and the same for any order of keys', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = canonicalJson(value as Json);
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      expect(canonicalJson(JSON.parse(text))).toBe(text);
    }),
  );
});
