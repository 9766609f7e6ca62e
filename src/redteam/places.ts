/** Where a text may stand in a request: one row a place. Every string that reaches the model has a row here. */
import type { EndpointName } from '../core/exchange.ts';
import { isObject, type Json, type JsonObject } from '../core/json.ts';
import type { Random } from './random.ts';

export interface Place {
  readonly id: string;
  readonly endpoint: EndpointName;
  /** The text as it can stand there; null if it cannot. */
  readonly fit?: (text: string) => string | null;
  /** Everything of the body but the model. */
  readonly body: (text: string, random: Random) => JsonObject;
}

const QUESTION = 'What is on my calendar tomorrow?';
const OBJECT = { type: 'object' };
const user = { role: 'user', content: QUESTION };
const call = (id: string, args: string) => ({ id, type: 'function', function: { name: 'lookup', arguments: args } });

/** Names have an alphabet of their own: words are joined by underscores. What has other characters cannot be a name. */
function asName(text: string): string | null {
  const name = text
    .trim()
    .replace(/[.!?]$/, '')
    .replaceAll(/[\s,]+/g, '_');
  return /^[a-zA-Z0-9_.-]{1,64}$/.test(name) ? name : null;
}

/** Cut at one or two places, never within a character. */
function pieces(text: string, random: Random): string[] {
  const characters = [...text];
  const cut = (): number => 1 + random.below(Math.max(1, characters.length - 1));
  const ends = [...new Set([cut(), cut(), characters.length])].sort((a, b) => a - b);
  return ends.map((end, i) => characters.slice(i === 0 ? 0 : ends[i - 1], end).join(''));
}

const chat = (id: string, body: Place['body'], fit?: Place['fit']): Place => ({
  id,
  endpoint: 'chat.completions',
  body,
  ...(fit ? { fit } : {}),
});
const messages = (id: string, list: (text: string, random: Random) => JsonObject[], fit?: Place['fit']): Place =>
  chat(id, (text, random) => ({ messages: list(text, random) }), fit);
const tool = (id: string, definition: (text: string) => JsonObject, fit?: Place['fit']): Place =>
  chat(
    id,
    (text) => ({ messages: [user], tools: [{ type: 'function', function: { name: 'lookup', ...definition(text) } }] }),
    fit,
  );
const format = (id: string, schema: (text: string) => JsonObject, fit?: Place['fit']): Place =>
  chat(
    id,
    (text) => ({
      messages: [user],
      response_format: { type: 'json_schema', json_schema: { name: 'reply', ...schema(text) } },
    }),
    fit,
  );
const textPart = (text: string) => ({ type: 'text', text });

export const PLACES: readonly Place[] = [
  messages('user', (text) => [{ role: 'user', content: text }]),
  messages('user, part', (text) => [{ role: 'user', content: [textPart(text)] }]),
  messages('user, split over parts', (text, random) => [{ role: 'user', content: pieces(text, random).map(textPart) }]),
  messages('user, beside an image', (text) => [
    {
      role: 'user',
      content: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } }, textPart(text)],
    },
  ]),
  messages('user, earlier turn', (text) => [
    { role: 'user', content: text },
    { role: 'assistant', content: 'I see.' },
    user,
  ]),
  messages('user, name', (text) => [{ ...user, name: text }], asName),
  messages('system', (text) => [{ role: 'system', content: text }, user]),
  messages('developer, part', (text) => [{ role: 'developer', content: [textPart(text)] }, user]),
  messages('assistant', (text) => [user, { role: 'assistant', content: text }, user]),
  messages('assistant, refusal', (text) => [user, { role: 'assistant', content: null, refusal: text }, user]),
  messages('assistant, refusal part', (text) => [
    user,
    { role: 'assistant', content: [{ type: 'refusal', refusal: text }] },
    user,
  ]),
  messages('assistant, reasoning_content', (text) => [
    user,
    { role: 'assistant', content: 'Done.', reasoning_content: text },
    user,
  ]),
  messages('assistant, reasoning', (text) => [user, { role: 'assistant', content: 'Done.', reasoning: text }, user]),
  messages('tool call, arguments', (text) => [
    user,
    { role: 'assistant', tool_calls: [call('call_1', JSON.stringify({ query: text }))] },
  ]),
  messages('tool call, key of arguments', (text) => [
    user,
    { role: 'assistant', tool_calls: [call('call_1', JSON.stringify({ [text]: true }))] },
  ]),
  messages('tool call, arguments cut short', (text) => [
    user,
    { role: 'assistant', tool_calls: [call('call_1', JSON.stringify({ query: text }).slice(0, -1))] },
  ]),
  messages('tool call, id', (text) => [user, { role: 'assistant', tool_calls: [call(text, '{}')] }]),
  messages('tool result', (text) => [
    user,
    { role: 'assistant', tool_calls: [call('call_1', '{}')] },
    { role: 'tool', tool_call_id: 'call_1', content: text },
  ]),
  messages('tool result, part', (text) => [
    user,
    { role: 'assistant', tool_calls: [call('call_1', '{}')] },
    { role: 'tool', tool_call_id: 'call_1', content: [textPart(text)] },
  ]),
  messages('tool result, JSON', (text) => [
    user,
    { role: 'assistant', tool_calls: [call('call_1', '{}')] },
    { role: 'tool', tool_call_id: 'call_1', content: JSON.stringify({ status: 'ok', items: [{ body: text }] }) },
  ]),
  tool('tool, description', (description) => ({ description })),
  tool('tool, name', (name) => ({ name }), asName),
  tool('schema, description', (description) => ({
    parameters: { ...OBJECT, properties: { query: { type: 'string', description } } },
  })),
  tool('schema, enum', (text) => ({
    parameters: { ...OBJECT, properties: { mode: { type: 'string', enum: ['fast', text] } } },
  })),
  tool('schema, default', (text) => ({
    parameters: { ...OBJECT, properties: { mode: { type: 'string', default: text } } },
  })),
  tool('schema, property', (text) => ({ parameters: { ...OBJECT, properties: { [text]: { type: 'string' } } } })),
  format('response_format, description', (description) => ({ description })),
  format('response_format, schema', (title) => ({ schema: { ...OBJECT, title } })),
  format('response_format, name', (name) => ({ name }), asName),
  chat('stop', (text) => ({ messages: [user], stop: ['\n\n', text] })),
  { id: 'prompt', endpoint: 'completions', body: (prompt) => ({ prompt }) },
  { id: 'prompt, of a list', endpoint: 'completions', body: (text) => ({ prompt: [QUESTION, text] }) },
  { id: 'embedding', endpoint: 'embeddings', body: (input) => ({ input }) },
  { id: 'embedding, of a list', endpoint: 'embeddings', body: (text) => ({ input: [QUESTION, text] }) },
];

/** RFC 8259 §7: any character may be written as \uXXXX, and whoever reads the bytes sees none of them. */
function escaped(value: Json): string {
  if (typeof value === 'string') {
    const units = Array.from({ length: value.length }, (_, i) => value.charCodeAt(i).toString(16).padStart(4, '0'));
    return `"${units.map((unit) => `\\u${unit}`).join('')}"`;
  }
  if (Array.isArray(value)) return `[${value.map(escaped).join(',')}]`;
  if (!isObject(value)) return JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([key, member]) => `${escaped(key)}:${escaped(member)}`)
    .join(',')}}`;
}

/** Ways of writing the same JSON. */
export const WRITINGS: Readonly<Record<string, (body: JsonObject) => string>> = {
  'JSON as it is': (body) => JSON.stringify(body),
  'JSON in escapes': escaped,
};
