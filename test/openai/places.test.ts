import { expect, test } from 'vitest';
import { placesIn } from '../../src/openai/places.ts';
import { mapRequestTexts } from '../../src/openai/texts.ts';

const parts = (...texts: string[]) => texts.map((text) => ({ type: 'text', text }));

/** What each text of a request has to do with the others, by its channel. */
function placesOf(request: Parameters<typeof placesIn>[0]) {
  const place = placesIn(request);
  const found: Record<string, string> = {};
  mapRequestTexts(request, (text, channel) => {
    const { role, unit } = place(channel);
    found[channel] = `${role} ${unit}`;
    return text;
  });
  return found;
}

test('parts of a message are one, and so are the messages of one role that follow one another', () => {
  const request = {
    messages: [
      { role: 'system', content: 'a' },
      { role: 'user', content: parts('b', 'c') },
      { role: 'user', content: 'd' },
      { role: 'user', content: parts('e') },
      { role: 'assistant', content: 'f' },
      { role: 'user', content: 'g' },
    ],
  };
  expect(placesOf(request)).toEqual({
    'messages.0.content': 'system messages.0.content',
    'messages.1.content.0.text': 'user messages.1.content',
    'messages.1.content.1.text': 'user messages.1.content',
    'messages.2.content': 'user messages.1.content',
    'messages.3.content.0.text': 'user messages.1.content',
    'messages.4.content': 'assistant messages.4.content',
    'messages.5.content': 'user messages.5.content',
  });
});

test('what a message has beside its content has its role, and stands alone', () => {
  const call = { id: 'c1', type: 'function', function: { name: 'f', arguments: '{"k":"v"}' } };
  const request = {
    messages: [
      { role: 'assistant', name: 'n', content: null, reasoning_content: 'r', refusal: 's', tool_calls: [call] },
      { role: 'tool', tool_call_id: 'c1', content: 'result' },
    ],
  };
  const { 'messages.1.content': result, ...others } = placesOf(request);
  expect(result).toBe('tool messages.1.content');
  expect(new Set(Object.entries(others).map(([at, place]) => `${at.slice(0, 10)} ${place}`))).toEqual(
    new Set(['messages.0 assistant null', 'messages.1 tool null']),
  );
});

test('what is no message has no role, and stands alone', () => {
  const request = {
    prompt: ['a', 'b'],
    stop: ['c'],
    tools: [{ type: 'function', function: { name: 'f', description: 'messages.0.content' } }],
    messages: [{ role: 'user', content: 'd' }],
  };
  expect(placesOf(request)).toEqual({
    'prompt.0': 'null null',
    'prompt.1': 'null null',
    'stop.0': 'null null',
    'tools.0.function.name': 'null null',
    'tools.0.function.description': 'null null',
    'messages.0.content': 'user messages.0.content',
  });
});

test('messages that are none are in nobody’s row', () => {
  const place = placesIn({ messages: [null, { content: 'x' }, { content: 'y' }, 'z'] });
  expect([0, 1, 2, 3].map((index) => place(`messages.${index}.content`))).toEqual(
    [0, 1, 2, 3].map((index) => ({ role: null, unit: `messages.${index}.content` })),
  );
  expect(placesIn({ messages: 'x' })('prompt')).toEqual({ role: null, unit: null });
});

test('a row of a hundred thousand messages', () => {
  const place = placesIn({ messages: Array(100_000).fill({ role: 'user', content: 'x' }) });
  expect(place('messages.99999.content')).toEqual({ role: 'user', unit: 'messages.0.content' });
});
