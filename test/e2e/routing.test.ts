/** Routing, 11 to 21 of the attack catalogue: what is not in the table of routes, letter for letter, does not exist. */
import { once } from 'node:events';
import { connect as tcpConnect } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startGateway, stopAll, type TestGateway } from '../support/gateway.ts';
import { chat, connect, expectOpen, expectRefused, rawRequest, recordOf, watch } from '../support/raw.ts';
import { type Behaviour, chatAnswer, json, redirect, startUpstream, type Upstream } from '../support/upstream.ts';

/** What the model server does with a prompt, where it does not simply answer. */
const script = new Map<string, Behaviour>();
/** One of its names has a slash in it, as names of Hugging Face have. */
const MODELS = json(200, { object: 'list', data: [{ id: 'm' }, { id: 'org/m' }] });

let upstream: Upstream;
let gateway: TestGateway;
let key: string;
beforeAll(async () => {
  // It would answer anything: that nothing comes through is for the gateway to see to.
  upstream = await startUpstream((wire, request) => {
    const behave = script.get(request.json?.messages?.[0]?.content);
    return (behave ?? (request.method === 'GET' ? MODELS : json(200, chatAnswer('ok'))))(wire, request);
  });
  gateway = await startGateway({ upstream: upstream.url });
  key = gateway.key;
});
afterAll(async () => {
  await stopAll();
  await upstream.close();
});

/** Asks for a target with GET and with POST, and expects the same refusal of both, with nothing sent on. */
async function expectNoRoute(target: string, status = 404, code = 'unknown_route'): Promise<void> {
  const seen = watch(upstream);
  const connection = await connect(gateway);
  for (const method of ['GET', 'POST']) {
    await connection.write(rawRequest(key, { method, target }));
    await expectRefused(gateway, await connection.answer(), status, code);
  }
  expect(seen.prompts()).toEqual([]);
  connection.socket.destroy();
}

describe('routing 11: dots and encoded slashes lead nowhere', () => {
  test.each([
    '/v1/../api/pull',
    '/v1/../v1/models',
    '/v1/models/..',
    '/v1/models/../../api/pull',
    '/v1/models/../chat/completions',
    '/../v1/models',
    '/v1/%2e%2e/api/pull',
    '/v1/%2E%2E/api/pull',
    '/v1/.%2e/api/pull',
    '/v1/models/%2e%2e',
    '/v1/models/%2e%2e%2f%2e%2e%2fapi%2fpull',
    '/v1/models/..%2f..%2fapi%2fpull',
    '/v1/models/..%2F..%2Fapi%2Fpull',
    '/v1/models/..%5c..%5capi%5cpull',
    '/v1/models/..\\..\\api\\pull',
    '/v1/models/%252e%252e%252fapi',
    '/v1%2fmodels',
    '/v1%2Fchat%2Fcompletions',
    '/v1/models%2fm',
    '/v1/models/..;/api/pull',
  ])('routing 11: %s', (target) => expectNoRoute(target));
});

describe('routing 12: every spelling but one is another route', () => {
  test.each([
    '/',
    '//',
    '/v1',
    '/v1/',
    '//v1/models',
    '/v1//models',
    '///v1/models',
    '/./v1/models',
    '/v1/./models',
    '/v1/models/.',
    '/v1/models/',
    '/v1/models//',
    '/v1/models/m/',
    '/v1/models/org/m',
    '/v1/models;x',
    '/v1/models;x=y',
    '/v1;x/models',
    '/v1/models/m;x',
    '/v1/models%00',
    '/v1/models/m%00',
    '/v1/models/%00',
    '/v1/models/m%0d%0aX-A:b',
    '/v1/models/m%20',
    '/v1/models%20',
    '/v1/models?',
    '/v1/models?x=y',
    '/v1/models?model=m',
    '/v1/models/m?x=y',
    '/v1/models#x',
    '/v1/models%23x',
    '/v1/models%3fx',
    '/v1/chat/completions/',
    '/v1/chat/completions?api-version=2024-10-21',
    '/v1/chat/completions%20',
    '/v1/chat%2Fcompletions',
    '/v1/chat/./completions',
    '/v1/chat//completions',
    '/v1/%63hat/completions',
    '/%761/models',
    '/v1/m%6fdels',
    '/v1/models/%6d',
    '/v1/models/%zz',
    '/v1/models/%',
    '/v1/models/%c3%a9',
    '/v1/models/%c0%ae%c0%ae',
    '/v1/models/%u002e',
    '/v1/models/-m',
    `/v1/models/${'m'.repeat(300)}`,
    '/v1\\models',
    '/v1/chat',
    '/chat/completions',
    '/models',
    '/openai/v1/models',
    '/v1/engines/m/completions',
  ])('routing 12: %s', (target) => expectNoRoute(target));

  test('routing 12: the spellings that there are reach the model server as one', async () => {
    const seen = watch(upstream);
    const connection = await connect(gateway);
    for (const [target, id] of [
      ['/v1/models/m', 'm'],
      ['/v1/models/org%2Fm', 'org/m'],
      ['/v1/models/org%2fm', 'org/m'],
    ]) {
      await connection.write(rawRequest(key, { method: 'GET', target: target! }));
      const answer = await connection.answer();
      expect({ status: answer.status, id: JSON.parse(answer.body).id }).toEqual({ status: 200, id });
    }
    // The model in the path is for the gateway: it chooses from the list.
    expect(seen.prompts()).toEqual(Array(3).fill('GET /v1/models'));
    connection.socket.destroy();
  });
});

describe('routing 13: another case is another route', () => {
  test.each([
    '/V1/models',
    '/v1/Models',
    '/v1/MODELS',
    '/v1/models/M%2',
    '/V1/chat/completions',
    '/v1/chat/Completions',
  ])('routing 13: %s', (target) => expectNoRoute(target));
});

describe('routing 14: a target is a path', () => {
  test.each([
    'http://localhost/v1/models',
    'https://localhost/v1/models',
    'https://localhost/v1/chat/completions',
    'http://evil.example/v1/models',
    'HTTP://localhost/v1/models',
    'ftp://localhost/v1/models',
    'http:///v1/models',
    '*',
  ])('routing 14: %s', (target) => expectNoRoute(target, 400, 'bad_request'));

  test('routing 14: OPTIONS *', async () => {
    const seen = watch(upstream);
    const connection = await connect(gateway);
    await connection.write(rawRequest(key, { method: 'OPTIONS', target: '*' }));
    const answer = await connection.answer();
    await expectRefused(gateway, answer, 400, 'bad_request');
    expect(answer.headers).not.toHaveProperty('allow');
    await expectOpen(connection, key);
    expect(seen.prompts()).toEqual([]);
  });

  test.each(['localhost:443', 'v1/models', '@evil.example/v1/models', ''])(
    'routing 14: %j, which is no target at all',
    async (target) => {
      const seen = watch(upstream);
      const connection = await connect(gateway);
      await connection.write(rawRequest(key, { method: 'GET', target }));
      await expectRefused(gateway, await connection.answer(), 400, 'bad_request');
      expect(await connection.closed()).toEqual([]);
      expect(seen.prompts()).toEqual([]);
    },
  );
});

describe('routing 15: other methods', () => {
  const ROUTES = ['/v1/models', '/v1/models/m', '/v1/chat/completions', '/api/pull'];

  test.each([
    'TRACE',
    'PURGE',
    'QUERY',
    'PROPFIND',
    'PROPPATCH',
    'OPTIONS',
    'HEAD',
    'PUT',
    'PATCH',
    'DELETE',
    'LINK',
    'COPY',
    'MOVE',
    'MKCOL',
    'LOCK',
    'SEARCH',
    'SOURCE',
    'SUBSCRIBE',
    'REPORT',
    'M-SEARCH',
  ])('routing 15: %s', async (method) => {
    const seen = watch(upstream);
    const connection = await connect(gateway);
    for (const target of ROUTES) {
      await connection.write(rawRequest(key, { method, target }));
      const answer = await connection.answer(method);
      expect(answer.status).toBe(405);
      // RFC 9110 §15.5.6: it says what would be answered.
      expect(answer.headers['allow']).toMatch(/^(GET|POST|GET, POST)$/);
      expect(await recordOf(gateway, answer.headers['x-request-id'])).toMatchObject({
        event: 'inference.denied',
        denial: 'method_not_allowed',
        responseStatus: 405,
      });
      // TRACE would show a client's own headers to whoever can make it send them.
      expect(JSON.stringify(answer)).not.toContain(key);
    }
    await expectOpen(connection, key);
    expect(seen.prompts()).toEqual([]);
  });

  test.each([
    ['GET', '/v1/chat/completions', 'POST'],
    ['GET', '/v1/completions', 'POST'],
    ['GET', '/v1/embeddings', 'POST'],
    ['POST', '/v1/models', 'GET'],
    ['POST', '/v1/models/m', 'GET'],
  ])('routing 15: %s %s', async (method, target, allow) => {
    const seen = watch(upstream);
    const connection = await connect(gateway);
    await connection.write(rawRequest(key, { method, target }));
    const answer = await connection.answer();
    await expectRefused(gateway, answer, 405, 'method_not_allowed');
    expect(answer.headers['allow']).toBe(allow);
    expect(seen.prompts()).toEqual([]);
    connection.socket.destroy();
  });

  test.each(['BREW', 'get', 'PoSt', 'GET/', 'PRI', 'X'.repeat(100)])(
    'routing 15: %s, which the parser does not know',
    async (method) => {
      const connection = await connect(gateway);
      await connection.write(rawRequest(key, { method, target: '/v1/models' }));
      await expectRefused(gateway, await connection.answer(), 400, 'bad_request');
      expect(await connection.closed()).toEqual([]);
    },
  );

  test.each(['X-HTTP-Method-Override: POST', 'X-HTTP-Method: POST', 'X-Method-Override: POST'])(
    'routing 15: %s overrides nothing',
    async (header) => {
      const connection = await connect(gateway);
      await connection.write(rawRequest(key, { method: 'DELETE', target: '/v1/chat/completions', headers: [header] }));
      await expectRefused(gateway, await connection.answer(), 405, 'method_not_allowed');
      await expectOpen(connection, key);
    },
  );
});

describe('routing 16: CONNECT', () => {
  const targets = ['localhost:443', '127.0.0.1:22', '/v1/models', '*', 'https://localhost/'];

  test.each(targets)('routing 16: CONNECT %s is closed, and nothing is tunnelled', async (target) => {
    const seen = watch(upstream);
    const connection = await connect(gateway);
    const bytes = rawRequest(key, { method: 'CONNECT', target, headers: ['Connection: keep-alive'] });
    await connection.write(Buffer.concat([bytes, rawRequest(key)]));
    const answers = await connection.closed();
    // No 2xx may come: with it, the rest would be a tunnel.
    expect(answers.filter(({ status }) => status < 400)).toEqual([]);
    expect(seen.prompts()).toEqual([]);
  });

  test('routing 16: clients that ask for a tunnel and are gone harm nobody', async () => {
    const leave = async () => {
      const tcp = tcpConnect(gateway.port, 'localhost');
      const socket = tlsConnect({ socket: tcp, servername: 'localhost', ...gateway.tls });
      await once(socket, 'secureConnect');
      socket.on('error', () => {});
      const bytes = rawRequest(key, { method: 'CONNECT', target: 'localhost:443' });
      await new Promise((resolve) => socket.write(bytes, resolve));
      tcp.resetAndDestroy();
    };
    await Promise.all(Array.from({ length: 20 }, leave));
    const connection = await connect(gateway);
    await expectOpen(connection, key);
    expect(gateway.process.exitCode).toBeNull();
  });

  test('routing 16: CONNECT leaves a record', async () => {
    const before = (await gateway.records()).length;
    const connection = await connect(gateway);
    await connection.write(rawRequest(key, { method: 'CONNECT', target: 'localhost:443' }));
    await connection.closed();
    // Records are written in order: once that of a later request is there, so is this one.
    const later = await connect(gateway);
    await later.write(rawRequest(key, { method: 'GET', target: '/nowhere' }));
    await expectRefused(gateway, await later.answer(), 404, 'unknown_route');
    later.socket.destroy();
    const since = (await gateway.records()).slice(before).map(({ event, denial }) => `${event} ${denial}`);
    expect(since).toContain('inference.denied method_not_allowed');
  });
});

describe('routing 17: no tunnel', () => {
  const WS = ['Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='];

  test.each<[string, string, string[]]>([
    ['websocket with a key', '/v1/models', ['Connection: Upgrade', 'Upgrade: websocket', ...WS]],
    ['websocket without a key', '/v1/models', ['Connection: Upgrade', 'Upgrade: websocket']],
    ['websocket, not named in Connection', '/v1/models', ['Upgrade: websocket', ...WS]],
    ['websocket in another case', '/v1/models', ['cOnNeCtIoN: uPgRaDe', 'uPgRaDe: WebSocket', ...WS]],
    ['websocket among others', '/v1/models', ['Connection: keep-alive, Upgrade', 'Upgrade: h2c, websocket', ...WS]],
    ['websocket after h2c', '/v1/models', ['Connection: Upgrade', 'Upgrade: h2c', 'Upgrade: websocket', ...WS]],
    ['websocket where there is no route', '/ws', ['Connection: Upgrade', 'Upgrade: websocket', ...WS]],
    ['TLS', '/v1/models', ['Connection: Upgrade', 'Upgrade: TLS/1.0']],
    ['an empty protocol', '/v1/models', ['Connection: Upgrade', 'Upgrade:']],
  ])('routing 17: %s', async (_name, target, headers) => {
    const seen = watch(upstream);
    const connection = await connect(gateway);
    await connection.write(rawRequest(key, { method: 'GET', target, headers }));
    const answer = await connection.answer();
    await expectRefused(gateway, answer, 400, 'bad_request');
    expect(answer.headers).not.toHaveProperty('upgrade');
    // What follows is HTTP still.
    await expectOpen(connection, key);
    expect(seen.prompts()).toEqual([]);
  });

  test('routing 17: websocket with a POST', async () => {
    const seen = watch(upstream);
    const connection = await connect(gateway);
    await connection.write(rawRequest(key, { headers: ['Connection: Upgrade', 'Upgrade: websocket', ...WS] }));
    await expectRefused(gateway, await connection.answer(), 400, 'bad_request');
    expect(await connection.closed()).toEqual([]);
    expect(seen.prompts()).toEqual([]);
  });

  test('routing 17: without a client key the answer is the same 400, and nobody is asked', async () => {
    const seen = watch(upstream);
    const connection = await connect(gateway);
    await connection.write(
      rawRequest(key, {
        method: 'GET',
        target: '/v1/models',
        auth: [],
        headers: ['Connection: Upgrade', 'Upgrade: websocket'],
      }),
    );
    await expectRefused(gateway, await connection.answer(), 400, 'bad_request');
    expect(seen.prompts()).toEqual([]);
    connection.socket.destroy();
  });
});

describe('routing 18: h2c is ignored', () => {
  const H2C = ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQAAP__'];

  test.each([
    ['GET', { method: 'GET', target: '/v1/models' }, 'GET /v1/models'],
    ['POST', { body: chat('upgraded') }, 'upgraded'],
  ])('routing 18: %s', async (_method, shape, asked) => {
    const seen = watch(upstream);
    const connection = await connect(gateway);
    await connection.write(rawRequest(key, { ...shape, headers: H2C }));
    const answer = await connection.answer();
    expect(answer).toMatchObject({ version: 'HTTP/1.1', status: 200 });
    expect(answer.headers).not.toHaveProperty('upgrade');
    expect(seen.prompts()).toEqual([asked]);
    expect(seen.requests()[0]!.headers).not.toHaveProperty('upgrade');
    expect(seen.requests()[0]!.headers).not.toHaveProperty('http2-settings');
    // And it is HTTP/1.1 still.
    await expectOpen(connection, key);
  });

  test('routing 18: HTTP/2 is not offered in the handshake', async () => {
    const socket = tlsConnect({
      port: gateway.port,
      host: 'localhost',
      ...gateway.tls,
      ALPNProtocols: ['h2', 'http/1.1'],
    });
    await once(socket, 'secureConnect');
    expect(socket.alpnProtocol).toBe('http/1.1');
    socket.destroy();
  });
});

describe('routing 19: Host is checked, and used for nothing', () => {
  test.each(['evil.example', 'evil.example:8443', '169.254.169.254', 'localhost:1', '[::1]:9464', 'LOCALHOST'])(
    'routing 19: Host: %s',
    async (host) => {
      const seen = watch(upstream);
      const connection = await connect(gateway);
      // An address in a prompt is personal data.
      const prompt = `to the ${host.length}`;
      await connection.write(
        rawRequest(key, {
          host: [`Host: ${host}`],
          body: chat(prompt),
          headers: ['X-Forwarded-Host: evil.example', 'X-Forwarded-Server: evil.example'],
        }),
      );
      const answer = await connection.answer();
      expect(answer.status).toBe(200);
      expect(seen.prompts()).toEqual([prompt]);
      expect(seen.requests()[0]!.headers['host']).toBe(new URL(upstream.url).host);
      expect(JSON.stringify({ ...answer, body: '' })).not.toContain('evil.example');
      // Nor does it open another door: the policy is the same.
      await connection.write(rawRequest(key, { host: [`Host: ${host}`], method: 'GET', target: '/metrics' }));
      await expectRefused(gateway, await connection.answer(), 404, 'unknown_route');
      await expectOpen(connection, key);
    },
  );
});

describe('routing 20: what model servers have besides is not there', () => {
  const LLAMA_CPP = [
    '/health',
    '/v1/health',
    '/props',
    '/slots',
    '/slots/0?action=save',
    '/slots/0',
    '/lora-adapters',
    '/completion',
    '/completions',
    '/infill',
    '/tokenize',
    '/detokenize',
    '/apply-template',
    '/embedding',
    '/embeddings',
    '/rerank',
    '/v1/rerank',
    '/reranking',
    '/v1/reranking',
    '/v1/responses',
    '/v1/messages',
    '/v1/messages/count_tokens',
    '/models/load',
    '/models/unload',
    '/models',
    '/metrics',
    '/api/show',
    '/api/tags',
    '/v1/audio/transcriptions',
    '/cors-proxy',
  ];
  const OLLAMA = [
    '/api/generate',
    '/api/chat',
    '/api/embed',
    '/api/embeddings',
    '/api/create',
    '/api/pull',
    '/api/push',
    '/api/copy',
    '/api/delete',
    '/api/ps',
    '/api/version',
    '/api/blobs/sha256:29fdb92e57cf0827ded04ae6461b5931d01fa595843f55d36f5b275a52087dd2',
    '/debug/pprof',
    '/debug/pprof/heap',
    '/debug/pprof/profile?seconds=1',
    '/api/signin',
    '/api/me',
  ];
  const VLLM = [
    '/ping',
    '/version',
    '/load',
    '/invocations',
    '/pooling',
    '/classify',
    '/score',
    '/v1/score',
    '/v2/rerank',
    '/pause',
    '/resume',
    '/is_paused',
    '/sleep',
    '/wake_up',
    '/is_sleeping',
    '/update_weights',
    '/init_weight_transfer_engine',
    '/collective_rpc',
    '/reset_prefix_cache',
    '/reset_mm_cache',
    '/scale_elastic_ep',
    '/is_scaling_elastic_ep',
    '/v1/load_lora_adapter',
    '/v1/unload_lora_adapter',
    '/server_info',
    '/start_profile',
    '/stop_profile',
    '/abort_requests',
    '/inference/v1/generate',
    '/tokenizer_info',
    '/v1/audio/translations',
    '/v1/realtime',
    '/docs',
    '/redoc',
    '/openapi.json',
  ];
  const GATEWAY = [
    '/healthz',
    '/readyz',
    '/admin',
    '/keys',
    '/config',
    '/audit',
    '/.env',
    '/v1/files',
    '/v1/fine_tuning/jobs',
    '/v1/assistants',
    '/v1/images/generations',
    '/favicon.ico',
  ];

  test.each([...new Set([...LLAMA_CPP, ...OLLAMA, ...VLLM, ...GATEWAY])])('routing 20: %s', (target) =>
    expectNoRoute(target),
  );

  test('routing 20: nor are they there for other methods, nor behind the operations listener', async () => {
    const seen = watch(upstream);
    for (const [method, target] of [
      ['DELETE', '/api/delete'],
      ['HEAD', '/api/blobs/sha256:0'],
      ['PUT', '/update_weights'],
    ] as const) {
      const connection = await connect(gateway);
      await connection.write(rawRequest(key, { method, target }));
      expect((await connection.answer(method)).status).toBe(405);
      connection.socket.destroy();
    }
    for (const path of ['/v1/models', '/v1/chat/completions', '/api/pull', '/debug/pprof', '/']) {
      expect((await gateway.ops(path)).status).toBe(404);
    }
    expect(seen.prompts()).toEqual([]);
  });

  test.each(['model-admin', 'key-admin', 'auditor'] as const)(
    'routing 20: the role %s finds no more, and no less',
    async (role) => {
      const other = await gateway.issueKey({ role });
      await gateway.keyWorks(other);
      const seen = watch(upstream);
      for (const target of ['/api/pull', '/v1/models', '/v1/chat/completions']) {
        const connection = await connect(gateway);
        await connection.write(rawRequest(other, { target }));
        await expectRefused(gateway, await connection.answer(), 403, 'role_not_allowed');
        connection.socket.destroy();
      }
      expect(seen.prompts()).toEqual([]);
    },
  );
});

describe('routing 21: redirections of a model server are not followed', () => {
  test.each([300, 301, 302, 303, 304, 307, 308])('routing 21: %d', async (status) => {
    const prompt = `redirected by ${status}`;
    script.set(prompt, redirect(`${upstream.url}/api/pull`, status));
    const seen = watch(upstream);
    const connection = await connect(gateway);
    await connection.write(rawRequest(key, { body: chat(prompt) }));
    const answer = await connection.answer();
    expect({ status: answer.status, code: answer.code }).toEqual({ status: 502, code: 'upstream_error' });
    expect(JSON.stringify(answer)).not.toMatch(/location|api.pull/i);
    expect(await recordOf(gateway, answer.headers['x-request-id'])).toMatchObject({
      event: 'inference.completed',
      denial: 'upstream_error',
      ending: 'upstream_broke',
    });
    await expectOpen(connection, key);
    expect(seen.prompts()).toEqual([prompt]);
  });
});
