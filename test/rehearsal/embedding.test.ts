import fc from 'fast-check';
import { expect, test } from 'vitest';
import { embed, toBase64 } from '../../src/rehearsal/embedding.ts';

const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);

test('property: always the same unit vector, of the dimensions asked for', () => {
  fc.assert(
    fc.property(fc.string(), fc.integer({ min: 1, max: 300 }), (text, dimensions) => {
      const vector = embed(text, dimensions);
      expect(vector).toHaveLength(dimensions);
      expect(dot(vector, vector)).toBeCloseTo(1, 5);
      expect(embed(text, dimensions)).toEqual(vector);
    }),
  );
});

test('words that cancel each other out still leave a unit vector', () => {
  for (let i = 0; i < 2000; i += 1) expect(Math.abs(embed(`word other${i}`, 1)[0]!)).toBe(1);
});

test('texts that share words are closer than texts that do not', () => {
  const [cat, kitten, tax] = ['the cat sat down', 'a cat sat there', 'declare value added duty'].map((t) =>
    embed(t, 256),
  );
  expect(dot(cat!, kitten!)).toBeGreaterThan(dot(cat!, tax!) + 0.2);
});

test('base64 is little-endian single precision', () => {
  expect(toBase64(Float32Array.of(1, -2))).toBe(Buffer.from([0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0]).toString('base64'));
});
