/** The last stage, on answers as model servers send them: JSON and streams must come to the same. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Forwarded } from '../../src/core/exchange.ts';
import type { Guardrails } from '../../src/core/policy.ts';
import type { Finding, Frame, Reply } from '../../src/core/reply.ts';
import { answer } from '../../src/stages/answer.ts';
import { builtIn } from '../support/judges.ts';
import { refusalOf } from '../support/refusal.ts';

const PII = 'write to bob@example.com or call (555) 555-0142, card 4111 1111 1111 1111, ok?';
const CLEAN = 'write to [EMAIL_REDACTED] or call [PHONE_REDACTED], card [CARD_REDACTED], ok?';

type Output = Guardrails['output'];
interface Asked {
  readonly stream?: boolean;
  readonly endpoint?: Forwarded['endpoint'];
  readonly output?: Partial<Output>;
  readonly n?: number;
  readonly usageAsked?: boolean;
}

const redact: Output = { injection: 'flag', pii: 'redact', secrets: 'redact', maxChars: null, padEvents: false };

function exchange(
  body: AsyncIterable<Uint8Array>,
  { stream = false, endpoint = 'chat.completions', output = {}, n = 1, usageAsked = false }: Asked,
): Forwarded {
  const key = { models: ['*'], guardrails: { input: {}, output: { ...redact, ...output } } };
  const contentType = stream ? 'text/event-stream' : 'application/json';
  return {
    endpoint,
    stream,
    usageAsked,
    model: 'asked-for',
    request: {},
    pseudonyms: null,
    guarded: null,
    choices: n,
    key,
    answer: { status: 200, contentType, body },
  } as unknown as Forwarded;
}

async function* bytes(...chunks: (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield Buffer.from(chunk);
}
async function reply(x: Forwarded): Promise<Reply> {
  const io = {
    signal: new AbortController().signal,
    hold: () => {},
    asLongAs: () => {},
    readBody: async () => Buffer.alloc(0),
  };
  return (await answer(builtIn()).run(x, io)).reply;
}
const frames = async (x: Forwarded): Promise<Frame[]> => Array.fromAsync((await reply(x)).body);
const decode = (list: readonly Frame[]): string => Buffer.concat(list.map((frame) => frame.bytes)).toString();
const findingsOf = (list: readonly Frame[]): Finding[] => list.flatMap((frame) => frame.findings ?? []);

// biome-ignore lint/suspicious/noExplicitAny: whatever comes out, for the test to look into
type Any = any;
const json = async (value: unknown, asked: Asked = {}): Promise<{ value: Any; frames: Frame[] }> => {
  const list = await frames(exchange(bytes(JSON.stringify(value)), asked));
  return { value: JSON.parse(decode(list)), frames: list };
};
const stream = async (
  events: readonly unknown[],
  asked: Asked = {},
  done = true,
): Promise<{ chunks: Any[]; text: string; frames: Frame[] }> => {
  const body = [
    ...events.map((event) => `data: ${typeof event === 'string' ? event : JSON.stringify(event)}\n\n`),
    ...(done ? ['data: [DONE]\n\n'] : []),
  ];
  const list = await frames(exchange(bytes(...body), { stream: true, ...asked }));
  const text = decode(list);
  const data = text
    .split('\n\n')
    .filter((event) => event !== '' && !event.startsWith(':'))
    .map((event) => event.replace('data: ', ''));
  return { chunks: data.filter((event) => event !== '[DONE]').map((event) => JSON.parse(event)), text, frames: list };
};

const chunk = (delta: object, more: object = {}) => ({
  id: 'c',
  object: 'chat.completion.chunk',
  created: 1,
  model: '/models/x.gguf',
  choices: [{ index: 0, delta, finish_reason: null, ...more }],
});
const message = (content: unknown, more: object = {}) => ({
  id: 'c',
  object: 'chat.completion',
  created: 1,
  model: '/models/x.gguf',
  choices: [{ index: 0, message: { role: 'assistant', content, ...more }, finish_reason: 'stop' }],
});
/** What a client has put together at the end, for each choice. */
const assembled = (chunks: readonly Any[], field = 'content'): string[] => {
  const texts: string[] = [];
  for (const { choices } of chunks)
    for (const { index, delta } of choices) texts[index] = (texts[index] ?? '') + (delta?.[field] ?? '');
  return texts;
};
const cut = (text: string, cuts: readonly number[]): string[] => {
  const ends = [...new Set(cuts.map((at) => at % (text.length + 1))), text.length].sort((a, b) => a - b);
  return ends.map((end, i) => text.slice(i === 0 ? 0 : ends[i - 1], end));
};
const spans = (found: readonly Finding[]) => found.map(({ rule, channel, span }) => ({ rule, channel, span }));

describe('guardrails 34: a stream comes to the same as JSON', () => {
  const words = fc.constantFrom(
    'hello ',
    'bob@example.com',
    '4111 1111 1111 1111',
    '(555) 555-0142',
    '219-09-9999',
    ' and ',
    '🙂',
    '\n',
    '@',
    '1',
    ' ',
    'é',
    'sk-',
  );
  const texts = fc.array(words, { maxLength: 12 }).map((parts) => parts.join(''));

  test('for every text, however its deltas are cut', async () => {
    await fc.assert(
      fc.asyncProperty(texts, fc.array(fc.nat(), { maxLength: 12 }), async (text, cuts) => {
        const whole = await json(message(text));
        const cutUp = await stream([
          chunk({ role: 'assistant', content: '' }),
          ...cut(text, cuts).map((content) => chunk({ content })),
          chunk({}, { finish_reason: 'stop' }),
        ]);
        expect(assembled(cutUp.chunks)[0]).toBe(whole.value.choices[0].message.content);
        expect(spans(findingsOf(cutUp.frames))).toEqual(spans(findingsOf(whole.frames)));
        expect(cutUp.chunks.at(-1).choices[0].finish_reason).toBe('stop');
      }),
    );
  });

  test('for every single place to cut one text', async () => {
    for (let at = 0; at <= PII.length; at++) {
      const { chunks } = await stream([
        ...cut(PII, [at]).map((content) => chunk({ content })),
        chunk({}, { finish_reason: 'stop' }),
      ]);
      expect(assembled(chunks)[0]).toBe(CLEAN);
    }
  });

  test('for choices that take turns, each with a window of its own', async () => {
    const turns = [...PII].flatMap((character) =>
      [0, 1].map((index) => ({
        ...chunk({}),
        choices: [{ index, delta: { content: character }, finish_reason: null }],
      })),
    );
    const { chunks } = await stream(
      [...turns, ...[0, 1].map((index) => ({ ...chunk({}), choices: [{ index, delta: {}, finish_reason: 'stop' }] }))],
      { n: 2 },
    );
    expect(assembled(chunks)).toEqual([CLEAN, CLEAN]);
  });

  test('for what is cut short', async () => {
    await fc.assert(
      fc.asyncProperty(
        texts,
        fc.array(fc.nat(), { maxLength: 12 }),
        fc.integer({ min: 1, max: 40 }),
        async (text, cuts, maxChars) => {
          const whole = await json(message(text), { output: { maxChars } });
          const cutUp = await stream(
            [...cut(text, cuts).map((content) => chunk({ content })), chunk({}, { finish_reason: 'stop' })],
            { output: { maxChars } },
          );
          expect(assembled(cutUp.chunks)[0] ?? '').toBe(whole.value.choices[0].message.content);
          expect(cutUp.chunks.at(-1).choices[0].finish_reason).toBe(whole.value.choices[0].finish_reason);
          expect(cutUp.frames.some(({ truncated }) => truncated)).toBe(whole.frames.some(({ truncated }) => truncated));
          expect(cutUp.text).toMatch(/\[DONE\]\n\n$/);
        },
      ),
    );
  });
});

describe('guardrails 33: every text of every choice', () => {
  test.each(['content', 'reasoning_content', 'reasoning', 'refusal'])('%s', async (field) => {
    const whole = await json({
      choices: [0, 1].map((index) => ({ index, message: { role: 'assistant', [field]: PII } })),
    });
    expect(whole.value.choices.map((choice: Any) => choice.message[field])).toEqual([CLEAN, CLEAN]);
    const { chunks } = await stream([chunk({ [field]: PII.slice(0, 14) }), chunk({ [field]: PII.slice(14) })]);
    expect(assembled(chunks, field)).toEqual([CLEAN]);
  });

  test('the text of /v1/completions', async () => {
    const asked = { endpoint: 'completions' as const };
    const whole = await json({ choices: [{ index: 0, text: PII, finish_reason: 'stop' }] }, asked);
    expect(whole.value.choices[0].text).toBe(CLEAN);
    const { chunks } = await stream(
      [PII.slice(0, 14), PII.slice(14)].map((text) => ({ choices: [{ index: 0, text, finish_reason: null }] })),
      asked,
    );
    expect(chunks.map((part: Any) => part.choices[0].text).join('')).toBe(CLEAN);
  });

  test('arguments of tool calls, reassembled and unescaped', async () => {
    const args = '{"to":"bob\\u0040example.com","n":4111111111111111}';
    const clean = '{"to":"[EMAIL_REDACTED]","n":"[CARD_REDACTED]"}';
    const call = { id: 'call_1', type: 'function', function: { name: 'send', arguments: args } };
    const whole = await json(message(null, { tool_calls: [call] }));
    expect(whole.value.choices[0].message.tool_calls[0].function.arguments).toBe(clean);

    for (let at = 0; at <= args.length; at++) {
      const part = (more: object, name?: string) =>
        chunk({ tool_calls: [{ index: 0, ...more, function: { ...(name ? { name } : {}), ...more } }] });
      const { chunks } = await stream([
        chunk({
          tool_calls: [
            { index: 0, id: 'call_1', type: 'function', function: { name: 'send', arguments: args.slice(0, at) } },
          ],
        }),
        part({ arguments: args.slice(at) }),
        chunk({}, { finish_reason: 'tool_calls' }),
      ]);
      const calls = chunks.flatMap((sent: Any) => sent.choices[0].delta.tool_calls ?? []);
      expect(calls).toEqual([
        { index: 0, id: 'call_1', type: 'function', function: { name: 'send', arguments: clean } },
      ]);
      expect(chunks.at(-1).choices[0].finish_reason).toBe('tool_calls');
    }
  });
});

describe('log-probabilities', () => {
  const entry = (token: string) => ({
    token,
    logprob: -1,
    bytes: null,
    top_logprobs: [{ token: 'alternative', logprob: -2 }],
  });
  const logprobs = (tokens: readonly string[]) => ({ content: tokens.map(entry) });
  const dirty = ['yes: ', 'bob', '@example', '.com', ' now'];
  const plain = ['all ', 'is ', 'well.'];

  test('JSON: kept while nothing was redacted, dropped with the redaction', async () => {
    const answerOf = (tokens: string[]) => ({
      choices: [{ index: 0, message: { content: tokens.join('') }, logprobs: logprobs(tokens), finish_reason: 'stop' }],
    });
    expect((await json(answerOf(plain))).value.choices[0].logprobs).toEqual(logprobs(plain));
    expect((await json(answerOf(dirty))).value.choices[0].logprobs).toBeNull();
  });

  test('streams: every entry of a plain answer arrives, in order; of a redacted one none at or after the redaction', async () => {
    const run = async (tokens: string[]) => {
      const { chunks, text } = await stream([
        ...tokens.map((content) => chunk({ content }, { logprobs: logprobs([content]) })),
        chunk({}, { finish_reason: 'stop' }),
      ]);
      return {
        text,
        tokens: chunks.flatMap((sent: Any) => sent.choices[0].logprobs?.content ?? []).map(({ token }: Any) => token),
      };
    };
    expect((await run(plain)).tokens).toEqual(plain);
    const redacted = await run(dirty);
    expect(redacted.text).not.toMatch(/bob|example/);
    // What went out as it was may be told about.
    expect(redacted.tokens).toEqual(['yes: ']);
  });
});

test('log-probabilities of tool calls wait for their guard too', async () => {
  const token = (text: string) => ({ content: [{ token: text, logprob: -1 }] });
  const call = (args: string) => ({
    tool_calls: [{ index: 0, id: 'c', type: 'function', function: { name: 'f', arguments: args } }],
  });
  const { text, chunks } = await stream([
    chunk(call('{"to":"bob@'), { logprobs: token('bob@') }),
    chunk(call('example.com"}'), { logprobs: token('example.com') }),
    chunk({}, { finish_reason: 'tool_calls' }),
  ]);
  expect(text).not.toMatch(/bob|example/);
  expect(chunks.at(-2).choices[0].delta.tool_calls[0].function.arguments).toBe('{"to":"[EMAIL_REDACTED]"}');
});

describe('block', () => {
  const block = { output: { pii: 'block' as const } };
  test('JSON: refused with what was found', async () => {
    const denial = await refusalOf(json(message(PII), block));
    expect(denial.code).toBe('output_blocked');
    expect(denial.findings.map(({ rule }) => rule)).toContain('pii.email');
  });
  test('streams: broken off before the text, without [DONE]', async () => {
    const sent: Frame[] = [];
    const body = bytes(
      ...[...PII].map((content) => `data: ${JSON.stringify(chunk({ content }))}\n\n`),
      'data: [DONE]\n\n',
    );
    const { body: out } = await reply(exchange(body, { stream: true, ...block }));
    const denial = await refusalOf(
      (async () => {
        for await (const frame of out) sent.push(frame);
      })(),
    );
    expect(denial.code).toBe('output_blocked');
    expect(decode(sent)).not.toMatch(/DONE|bob/);
  });
});

describe('usage', () => {
  const usage = { prompt_tokens: 5, completion_tokens: 7, total_tokens: 12 };
  const only = (value: object) => ({ ...chunk({}), choices: [], usage: value });
  const end = chunk({}, { finish_reason: 'stop' });

  test.each<[string, unknown[], boolean, number]>([
    ['is hidden from a client that did not ask', [chunk({ content: 'a' }), end, only(usage)], false, 0],
    ['is shown to one that did', [chunk({ content: 'a' }), end, only(usage)], true, 1],
    ['on a choice is hidden too', [{ ...chunk({ content: 'a' }), usage }, end], false, 0],
    ['on a choice is shown on an event of its own', [{ ...chunk({ content: 'a' }), usage }, end], true, 1],
  ])('%s', async (_what, events, usageAsked, shown) => {
    const { chunks, frames: list } = await stream(events, { usageAsked });
    expect(chunks.filter((sent: Any) => sent.usage)).toHaveLength(shown);
    if (!usageAsked) expect(chunks.every((sent: Any) => sent.choices.length > 0)).toBe(true);
    expect(list.at(-1)?.usage).toEqual({ inputTokens: 5, outputTokens: 7 });
  });

  test('of two choices, as llama.cpp reports it, is shown once, at the end, added up', async () => {
    const part = (index: number, finish: string | null) => ({
      ...chunk({}),
      choices: [{ index, delta: finish ? {} : { content: 'a' }, finish_reason: finish }],
    });
    const { chunks, frames: list } = await stream(
      [part(0, null), part(0, 'stop'), only(usage), part(1, null), part(1, 'stop'), only(usage)],
      { n: 2, usageAsked: true },
    );
    expect(chunks.map((sent: Any) => Boolean(sent.usage))).toEqual([false, false, false, false, true]);
    expect(list.at(-1)?.usage).toEqual({ inputTokens: 5, outputTokens: 14 });
  });

  test('of JSON', async () => {
    const { frames: list, value } = await json({ ...message('a'), usage });
    expect(value.usage).toEqual(usage);
    expect(list[0]?.usage).toEqual({ inputTokens: 5, outputTokens: 7 });
  });
});

describe('only what is known gets through', () => {
  test('JSON: unknown fields are dropped, the model is the one that was asked for', async () => {
    const { value } = await json({
      ...message('a', { secret_field: 'x' }),
      __verbose: { prompt: 'x' },
      prompt_logprobs: [1],
    });
    expect(JSON.stringify(value)).not.toMatch(/secret_field|__verbose|prompt_logprobs|gguf/);
    expect(value.model).toBe('asked-for');
  });
  test('streams: the same', async () => {
    const { text, chunks } = await stream([
      { ...chunk({ content: 'a', secret_field: 'x' }), __verbose: { prompt: 'x' } },
      chunk({}, { finish_reason: 'stop' }),
    ]);
    expect(text).not.toMatch(/secret_field|__verbose|gguf/);
    expect(chunks.every(({ model }: Any) => model === 'asked-for')).toBe(true);
  });

  test.each<[string, unknown[]]>([
    ['a chunk of another shape', [{ choices: 'none' }]],
    ['a chunk that is not JSON', ['{"choices": [']],
    ['an error', [{ error: { message: 'out of memory' } }]],
    ['a text that is no string', [chunk({ content: { text: 'a' } })]],
  ])('streams: %s breaks it off', async (_what, events) => {
    expect((await refusalOf(stream(events))).code).toBe('upstream_error');
  });
  test('streams: an end without [DONE] is no end', async () => {
    expect(
      (await refusalOf(stream([chunk({ content: 'a' }), chunk({}, { finish_reason: 'stop' })], {}, false))).code,
    ).toBe('upstream_error');
  });
  test.each(['[]', '{}', '{"choices":[]}', 'oops', '{"choices":[{"index":0,"message":{"content":7}}]}'])(
    'JSON: %s is refused',
    async (text) => {
      expect((await refusalOf(frames(exchange(bytes(text), {})))).code).toBe('upstream_error');
    },
  );
  test('JSON where a stream was asked for is refused', async () => {
    const x = exchange(bytes(JSON.stringify(message('a'))), { stream: true });
    expect((await refusalOf(frames({ ...x, answer: { ...x.answer, contentType: 'application/json' } }))).code).toBe(
      'upstream_error',
    );
  });
});

describe('errors of the model server', () => {
  const failing = (status: number, body: string): Forwarded => {
    const x = exchange(bytes(body), {});
    return { ...x, answer: { ...x.answer, status } };
  };
  const error = (message: string) =>
    JSON.stringify({ error: { code: 400, message, type: 'exceed_context_size_error' } });

  test.each([400, 404, 413, 422, 501])('%i is passed on, and its message guarded', async (status) => {
    const sent = await reply(failing(status, error('too long: bob@example.com')));
    expect(sent.status).toBe(status);
    expect(JSON.parse(decode(await Array.fromAsync(sent.body)))).toEqual({
      error: { message: 'too long: [EMAIL_REDACTED]', type: 'exceed_context_size_error', param: null, code: '400' },
    });
  });
  test.each([
    [429, 'upstream_unavailable'],
    [503, 'upstream_unavailable'],
    [301, 'upstream_error'],
    [401, 'upstream_error'],
    [403, 'upstream_error'],
    [500, 'upstream_error'],
    [502, 'upstream_error'],
  ])('%i is %s', async (status, code) => {
    expect((await refusalOf(reply(failing(status, error('inner workings'))))).code).toBe(code);
  });
  test('a 400 that is not understood is not passed on', async () => {
    expect((await refusalOf(reply(failing(400, '<html>inner workings</html>')))).code).toBe('upstream_error');
  });
});
