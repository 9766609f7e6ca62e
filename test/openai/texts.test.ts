import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mapArguments, mapRequestTexts, textLength } from '../../src/openai/texts.ts';
import { refusal } from '../support/refusal.ts';

const textsOf = (fields: Parameters<typeof mapRequestTexts>[0]) => {
  const seen: [channel: string, text: string][] = [];
  mapRequestTexts(fields, (text, channel) => {
    seen.push([channel, text]);
    return text;
  });
  return seen;
};

test('guardrails 32: every text is seen, whatever the role, the part or the field', () => {
  const seen = textsOf({
    model: 'not a text',
    messages: [
      { role: 'system', content: 'system text' },
      {
        role: 'user',
        name: 'a-name',
        content: [
          { type: 'text', text: 'part text' },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
        ],
      },
      {
        role: 'assistant',
        content: null,
        reasoning_content: 'thought',
        refusal: 'refused',
        tool_calls: [{ id: 'id1', type: 'function', function: { name: 'fname', arguments: '{"k":"argument"}' } }],
      },
      { role: 'tool', tool_call_id: 'id1', content: 'tool result' },
    ],
    tools: [
      {
        type: 'function',
        function: {
          name: 'tool-name',
          description: 'tool text',
          parameters: { properties: { 'a key': { description: 'schema text', enum: ['value'] } } },
        },
      },
    ],
    response_format: { type: 'json_schema', json_schema: { name: 's', schema: { title: 'format text' } } },
    stop: ['stop text'],
  });
  const texts = new Set(seen.map(([, text]) => text));
  for (const text of [
    'system text',
    'a-name',
    'part text',
    'thought',
    'refused',
    'id1',
    'fname',
    'argument',
    'tool result',
    'tool-name',
    'tool text',
    'a key',
    'schema text',
    'value',
    'format text',
    'stop text',
  ]) {
    expect(texts).toContain(text);
  }
  expect(texts).not.toContain('not a text');
  expect([...texts].some((text) => text.startsWith('data:'))).toBe(false);
});

test('a key that the client chose never becomes part of a channel', () => {
  const seen = textsOf({
    tools: [{ type: 'function', function: { name: 'f', parameters: { 'secret-key': { 'inner-key': 'v' } } } }],
  });
  expect(seen.map(([channel]) => channel).join()).not.toMatch(/secret|inner/);
});

test('what is sent is what was seen, with the replacements, and nothing else is changed', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme' }), { minLength: 1 }), (contents) => {
      const request = {
        model: 'm',
        n: 2,
        stream: true,
        messages: contents.map((content) => ({ role: 'user', content })),
      };
      expect(mapRequestTexts(request, (text) => text)).toEqual(request);
      expect(mapRequestTexts(request, (text, channel) => (channel.endsWith('.content') ? `<${text}>` : text))).toEqual({
        ...request,
        messages: contents.map((content) => ({ role: 'user', content: `<${content}>` })),
      });
    }),
  );
});

describe('arguments of tool calls', () => {
  const upper = (text: string) => text.replace('secret', '[X]');
  test.each([
    ['a value', '{"a":"secret"}', '{"a":"[X]"}'],
    ['an escaped value', '{"a":"\\u0073ecret"}', '{"a":"[X]"}'],
    ['a key', '{"secret":1}', '{"[X]":1}'],
    ['deep', '{"a":[{"b":["secret"]}]}', '{"a":[{"b":["[X]"]}]}'],
    ['not JSON', '{"a": secret', '{"a": [X]'],
    ['a key that stands twice', '{"a":"secret","a":"x"}', '{"a":"[X]","a":"x"}'],
    [
      'unchanged, byte for byte',
      '{ "a" : 1.0, "b": 12345678901234567890 }',
      '{ "a" : 1.0, "b": 12345678901234567890 }',
    ],
  ])('%s', (_what, text, expected) => {
    expect(mapArguments(text, 'c', upper)).toBe(expected);
  });

  test('a number is shown as text, and stays a number unless it is replaced', () => {
    const hide = (text: string) => (text === '4111111111111111' ? '[CARD]' : text);
    expect(mapArguments('{"n":4111111111111111,"m":5}', 'c', hide)).toBe('{"n":"[CARD]","m":5}');
  });

  test.each([
    ['cut short', '{"a":"\\u0073ecret', '{"a":"[X]'],
    ['cut short, and nothing in it', '{"a":"\\u0041', '{"a":"\\u0041'],
  ])('%s', (_what, text, expected) => {
    expect(mapArguments(text, 'c', upper)).toBe(expected);
  });

  test.each([
    ['200 000 levels', '['.repeat(200_000) + ']'.repeat(200_000)],
    ['more values than anybody needs', `[${'1,'.repeat(60_000)}1]`],
  ])('%s are refused, not walked', (_what, bomb) => {
    expect(refusal(() => mapArguments(bomb, 'c', (text) => text)).code).toBe('invalid_parameter');
  });
});

test('a number in a schema is a text too', () => {
  const schema = { properties: { a: { enum: [4111111111111111, 5] } } };
  const request = { tools: [{ type: 'function', function: { name: 'f', parameters: schema } }] };
  const hide = (text: string) => (text === '4111111111111111' ? '[CARD]' : text);
  expect(JSON.stringify(mapRequestTexts(request, hide))).toContain('["[CARD]",5]');
});

test('textLength adds up all texts', () => {
  expect(textLength({ model: 'm', messages: [{ role: 'user', content: 'abc' }], stop: ['de'] })).toBe(5);
});
