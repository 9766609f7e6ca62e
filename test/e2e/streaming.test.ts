/** Streams through the real program: the same answer as without streaming, guarded, and never complete when it is not. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startGateway, stopAll, type TestGateway, until } from '../support/gateway.ts';
import { CHAT, type Choice, choicesOf, closing, type Heard, heard, listenTo, TEXT } from '../support/listen.ts';
import { type Models, startModels } from '../support/models.ts';
import {
  type Behaviour,
  chatAnswer,
  chatChunk,
  chunks,
  type EndsBy,
  gate,
  json,
  raw,
  sse,
  usageChunk,
} from '../support/upstream.ts';

let models: Models;
let gateway: TestGateway;
/** Keys whose answers are blocked, and cut after twelve characters. */
let strict: string;
let short: string;

beforeAll(async () => {
  models = await startModels();
  gateway = await startGateway({
    upstream: models.url,
    config: { timeouts: { idleMs: 5000 }, audit: { durability: 'buffered' } },
  });
  strict = await gateway.issueKey({ guardrails: { output: { pii: 'block' } } });
  short = await gateway.issueKey({ guardrails: { output: { maxChars: 12 } } });
  await gateway.keyWorks(strict);
  await gateway.keyWorks(short);
});
afterAll(async () => {
  await stopAll();
  await models.close();
});

interface Manner {
  readonly key?: string;
  readonly path?: string;
  readonly headers?: Record<string, string>;
  readonly body?: object;
}

const request = (model: string, path: string, body: object) => ({
  model,
  ...(path === TEXT ? { prompt: 'hi' } : { messages: [{ role: 'user', content: 'hi' }] }),
  ...body,
});

/** The whole stream of a model that behaves so. */
async function stream(behaviour: Behaviour, { key = gateway.key, path = CHAT, headers = {}, body = {} }: Manner = {}) {
  const model = models.add(behaviour);
  const answer = await listenTo(gateway, request(model, path, { stream: true, ...body }), { key, path, headers });
  const { text, whole } = await answer.rest();
  return {
    ...answer,
    model,
    text,
    whole,
    heard: answer.status === 200 ? heard(text) : (undefined as unknown as Heard),
  };
}

/** The same without streaming. */
async function plain(answer: object, { key = gateway.key, path = CHAT, body = {} }: Manner = {}) {
  const model = models.add(json(200, answer));
  const got = await gateway.post(path, request(model, path, body), { key });
  return { ...got, model, id: String(got.headers['x-request-id']) };
}

const inPieces = (text: string, size: number): string[] =>
  Array.from({ length: Math.ceil(text.length / size) }, (_, i) => text.slice(i * size, (i + 1) * size));

/** The events of a chat answer: the role, the pieces, the reason, the usage. */
const told = (pieces: readonly string[]) => [
  chatChunk(null, { delta: { role: 'assistant', content: null } }),
  ...pieces.map((piece) => chatChunk(piece)),
  chatChunk(null, { finish: 'stop' }),
  usageChunk(7, 3),
];

/** Rows of a table for `test.each`. */
const named = <T extends { name: string }>(rows: readonly T[]) => rows.map((row) => [row.name, row] as const);

const content = ({ choices }: Heard, index = 0): string | undefined => choices[index]?.texts['content'];

const LONG =
  'Grüße 👋 an jane.doe@example.com; card 4111 1111 1111 1111, SSN 219-09-9999 🇩🇪, ' +
  'key sk-abcdefghijklmnop1234567890, tel. +49 30 1234567 — Ende 🎉.';
const GUARDED =
  'Grüße 👋 an [EMAIL_REDACTED]; card [CARD_REDACTED], SSN [SSN_REDACTED] 🇩🇪, ' +
  'key [SECRET_REDACTED], tel. [PHONE_REDACTED] — Ende 🎉.';

/** Runs all, a few at a time. */
async function forAll<T>(items: readonly T[], run: (item: T) => Promise<void>): Promise<void> {
  const rest = items.values();
  await Promise.all(
    Array.from({ length: 12 }, async () => {
      for (const item of rest) await run(item);
    }),
  );
}

describe('guardrails 34: the same text as without streaming', () => {
  test('without streaming, for comparison', async () => {
    const answer = await plain(chatAnswer(LONG));
    expect(answer.json.choices[0].message.content).toBe(GUARDED);
  });

  test('guardrails 34, 35: cut in two events at every place, through surrogate pairs too', async () => {
    await forAll([...Array(LONG.length + 1).keys()], async (at) => {
      const { heard } = await stream(sse(told([LONG.slice(0, at), LONG.slice(at)])));
      expect(content(heard), `cut at ${at}`).toBe(GUARDED);
      expect(heard).toMatchObject({ done: 1, doneLast: true, error: null });
      expect(heard.choices[0]!.finish).toBe('stop');
    });
  });

  test('guardrails 35: the bytes of the stream cut at every place, through UTF-8 sequences and line ends too', async () => {
    const bytes = Buffer.from(`data: ${JSON.stringify(chatChunk(LONG))}\r\n\r\ndata: [DONE]\r\n\r\n`);
    await forAll([...Array(bytes.length).keys()], async (at) => {
      const { heard } = await stream(chunks([bytes.subarray(0, at), bytes.subarray(at)], { gap: 1 }));
      expect(content(heard), `cut at byte ${at}`).toBe(GUARDED);
    });
  });

  test('guardrails 34: any cut into events, and of those into bytes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 1, max: 97 }),
        async (sizes, step) => {
          const pieces: string[] = [];
          for (let at = 0, i = 0; at < LONG.length; at += sizes[i++ % sizes.length]!) {
            pieces.push(LONG.slice(at, at + sizes[i % sizes.length]!));
          }
          const bytes = Buffer.from(
            told(pieces)
              .map((event) => `data: ${JSON.stringify(event)}\n\n`)
              .join('') + 'data: [DONE]\n\n',
          );
          const cuts = Array.from({ length: Math.ceil(bytes.length / step) }, (_, i) =>
            bytes.subarray(i * step, (i + 1) * step),
          );
          const { heard } = await stream(chunks(cuts));
          expect(content(heard)).toBe(GUARDED);
        },
      ),
      { numRuns: 25 },
    );
  });

  test('guardrails 33: choices that take turns are guarded each on its own', async () => {
    const texts = [LONG, 'No. 219-09-', '9999 is not mine: 21', LONG.toUpperCase().slice(0, 40)];
    const pieces = texts.map((text) => inPieces(text, 3));
    const turns = Array.from({ length: Math.max(...pieces.map(({ length }) => length)) }, (_, turn) =>
      pieces.flatMap((own, choice) => (own[turn] === undefined ? [] : [chatChunk(own[turn], { choice })])),
    ).flat();
    const ends = texts.map((_, choice) => chatChunk(null, { choice, finish: 'stop' }));
    const { heard } = await stream(sse([...turns, ...ends]), { body: { n: 4 } });
    const answer = await plain(chatAnswer(texts), { body: { n: 4 } });
    expect(heard.choices).toEqual(choicesOf(answer.json));
    expect(heard.choices[0]!.texts['content']).toBe(GUARDED);
    expect(heard.choices[1]!.texts['content']).toBe(texts[1]);
  });

  test.each(['reasoning_content', 'reasoning', 'refusal'])('guardrails 33: %s', async (field) => {
    const events = inPieces(LONG, 5).map((piece) => chatChunk(null, { delta: { [field]: piece } }));
    const { heard } = await stream(sse([...events, ...told(['Done.'])]));
    const answer = await plain(chatAnswer('Done.', { message: { [field]: LONG } }));
    expect(heard.choices[0]!.texts).toEqual({ content: 'Done.', [field]: GUARDED });
    expect(heard.choices).toEqual(choicesOf(answer.json));
  });

  test('guardrails 34: /v1/completions', async () => {
    const part = (text: string, finish_reason: string | null = null) => ({
      choices: [{ index: 0, text, finish_reason }],
    });
    const { heard } = await stream(sse([...inPieces(LONG, 4).map((piece) => part(piece)), part('', 'stop')]), {
      path: TEXT,
    });
    const answer = await plain({ choices: [{ index: 0, text: LONG, finish_reason: 'stop' }] }, { path: TEXT });
    expect(heard.choices).toEqual(choicesOf(answer.json));
    expect(heard.choices[0]!.texts['text']).toBe(GUARDED);
  });
});

describe('guardrails 32: tool calls are put together, read as JSON, and leave whole', () => {
  const calls = [
    { id: 'call_1', name: 'send_mail', arguments: String.raw`{"to":"jane.doe\u0040example.com","text":"Hi 👋"}` },
    { id: 'call_2', name: 'get_weather', arguments: '{"city": "Köln",  "card": 4111111111111111}' },
  ];
  const clean = [
    { ...calls[0]!, arguments: '{"to":"[EMAIL_REDACTED]","text":"Hi 👋"}' },
    { ...calls[1]!, arguments: '{"city":"Köln","card":"[CARD_REDACTED]"}' },
  ];
  const delta = (tool_calls: object[]) => chatChunk(null, { delta: { tool_calls } });

  test.each([1, 3, 1000])('arguments in pieces of %i, two calls by turns', async (size) => {
    const pieces = calls.map((call) => inPieces(call.arguments, size));
    const turns = Array.from({ length: Math.max(...pieces.map(({ length }) => length)) }, (_, turn) =>
      pieces.flatMap((own, index) =>
        own[turn] === undefined ? [] : [delta([{ index, function: { arguments: own[turn] } }])],
      ),
    ).flat();
    const heads = calls.map(({ id, name }, index) =>
      delta([{ index, id, type: 'function', function: { name, arguments: '' } }]),
    );
    const { heard, id } = await stream(sse([...heads, ...turns, chatChunk(null, { finish: 'tool_calls' })]));
    expect(heard.choices[0]).toMatchObject({ toolCalls: clean, finish: 'tool_calls' });
    expect(heard.events.filter(({ choices }) => choices[0]?.delta.tool_calls)).toHaveLength(1);
    expect((await closing(gateway, id))['findings']).toMatchObject([{ rule: 'pii.email' }, { rule: 'pii.card' }]);
  });

  test('without streaming', async () => {
    const tool_calls = calls.map(({ id, ...call }) => ({ id, type: 'function', function: call }));
    const answer = await plain(chatAnswer([''], { finish: 'tool_calls', message: { content: null, tool_calls } }));
    expect(choicesOf(answer.json)[0]).toMatchObject({ toolCalls: clean, finish: 'tool_calls' });
  });
});

describe('guardrails 33: log-probabilities', () => {
  const entry = (token: string) => ({
    token,
    logprob: -0.5,
    bytes: [...Buffer.from(token)],
    top_logprobs: [{ token, logprob: -0.5 }],
  });
  const event = (token: string) => {
    const chunk = chatChunk(token);
    return { ...chunk, choices: chunk.choices.map((choice) => ({ ...choice, logprobs: { content: [entry(token)] } })) };
  };
  const asked = { body: { logprobs: true } };
  const both = async (tokens: string[]): Promise<[Choice, Choice, string]> => {
    const streamed = await stream(sse([...tokens.map(event), chatChunk(null, { finish: 'stop' })]), asked);
    const answer = chatAnswer(tokens.join(''));
    const withLogprobs = answer.choices.map((choice) => ({ ...choice, logprobs: { content: tokens.map(entry) } }));
    const whole = await plain({ ...answer, choices: withLogprobs }, asked);
    return [streamed.heard.choices[0]!, choicesOf(whole.json)[0]!, streamed.text + whole.text];
  };

  test('stay, every one of them, where nothing was redacted', async () => {
    const tokens = ['Write', ' to', ' jane', '@', 'home', ', call', ' 555', '-', '01', ' then', '.'];
    const [streamed, whole] = await both(tokens);
    expect(streamed).toEqual(whole);
    expect(streamed.logprobs).toEqual(tokens);
  });

  test('go where something was: not a piece of it may be read from them', async () => {
    const [streamed, whole, wire] = await both(['Write', ' to', ' jane', '@exam', 'ple', '.com', ' then', '.']);
    expect(streamed.texts['content']).toBe('Write to [EMAIL_REDACTED] then.');
    expect(whole.logprobs).toBeNull();
    expect(wire).not.toMatch(/jane|@exam|\bple\b/);
  });
});

describe('usage', () => {
  interface Case {
    readonly name: string;
    readonly n: number;
    readonly events: readonly object[];
    readonly usage: readonly [number, number];
    readonly said?: object;
  }
  const cases: Case[] = [
    { name: 'on an event of its own', n: 1, events: told(['Hi']), usage: [7, 3] },
    {
      name: 'on the last event of the choice',
      n: 1,
      events: [chatChunk('Hi'), { ...chatChunk(null, { finish: 'stop' }), usage: usageChunk(7, 3).usage }],
      usage: [7, 3],
    },
    {
      name: 'once for each choice, as llama.cpp does it',
      n: 2,
      events: [
        chatChunk('Hi'),
        chatChunk('Ho', { choice: 1 }),
        chatChunk(null, { finish: 'stop' }),
        usageChunk(7, 3),
        chatChunk(null, { choice: 1, finish: 'stop' }),
        usageChunk(7, 5),
      ],
      usage: [7, 8],
    },
  ];

  test.each(named(cases))('%s: shown where asked for, once, before the end', async (_name, { n, events, usage }) => {
    const { heard } = await stream(sse(events), { body: { n, stream_options: { include_usage: true } } });
    const [prompt_tokens, completion_tokens] = usage;
    expect(heard.usages).toEqual([
      { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens },
    ]);
    expect(heard.events.at(-1).choices).toEqual([]);
  });

  test.each([
    ...named(cases),
    ...named([
      { ...cases[0]!, name: 'switched off', said: { stream_options: { include_usage: false } } },
      { ...cases[0]!, name: 'null', said: { stream_options: null } },
    ]),
  ])('%s: asked for upstream, charged, not shown', async (_name, { n, events, usage, said }) => {
    const { heard, model, id } = await stream(sse(events), { body: { n, ...said } });
    expect(models.asked(model)[0]!.json.stream_options).toEqual({ include_usage: true });
    expect(heard.usages).toEqual([]);
    expect(heard.events.every(({ choices }) => choices.length > 0)).toBe(true);
    expect(await closing(gateway, id)).toMatchObject({
      inputTokens: usage[0],
      outputTokens: usage[1],
      tokenSource: 'upstream',
      ending: 'complete',
    });
  });
});

describe('on the wire', () => {
  test('headers: an event stream of no known length, not compressed, not to be buffered', async () => {
    const { headers, text } = await stream(sse(told(['Hi'])), { headers: { 'accept-encoding': 'gzip, br, zstd' } });
    expect(headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'x-accel-buffering': 'no',
      'cache-control': 'no-store',
      'transfer-encoding': 'chunked',
    });
    expect(headers).not.toHaveProperty('content-length');
    expect(headers).not.toHaveProperty('content-encoding');
    expect(text).not.toMatch(/^(id|retry|event):/m);
  });

  test('upstream is asked for a stream, uncompressed', async () => {
    const { model } = await stream(sse(told(['Hi'])));
    expect(models.asked(model)[0]!.headers).toMatchObject({
      accept: 'text/event-stream',
      'accept-encoding': 'identity',
    });
  });

  test('an event leaves when it has come, not when the next one does', async () => {
    const next = gate();
    const model = models.add(sse(told(['First. ', 'Second.']), { gap: (i) => (i === 2 ? next.opened : undefined) }));
    const answer = await listenTo(gateway, request(model, CHAT, { stream: true }));
    expect(await answer.hear('First.')).not.toContain('Second');
    next.open();
    expect(content(heard((await answer.rest()).text))).toBe('First. Second.');
  });

  test('fields that are not known stay inside, and the model has the name it was asked by', async () => {
    const events = told(['Hi']).map((event) => ({
      ...event,
      __verbose: { prompt: 'inner' },
      prompt_logprobs: ['inner'],
      model: '/inner/path',
    }));
    const { heard, text, model } = await stream(sse(events));
    expect(text).not.toContain('inner');
    expect(heard.events.every((event) => event.model === model)).toBe(true);
  });

  const events = [...told(['Hello ', 'wörld']).map((event) => JSON.stringify(event)), '[DONE]'];
  test.each<[string, string[]]>([
    ['LF', [events.map((data) => `data: ${data}\n\n`).join('')]],
    ['CRLF', [events.map((data) => `data: ${data}\r\n\r\n`).join('')]],
    ['CR', [events.map((data) => `data: ${data}\r\r`).join('')]],
    ['CRLF, torn apart', events.flatMap((data) => [`data: ${data}\r`, '\n\r', '\n'])],
    ['no blank after the colon', [events.map((data) => `data:${data}\n\n`).join('')]],
    ['comments and pings', [': hello\n\n', ...events.flatMap((data) => [':\n\n', `: ping\ndata: ${data}\n\n`])]],
    [
      'fields beside data',
      [events.map((data, i) => `event: message\nid: ${i}\nretry: 10\ndata: ${data}\n\n`).join('')],
    ],
    ['data on several lines', [events.map((data) => `data: ${data.replace(',', ',\ndata: ')}\n\n`).join('')]],
    ['a byte order mark', [`\ufeff${events.map((data) => `data: ${data}\n\n`).join('')}`]],
    [
      'more after the end',
      [
        events.map((data) => `data: ${data}\n\n`).join(''),
        'data: {"choices":[{"index":0,"delta":{"content":"!"}}]}\n\n',
      ],
    ],
  ])('framing of the model server: %s', async (_name, pieces) => {
    const { heard } = await stream(chunks(pieces, { gap: 1 }));
    expect(content(heard)).toBe('Hello wörld');
    expect(heard).toMatchObject({ done: 1, doneLast: true, error: null });
  });
});

describe('framing 10: an answer that breaks off does not look complete', () => {
  const MB = 'x'.repeat(1024 * 1024);
  /** What follows `before`, once `then` says so, and how it ends: `hang` would go on for ever. */
  interface Broken {
    readonly name: string;
    readonly rest?: readonly (string | Uint8Array)[];
    readonly ending?: EndsBy;
  }
  const broken: Broken[] = [
    { name: 'EOF without [DONE]' },
    { name: 'EOF without the last chunk', ending: 'eof' },
    { name: 'a reset', ending: 'reset' },
    { name: 'an event that is not JSON', rest: ['data: {"choices":[\n\n'], ending: 'hang' },
    {
      name: 'an event of another shape',
      rest: ['data: {"choices":[{"index":0,"delta":{"content":7}}]}\n\n'],
      ending: 'hang',
    },
    { name: 'an error event', rest: ['data: {"error":{"message":"inner secret"}}\n\n'], ending: 'hang' },
    { name: 'an error line', rest: ['error: {"message":"inner secret"}\n\n'], ending: 'hang' },
    { name: 'bytes that are not UTF-8', rest: [Buffer.from('data: "\xff"\n\n', 'latin1')], ending: 'hang' },
    { name: 'an event without end', rest: ['data: {"a":"', ...Array(6).fill(MB)], ending: 'hang' },
    {
      name: 'an event without end, with comments between its lines',
      rest: Array(6).fill(`data: ${MB}\n: ping\n`),
      ending: 'hang',
    },
  ];
  const behave = (before: string, { rest = [], ending = 'end' }: Broken, then: Promise<void>) =>
    chunks([before, ...rest], { ending, gap: (i) => (i === 1 ? then : undefined) });

  test.each(named(broken))('%s, in mid-stream: an error event, no [DONE]', async (_name, how) => {
    const then = gate();
    const model = models.add(behave(`data: ${JSON.stringify(chatChunk('Hello. '))}\n\n`, how, then.opened));
    const answer = await listenTo(gateway, request(model, CHAT, { stream: true }));
    await answer.hear('Hello. ');
    then.open();
    const { text, whole } = await answer.rest();
    expect(whole).toBe(true);
    expect(content(heard(text))).toBe('Hello. ');
    expect(heard(text)).toMatchObject({ done: 0, error: { code: 'upstream_error', type: 'api_error', param: null } });
    expect(text).not.toContain('inner secret');
    expect(await closing(gateway, answer.id)).toMatchObject({
      event: 'inference.completed',
      ending: 'upstream_broke',
      denial: 'upstream_error',
      responseStatus: 200,
      tokenSource: 'estimate',
    });
    if (how.ending === 'hang') await models.left(model);
  });

  test.each(named(broken))('%s, before anything has been sent: 502', async (_name, how) => {
    const { status, text, headers, id } = await stream(behave(': hello\n\n', how, Promise.resolve()));
    expect(status).toBe(502);
    expect(JSON.parse(text).error.code).toBe('upstream_error');
    expect(headers['x-should-retry']).toBe('true');
    expect(await closing(gateway, id)).toMatchObject({ ending: 'upstream_broke', responseStatus: 502 });
  });

  test.each<[string, Behaviour]>([
    ['JSON where a stream was asked for', json(200, chatAnswer('Hi'))],
    ['no content type', raw('HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\ndata: [DONE]\n\n')],
  ])('%s: 502', async (_name, behaviour) => {
    const { status, text } = await stream(behaviour);
    expect(status).toBe(502);
    expect(JSON.parse(text).error.code).toBe('upstream_error');
  });

  test.each<[string, Behaviour]>([
    ['not JSON', json(200, '{"choices":[')],
    ['another shape', json(200, { choices: [{ index: 0, message: { content: 7 } }] })],
    ['no choices', json(200, { choices: [] })],
    [
      'shorter than it said',
      raw('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 999\r\n\r\n{"choices":'),
    ],
    ['reset', chunks(['{"choices":'], { ending: 'reset', headers: { 'content-type': 'application/json' }, gap: 20 })],
  ])('without streaming, %s: 502', async (_name, behaviour) => {
    const model = models.add(behaviour);
    const answer = await gateway.post(CHAT, request(model, CHAT, {}));
    expect(answer.status).toBe(502);
    expect(answer.json.error.code).toBe('upstream_error');
    expect(await closing(gateway, String(answer.headers['x-request-id']))).toMatchObject({ ending: 'upstream_broke' });
  });
});

describe('an answer that the policy blocks', () => {
  const events = [...inPieces('All is well so far. Write to jane.doe@example.com', 6), ' or not. ', 'And more.'];
  const blocked = {
    ending: 'blocked',
    denial: 'output_blocked',
    findings: [{ rule: 'pii.email', action: 'block', direction: 'output' }],
  };

  test('in mid-stream: an error event, no [DONE], upstream is left at once', async () => {
    const { heard, text, model, id, whole } = await stream(
      sse(
        events.map((one) => chatChunk(one)),
        { done: false, ending: 'hang' },
      ),
      { key: strict },
    );
    expect(whole).toBe(true);
    expect(heard).toMatchObject({ done: 0, error: { code: 'output_blocked', type: 'guardrail' } });
    expect('All is well so far. Write to ').toContain(content(heard));
    expect(content(heard)).toContain('All is well so far.');
    expect(text).not.toContain('jane');
    await models.left(model);
    expect(await closing(gateway, id)).toMatchObject({ ...blocked, responseStatus: 200 });
  });

  test('from the first character on: 400, as without streaming', async () => {
    const { status, text, headers, model, id } = await stream(
      sse([chatChunk('jane.doe@example.com ')], { done: false, ending: 'hang' }),
      { key: strict },
    );
    const answer = await plain(chatAnswer('Write to jane.doe@example.com'), { key: strict });
    expect([status, answer.status]).toEqual([400, 400]);
    expect(JSON.parse(text)).toEqual(answer.json);
    expect(answer.json.error).toMatchObject({ code: 'output_blocked', type: 'guardrail' });
    expect([headers['x-should-retry'], answer.headers['x-should-retry']]).toEqual(['false', 'false']);
    await models.left(model);
    for (const one of [id, answer.id])
      expect(await closing(gateway, one)).toMatchObject({ ...blocked, responseStatus: 400 });
  });

  test.each<[string, object[]]>([
    ['the second choice', [chatChunk('Fine. '), chatChunk('jane.doe@example.com and', { choice: 1 })]],
    [
      'the thinking',
      [chatChunk('Fine. '), chatChunk(null, { delta: { reasoning_content: 'jane.doe@example.com and' } })],
    ],
    [
      'a tool call',
      [
        chatChunk('Fine. '),
        chatChunk(null, {
          delta: {
            tool_calls: [
              { index: 0, id: 'c', function: { name: 'f', arguments: String.raw`{"a":"jane.doe\u0040example.com"}` } },
            ],
          },
        }),
        chatChunk(null, { finish: 'tool_calls' }),
      ],
    ],
  ])('by %s', async (_name, parts) => {
    const { heard, text, id } = await stream(sse(parts, { done: false, ending: 'hang' }), {
      key: strict,
      body: { n: 2 },
    });
    expect(heard).toMatchObject({ done: 0, error: { code: 'output_blocked' } });
    expect(text).not.toContain('jane');
    expect(await closing(gateway, id)).toMatchObject(blocked);
  });
});

describe('maxChars', () => {
  test.each([
    ['below the limit', 'Hello world', 'Hello world', 'stop'],
    ['at the limit', 'Hello world!', 'Hello world!', 'stop'],
    ['above the limit', 'Hello world!!', 'Hello world!', 'length'],
    ['through a surrogate pair', 'Hello world👋!', 'Hello world', 'length'],
    ['through a label', 'To jane@example.com and on', 'To [EMAIL_RE', 'length'],
    ['far above', LONG.repeat(20), GUARDED.slice(0, 12), 'length'],
  ])('%s: the same in both modes', async (_name, text, expected, finish) => {
    const streamed = await stream(
      sse([...inPieces(text, 3).map((piece) => chatChunk(piece)), chatChunk(null, { finish: 'stop' })]),
      { key: short },
    );
    const whole = await plain(chatAnswer(text), { key: short });
    expect(content(streamed.heard)).toBe(expected);
    expect(streamed.heard).toMatchObject({ done: 1, doneLast: true, error: null });
    expect(streamed.heard.choices[0]!.finish).toBe(finish);
    expect(choicesOf(whole.json)).toEqual(streamed.heard.choices);
    const ending = finish === 'length' ? 'truncated' : 'complete';
    for (const { id } of [streamed, whole])
      expect(await closing(gateway, id)).toMatchObject({ ending, responseStatus: 200 });
  });

  test('a model that never ends is left once the limit is reached', async () => {
    const { heard, model, id } = await stream(
      sse(
        inPieces(LONG, 9).map((piece) => chatChunk(piece)),
        { done: false, ending: 'hang' },
      ),
      { key: short },
    );
    expect(heard).toMatchObject({ done: 1, choices: [{ finish: 'length' }] });
    await models.left(model);
    expect(await closing(gateway, id)).toMatchObject({ ending: 'truncated' });
  });

  test('one of two choices goes on when the other was cut', async () => {
    const events = [
      chatChunk('far too long for it'),
      chatChunk('short', { choice: 1 }),
      chatChunk(' one', { choice: 1 }),
      chatChunk(null, { choice: 1, finish: 'stop' }),
    ];
    const { heard } = await stream(sse(events, { done: false, ending: 'hang' }), { key: short, body: { n: 2 } });
    expect(heard.choices).toMatchObject([
      { texts: { content: 'far too long' }, finish: 'length' },
      { texts: { content: 'short one' }, finish: 'stop' },
    ]);
  });

  test('does not count what the model thinks', async () => {
    const thought = 'a thought that is longer than twelve characters';
    const { heard } = await stream(
      sse([chatChunk(null, { delta: { reasoning_content: thought } }), ...told(['Yes.'])]),
      { key: short },
    );
    expect(heard.choices[0]!.texts).toEqual({ content: 'Yes.', reasoning_content: thought });
  });
});

test('every stream that was admitted has been closed, once', async () => {
  await until(async () => /^sallyport_requests_running 0$/m.test((await gateway.ops('/metrics')).text));
  const records = await gateway.records();
  const ids = (event: string) =>
    records
      .filter((one) => one.event === event)
      .map(({ requestId }) => requestId)
      .sort();
  expect(ids('inference.admitted').length).toBeGreaterThan(100);
  expect(ids('inference.completed')).toEqual(ids('inference.admitted'));
});
