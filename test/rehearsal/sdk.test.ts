/** The OpenAI SDK as a client of the rehearsal model: what works here must work through the gateway. */
import OpenAI from 'openai';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Rehearsal } from '../../src/rehearsal/server.ts';
import { startRehearsal } from '../../src/rehearsal/server.ts';
import { user, WEATHER } from '../support/chat.ts';

let rehearsal: Rehearsal;
let client: OpenAI;
beforeAll(async () => {
  rehearsal = await startRehearsal({ listen: { host: '127.0.0.1', port: 0 } });
  client = new OpenAI({ baseURL: `${rehearsal.url}/v1`, apiKey: 'none', maxRetries: 0 });
});
afterAll(() => rehearsal.close());

test('plain', async () => {
  const answer = await client.chat.completions.create({ model: 'rehearsal', messages: user('Hello') });
  expect(answer.choices[0]!.message.content).toMatch(/^Rehearsed answer.*"Hello"$/);
  expect(answer.usage!.total_tokens).toBe(answer.usage!.prompt_tokens + answer.usage!.completion_tokens);
});

test('streaming, with usage', async () => {
  const stream = client.chat.completions.stream({
    model: 'rehearsal',
    messages: user('Hello'),
    stream_options: { include_usage: true },
  });
  const final = await stream.finalChatCompletion();
  expect(final.choices[0]!.message.content).toMatch(/"Hello"$/);
  expect(final.usage!.completion_tokens).toBe(17);
});

test('several choices, streamed and not', async () => {
  const asked = { model: 'rehearsal', messages: user('Hello'), n: 2 };
  const plain = await client.chat.completions.create(asked);
  const streamed = await client.chat.completions.stream(asked).finalChatCompletion();
  const texts = (answer: Pick<typeof plain, 'choices'>) => answer.choices.map((choice) => choice.message.content);
  expect(texts(plain)).toHaveLength(2);
  expect(texts(plain)[0]).not.toBe(texts(plain)[1]);
  expect(texts(streamed)).toEqual(texts(plain));
});

test.each([false, true])('tools, to the answer after them (stream: %s)', async (stream) => {
  const cities: string[] = [];
  const tools = [
    {
      ...WEATHER,
      function: {
        ...WEATHER.function,
        parse: JSON.parse,
        function: ({ city }: { city: string }) => {
          cities.push(city);
          return 'rain';
        },
      },
    },
  ];
  const asked = { model: 'rehearsal', messages: user('What is the weather in Paris?'), tools };
  const run = stream
    ? client.chat.completions.runTools({ ...asked, stream: true })
    : client.chat.completions.runTools(asked);
  expect(await run.finalContent()).toMatch(/The tool answered: "rain"$/);
  expect(cities).toEqual(['rehearsed city']);
});

test('text completions', async () => {
  const answer = await client.completions.create({ model: 'rehearsal', prompt: ['one', 'two'] });
  expect(answer.choices.map((choice) => choice.text.slice(-5))).toEqual(['"one"', '"two"']);
  let text = '';
  for await (const event of await client.completions.create({ model: 'rehearsal', prompt: 'one', stream: true })) {
    text += event.choices[0]!.text;
  }
  expect(text).toBe(answer.choices[0]!.text);
});

test('embeddings, by base64 (the default of the SDK) and as floats', async () => {
  const asked = { model: 'rehearsal', input: ['a cat', 'a dog'], dimensions: 64 };
  const base64 = await client.embeddings.create(asked);
  const float = await client.embeddings.create({ ...asked, encoding_format: 'float' });
  expect(base64.data.map((row) => row.embedding.length)).toEqual([64, 64]);
  expect(base64.data.map((row) => Array.from(row.embedding))).toEqual(float.data.map((row) => row.embedding));
});

test('models', async () => {
  const models = await client.models.list();
  expect(models.data.map((model) => model.id)).toEqual(['rehearsal']);
});

test('errors become the classes of the SDK', async () => {
  await expect(client.chat.completions.create({ model: 'rehearsal', messages: [] })).rejects.toBeInstanceOf(
    OpenAI.BadRequestError,
  );
  await expect(client.models.retrieve('none')).rejects.toBeInstanceOf(OpenAI.NotFoundError);
});
