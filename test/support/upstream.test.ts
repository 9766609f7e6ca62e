/** The fake model server of the tests does what its behaviours say. */
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import OpenAI from 'openai';
import { Agent, request } from 'undici';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  chatAnswer,
  chatChunk,
  chunks,
  gate,
  hang,
  hangUp,
  json,
  raw,
  redirect,
  sse,
  startUpstream,
  thenClose,
  type Upstream,
  usageChunk,
} from './upstream.ts';

let upstream: Upstream;
let agent: Agent;
beforeEach(async () => {
  upstream = await startUpstream();
  agent = new Agent({ connections: 1 });
});
afterEach(async () => {
  await agent.destroy();
  await upstream.close();
});

const ask = (body = '{}', path = '/v1/chat/completions') =>
  request(upstream.url + path, { method: 'POST', body, dispatcher: agent, headers: { 'X-Twice': ['1', '2'] } });
const text = async (answer: { body: AsyncIterable<unknown> }) => {
  let all = '';
  for await (const piece of answer.body) all += String(piece);
  return all;
};

describe('what it records', () => {
  test('requests, as they came, and the connections they came on', async () => {
    await text(await ask('{"n":1}', '/v1/../a?b=%2e'));
    await text(await ask('not JSON'));
    const [first, second] = upstream.requests;
    expect(first).toMatchObject({ method: 'POST', body: '{"n":1}', json: { n: 1 }, connection: 1 });
    expect(first!.rawHeaders.filter(([name]) => name === 'X-Twice')).toHaveLength(2);
    expect(first!.headers['x-twice']).toBe('1, 2');
    expect(second).toMatchObject({ json: undefined, connection: 1 });
    expect(upstream.connections).toBe(1);
  });

  test('received(n) before and after the fact', async () => {
    const second = upstream.received(2);
    await text(await ask('1'));
    await text(await ask('2'));
    expect((await second).body).toBe('2');
    expect((await upstream.received(1)).body).toBe('1');
  });

  test('clients that leave: before the headers, in mid-stream, in mid-request; an end of its own does not count', async () => {
    for (const behaviour of [hang(), sse([chatChunk('a')], { done: false, ending: 'hang' })]) {
      upstream.respond(behaviour);
      const controller = new AbortController();
      const count = upstream.requests.length;
      const asked = request(upstream.url, { method: 'POST', body: '', dispatcher: agent, signal: controller.signal });
      const settled = asked.then((answer) => answer.body.dump({ limit: 0, signal: controller.signal })).catch(() => {});
      await upstream.received(count + 1);
      controller.abort();
      await settled;
      await upstream.clientGone(count + 1);
    }
    const socket = connect(Number(new URL(upstream.url).port), '127.0.0.1');
    socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc', () => socket.destroy());
    await upstream.clientGone(3);
    upstream.respond(hangUp('fin'), hangUp('reset'), json(200, {}), raw('HTTP/1.1 204 No Content\r\n\r\n'));
    for (let i = 0; i < 4; i += 1) await ask().then(text, () => {});
    expect(upstream.aborted).toBe(3);
  });
});

describe('how it behaves', () => {
  test('scripted first, then as usual', async () => {
    upstream.respond(json(503, { error: 'loading' }, { server: 'llama.cpp', 'set-cookie': ['a=1', 'b=2'] }));
    const loading = await ask();
    expect(loading.statusCode).toBe(503);
    expect(loading.headers).toMatchObject({ server: 'llama.cpp', 'set-cookie': ['a=1', 'b=2'] });
    expect(await text(loading)).toBe('{"error":"loading"}');
    expect(JSON.parse(await text(await ask())).choices[0].message.content).toBe('ok');
  });

  test('a behaviour may choose by the request', async () => {
    const other = await startUpstream((wire, { path }) =>
      json(path === '/health' ? 200 : 404, {})(wire, upstream.requests[0]!),
    );
    expect((await fetch(`${other.url}/health`)).status).toBe(200);
    expect((await fetch(`${other.url}/else`)).status).toBe(404);
    await other.close();
  });

  test('pieces arrive as they were cut, through a UTF-8 character too', async () => {
    const bytes = Buffer.from('é🙂');
    upstream.respond(chunks([bytes.subarray(0, 1), bytes.subarray(1, 4), bytes.subarray(4)]));
    const answer = await ask();
    const got: number[] = [];
    // by event: iteration joins what is buffered
    answer.body.on('data', (piece: Buffer) => got.push(piece.length));
    await once(answer.body, 'end');
    expect(got).toEqual([1, 3, 2]);
  });

  test('a gap is kept by the test', async () => {
    const [second, end] = [gate(), gate()];
    upstream.respond(chunks(['1', '2'], { gap: (i) => [second, end][i - 1]!.opened }));
    const reader = (await ask()).body[Symbol.asyncIterator]();
    expect(String((await reader.next()).value)).toBe('1');
    second.open();
    expect(String((await reader.next()).value)).toBe('2');
    end.open();
    expect((await reader.next()).done).toBe(true);
  });

  test('a slow drip', async () => {
    upstream.respond(chunks(['1', '2', '3'], { gap: 1 }));
    expect(await text(await ask())).toBe('123');
  });

  test('events, with [DONE] or without', async () => {
    upstream.respond(sse([{ a: 1 }, ': ping\n\n']), sse([{ a: 1 }], { done: false }));
    expect(await text(await ask())).toBe('data: {"a":1}\n\n: ping\n\ndata: [DONE]\n\n');
    expect(await text(await ask())).toBe('data: {"a":1}\n\n');
  });

  test.each([
    ['eof', 'UND_ERR_SOCKET'],
    ['reset', 'ECONNRESET'],
  ] as const)('a break in mid-stream: %s', async (ending, code) => {
    const read = gate();
    upstream.respond(sse([chatChunk('half')], { done: false, gap: () => read.opened, ending }));
    const answer = await ask();
    let got = '';
    await expect(async () => {
      for await (const piece of answer.body) {
        got += String(piece);
        read.open();
      }
    }).rejects.toMatchObject({ code });
    expect(got).toContain('half');
  });

  test.each([
    ['fin', 'UND_ERR_SOCKET'],
    ['reset', 'ECONNRESET'],
  ] as const)('a reused connection that breaks before a byte: %s', async (how, code) => {
    upstream.respond(json(200, {}), hangUp(how));
    await text(await ask());
    await expect(ask()).rejects.toMatchObject({ code });
    await text(await ask());
    expect(upstream.requests.map((request) => request.connection)).toEqual([1, 1, 2]);
  });

  test.each([
    ['JSON', json(200, {})],
    ['a stream', sse([])],
  ])('a connection closed after %s, although it was said to be kept', async (_, behaviour) => {
    upstream.respond(thenClose(behaviour));
    const disconnected = once(agent, 'disconnect');
    const answer = await ask();
    expect(answer.headers['connection']).toBe('keep-alive');
    await text(answer);
    await disconnected;
    await text(await ask());
    expect(upstream.requests[1]!.connection).toBe(2);
  });

  test('raw bytes reach the client untouched', async () => {
    const bytes = 'HTTP/1.1 200 OK\r\nX-A: 1\nX-B: 2\r\nContent-Length: 2\r\n\r\nhi';
    upstream.respond(raw(bytes));
    const socket = connect(Number(new URL(upstream.url).port), '127.0.0.1');
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    expect((await socket.toArray()).join('')).toBe(bytes);
  });

  test('a redirection', async () => {
    upstream.respond(redirect('http://127.0.0.1:1/'));
    const answer = await ask();
    expect([answer.statusCode, answer.headers['location']]).toEqual([307, 'http://127.0.0.1:1/']);
    await text(answer);
  });

  test('on a Unix socket', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'upstream-'));
    const path = join(dir, 'model.sock');
    const other = await startUpstream(json(200, 'hello'), { path });
    expect(other.url).toBe(`unix:${path}`);
    const dispatcher = new Agent({ connect: { socketPath: path } });
    expect(await (await request('http://localhost/', { dispatcher })).body.text()).toBe('hello');
    await dispatcher.close();
    await other.close();
    expect(existsSync(path)).toBe(false);
    await rm(dir, { recursive: true });
  });
});

test('the bodies are what the OpenAI SDK understands', async () => {
  const client = new OpenAI({ baseURL: upstream.url, apiKey: 'none', maxRetries: 0 });
  const asked = { model: 'm', messages: [{ role: 'user' as const, content: 'Hello' }] };
  upstream.respond(
    json(200, chatAnswer(['one', 'two'], { usage: [1, 2] })),
    sse([
      chatChunk(null, { delta: { role: 'assistant' } }),
      chatChunk('a'),
      chatChunk('b'),
      chatChunk(null, { finish: 'stop' }),
      usageChunk(1, 2),
    ]),
  );
  const plain = await client.chat.completions.create(asked);
  expect(plain.choices.map((choice) => choice.message.content)).toEqual(['one', 'two']);
  const streamed = await client.chat.completions.stream(asked).finalChatCompletion();
  expect(streamed.choices[0]!.message.content).toBe('ab');
  expect(streamed.usage).toEqual(plain.usage);
});
