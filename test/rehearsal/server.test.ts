import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, request as httpRequest } from 'node:http';
import { createServer as createNetServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { goneSignal, sendEvents } from '../../src/rehearsal/send.ts';
import type { Rehearsal } from '../../src/rehearsal/server.ts';
import { startRehearsal } from '../../src/rehearsal/server.ts';

const LOOPBACK = { host: '127.0.0.1', port: 0 };
let rehearsal: Rehearsal;
beforeAll(async () => {
  rehearsal = await startRehearsal({ listen: LOOPBACK });
});
afterAll(() => rehearsal.close());

const post = (path: string, body: unknown, url = rehearsal.url, init: RequestInit = {}) =>
  fetch(url + path, { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body), ...init });
const hello = (more: object = {}) => ({ model: 'x', messages: [{ role: 'user', content: 'Hello' }], ...more });

// biome-ignore lint/suspicious/noExplicitAny: tests look into whatever is answered
type Parsed = any;
const parsed = async (response: Promise<Response>): Promise<Parsed> => (await response).json();

async function events(path: string, body: object): Promise<Parsed[]> {
  const response = await post(path, { ...body, stream: true });
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  const lines = (await response.text()).split('\n\n');
  expect(lines.splice(-2)).toEqual(['data: [DONE]', '']);
  return lines.map((line) => JSON.parse(line.slice('data: '.length)));
}

describe('routes', () => {
  test('health and models', async () => {
    expect(await (await fetch(`${rehearsal.url}/health`)).json()).toEqual({ status: 'ok' });
    const models = await parsed(fetch(`${rehearsal.url}/v1/models?x=1`));
    expect(models.data.map((model: { id: string }) => model.id)).toEqual(['rehearsal']);
  });

  test.each([
    ['GET', '/'],
    ['GET', '/v1/chat/completions'],
    ['POST', '/health'],
    ['POST', '/v1/responses'],
    ['POST', '/v1/chat/completions/'],
  ])('%s %s is not there', async (method, path) => {
    const response = await fetch(rehearsal.url + path, { method });
    expect(response.status).toBe(404);
    expect(await response.json()).toEqual({ error: { message: 'File Not Found', type: 'not_found_error', code: 404 } });
  });

  test.each([
    ['no JSON', '/v1/chat/completions', '{', 500, 'server_error'],
    ['no body', '/v1/chat/completions', '', 500, 'server_error'],
    ['no object', '/v1/chat/completions', '3', 400, 'invalid_request_error'],
    ['no messages', '/v1/chat/completions', '{"messages":[]}', 400, 'invalid_request_error'],
    ['a wrong field', '/v1/chat/completions', JSON.stringify(hello({ n: 'two' })), 400, 'invalid_request_error'],
    ['no prompt', '/v1/completions', '{}', 400, 'invalid_request_error'],
    ['no input', '/v1/embeddings', '{"input":[]}', 400, 'invalid_request_error'],
  ])('%s', async (_, path, body, status, type) => {
    const response = await post(path, body);
    expect(response.status).toBe(status);
    expect(await response.json()).toEqual({ error: { message: expect.any(String), type, code: status } });
  });

  test('a refusal names the field at fault', async () => {
    const { error } = await parsed(post('/v1/chat/completions', hello({ stream_options: 3 })));
    expect(error.message).toMatch(/^stream_options: /);
  });
});

describe('chat', () => {
  test('JSON', async () => {
    const answer = await parsed(post('/v1/chat/completions', hello({ max_tokens: 2 })));
    expect(answer).toEqual({
      id: expect.stringMatching(/^chatcmpl-/),
      object: 'chat.completion',
      created: expect.any(Number),
      model: 'rehearsal',
      system_fingerprint: 'rehearsal-not-a-model',
      choices: [{ index: 0, message: { role: 'assistant', content: 'Rehearse' }, finish_reason: 'length' }],
      usage: { prompt_tokens: 2, completion_tokens: 2, total_tokens: 4 },
    });
  });

  test('a stream: role, pieces, finish, and usage only if asked for', async () => {
    const stream = await events('/v1/chat/completions', hello({ max_tokens: 2 }));
    expect(stream.map((event) => event.choices)).toEqual([
      [{ index: 0, delta: { role: 'assistant', content: null }, finish_reason: null }],
      [{ index: 0, delta: { content: 'Rehe' }, finish_reason: null }],
      [{ index: 0, delta: { content: 'arse' }, finish_reason: null }],
      [{ index: 0, delta: {}, finish_reason: 'length' }],
    ]);
    expect(stream.some((event) => 'usage' in event)).toBe(false);
    const [usage, finish] = (
      await events('/v1/chat/completions', hello({ max_tokens: 2, stream_options: { include_usage: true } }))
    ).reverse();
    expect(usage).toMatchObject({ choices: [], usage: { prompt_tokens: 2, completion_tokens: 2, total_tokens: 4 } });
    expect(finish.choices[0].finish_reason).toBe('length');
  });

  test('choices take turns', async () => {
    const stream = await events('/v1/chat/completions', hello({ n: 3, max_tokens: 1 }));
    expect(stream.map((event) => event.choices[0].index)).toEqual([0, 1, 2, 0, 1, 2, 0, 1, 2]);
  });

  test('log probabilities, streamed and not', async () => {
    const asked = hello({ logprobs: true, top_logprobs: 2, max_tokens: 1 });
    const expected = {
      content: [
        {
          token: 'Rehe',
          logprob: -0.125,
          bytes: [82, 101, 104, 101],
          top_logprobs: [
            { token: 'Rehe', logprob: -0.125, bytes: [82, 101, 104, 101] },
            { token: ' the', logprob: -3, bytes: [32, 116, 104, 101] },
          ],
        },
      ],
    };
    const answer = await parsed(post('/v1/chat/completions', asked));
    expect(answer.choices[0].logprobs).toEqual(expected);
    expect((await events('/v1/chat/completions', asked))[1].choices[0].logprobs).toEqual(expected);
  });

  test('the pieces of a stream are the answer', async () => {
    const asked = hello({ messages: [{ role: 'user', content: 'contact details' }] });
    const answer = await parsed(post('/v1/chat/completions', asked));
    const stream = await events('/v1/chat/completions', asked);
    const { content } = answer.choices[0].message;
    expect(stream.map((event) => event.choices[0].delta.content ?? '').join('')).toBe(content);
    expect(content).toContain('4111 1111 1111 1111');
  });
});

describe('text completions', () => {
  test('JSON', async () => {
    const answer = await parsed(post('/v1/completions', { prompt: 'Hello', max_tokens: 2, logprobs: 1 }));
    expect(answer).toMatchObject({ object: 'text_completion', model: 'rehearsal', usage: { total_tokens: 4 } });
    expect(answer.choices).toEqual([
      {
        index: 0,
        text: 'Rehearse',
        finish_reason: 'length',
        logprobs: {
          tokens: ['Rehe', 'arse'],
          token_logprobs: [-0.125, -0.125],
          top_logprobs: [{ Rehe: -0.125 }, { arse: -0.125 }],
          text_offset: [0, 4],
        },
      },
    ]);
  });

  test('a stream', async () => {
    const asked = { prompt: 'Hello', max_tokens: 2, logprobs: 0, stream_options: { include_usage: true } };
    const stream = await events('/v1/completions', asked);
    expect(stream.map((event) => [event.choices[0]?.text, event.choices[0]?.finish_reason])).toEqual([
      ['Rehe', null],
      ['arse', null],
      ['', 'length'],
      [undefined, undefined],
    ]);
    expect(stream[1].choices[0].logprobs.text_offset).toEqual([4]);
    expect(stream[3].usage.completion_tokens).toBe(2);
  });
});

test('embeddings: float and base64 say the same', async () => {
  const ask = (more: object) => parsed(post('/v1/embeddings', { input: ['one', 'two'], dimensions: 8, ...more }));
  const [floats, base64] = [await ask({}), await ask({ encoding_format: 'base64' })];
  expect(floats.usage).toEqual({ prompt_tokens: 2, total_tokens: 2 });
  expect(floats.data.map((row: { index: number }) => row.index)).toEqual([0, 1]);
  const bytes = Buffer.from(base64.data[1].embedding, 'base64');
  expect(floats.data[1].embedding).toEqual(Array.from({ length: 8 }, (_, i) => bytes.readFloatLE(i * 4)));
});

describe('a client that goes', () => {
  test('stops the making of events, paced or held back by a reader that does not read', async () => {
    for (const pace of [null, 0.001]) {
      const stopped = Promise.withResolvers<unknown>();
      const server = createServer((_, response) => {
        const endless = (function* () {
          for (;;) yield 'x'.repeat(1000);
        })();
        sendEvents(response, endless, pace, goneSignal(response)).catch(stopped.resolve);
      });
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const client = httpRequest({ port: (server.address() as { port: number }).port });
      client.end();
      const [response] = await once(client, 'response');
      await once(response, 'readable');
      client.destroy();
      expect(await stopped.promise).toMatchObject({ name: 'AbortError' });
      server.close();
    }
  });

  test.each([true, false])('close() does not wait for an answer that takes hours (stream: %s)', async (stream) => {
    const slow = await startRehearsal({ listen: LOOPBACK, tokensPerSecond: 0.001 });
    const asked = post('/v1/chat/completions', hello({ stream }), slow.url);
    if (stream) await (await asked).body!.getReader().read();
    else await fetch(`${slow.url}/health`); // the slow request is in before this one is answered
    const broken = stream ? undefined : expect(asked).rejects.toThrow();
    await slow.close();
    await broken;
    await expect(fetch(`${slow.url}/health`)).rejects.toThrow();
  });
});

describe('Unix sockets', () => {
  let dir: string;
  let path: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'rehearsal-'));
    path = join(dir, 'model.sock');
  });
  afterEach(() => rm(path, { force: true }));
  afterAll(() => rm(dir, { recursive: true }));

  async function health(socketPath: string): Promise<unknown> {
    const client = httpRequest({ socketPath, path: '/health' });
    client.end();
    const [response] = await once(client, 'response');
    return JSON.parse((await response.toArray()).join(''));
  }

  test('are served, for their owner only, and removed', async () => {
    const server = await startRehearsal({ listen: { path } });
    expect(server.url).toBe(`unix:${path}`);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await health(path)).toEqual({ status: 'ok' });
    await server.close();
    expect(existsSync(path)).toBe(false);
  });

  test('left behind by a dead process are replaced', async () => {
    // a socket file outlives its process if that never closed it; a renamed one outlives its server in the same way
    const dead = createNetServer().listen(join(dir, 'other.sock'));
    await once(dead, 'listening');
    await rename(join(dir, 'other.sock'), path);
    dead.close();
    await once(dead, 'close');
    const server = await startRehearsal({ listen: { path } });
    expect(await health(path)).toEqual({ status: 'ok' });
    await server.close();
  });

  test('of a living server are left alone', async () => {
    const first = await startRehearsal({ listen: { path } });
    await expect(startRehearsal({ listen: { path } })).rejects.toMatchObject({ code: 'rehearsal_cannot_listen' });
    expect(await health(path)).toEqual({ status: 'ok' });
    await first.close();
  });

  test('a file that is no socket is left alone', async () => {
    await writeFile(path, 'precious');
    await expect(startRehearsal({ listen: { path } })).rejects.toMatchObject({ code: 'rehearsal_cannot_listen' });
    expect(existsSync(path)).toBe(true);
  });
});

test('an address in use is a fault that says so', async () => {
  const port = Number(new URL(rehearsal.url).port);
  await expect(startRehearsal({ listen: { host: '127.0.0.1', port } })).rejects.toMatchObject({
    code: 'rehearsal_cannot_listen',
    message: expect.stringContaining(`127.0.0.1:${port}. Something else is there`),
  });
});
