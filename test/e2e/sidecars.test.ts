/** Side-cars through the real program: they are asked over HTTP, and what they say is done. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { user } from '../support/chat.ts';
import { type AuditRecord, startGateway, stopAll, type TestGateway } from '../support/gateway.ts';
import { CHAT, choicesOf, closing, type Heard, heard, listenTo, TEXT } from '../support/listen.ts';
import { type Models, startModels } from '../support/models.ts';
import {
  type Behaviour,
  chatAnswer,
  chatChunk,
  hangUp,
  json,
  sse,
  startUpstream,
  type Upstream,
} from '../support/upstream.ts';

const GUARD = 'x-sallyport-guard';
const EMAIL = 'jane.doe@example.com';

/** Knows Ada, and the secret projects; fails at a word. */
const names: Behaviour = (wire, request) => {
  const texts = request.json.texts.map(({ text }: { text: string }) => text) as string[];
  if (texts.some((text) => text.includes('FAIL'))) return json(500, {})(wire, request);
  if (texts.some((text) => text.includes('CONFUSE')))
    return json(200, { findings: [{ text: 0, rule: 'person', kind: 'pii', start: 0, end: 9999 }] })(wire, request);
  const found = (pattern: RegExp, rule: string, kind: string) =>
    texts.flatMap((text, at) =>
      [...text.matchAll(pattern)].map((match) => ({
        text: at,
        rule,
        kind,
        start: match.index,
        end: match.index + match[0].length,
      })),
    );
  const findings = [...found(/Ada( Example)?/g, 'person', 'pii'), ...found(/Project \w+/g, 'project', 'secrets')];
  return json(200, { findings })(wire, request);
};

let models: Models;
let sidecar: Upstream;
let absent: Upstream;
/** One that has to be heard, and one that may be left out and never is there. */
let gateway: TestGateway;
let lenient: TestGateway;
let keys: Record<'redacting' | 'pseudonyms' | 'off', string>;

beforeAll(async () => {
  [models, sidecar, absent] = await Promise.all([startModels(), startUpstream(names), startUpstream(hangUp())]);
  const start = (url: string, more: object) =>
    startGateway({
      upstream: models.url,
      config: {
        audit: { durability: 'buffered' },
        guardrails: { sidecars: [{ name: 'names', url: `${url}/judge`, timeoutMs: 10_000, ...more }] },
      },
    });
  [gateway, lenient] = await Promise.all([start(sidecar.url, {}), start(absent.url, { whenItFails: 'flag' })]);
  keys = {
    redacting: await gateway.issueKey({ guardrails: { input: { pii: 'redact' }, output: { secrets: 'block' } } }),
    pseudonyms: await gateway.issueKey({ guardrails: { input: { pii: 'pseudonymise' }, output: { pii: 'off' } } }),
    off: await gateway.issueKey({ guardrails: { input: { pii: 'off', secrets: 'off', injection: 'off' } } }),
  };
  await gateway.keyWorks(keys.off);
});
afterAll(async () => {
  await stopAll();
  await Promise.all([models.close(), sidecar.close(), absent.close()]);
});

interface Asking {
  readonly to?: TestGateway;
  readonly key?: string;
  readonly path?: string;
  readonly body?: object;
}

const request = (model: string, path: string, body: object) => ({
  model,
  ...(path === TEXT ? { prompt: 'hi' } : { messages: user('hi') }),
  ...body,
});

async function ask(behaviour: Behaviour, { to = gateway, key = to.key, path = CHAT, body = {} }: Asking = {}) {
  const model = models.add(behaviour);
  const answer = await to.post(path, request(model, path, body), { key });
  return Object.assign(answer, { model, id: String(answer.headers['x-request-id']), note: answer.headers[GUARD] });
}

async function stream(behaviour: Behaviour, { to = gateway, key = to.key, path = CHAT, body = {} }: Asking = {}) {
  const model = models.add(behaviour);
  const answer = await listenTo(to, request(model, path, { stream: true, ...body }), { key, path });
  const { text } = await answer.rest();
  const told: Heard = answer.status === 200 ? heard(text) : (undefined as unknown as Heard);
  return { ...answer, model, text, heard: told };
}

const said = (text: string): Behaviour => json(200, chatAnswer(text));
const inPieces = (text: string, size: number): string[] =>
  Array.from({ length: Math.ceil(text.length / size) }, (_, i) => text.slice(i * size, (i + 1) * size));
const events = (...texts: string[]) => [
  chatChunk(null, { delta: { role: 'assistant' } }),
  ...texts.map((text) => chatChunk(text)),
  chatChunk(null, { finish: 'stop' }),
];
const findingsOf = (record: AuditRecord) => record['findings'] as Record<string, unknown>[];
const content = ({ choices }: Heard): string | undefined => choices[0]?.texts['content'];

describe('a prompt', () => {
  test('is asked about, whole, by the contract', async () => {
    const before = sidecar.requests.length;
    const answer = await ask(said('Fine.'), {
      body: { messages: [...user('one text'), { role: 'assistant', content: 'two' }] },
    });
    expect(answer.note).toBe('input=clean, output=clean');
    const [input, output] = sidecar.requests.slice(before).map(({ json }) => json);
    expect(input).toEqual({
      version: 1,
      requestId: answer.id,
      direction: 'input',
      texts: [
        { channel: 'messages.0.content', text: 'one text' },
        { channel: 'messages.1.content', text: 'two' },
      ],
    });
    expect(output).toMatchObject({ direction: 'output', texts: [{ channel: 'choices.0.content', text: 'Fine.' }] });
  });

  test('goes on without what it finds, beside what the rules find', async () => {
    const text = `👋 Ada Example writes to ${EMAIL}, and Ada reads.`;
    const answer = await ask(said('ok'), { key: keys.redacting, body: { messages: user(text) } });
    expect(models.asked(answer.model)[0]!.json.messages[0].content).toBe(
      '👋 [PERSON_REDACTED] writes to [EMAIL_REDACTED], and [PERSON_REDACTED] reads.',
    );
    expect(answer.note).toBe('input=redacted;findings=3, output=clean');
    expect(findingsOf(await closing(gateway, answer.id))).toEqual([
      expect.objectContaining({ rule: 'sidecar.names.person', kind: 'pii', action: 'redact', span: [3, 14] }),
      expect.objectContaining({ rule: 'pii.email', span: [25, 45] }),
      expect.objectContaining({ rule: 'sidecar.names.person', span: [51, 54] }),
    ]);
  });

  test('is refused where that is the policy; where the kind is off, the same goes on', async () => {
    const body = { messages: user('Tell me of Project Moonrise.') };
    const refused = await ask(said('ok'), { body });
    expect([refused.status, refused.json.error.code, refused.note]).toEqual([
      400,
      'input_contains_secret',
      'input=blocked;findings=1',
    ]);
    expect(models.asked(refused.model)).toEqual([]);
    expect((await ask(said('ok'), { key: keys.off, body })).status).toBe(200);
  });

  test('that came in parts before, and was judged as one by the rules alone, is asked about when it comes as one', async () => {
    const parts = ['I work on Project', ' Sunset.'].map((text) => ({ type: 'text', text }));
    await ask(said('ok'), { body: { messages: [{ role: 'user', content: parts }] } });
    const answer = await ask(said('ok'), { body: { messages: user('I work on Project Sunset.') } });
    expect([answer.status, answer.json.error?.code]).toEqual([400, 'input_contains_secret']);
  });

  test('gets names for persons too, and the record keeps to the names', async () => {
    const asking = { key: keys.pseudonyms, body: { messages: user('Write to Ada Example.') } };
    for (const answer of [
      await ask(said('Dear <PERSON_1>, and Eve'), asking),
      await stream(sse(events('Dear <PER', 'SON_1>, and Eve')), asking),
    ]) {
      expect(models.asked(answer.model)[0]!.json.messages[0].content).toBe('Write to <PERSON_1>.');
      expect('heard' in answer ? content(answer.heard) : answer.json.choices[0].message.content).toBe(
        'Dear Ada Example, and Eve',
      );
      const record = await closing(gateway, answer.id);
      expect(record['redactedOutput']).toBe('Dear <PERSON_1>, and Eve');
      expect(JSON.stringify(record)).not.toContain('Ada');
    }
  });
});

describe('an answer', () => {
  const TOLD =
    `Ada Example wrote the first program, a long time before there was anything to run it on. ` +
    `Write to ${EMAIL} for more about Ada, and have a look at what she says of machines that compose music.\n` +
    'That is all 👋 for Ada';
  const SEEN = TOLD.replaceAll(/Ada( Example)?/g, '[PERSON_REDACTED]').replace(EMAIL, '[EMAIL_REDACTED]');

  test('is the same in JSON and in streams, however it is cut', async () => {
    const whole = await ask(said(TOLD));
    expect(whole.json.choices[0].message.content).toBe(SEEN);
    expect(whole.note).toBe('input=clean, output=redacted;findings=4');
    for (const size of [1, 2, 7, 50, 1000]) {
      const { heard, text } = await stream(sse(events(...inPieces(TOLD, size))));
      expect(content(heard), `pieces of ${size}`).toBe(SEEN);
      expect(text).toContain(`: ${GUARD}: output=redacted;findings=4\n\ndata: [DONE]`);
    }
  });

  test('leaves a sentence at a time, and no event goes out for what waits', async () => {
    const before = sidecar.requests.length;
    const { heard } = await stream(sse(events(...inPieces(TOLD, 3))));
    const asked = sidecar.requests.slice(before).filter(({ json }) => json.direction === 'output');
    expect(asked.map(({ json }) => json.texts.map(({ text }: { text: string }) => text).join('')).join('')).toBe(TOLD);
    expect(asked).toHaveLength(3);
    const texts = heard.events.map(({ choices }) => choices[0]?.delta.content).filter((one) => one !== undefined);
    expect(texts.length).toBeLessThanOrEqual(4);
    expect(texts).not.toContain('');
  });

  test('in /v1/completions too', async () => {
    const part = (text: string, finish_reason: string | null = null) => ({
      choices: [{ index: 0, text, finish_reason }],
    });
    const { heard } = await stream(sse([...inPieces(TOLD, 4).map((piece) => part(piece)), part('', 'stop')]), {
      path: TEXT,
    });
    expect(heard.choices[0]).toMatchObject({ texts: { text: SEEN }, finish: 'stop' });
    expect(heard.events.length).toBeLessThanOrEqual(5);
  });

  test('without a reason to end keeps its last sentence', async () => {
    const { heard } = await stream(sse([chatChunk('I am '), chatChunk('Ada')]));
    expect(content(heard)).toBe('I am [PERSON_REDACTED]');
  });

  test('is ended in mid-stream: what was judged before has gone out, nothing of its sentence has', async () => {
    const first = 'This sentence is long enough to be judged by itself, and it says nothing of anything. ';
    const told = `${first}But I know of Project Moonrise, and more. ${first}`;
    const { heard, text, id } = await stream(sse(events(...inPieces(told, 6))), { key: keys.redacting });
    expect(heard).toMatchObject({ done: 0, error: { code: 'output_blocked' } });
    expect(first).toContain(content(heard)!.trim());
    expect(content(heard)!.length).toBeGreaterThan(50);
    expect(text).not.toMatch(/But I know|Moonrise/);
    expect(text).toContain('output=blocked;findings=1');
    const [finding] = findingsOf(await closing(gateway, id));
    const start = told.indexOf('Project');
    expect(finding).toMatchObject({ rule: 'sidecar.names.project', action: 'block', span: [start, start + 16] });
    const whole = await ask(said('I know of Project Moonrise.'), { key: keys.redacting });
    expect([whole.status, whole.json.error.code]).toEqual([400, 'output_blocked']);
  });

  test('that is a tool call: its arguments, read as JSON', async () => {
    const args = String.raw`{"to":"\u0041da Example","n":[1,"Ada"]}`;
    const seen = [{ id: 'c1', name: 'send', arguments: '{"to":"[PERSON_REDACTED]","n":[1,"[PERSON_REDACTED]"]}' }];
    const call = { id: 'c1', type: 'function', function: { name: 'send', arguments: args } };
    const whole = await ask(
      json(200, chatAnswer([''], { finish: 'tool_calls', message: { content: null, tool_calls: [call] } })),
    );
    expect(choicesOf(whole.json)[0]!.toolCalls).toEqual(seen);
    const delta = (one: object) => chatChunk(null, { delta: { tool_calls: [{ index: 0, ...one }] } });
    const { heard } = await stream(
      sse([
        delta({ ...call, function: { name: 'send', arguments: '' } }),
        ...inPieces(args, 5).map((piece) => delta({ function: { arguments: piece } })),
        chatChunk(null, { finish: 'tool_calls' }),
      ]),
    );
    expect(heard.choices[0]!.toolCalls).toEqual(seen);
  });

  test('that is an error of the model server', async () => {
    const answer = await ask(json(400, { error: { message: 'Ada is too long' } }));
    expect(answer.json.error.message).toBe('[PERSON_REDACTED] is too long');
  });
});

describe('guardrails 40: a side-car that fails', () => {
  test.each([
    ['an error', 'FAIL', 'status'],
    ['an answer that cannot be', 'CONFUSE', 'bad_answer'],
  ])('%s: nothing goes to the model; 503, on record with its reason', async (_, text, reason) => {
    const answer = await ask(said('ok'), { body: { messages: user(text) } });
    expect([answer.status, answer.json.error.code, answer.note]).toEqual([503, 'guard_unavailable', undefined]);
    expect(answer.headers).toMatchObject({ 'x-should-retry': 'true', 'retry-after': '1' });
    expect(models.asked(answer.model)).toEqual([]);
    expect(await closing(gateway, answer.id)).toMatchObject({ denial: 'guard_unavailable', reason });
  });

  test('on the answer: it is withheld, and charged', async () => {
    const answer = await ask(said('Well, FAIL'));
    expect([answer.status, answer.json.error.code, answer.note]).toEqual([503, 'guard_unavailable', 'input=clean']);
    expect(answer.headers).toMatchObject({ 'retry-after': '1' });
    expect(await closing(gateway, answer.id)).toMatchObject({
      denial: 'guard_unavailable',
      reason: 'status',
      outputTokens: 3,
    });
  });

  test('in mid-stream: an error event and no [DONE]', async () => {
    const first = 'This sentence is long enough to be judged by itself, and it says nothing of anything. ';
    const { heard, text, id } = await stream(sse(events(...inPieces(`${first}But FAIL.`, 8))));
    expect(first).toContain(content(heard)!.trim());
    expect(heard).toMatchObject({ done: 0, error: { code: 'guard_unavailable' } });
    expect(text).not.toContain('But');
    expect(await closing(gateway, id)).toMatchObject({ denial: 'guard_unavailable', reason: 'status' });
  });

  test('and may be left out: it goes on, with a finding that says so', async () => {
    const answer = await ask(said(`Ada, ${EMAIL}`), { to: lenient, body: { messages: user('Hello, Ada') } });
    expect(answer.json.choices[0].message.content).toBe('Ada, [EMAIL_REDACTED]');
    expect(answer.note).toBe('input=flagged;findings=1, output=redacted;findings=2');
    const unavailable = { rule: 'sidecar.names.unavailable', kind: 'guard', action: 'flag', channel: '*' };
    expect(findingsOf(await closing(lenient, answer.id))).toMatchObject([
      { ...unavailable, direction: 'input', span: null },
      { ...unavailable, direction: 'output' },
      { rule: 'pii.email' },
    ]);
    const { heard } = await stream(sse(events('Ada, ', EMAIL)), { to: lenient });
    expect(content(heard)).toBe('Ada, [EMAIL_REDACTED]');
  });

  test('is counted, and timed', async () => {
    const metrics = (await gateway.ops('/metrics')).text;
    for (const outcome of ['ok', 'status', 'bad_answer'])
      expect(metrics).toMatch(
        new RegExp(`^sallyport_sidecar_seconds_count\\{sidecar="names",outcome="${outcome}"\\} [1-9]`, 'm'),
      );
    expect((await lenient.ops('/metrics')).text).toContain('sidecar="names",outcome="unreachable"');
    expect(gateway.stderr()).toContain('The side-car names failed');
    expect(gateway.stderr() + lenient.stderr()).not.toMatch(/Ada|FAIL|CONFUSE/);
  });
});
