import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Json } from '../../src/core/json.ts';
import { exampleOf } from '../../src/rehearsal/example.ts';

describe('an example suits its schema', () => {
  const cases: [what: string, schema: Json, example: Json][] = [
    ['text', { type: 'string' }, 'rehearsed value'],
    ['text with a format', { type: 'string', format: 'date' }, '2026-01-31'],
    ['text with an unknown format', { type: 'string', format: 'constructor' }, 'rehearsed value'],
    ['short text', { type: 'string', maxLength: 4 }, 'rehe'],
    ['a number', { type: 'number' }, 1],
    ['a number with a minimum', { type: 'integer', minimum: 12 }, 12],
    ['a number with an exclusive minimum', { type: 'integer', exclusiveMinimum: 12 }, 13],
    ['a number with a maximum', { type: 'integer', maximum: -3 }, -3],
    ['a boolean', { type: 'boolean' }, true],
    ['null', { type: 'null' }, null],
    ['the first of several types', { type: ['integer', 'null'] }, 1],
    ['a list', { type: 'array', items: { type: 'integer' } }, [1]],
    ['a list of anything', { type: 'array' }, []],
    ['a constant', { const: 'celsius' }, 'celsius'],
    ['a default of null', { type: 'string', default: null }, null],
    ['an enumeration', { type: 'string', enum: ['celsius', 'kelvin'] }, 'celsius'],
    ['the first variant', { anyOf: [{ type: 'integer' }, { type: 'string' }] }, 1],
    [
      'all parts',
      { allOf: [{ properties: { a: { const: 1 } } }, { properties: { b: { const: 2 } } }] },
      { a: 1, b: 2 },
    ],
    ['members named in their text', { properties: { city: { type: 'string' } } }, { city: 'rehearsed city' }],
    [
      'required members only',
      { type: 'object', properties: { a: { type: 'integer' }, b: {} }, required: ['a'] },
      { a: 1 },
    ],
    [
      'a local reference',
      { properties: { a: { $ref: '#/$defs/x~1y' } }, $defs: { 'x/y': { type: 'boolean' } } },
      { a: true },
    ],
    ['a reference to what every object inherits', { $ref: '#/__proto__' }, null],
    ['a reference to elsewhere', { $ref: 'https://example.com/schema' }, null],
    ['a schema that says nothing', {}, 'rehearsed value'],
    ['true', true, null],
  ];
  test.each(cases)('%s', (_, schema, example) => {
    expect(exampleOf(schema)).toEqual(example);
  });
});

test('a schema that refers to itself comes to an end', () => {
  const fan = Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`p${i}`, { $ref: '#' }]));
  expect(JSON.stringify(exampleOf({ type: 'object', properties: fan })).length).toBeLessThan(10_000);
  expect(exampleOf({ $ref: '#' })).toBeNull();
});

test('property: any JSON is taken for a schema without a fault', () => {
  const words = fc.constantFrom('type', 'properties', 'items', 'required', '$ref', 'enum', 'anyOf', 'allOf', 'minimum');
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom<Json[]>('object', 'array', 'string', 'integer', '#', '#/items', 3, null, true),
      fc.array(tie('tree'), { maxLength: 3 }),
      fc.dictionary(words, tie('tree'), { maxKeys: 4 }),
    ),
  }));
  fc.assert(
    fc.property(tree, (schema) => {
      expect(() => JSON.stringify(exampleOf(schema as Json))).not.toThrow();
    }),
  );
});
