/** Every route of the inference listener walks the whole list: whichever stage refuses, no model server hears of it. */
import { beforeAll, describe, expect, test } from 'vitest';
import { promptHasher } from '../../src/audit/prompt-hash.ts';
import { Denial, type DenialCode } from '../../src/core/denial.ts';
import type { EndpointName } from '../../src/core/exchange.ts';
import type { Guardrails, Limits } from '../../src/core/policy.ts';
import { tableOf } from '../../src/keys/record.ts';
import { leases } from '../../src/limits/leases.ts';
import { tokenBudgets } from '../../src/limits/tokens.ts';
import { lockdownFormat } from '../../src/lockdown/lockdown.ts';
import { ENDPOINTS } from '../../src/openai/endpoints.ts';
import { type Dependencies, requestPath } from '../../src/stages/pipeline.ts';
import { RULES } from '../identity/make.ts';
import { makeKey } from '../keys/make.ts';
import { builtIn } from '../support/judges.ts';
import { certificateOf, openBench } from './admin/bench.ts';

const LIMITS: Limits = {
  requestsPerMinute: 10,
  tokensPerMinute: null,
  tokensPerDay: null,
  concurrent: 1,
  maxBodyBytes: 10_000,
  maxOutputTokens: 100,
  maxChoices: 1,
};
const GUARDRAILS: Guardrails = {
  input: { injection: 'block', pii: 'block', secrets: 'block' },
  output: { injection: 'flag', pii: 'redact', secrets: 'redact', maxChars: null, padEvents: false },
};
const { key, record } = makeKey({
  client: 'billing',
  role: 'inference',
  models: ['m'],
  issuedAt: new Date(Date.now() - 1000).toISOString(),
  expiresAt: new Date(Date.now() + 86_400_000).toISOString(),
});

interface Call {
  certificate: Uint8Array | null;
  authorization: string;
  target: string;
  body: string;
}

const PROMPTS: Record<EndpointName, (text: string) => object | null> = {
  'chat.completions': (content) => ({ messages: [{ role: 'user', content }] }),
  completions: (prompt) => ({ prompt }),
  embeddings: (input) => ({ input }),
  'models.list': () => null,
  'models.get': () => null,
};
const bodyOf = (name: EndpointName, text: string, model = 'm'): string => {
  const prompt = PROMPTS[name](text);
  return prompt === null ? '' : JSON.stringify({ model, ...prompt });
};

let bench: Awaited<ReturnType<typeof openBench>>;
beforeAll(async () => {
  bench = await openBench();
});

/** Asks at a route, with something about it or the gateway spoilt. */
async function ask(
  name: EndpointName,
  spoil: (call: Call, d: { -readonly [K in keyof Dependencies]: Dependencies[K] }) => void,
) {
  const seen: string[] = [];
  const answers = JSON.stringify({ object: 'list', data: [{ id: 'm', object: 'model' }] });
  const upstream = {
    name: 'gpu',
    healthy: true,
    serves: () => true,
    async send({ path }: { path: string }) {
      seen.push(path);
      return {
        status: 200,
        contentType: 'application/json',
        body: (async function* () {
          yield Buffer.from(answers);
        })(),
      };
    },
  };
  const d = {
    state: { draining: false },
    trust: () => bench.trust,
    identityRules: RULES,
    keys: { current: () => tableOf([record]), fresh: () => true },
    keyRules: { env: null, maxTtlMs: 90 * 86_400_000 },
    defaults: { limits: LIMITS, guardrails: GUARDRAILS, profiles: {} },
    lockdown: () => lockdownFormat.empty,
    limiter: {
      hit: async () => ({ limit: 10, remaining: 9, windowMs: 60_000, resetMs: 1 }),
      ready: () => true,
      close: () => {},
    },
    hasher: promptHasher('x'.repeat(32)),
    leases: leases(),
    budgets: tokenBudgets(),
    upstreams: { all: [upstream], get: () => upstream, takePlace: () => ({ upstream, hold: { settle: () => {} } }) },
    judges: builtIn(),
    audit: { admit: async () => 1 },
  } as unknown as { -readonly [K in keyof Dependencies]: Dependencies[K] };
  const call: Call = {
    certificate: certificateOf('billing'),
    authorization: `Bearer ${key}`,
    target: name === 'models.get' ? '/v1/models/m' : ENDPOINTS[name].path,
    body: bodyOf(name, 'Hello.'),
  };
  spoil(call, d);
  const body = Buffer.from(call.body);
  const { denial } = await requestPath(d).walk(
    {
      id: 'r',
      arrivedAt: new Date(),
      startMs: performance.now(),
      httpVersion: '1.1',
      method: ENDPOINTS[name].method,
      target: call.target,
      remote: '127.0.0.1',
      certificate: call.certificate,
      headers: [
        ['host', 'gateway'],
        ['authorization', call.authorization],
        ...(body.length > 0
          ? [['content-type', 'application/json'] as const, ['content-length', String(body.length)] as const]
          : []),
      ],
    },
    { signal: new AbortController().signal, hold: () => {}, asLongAs: () => {}, readBody: async () => body },
  );
  return { code: denial?.code ?? null, seen };
}

const refuse = (code: DenialCode) => (): never => {
  throw new Denial(code);
};

/** By stage: what it refuses, and with which code. `body` where it has something to do for routes with a body only. */
const REFUSALS: readonly { stage: string; code: DenialCode; onlyWithBody?: true; spoil: Parameters<typeof ask>[1] }[] =
  [
    {
      stage: 'gate',
      code: 'draining',
      spoil: (_, d) => {
        d.state = { draining: true };
      },
    },
    {
      stage: 'identify',
      code: 'tls_client_required',
      spoil: (call) => {
        call.certificate = null;
      },
    },
    {
      stage: 'authenticate',
      code: 'invalid_api_key',
      spoil: (call) => {
        call.authorization = 'Bearer sk-other';
      },
    },
    {
      stage: 'authenticate',
      code: 'keys_unavailable',
      spoil: (_, d) => {
        d.keys = { ...d.keys, fresh: () => false };
      },
    },
    {
      stage: 'authorize',
      code: 'role_not_allowed',
      spoil: (_, d) => {
        d.keys = { ...d.keys, current: () => tableOf([{ ...record, role: 'auditor' }]) };
      },
    },
    {
      stage: 'authorize',
      code: 'locked_down',
      spoil: (_, d) => {
        d.lockdown = () => ({ ...lockdownFormat.empty, on: true });
      },
    },
    {
      stage: 'meter',
      code: 'rate_limited',
      spoil: (_, d) => {
        d.limiter = { ...d.limiter, hit: async () => refuse('rate_limited')() };
      },
    },
    {
      stage: 'read',
      code: 'unknown_parameter',
      onlyWithBody: true,
      spoil: (call) => {
        call.body = call.body.replace('{', '{"surprise":1,');
      },
    },
    {
      stage: 'screen',
      code: 'input_contains_pii',
      onlyWithBody: true,
      spoil: (call) => {
        call.body = call.body.replace('Hello.', 'I am bob@example.com');
      },
    },
    {
      stage: 'reserve',
      code: 'too_many_concurrent',
      spoil: (_, d) => {
        d.leases = { take: refuse('too_many_concurrent') };
      },
    },
    {
      stage: 'admit',
      code: 'audit_unavailable',
      spoil: (_, d) => {
        d.audit = { admit: async () => refuse('audit_unavailable')() };
      },
    },
  ];

describe.each(Object.keys(ENDPOINTS) as EndpointName[])('%s', (name) => {
  const hasBody = PROMPTS[name]('') !== null;

  test('reaches a model server when nothing refuses', async () => {
    expect((await ask(name, () => {})).seen).toHaveLength(1);
  });

  test.each(REFUSALS.filter(({ onlyWithBody }) => hasBody || !onlyWithBody))(
    'is held by $stage: $code',
    async ({ code, spoil }) => expect(await ask(name, spoil)).toEqual({ code, seen: [] }),
  );
});

test('no stage before the model server is missing from these refusals', () => {
  const { stages } = requestPath({} as Dependencies);
  const before = stages.slice(0, stages.indexOf('forward'));
  expect([...new Set(REFUSALS.map(({ stage }) => stage))]).toEqual(before);
});
