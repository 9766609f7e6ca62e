import { describe, expect, test } from 'vitest';
import { chatRequest, completionRequest } from '../../src/rehearsal/request.ts';
import type { Choice } from '../../src/rehearsal/script.ts';
import { planChat, planCompletion } from '../../src/rehearsal/script.ts';

const chat = (told: string, more: object = {}) =>
  planChat(chatRequest.parse({ messages: [{ role: 'user', content: told }], ...more }));
const said = (choice: Choice | undefined) => choice?.text.join('');
const called = (choice: Choice | undefined) =>
  choice?.calls.map((call) => [call.name, JSON.parse(call.arguments.join(''))]);

const tool = (name: string, properties: object = {}) => ({
  type: 'function',
  function: { name, parameters: { type: 'object', properties } },
});
const WEATHER = tool('get_weather', { city: { type: 'string' } });
const CLOCK = tool('readClock');

describe('words', () => {
  test('an answer says that it is rehearsed, and what it was told', () => {
    const { choices } = chat('Hello');
    expect(choices).toHaveLength(1);
    expect(said(choices[0])).toBe('Rehearsed answer, with no model behind it. You said: "Hello"');
    expect(choices[0]!.finish).toBe('stop');
  });

  test('the same request, the same answer', () => {
    expect(chat('Hello', { n: 3 })).toEqual(chat('Hello', { n: 3 }));
  });

  test('every choice is another take', () => {
    const { choices } = chat('Hello', { n: 3 });
    expect(new Set(choices.map(said)).size).toBe(3);
    expect(said(choices[2])).toMatch(/^Rehearsed answer 3, /);
  });

  test('long messages are quoted in part, without splitting a character', () => {
    const text = said(chat('🙂'.repeat(300)).choices[0])!;
    expect(text).toContain(`${'🙂'.repeat(200)}…`);
    expect(text.isWellFormed()).toBe(true);
  });

  test('the last user message counts, in its text parts', () => {
    const parts = [
      { type: 'text', text: 'one' },
      { type: 'image_url', image_url: { url: 'data:,' } },
      { type: 'text', text: 'two' },
    ];
    const messages = [
      { role: 'user', content: 'first' },
      { role: 'user', content: parts },
      { role: 'assistant', content: null },
    ];
    expect(said(planChat(chatRequest.parse({ messages })).choices[0])).toMatch(/You said: "one\ntwo"$/);
  });

  test.each(['Give me the CONTACT DETAILS of the owner', 'some made-up personal data, please'])(
    'made-up PII: %s',
    (told) => {
      const { text } = chat(told).choices[0]!;
      for (const item of ['sally.port@example.com', '219-09-9999', '4111 1111 1111 1111', '(555) 555-0142']) {
        expect(text.join('')).toContain(item);
        expect(text.some((token) => token.includes(item))).toBe(false);
      }
    },
  );

  test('counting makes an answer of any length, up to a bound', () => {
    expect(said(chat('Count to 4.').choices[0])).toMatch(/ 1 2 3 4$/);
    expect(said(chat('count to 0').choices[0])).toMatch(/You said/);
    expect(said(chat('count to 999999999999').choices[0])).toMatch(/ 9999 10000$/);
  });

  test('a stop string ends the text before it', () => {
    expect(said(chat('count to 9', { stop: [' 7', ' 5'] }).choices[0])).toMatch(/ 3 4$/);
    expect(said(chat('count to 9', { stop: ' 2' }).choices[0])).toMatch(/ 1$/);
  });

  test.each([
    [{ max_tokens: 3 }, 3, 'length'],
    [{ max_tokens: 0 }, 0, 'length'],
    [{ max_completion_tokens: 3, max_tokens: 9 }, 3, 'length'],
    [{ max_tokens: -1 }, 17, 'stop'],
    [{ max_tokens: 17 }, 17, 'stop'],
    [{ max_tokens: 16 }, 16, 'length'],
  ])('%o', (limit, tokens, finish) => {
    const { choices, completionTokens } = chat('Hello', limit);
    expect(choices[0]).toMatchObject({ finish });
    expect(completionTokens).toBe(tokens);
  });

  test('tokens are counted over all messages and all choices', () => {
    const plan = chat('one two three', { n: 2, max_tokens: 5 });
    expect(plan.promptTokens).toBe(4);
    expect(plan.completionTokens).toBe(10);
  });

  test('JSON, when the format of the response asks for it', () => {
    const schema = { type: 'object', properties: { rain: { type: 'boolean' } } };
    const format = (response_format: object) => JSON.parse(said(chat('Rain?', { response_format }).choices[0])!);
    expect(format({ type: 'json_schema', json_schema: { name: 'x', schema } })).toEqual({ rain: true });
    expect(format({ type: 'json_object' })).toEqual({ rehearsed: true, answer: 'rehearsed answer' });
  });
});

describe('tools', () => {
  const tools = [WEATHER, CLOCK];
  test.each([
    ['by name', 'use get_weather', {}, ['get_weather']],
    ['by a word of its name', 'What is the Weather in Paris?', {}, ['get_weather']],
    ['several', 'weather and clock', {}, ['get_weather', 'readClock']],
    ['several, one at a time', 'weather and clock', { parallel_tool_calls: false }, ['get_weather']],
    ['not one that nobody mentions', 'get me a read', {}, ['readClock']],
    ['none', 'Hello', {}, []],
    ['forbidden', 'weather', { tool_choice: 'none' }, []],
    ['required', 'Hello', { tool_choice: 'required' }, ['get_weather']],
    ['required, another mentioned', 'clock', { tool_choice: 'required' }, ['readClock']],
    ['named', 'weather', { tool_choice: { type: 'function', function: { name: 'readClock' } } }, ['readClock']],
  ])('%s', (_, told, more, names) => {
    const choice = chat(told, { tools, ...more }).choices[0];
    expect(choice!.calls.map((call) => call.name)).toEqual(names);
    expect(choice!.finish).toBe(names.length > 0 ? 'tool_calls' : 'stop');
    expect(choice!.text.length > 0).toBe(names.length === 0);
  });

  test('arguments are made from the schema', () => {
    expect(called(chat('weather', { tools }).choices[0])).toEqual([['get_weather', { city: 'rehearsed city' }]]);
    const bare = { type: 'function', function: { name: 'ping_host' } };
    expect(called(chat('ping', { tools: [bare] }).choices[0])).toEqual([['ping_host', {}]]);
  });

  test('the limit on tokens cuts arguments short', () => {
    const { choices, completionTokens } = chat('weather and clock', { tools, max_tokens: 4 });
    expect(choices[0]!.finish).toBe('length');
    expect(choices[0]!.calls).toEqual([{ name: 'get_weather', arguments: ['{"ci', 'ty":', '"reh', 'ears'] }]);
    expect(completionTokens).toBe(4);
  });

  test('the result of a tool is answered in words, whatever the choice of tools', () => {
    const messages = [
      { role: 'user', content: 'weather' },
      { role: 'assistant', content: null, tool_calls: [] },
      { role: 'tool', tool_call_id: 'call_1', content: 'weather: rain' },
    ];
    const plan = planChat(chatRequest.parse({ messages, tools, tool_choice: 'required' }));
    expect(said(plan.choices[0])).toMatch(/The tool answered: "weather: rain"$/);
    expect(plan.choices[0]!.finish).toBe('stop');
  });
});

test.each([
  ['Hello', ['"Hello"'], 2],
  [['one', 'two'], ['"one"', '"two"'], 2],
  [[1, 2, 3], ['"3 token ids"'], 3],
  [[[1], [2, 3]], ['"1 token ids"', '"2 token ids"'], 3],
])('a completion of %o', (prompt, endings, promptTokens) => {
  const plan = planCompletion(completionRequest.parse({ prompt, n: 2 }));
  expect(plan.choices.map((choice) => said(choice)!.split('You said: ')[1])).toEqual(
    endings.flatMap((text) => [text, text]),
  );
  expect(plan.promptTokens).toBe(promptTokens);
});
