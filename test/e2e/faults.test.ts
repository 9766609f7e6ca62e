/** Model servers, clients and operators that do what they should not, and the real program in between. */
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startAgain } from '../support/again.ts';
import { type Backlog, startBacklog } from '../support/backlog.ts';
import { startGateway, stopAll, type TestGateway, until } from '../support/gateway.ts';
import { CHAT, choicesOf, closing, eventually, heard, listenTo } from '../support/listen.ts';
import { type Models, startModels } from '../support/models.ts';
import {
  type Behaviour,
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
} from '../support/upstream.ts';

let dir: string;
let models: Models;
let socket: Models;
let backlog: Backlog;
/** Model servers that have only ever been asked by one test, so that it knows every connection to them. */
let own: Record<'fin' | 'reset' | 'twice' | 'half' | 'fresh' | 'streams', Models>;
let gateway: TestGateway;
/** Waits for little; and its requests live for two seconds. */
let impatient: TestGateway;
/** Its key may run one request at a time. */
let single: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sallyport-faults-'));
  models = await startModels();
  socket = await startModels({ prefix: 'unix', path: join(dir, 'model.sock') });
  backlog = await startBacklog();
  const names = ['fin', 'reset', 'twice', 'half', 'fresh', 'streams'] as const;
  const started = await Promise.all(names.map(async (name) => [name, await startModels({ prefix: name })] as const));
  own = Object.fromEntries(started) as typeof own;
  const upstream = (name: string, url: string, kind = 'llama.cpp') => ({ name, kind, url, models: [`${name}-*`] });
  const patient = startGateway({
    upstream: models.url,
    config: {
      upstreams: [
        upstream('m', models.url),
        upstream('unix', socket.url, 'vllm'),
        upstream('refused', 'http://127.0.0.1:1'),
        upstream('nosocket', `unix:${join(dir, 'absent.sock')}`, 'vllm'),
        upstream('backlog', backlog.url),
        ...started.map(([name, { url }]) => upstream(name, url)),
      ],
      timeouts: { connectMs: 300, idleMs: 20_000 },
    },
  });
  const hasty = startGateway({
    upstream: models.url,
    config: {
      timeouts: { firstByteMs: 400, idleMs: 400, totalMs: 2000 },
      // The time is to run out while a client does not read, not while megabytes are judged for it.
      guardrails: { output: { injection: 'off', pii: 'off', secrets: 'off' } },
    },
  });
  [gateway, impatient] = await Promise.all([patient, hasty]);
  single = await gateway.issueKey({ limits: { concurrent: 1 } });
  await gateway.keyWorks(single);
});
afterAll(async () => {
  await stopAll();
  backlog.close();
  await Promise.all([models, socket, ...Object.values(own)].map((one) => one.close()));
  await rm(dir, { recursive: true, force: true });
});

const chat = (model: string, fields: object = {}) => ({
  model,
  messages: [{ role: 'user', content: 'hi' }],
  ...fields,
});
const MODES = [
  ['JSON', false],
  ['a stream', true],
] as const;

/** Sends a request that fails before an answer begins, and returns its answer and its record. */
async function refused(gateway: TestGateway, model: string, stream: boolean) {
  const answer = await gateway.post(CHAT, chat(model, { stream }));
  const record = await closing(gateway, String(answer.headers['x-request-id']));
  return { answer, record, code: answer.json.error.code };
}

/** Writes something every 50 ms, for ever. */
const dribble =
  (type: string, piece: string): Behaviour =>
  async ({ response }) => {
    response.writeHead(200, { 'content-type': type });
    while (!response.destroyed) {
      response.write(piece);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };

describe('a model server that cannot be reached', () => {
  describe.each(MODES)('%s', (_mode, stream) => {
    test.each([
      ['refuses connections', 'refused-1'],
      ['has no socket', 'nosocket-1'],
      ['does not take connections within connectMs', 'backlog-1'],
    ])('%s: 503, try again', async (_name, model) => {
      const { answer, record, code } = await refused(gateway, model, stream);
      expect([answer.status, code]).toEqual([503, 'upstream_unavailable']);
      expect(answer.headers).toMatchObject({
        'x-should-retry': 'true',
        'retry-after': '1',
        'content-type': 'application/json; charset=utf-8',
      });
      expect(record).toMatchObject({
        event: 'inference.completed',
        ending: 'upstream_broke',
        denial: 'upstream_unavailable',
        responseStatus: 503,
        inputTokens: null,
      });
      expect(answer.text).not.toMatch(/127\.0\.0\.1|ECONN|\.sock/);
    });

    test.each([
      [429, { error: { message: 'inner', type: 'x' } }],
      [503, { error: { message: 'Loading model: inner', type: 'unavailable_error', code: 503 } }],
    ])('answers %i: 503, try again', async (status, body) => {
      const { answer, code } = await refused(gateway, models.add(json(status, body, { 'retry-after': '999' })), stream);
      expect([answer.status, code]).toEqual([503, 'upstream_unavailable']);
      expect(answer.headers).toMatchObject({ 'x-should-retry': 'true', 'retry-after': '1' });
      expect(answer.text).not.toContain('inner');
    });
  });

  test('the metrics name it', async () => {
    await gateway.post(CHAT, chat('refused-1'));
    await gateway.post(CHAT, chat(models.add(json(200, chatAnswer('ok')))));
    const metrics = (await gateway.ops('/metrics')).text;
    expect(metrics).toContain('sallyport_upstream_up{upstream="refused"} 0');
    expect(metrics).toContain('sallyport_upstream_up{upstream="m"} 1');
  });
});

describe.concurrent('faults 61: a model server that hangs', () => {
  const cases = (stream: boolean): [string, Behaviour, string][] => [
    ['before the head of its answer', hang(), 'HeadersTimeoutError'],
    [
      'between the head and the first byte',
      chunks([], { ending: 'hang', headers: { 'content-type': stream ? 'text/event-stream' : 'application/json' } }),
      'BodyTimeoutError',
    ],
  ];
  describe.each(MODES)('%s', (_mode, stream) => {
    test.each(cases(stream))('%s: 504, and it is left', async (_name, behaviour, cause) => {
      const model = models.add(behaviour);
      const { answer, record, code } = await refused(impatient, model, stream);
      expect([answer.status, code, answer.headers['x-should-retry']]).toEqual([504, 'upstream_timeout', 'false']);
      expect(record).toMatchObject({
        ending: 'timed_out',
        denial: 'upstream_timeout',
        responseStatus: 504,
        tokenSource: 'estimate',
      });
      await models.left(model);
      const logged = impatient
        .stderr()
        .split('\n')
        .filter((line) => line.includes(record.requestId!));
      expect(logged.join()).toContain(cause);
      expect(models.asked(model)).toHaveLength(1);
    });
  });

  test('JSON, in the middle: 504', async () => {
    const model = models.add(
      chunks(['{"choices":'], { ending: 'hang', headers: { 'content-type': 'application/json' } }),
    );
    const { answer, record } = await refused(impatient, model, false);
    expect([answer.status, record['ending']]).toEqual([504, 'timed_out']);
  });

  test('a stream, in the middle: an error event, no [DONE]', async () => {
    const model = models.add(sse([chatChunk('Hello. ')], { done: false, ending: 'hang' }));
    const answer = await listenTo(impatient, chat(model, { stream: true }));
    const { text, whole } = await answer.rest();
    expect(whole).toBe(true);
    expect(heard(text)).toMatchObject({
      choices: [{ texts: { content: 'Hello. ' } }],
      done: 0,
      error: { code: 'upstream_timeout' },
    });
    expect(await closing(impatient, answer.id)).toMatchObject({ ending: 'timed_out', responseStatus: 200 });
    await models.left(model);
  });

  test('a stream that never ends: the total deadline ends it', async () => {
    const model = models.add(dribble('text/event-stream', `data: ${JSON.stringify(chatChunk('on and '))}\n\n`));
    const answer = await listenTo(impatient, chat(model, { stream: true }));
    const { text, whole } = await answer.rest();
    expect(whole).toBe(true);
    expect(heard(text)).toMatchObject({ done: 0, error: { code: 'upstream_timeout' } });
    const record = await closing(impatient, answer.id);
    expect(record).toMatchObject({ ending: 'timed_out', responseStatus: 200, tokenSource: 'estimate' });
    expect(record['outputTokens']).toBeGreaterThan(10);
    expect(record['latencyMs']).toBeGreaterThanOrEqual(1990);
    await models.left(model);
  });

  test.each([
    ['JSON', false, dribble('application/json', ' ')],
    ['a stream of comments', true, dribble('text/event-stream', ': ping\n\n')],
  ])('%s that never ends: 504', async (_name, stream, behaviour) => {
    const model = models.add(behaviour);
    const { answer, record } = await refused(impatient, model, stream);
    expect([answer.status, record['ending']]).toEqual([504, 'timed_out']);
    expect(record['latencyMs']).toBeGreaterThanOrEqual(1990);
    await models.left(model);
  });
});

describe('connections to model servers', () => {
  const ok = json(200, chatAnswer('ok'));

  test.each(['fin', 'reset'] as const)(
    'one that went stale (%s): sent again on a fresh one, unnoticed',
    async (how) => {
      const { add, asked } = own[how];
      const model = add(ok, hangUp(how), ok);
      expect((await gateway.post(CHAT, chat(model))).status).toBe(200);
      const second = await gateway.post(CHAT, chat(model));
      expect(asked(model).map(({ connection }) => connection - asked(model)[0]!.connection)).toEqual([0, 0, 1]);
      expect(second.status).toBe(200);
    },
  );

  test('again: once, and no more', async () => {
    const { add, asked } = own.twice;
    const model = add(ok, hangUp('fin'), hangUp('fin'), ok);
    await gateway.post(CHAT, chat(model));
    const second = await gateway.post(CHAT, chat(model));
    expect([second.status, second.json.error.code]).toEqual([502, 'upstream_error']);
    expect(asked(model)).toHaveLength(3);
  });

  test.each(['fin', 'reset'] as const)(
    'a fresh one that breaks (%s) may have died of the request: not sent again',
    async (how) => {
      const { add, asked } = own.fresh;
      const model = add(hangUp(how), ok);
      const answer = await gateway.post(CHAT, chat(model));
      expect([answer.status, answer.json.error.code]).toEqual([502, 'upstream_error']);
      expect(asked(model)).toHaveLength(1);
    },
  );

  test('one that breaks when an answer has begun: not sent again', async () => {
    const { add, asked } = own.half;
    const model = add(ok, raw('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConte'), ok);
    await gateway.post(CHAT, chat(model));
    const answer = await gateway.post(CHAT, chat(model));
    expect(asked(model)).toHaveLength(2);
    expect([answer.status, answer.json.error.code]).toEqual([502, 'upstream_error']);
  });

  test('llama.cpp closes them after every stream, and says that it does not: nobody notices', async () => {
    const { add, asked } = own.streams;
    const model = add(
      thenClose(
        sse([chatChunk('ok'), chatChunk(null, { finish: 'stop' })], {
          headers: { 'keep-alive': 'timeout=5, max=100' },
        }),
      ),
    );
    for (let i = 0; i < 10; i++) {
      const answer = await listenTo(gateway, chat(model, { stream: true }));
      expect(heard((await answer.rest()).text)).toMatchObject({ done: 1, error: null });
    }
    expect(asked(model).map(({ headers }) => headers['connection'])).toEqual(Array(10).fill('close'));
    expect(new Set(asked(model).map(({ connection }) => connection)).size).toBe(10);
  });

  test.each(MODES)('a Unix socket (%s)', async (_mode, stream) => {
    const model = socket.add(
      stream
        ? sse([chatChunk('through a socket'), chatChunk(null, { finish: 'stop' })])
        : json(200, chatAnswer('through a socket')),
    );
    const answer = await listenTo(gateway, chat(model, { stream }));
    const { text } = await answer.rest();
    const [choice] = stream ? heard(text).choices : choicesOf(JSON.parse(text));
    expect(choice).toMatchObject({ texts: { content: 'through a socket' }, finish: 'stop' });
    expect(socket.asked(model)[0]!.path).toBe(CHAT);
  });
});

describe('what a model server says', () => {
  test.each([301, 302, 303, 307, 308])(
    'routing 21: %i is not followed, neither to itself nor elsewhere',
    async (status) => {
      const elsewhere = await startUpstream();
      try {
        for (const { url } of [models, elsewhere]) {
          const model = models.add(redirect(`${url}${CHAT}`, status), json(200, chatAnswer('followed')));
          const { answer, code } = await refused(gateway, model, false);
          expect([answer.status, code]).toEqual([502, 'upstream_error']);
          expect(answer.headers).not.toHaveProperty('location');
          expect(answer.text).not.toContain(url);
          expect(models.asked(model)).toHaveLength(1);
        }
        expect(elsewhere.connections).toBe(0);
      } finally {
        await elsewhere.close();
      }
    },
  );

  test.each(MODES)('its headers stay inside (%s)', async (_mode, stream) => {
    const inner = {
      'set-cookie': 'inner=1',
      server: 'inner/1.0',
      'x-powered-by': 'inner',
      'x-request-id': 'inner',
      'access-control-allow-origin': '*',
      'content-encoding': 'identity',
      'x-ratelimit-limit-requests': 'inner',
      'openai-processing-ms': '1',
      'alt-svc': 'h3=":443"',
      date: 'Thu, 01 Jan 1970 00:00:00 GMT',
    };
    const model = models.add(stream ? sse([chatChunk('ok')], { headers: inner }) : json(200, chatAnswer('ok'), inner));
    const answer = await listenTo(gateway, chat(model, { stream }));
    await answer.rest();
    expect(Object.keys(answer.headers).sort()).toEqual(
      [
        'cache-control',
        'connection',
        ...(stream ? [] : ['content-length']),
        'content-type',
        'date',
        'keep-alive',
        'ratelimit',
        'ratelimit-policy',
        ...(stream ? ['transfer-encoding', 'x-accel-buffering'] : []),
        'x-content-type-options',
        ...['limit', 'remaining', 'reset'].map((what) => `x-ratelimit-${what}-requests`),
        'x-request-id',
        'x-sallyport-guard',
      ].sort(),
    );
    expect(JSON.stringify(answer.headers)).not.toMatch(/inner|Jan 1970/);
  });

  const BODY = JSON.stringify(chatAnswer('ok'));
  const head = (header: string) =>
    `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n${header}\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`;
  test.each([
    ['a bare CR in a header', head('X-A: b\rSet-Cookie: inner=1')],
    ['a bare LF in a header', head('X-A: b\nContent-Length: 5')],
    ['NUL in a header', head('X-A: b\0c')],
    ['a header without a colon', head('inner')],
    ['two lengths', head('Content-Length: 5')],
    ['a length and chunks', head('Transfer-Encoding: chunked')],
    ['no HTTP at all', 'SSH-2.0-inner\r\n'],
  ])('framing 9: %s: 502, and no trace of it', async (_name, bytes) => {
    const { answer, code, record } = await refused(gateway, models.add(raw(bytes)), false);
    expect([answer.status, code]).toEqual([502, 'upstream_error']);
    expect(record).toMatchObject({ ending: 'upstream_broke' });
    expect(JSON.stringify(answer.headers) + answer.text).not.toContain('inner');
  });

  test('JSON where a stream was asked for: 502, and it is left, however long it would go on', async () => {
    const model = models.add(dribble('application/json', ' '));
    const { answer, code } = await refused(gateway, model, true);
    expect([answer.status, code]).toEqual([502, 'upstream_error']);
    await models.left(model);
  });

  const overflow = (message: string) => ({
    error: { message, type: 'exceed_context_size_error', code: 400, n_prompt_tokens: 9 },
  });
  const mendable = [400, 404, 413, 422, 501].flatMap((status) => MODES.map(([, stream]) => [status, stream] as const));
  test.each(mendable)('a %i says what the client can mend, guarded (stream: %s)', async (status, stream) => {
    const model = models.add(json(status, overflow('the request exceeds the context size, says jane.doe@example.com')));
    const answer = await gateway.post(CHAT, chat(model, { stream }));
    expect(answer.status).toBe(status);
    expect(answer.headers['x-should-retry']).toBe('false');
    expect(answer.json).toEqual({
      error: {
        message: 'the request exceeds the context size, says [EMAIL_REDACTED]',
        type: 'exceed_context_size_error',
        param: null,
        code: '400',
      },
    });
    expect(await closing(gateway, String(answer.headers['x-request-id']))).toMatchObject({
      responseStatus: status,
      inputTokens: null,
      findings: [{ rule: 'pii.email', direction: 'output' }],
    });
  });

  test.each([
    [401, json(401, overflow('inner'))],
    [403, json(403, overflow('inner'))],
    [500, json(500, overflow('inner'))],
    [502, json(502, overflow('inner'))],
    [204, json(204, '')],
    [206, json(206, chatAnswer('inner'))],
    [400, json(400, 'inner')],
    [404, json(404, { error: 'inner' })],
  ])('%i, in words that nobody knows: 502', async (_status, behaviour) => {
    const { answer, code } = await refused(gateway, models.add(behaviour), false);
    expect([answer.status, code, answer.headers['x-should-retry']]).toEqual([502, 'upstream_error', 'true']);
    expect(answer.text).not.toContain('inner');
  });
});

describe('faults 51: a client that hangs up', () => {
  const leaving: [string, boolean, () => string][] = [
    ['JSON, before the head', false, () => models.add(hang())],
    [
      'JSON, in the middle',
      false,
      () => models.add(chunks(['{"choices":'], { ending: 'hang', headers: { 'content-type': 'application/json' } })),
    ],
    ['a stream, before the head', true, () => models.add(hang())],
    ['a stream, before the first event', true, () => models.add(chunks([':\n\n'], { ending: 'hang' }))],
  ];
  test.each(leaving)('%s: the model is left at once, the lease is free', async (_name, stream, make) => {
    const model = make();
    const controller = new AbortController();
    const asked = listenTo(gateway, chat(model, { stream }), { key: single, signal: controller.signal }).catch(
      () => 'left',
    );
    await models.reached(model);
    controller.abort();
    expect(await asked).toBe('left');
    await models.left(model);
    const record = await eventually(async () =>
      (await gateway.records()).find((one) => one['model'] === model && one.event === 'inference.completed'),
    );
    expect(record).toMatchObject({
      ending: 'client_left',
      responseStatus: null,
      denial: null,
      tokenSource: 'estimate',
    });
    const next = await gateway.post(CHAT, chat(models.add(json(200, chatAnswer('ok')))), { key: single });
    expect(next.status).toBe(200);
  });
});

const MB = 1024 * 1024;

/** Sends a stream as fast as it is taken, and counts what the kernel took. */
const flood = (megabytes: number) => {
  const event = `data: ${JSON.stringify(chatChunk('x'.repeat(16 * 1024)))}\n\n`;
  const sent = { bytes: 0 };
  const behaviour: Behaviour = async ({ response, gone }) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    while (sent.bytes < megabytes * MB && !response.destroyed) {
      await Promise.race([new Promise<void>((resolve) => response.write(event, () => resolve())), gone]);
      if (!response.destroyed) sent.bytes += event.length;
    }
    response.end('data: [DONE]\n\n');
  };
  return { sent, behaviour };
};

/** Waits until a number has stopped growing. */
const settled = async (value: () => number): Promise<number> => {
  for (let before = -1; ; ) {
    await new Promise((resolve) => setTimeout(resolve, 300));
    if (value() === before && before > 0) return before;
    before = value();
  }
};

/** Asks on a connection of its own and reads nothing of it. */
async function deaf(gateway: TestGateway, body: object): Promise<TLSSocket> {
  const client = await gateway.raw();
  client.on('error', () => {});
  client.pause();
  const json = JSON.stringify(body);
  client.write(
    `POST ${CHAT} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${gateway.key}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(json)}\r\n\r\n${json}`,
  );
  return client;
}

describe('faults 62: clients that are slow', () => {
  /** Resident memory in bytes. */
  const memory = async (pid: number): Promise<number> =>
    Number(/^VmRSS:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))![1]) * 1024;

  test('a reader that does not read holds up its model server, and nobody else', async () => {
    const { sent, behaviour } = flood(256);
    const before = await memory(gateway.pid);
    const client = await deaf(gateway, chat(models.add(behaviour), { stream: true }));
    expect(await settled(() => sent.bytes)).toBeLessThan(32 * MB);
    expect((await memory(gateway.pid)) - before).toBeLessThan(128 * MB);
    for (let i = 0; i < 5; i++)
      expect((await gateway.post(CHAT, chat(models.add(json(200, chatAnswer('ok')))))).status).toBe(200);
    client.destroy();
  });

  test('when it reads on, it gets everything', async () => {
    const { sent, behaviour } = flood(12);
    const model = models.add(behaviour);
    const answer = await listenTo(gateway, chat(model, { stream: true }));
    await settled(() => sent.bytes);
    const { text } = await answer.rest();
    expect(heard(text)).toMatchObject({ done: 1, doneLast: true, error: null });
    expect(text.length).toBeGreaterThan(12 * MB);
  });

  test.concurrent.each<[string, boolean, () => Behaviour]>([
    ['a stream', true, () => flood(256).behaviour],
    ['JSON', false, () => json(200, chatAnswer('x '.repeat(6 * MB)))],
  ])('a reader that never reads is cut off by the total deadline (%s)', async (_mode, stream, make) => {
    const model = models.add(make());
    const client = await deaf(impatient, chat(model, { stream }));
    const closed = once(client, 'close');
    const record = await eventually(async () =>
      (await impatient.records()).find((one) => one['model'] === model && one.event === 'inference.completed'),
    );
    expect(record).toMatchObject({ ending: 'timed_out', responseStatus: 200 });
    client.resume();
    await closed;
  });

  test('a hundred idle connections: others are served', async () => {
    const idle = await Promise.all(Array.from({ length: 100 }, () => gateway.raw()));
    expect((await gateway.post(CHAT, chat(models.add(json(200, chatAnswer('ok')))))).status).toBe(200);
    for (const one of idle) one.destroy();
  });
});

/** What the log says of the gateway's work, without what it says of itself. */
const recordsOf = async (gateway: TestGateway) =>
  (await gateway.records()).filter(({ event }) => !event.startsWith('audit.'));

describe.concurrent('faults 60: SIGTERM', () => {
  test('in mid-stream: not ready, closed to new requests; the stream runs to its end; recorded; exit code 0', async () => {
    const stopping = await startGateway({ upstream: models.url });
    const last = gate();
    const model = models.add(
      sse([chatChunk('before '), chatChunk('after'), chatChunk(null, { finish: 'stop' })], {
        gap: (i) => (i === 1 ? last.opened : undefined),
      }),
    );
    const running = await listenTo(stopping, chat(model, { stream: true }));
    await running.hear('before');
    expect((await stopping.ops('/readyz')).status).toBe(200);

    const ended = stopping.stop('SIGTERM');
    await until(async () => (await stopping.ops('/readyz')).status === 503);
    expect((await stopping.ops('/readyz')).json).toMatchObject({
      ready: false,
      checks: { serving: false, audit: true },
    });
    expect((await stopping.ops('/healthz')).status).toBe(200);
    // On a connection that is there already, and on a new one.
    const never = models.add(json(200, chatAnswer('never')));
    for (const ask of [() => stopping.post(CHAT, chat(never)), async () => listenTo(stopping, chat(never))]) {
      const answer = await ask();
      expect(answer.status).toBe(503);
      expect(answer.headers).toMatchObject({ 'x-should-retry': 'true', 'retry-after': '1' });
    }
    expect(models.asked(never)).toHaveLength(0);
    expect(stopping.process.exitCode).toBeNull();

    last.open();
    const { text, whole } = await running.rest();
    expect(whole).toBe(true);
    expect(heard(text)).toMatchObject({ choices: [{ texts: { content: 'before after' } }], done: 1, error: null });
    expect(await ended).toBe(0);
    const records = await recordsOf(stopping);
    expect(records.at(-1)).toMatchObject({ event: 'gateway.stopped', reason: 'SIGTERM' });
    expect(await closing(stopping, running.id)).toMatchObject({ ending: 'complete' });
    expect(records.filter((one) => one['denial'] === 'draining')).toHaveLength(2);
  });

  test('a stream that does not end within drainMs is cut, told so and recorded; exit code 0', async () => {
    const stopping = await startGateway({ upstream: models.url, config: { timeouts: { drainMs: 300 } } });
    const cut = models.add(sse([chatChunk('Hello. ')], { done: false, ending: 'hang' }));
    const silent = models.add(hang());
    const running = await listenTo(stopping, chat(cut, { stream: true }));
    await running.hear('Hello');
    const waiting = stopping.post(CHAT, chat(silent));
    await models.reached(silent);

    const ended = stopping.stop('SIGTERM');
    const { text, whole } = await running.rest();
    expect(whole).toBe(true);
    expect(heard(text)).toMatchObject({ done: 0, error: { code: 'draining' } });
    expect(await waiting).toMatchObject({ status: 503 });
    await Promise.all([models.left(cut), models.left(silent)]);
    expect(await ended).toBe(0);
    const records = await recordsOf(stopping);
    const endings = [cut, silent].map(
      (model) => records.find((one) => one['model'] === model && one.event === 'inference.completed')?.['ending'],
    );
    expect(endings).toEqual(['drained', 'drained']);
    expect(records.at(-1)).toMatchObject({ event: 'gateway.stopped' });
  });

  test('a client that reads nothing does not hold up the end', async () => {
    const stopping = await startGateway({ upstream: models.url, config: { timeouts: { drainMs: 300 } } });
    const { sent, behaviour } = flood(256);
    const client = await deaf(stopping, chat(models.add(behaviour), { stream: true }));
    await settled(() => sent.bytes);
    expect(await stopping.stop('SIGTERM')).toBe(0);
    client.destroy();
    const records = await recordsOf(stopping);
    expect(records.at(-2)).toMatchObject({ event: 'inference.completed', ending: 'drained' });
    expect(records.at(-1)).toMatchObject({ event: 'gateway.stopped' });
  });
});

test.concurrent('faults 58: kill -9 in mid-stream: the next start reports the orphan, once', async () => {
  const killed = await startGateway({ upstream: models.url });
  const model = models.add(sse([chatChunk('Hello. ')], { done: false, ending: 'hang' }));
  const running = await listenTo(killed, chat(model, { stream: true }));
  await running.hear('Hello');
  await killed.stop('SIGKILL');
  expect((await running.rest()).whole).toBe(false);
  await models.left(model);

  for (let start = 1; start <= 2; start++) {
    const again = await startAgain(killed);
    const records = await killed.records();
    const orphans = records.filter(({ event }) => event === 'alert.orphan');
    expect(orphans).toMatchObject([{ requestId: running.id }]);
    const started = records.filter(({ event }) => event === 'gateway.started');
    expect(started).toHaveLength(start + 1);
    expect(orphans[0]!.seq).toBeLessThan(started[1]!.seq);
    expect(await again.stop()).toBe(0);
  }
});
