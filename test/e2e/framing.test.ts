/** Framing, 1 to 10 of the attack catalogue: where one request ends and the next begins, and what is passed on of it. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventsOf, startGateway, stopAll, type TestGateway } from '../support/gateway.ts';
import {
  chat,
  chunked,
  connect,
  expectOpen,
  expectRefused,
  rawRequest,
  recordOf,
  type Watch,
  watch,
} from '../support/raw.ts';
import {
  type Behaviour,
  chatAnswer,
  chatChunk,
  gate,
  json,
  raw,
  sse,
  startUpstream,
  type Upstream,
} from '../support/upstream.ts';

/** What the model server does with a prompt, where it does not simply answer. */
const script = new Map<string, Behaviour>();
const MODELS = json(200, { object: 'list', data: [{ id: 'm' }] });

let upstream: Upstream;
let gateway: TestGateway;
let key: string;
let all: Watch;
beforeAll(async () => {
  upstream = await startUpstream((wire, request) => {
    if (request.method === 'GET') return MODELS(wire, request);
    const prompt = request.json?.messages?.[0]?.content;
    return (script.get(prompt) ?? json(200, chatAnswer(`re: ${prompt}`)))(wire, request);
  });
  gateway = await startGateway({ upstream: upstream.url });
  key = gateway.key;
  all = watch(upstream);
});
afterAll(async () => {
  await stopAll();
  await upstream.close();
});

/** A second request that hides behind the first one's bytes. */
const smuggled = (mark = 'smuggled') => rawRequest(key, { body: chat(mark) });
let marks = 0;
const body = chat('hello');
const size = body.length;

/** Sends bytes that no parser may make sense of; nothing after them may be understood as a request. */
async function refusedAndClosed(bytes: Uint8Array): Promise<void> {
  const mark = `smuggled ${++marks}`;
  const connection = await connect(gateway);
  await connection.write(Buffer.concat([bytes, smuggled(mark)]));
  const answer = await connection.answer();
  await expectRefused(gateway, answer, 400, 'bad_request');
  expect(answer.headers['connection']?.toLowerCase()).toBe('close');
  expect(await connection.closed()).toEqual([]);
  expect(all.prompts()).not.toContain(mark);
}

const withHeaders = (...headers: string[]) => rawRequest(key, { body, framing: 'none', headers });
/** A body in chunks that nobody could object to, were it not for the headers. */
const inChunks = chunked(Buffer.from(body));
const withChunks = (...headers: string[]) => rawRequest(key, { body: inChunks, framing: 'none', headers });
const withCoding = (value: string) => withChunks(`Transfer-Encoding:${value}`);

describe('framing 1: two lengths, or one that is hard to read, are refused and the connection is closed', () => {
  test.each<[string, () => Buffer]>([
    ['Content-Length before Transfer-Encoding', () => withChunks('Content-Length: 5', 'Transfer-Encoding: chunked')],
    ['Transfer-Encoding before Content-Length', () => withChunks('Transfer-Encoding: chunked', 'Content-Length: 5')],
    ['Content-Length: 0 with Transfer-Encoding', () => withChunks('Content-Length: 0', 'Transfer-Encoding: chunked')],
    ['two different lengths', () => withHeaders(`Content-Length: ${size}`, 'Content-Length: 5')],
    ['the same length twice', () => withHeaders(`Content-Length: ${size}`, `Content-Length: ${size}`)],
    ['a list of lengths', () => withHeaders(`Content-Length: ${size}, ${size}`)],
    ['a signed length', () => withHeaders(`Content-Length: +${size}`)],
    ['a negative length', () => withHeaders('Content-Length: -1')],
    ['a hexadecimal length', () => withHeaders('Content-Length: 0x10')],
    ['an empty length', () => withHeaders('Content-Length:')],
    ['a length beyond 64 bits', () => withHeaders('Content-Length: 99999999999999999999999')],
    ['a space before the colon of Content-Length', () => withHeaders(`Content-Length : ${size}`)],
    ['a space before the colon of Transfer-Encoding', () => withChunks('Transfer-Encoding : chunked')],
    ['a space before Transfer-Encoding', () => withChunks(' Transfer-Encoding: chunked')],
    ['Transfer-Encoding twice', () => withChunks('Transfer-Encoding: chunked', 'Transfer-Encoding: chunked')],
    ['chunked, then identity', () => withChunks('Transfer-Encoding: chunked', 'Transfer-Encoding: identity')],
    ['identity, then chunked', () => withChunks('Transfer-Encoding: identity', 'Transfer-Encoding: chunked')],
    ['Transfer-Encoding: xchunked', () => withCoding(' xchunked')],
    ['Transfer-Encoding: chunkedx', () => withCoding(' chunkedx')],
    ['Transfer-Encoding: identity', () => withCoding(' identity')],
    ['Transfer-Encoding: gzip', () => withCoding(' gzip')],
    ['Transfer-Encoding: gzip, chunked', () => withCoding(' gzip, chunked')],
    ['Transfer-Encoding: chunked, identity', () => withCoding(' chunked, identity')],
    ['Transfer-Encoding: chunked, chunked', () => withCoding(' chunked, chunked')],
    ['Transfer-Encoding: ,chunked', () => withCoding(' ,chunked')],
    ['Transfer-Encoding: "chunked"', () => withCoding(' "chunked"')],
    ['Transfer-Encoding: chunked;q=1', () => withCoding(' chunked;q=1')],
    ['a vertical tab before chunked', () => withCoding('\x0bchunked')],
    ['NUL after chunked', () => withCoding(' chunked\0')],
    ['Transfer-Encoding folded over two lines', () => withChunks('Transfer-Encoding:', ' chunked')],
    ['Transfer-Encoding with no value', () => withCoding('')],
    [
      // RFC 9112 §6.1: such a message has faulty framing, and the connection must not be used again.
      'chunked in HTTP/1.0, where it does not exist',
      () => rawRequest(key, { version: 'HTTP/1.0', framing: 'chunked', headers: ['Connection: keep-alive'] }),
    ],
  ])('framing 1: %s', async (_name, bytes) => refusedAndClosed(bytes()));

  test.each<[string, () => Buffer]>([
    ['a length', () => rawRequest(key, { body: chat('framed') })],
    ['chunks', () => rawRequest(key, { body: chat('framed'), framing: 'chunked' })],
    [
      'Chunked, in another case and with white space',
      () =>
        rawRequest(key, {
          body: Buffer.concat([Buffer.from(`${chat('framed').length.toString(16)}\r\n${chat('framed')}\r\n0\r\n\r\n`)]),
          framing: 'none',
          headers: ['tRaNsFeR-eNcOdInG: \tChunked '],
        }),
    ],
    [
      'an extension and a trailer, which say nothing',
      () =>
        rawRequest(key, {
          body: `${chat('framed').length.toString(16)};a="b"\r\n${chat('framed')}\r\n0\r\nX-Trailer: x\r\n\r\n`,
          framing: 'none',
          headers: ['Transfer-Encoding: chunked'],
        }),
    ],
  ])('framing 1: what is well framed with %s is passed on once, with one length', async (_name, bytes) => {
    const seen = watch(upstream);
    const connection = await connect(gateway);
    await connection.write(bytes());
    expect(await connection.answer()).toMatchObject({ status: 200 });
    expect(seen.prompts()).toEqual(['framed']);
    const [{ body, rawHeaders }] = seen.requests() as [ReturnType<typeof seen.requests>[0]];
    expect(rawHeaders.filter(([name]) => /^(content-length|transfer-encoding)$/i.test(name))).toEqual([
      ['content-length', String(Buffer.byteLength(body))],
    ]);
    await expectOpen(connection, key);
  });

  test('framing 1: a key in the trailer is no key, a media type there no media type', async () => {
    const seen = watch(upstream);
    for (const [shape, trailer, status, code] of [
      [{ auth: [] }, `Authorization: Bearer ${key}`, 401, 'invalid_api_key'],
      [{ type: [] }, 'Content-Type: application/json', 415, 'unsupported_media_type'],
    ] as const) {
      const connection = await connect(gateway);
      const chunk = `${size.toString(16)}\r\n${body}\r\n0\r\n${trailer}\r\n\r\n`;
      await connection.write(
        rawRequest(key, { ...shape, body: chunk, framing: 'none', headers: ['Transfer-Encoding: chunked'] }),
      );
      await expectRefused(gateway, await connection.answer(), status, code);
      await connection.closed();
    }
    expect(seen.prompts()).toEqual([]);
  });
});

describe('framing 2: a body is a body, whatever the method', () => {
  test.each(['DELETE', 'OPTIONS', 'PUT', 'PATCH', 'TRACE', 'PROPFIND', 'HEAD'])(
    'framing 2: a chunked %s hides no second request',
    async (method) => {
      const seen = watch(upstream);
      const connection = await connect(gateway);
      await connection.write(rawRequest(key, { method, body: smuggled(), framing: 'chunked' }));
      const answer = await connection.answer(method);
      expect(answer.status).toBe(405);
      expect(await recordOf(gateway, answer.headers['x-request-id'])).toMatchObject({ denial: 'method_not_allowed' });
      expect(await connection.closed()).toEqual([]);
      expect(seen.prompts()).toEqual([]);
    },
  );

  test.each(['length', 'chunked'] as const)(
    'framing 2: a GET with a body (%s) hides no second request',
    async (framing) => {
      const seen = watch(upstream);
      const connection = await connect(gateway);
      await connection.write(rawRequest(key, { method: 'GET', target: '/v1/models', body: smuggled(), framing }));
      await expectRefused(gateway, await connection.answer(), 400, 'bad_request');
      expect(await connection.closed()).toEqual([]);
      expect(seen.prompts()).toEqual([]);
    },
  );

  test.each(['length', 'chunked'] as const)(
    'framing 2: a request quoted in a prompt (%s) stays a prompt',
    async (framing) => {
      const quoted = `0\r\n\r\n${smuggled()}`;
      const seen = watch(upstream);
      const connection = await connect(gateway);
      await connection.write(
        rawRequest(key, {
          body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: quoted }] }),
          framing,
        }),
      );
      // The key in it is a secret like any other.
      await connection.answer();
      expect(seen.requests().length).toBeLessThanOrEqual(1);
      await expectOpen(connection, key);
    },
  );
});

describe('framing 3: bytes that parsers disagree about are refused and the connection is closed', () => {
  const text = () => rawRequest(key, { body }).toString('latin1');
  const bytes = (changed: string) => Buffer.from(changed, 'latin1');
  const chunks = (sent: string) =>
    rawRequest(key, { body: sent, framing: 'none', headers: ['Transfer-Encoding: chunked'] });

  test.each<[string, () => Buffer]>([
    ['bare LF everywhere', () => bytes(text().replaceAll('\r\n', '\n'))],
    ['bare LF after one header', () => bytes(text().replace('localhost\r\n', 'localhost\n'))],
    ['bare LF at the end of the head', () => bytes(text().replace('\r\n\r\n', '\n\n'))],
    ['bare CR between headers', () => bytes(text().replace('localhost\r\n', 'localhost\r'))],
    ['obs-fold with a space', () => rawRequest(key, { headers: ['X-A: b', ' c'] })],
    ['obs-fold with a tab', () => rawRequest(key, { headers: ['X-A: b', '\tc'] })],
    ['NUL in a value', () => rawRequest(key, { headers: ['X-A: b\0c'] })],
    ['NUL in a name', () => rawRequest(key, { headers: ['X-A\0: b'] })],
    ['NUL in the target', () => rawRequest(key, { target: '/v1/chat/completions\0' })],
    ['a control character in a value', () => rawRequest(key, { headers: ['X-A: \x07'] })],
    ['a header without a colon', () => rawRequest(key, { headers: ['X-A'] })],
    ['a header without a name', () => rawRequest(key, { headers: [': x'] })],
    ['a space in a name', () => rawRequest(key, { headers: ['X A: x'] })],
    ['a space before the request line', () => bytes(` ${text()}`)],
    ['no version', () => rawRequest(key, { version: '' })],
    ['HTTP/1.2', () => rawRequest(key, { version: 'HTTP/1.2' })],
    ['the preface of HTTP/2', () => bytes('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')],
    ['a version in lower case', () => rawRequest(key, { version: 'http/1.1' })],
    ['a method in lower case', () => rawRequest(key, { method: 'post' })],
    ['a chunk extension ended by a bare LF', () => chunks('5;a=b\nhello\r\n0\r\n\r\n')],
    ['a chunk extension with NUL', () => chunks('5;a=\0\r\nhello\r\n0\r\n\r\n')],
    ['a chunk extension with a bare CR', () => chunks('5;a\rb\r\nhello\r\n0\r\n\r\n')],
    ['a chunk extension of 20 000 bytes', () => chunks(`5;${'a'.repeat(20_000)}\r\nhello\r\n0\r\n\r\n`)],
    ['a chunk size ended by a bare LF', () => chunks('5\nhello\r\n0\r\n\r\n')],
    ['a chunk size with 0x', () => chunks('0x5\r\nhello\r\n0\r\n\r\n')],
    ['a chunk size below zero', () => chunks('-1\r\nhello\r\n0\r\n\r\n')],
    ['a chunk size with a sign', () => chunks('+5\r\nhello\r\n0\r\n\r\n')],
    ['a chunk size after a space', () => chunks(' 5\r\nhello\r\n0\r\n\r\n')],
    ['a chunk size before a space', () => chunks('5 \r\nhello\r\n0\r\n\r\n')],
    ['a chunk size beyond 64 bits', () => chunks('fffffffffffffffff\r\nhello\r\n0\r\n\r\n')],
    ['no chunk size', () => chunks('\r\nhello\r\n0\r\n\r\n')],
    ['a chunk longer than its size', () => chunks('5\r\nhello!\r\n0\r\n\r\n')],
    ['a chunk ended by a bare LF', () => chunks('5\r\nhello\n0\r\n\r\n')],
    ['a Content-Length in the trailer', () => chunks('0\r\nContent-Length: 5\r\n\r\n')],
    ['a trailer of 20 000 bytes', () => chunks(`0\r\nX-A: ${'a'.repeat(20_000)}\r\n\r\n`)],
    ['a header of 17 000 bytes', () => rawRequest(key, { headers: [`X-A: ${'a'.repeat(17_000)}`] })],
    ['17 000 bytes of headers', () => rawRequest(key, { headers: Array<string>(170).fill(`X-A: ${'a'.repeat(93)}`) })],
    ['a target of 17 000 bytes', () => rawRequest(key, { target: `/${'a'.repeat(17_000)}` })],
    ['a TLS greeting within TLS', () => bytes('\x16\x03\x01\x02\x00\x01\r\n\r\n')],
    ['no Host', () => rawRequest(key, { host: [] })],
    ['two Hosts', () => rawRequest(key, { host: ['Host: localhost', 'Host: localhost'] })],
    ['two Hosts, far apart', () => rawRequest(key, { headers: ['X-A: b', 'hOST: other'] })],
    // RFC 9112 §3.2: an invalid value is refused like a missing one.
    ['an empty Host', () => rawRequest(key, { host: ['Host:'] })],
    ['a Host with a path', () => rawRequest(key, { host: ['Host: localhost/v1'] })],
    ['a Host with user information', () => rawRequest(key, { host: ['Host: user@localhost'] })],
    ['a Host of two words', () => rawRequest(key, { host: ['Host: localhost other'] })],
  ])('framing 3: %s', async (_name, made) => refusedAndClosed(made()));

  test.each(['HTTP/0.9', 'HTTP/2.0'])('framing 3: %s in the words of HTTP/1 is refused', async (version) => {
    const seen = watch(upstream);
    const connection = await connect(gateway);
    await connection.write(rawRequest(key, { version, body: chat(version) }));
    await expectRefused(gateway, await connection.answer(), 400, 'bad_request');
    expect(await connection.closed()).toEqual([]);
    expect(seen.prompts()).toEqual([]);
  });

  test('framing 3: what is refused is told even to a client that goes on sending', async () => {
    const connection = await connect(gateway);
    // More than the buffers on the way hold: closing at once would reset the connection and lose the answer.
    const flood = Buffer.alloc(2 * 1024 * 1024, 'a');
    void connection.write(Buffer.concat([rawRequest(key, { headers: ['X-A: \0'] }), flood]));
    await expectRefused(gateway, await connection.answer(), 400, 'bad_request');
    expect(await connection.closed()).toEqual([]);
  });
});

/** Exactly what the model server is told besides the body, in this order. */
const UPSTREAM_HEADERS = ['host', 'connection', 'accept', 'accept-encoding', 'content-type', 'content-length'];

describe('framing 4 to 7: not one header of the client reaches the model server', () => {
  const hostile: Record<string, string[]> = {
    'framing 4: Expect: 100-continue changes nothing': ['Expect: 100-continue'],
    'framing 4: Expect in another case changes nothing': ['eXPECT: 100-Continue'],
    'framing 4: another expectation changes nothing': ['Expect: 200-ok'],
    'framing 5: Connection names headers of this hop': [
      'Connection: keep-alive, x-identity, authorization, content-length',
      'X-Identity: admin',
      'Keep-Alive: timeout=100',
      'Proxy-Authorization: Basic YTpi',
      'Proxy-Connection: keep-alive',
      'Proxy-Authenticate: Basic',
      'TE: trailers, deflate',
      'Trailer: x-trailer',
    ],
    'framing 7: forwarding headers are dropped': [
      'X-Forwarded-For: 10.0.0.1',
      'x-forwarded-for: 10.0.0.2',
      'X-Forwarded-Host: evil.example',
      'X-Forwarded-Proto: http',
      'X-Forwarded-Port: 1',
      'X-Forwarded-Prefix: /api',
      'X-Forwarded-Client-Cert: Subject="CN=admin"',
      'X-Original-URL: /api/pull',
      'X-Rewrite-URL: /api/pull',
      'X-HTTP-Method-Override: DELETE',
      'Forwarded: for=10.0.0.1;host=evil.example',
      'Via: 1.1 evil.example',
      'X-Real-IP: 10.0.0.1',
      'True-Client-IP: 10.0.0.1',
      'x_identity: admin',
      'X-Client-CN: admin',
      'X-SSL-Client-Verify: SUCCESS',
      'X-Request-Id: chosen-by-the-client',
      'Traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
    ],
    'framing 7: nor does anything else': [
      'Cookie: a=b',
      'Origin: https://evil.example',
      'Referer: https://evil.example',
      'User-Agent: test',
      'Accept: */*',
      'Accept-Encoding: gzip, br',
      'X-Api-Key: secret',
      'Api-Key: secret',
      'OpenAI-Organization: org',
      'Content-Language: en',
      'Range: bytes=0-1',
      'If-None-Match: *',
      'X-A: \xe9',
    ],
  };

  test.each(Object.entries(hostile))('%s', async (name, headers) => {
    const seen = watch(upstream);
    const connection = await connect(gateway);
    await connection.write(rawRequest(key, { body: chat(name), headers }));
    if (headers.some((line) => /100-continue/i.test(line))) {
      expect(await connection.answer()).toMatchObject({ status: 100, headers: {} });
    }
    const answer = await connection.answer();
    expect(answer).toMatchObject({ status: 200 });
    expect(JSON.parse(answer.body).choices[0].message.content).toBe(`re: ${name}`);
    expect(seen.prompts()).toEqual([name]);
    const { rawHeaders, method, path, json } = seen.requests()[0]!;
    expect({ method, path }).toEqual({ method: 'POST', path: '/v1/chat/completions' });
    expect(rawHeaders.map(([header]) => header.toLowerCase())).toEqual(UPSTREAM_HEADERS);
    expect(Object.fromEntries(rawHeaders)).toMatchObject({
      host: new URL(upstream.url).host,
      accept: 'application/json',
      'accept-encoding': 'identity',
      'content-type': 'application/json',
    });
    expect(json).toEqual({ model: 'm', messages: [{ role: 'user', content: name }], max_tokens: 4096 });
    // Nor does the record believe it.
    const { requestId, remote, client } = await recordOf(gateway, answer.headers['x-request-id']);
    expect({ remote: /^(::1|127\.0\.0\.1|::ffff:127\.0\.0\.1)$/.test(remote as string), client }).toEqual({
      remote: true,
      client: 'dev-client',
    });
    expect(requestId).not.toBe('chosen-by-the-client');
  });

  test('framing 4: a client that is refused is never told to continue', async () => {
    const seen = watch(upstream);
    for (const [shape, status, code] of [
      [{ auth: [] }, 401, 'invalid_api_key'],
      [{ type: ['Content-Type: text/plain'] }, 415, 'unsupported_media_type'],
      [{ target: '/api/pull' }, 404, 'unknown_route'],
      [{ framing: 'none', headers: ['Expect: 100-continue', 'Content-Length: 8388609'] }, 413, 'body_too_large'],
    ] as const) {
      const connection = await connect(gateway);
      const head = rawRequest(key, {
        headers: ['Expect: 100-continue', `Content-Length: ${size}`],
        ...shape,
        framing: 'none',
        body: '',
      });
      await connection.write(head);
      const answer = await connection.answer();
      // The body that was not asked for comes all the same, and looks like a request.
      await connection.write(smuggled());
      expect(await connection.closed()).toEqual([]);
      await expectRefused(gateway, answer, status, code);
    }
    expect(seen.prompts()).toEqual([]);
  });

  test('framing 4: HTTP/1.0 knows no interim answers, and gets none', async () => {
    const connection = await connect(gateway);
    await connection.write(
      rawRequest(key, { version: 'HTTP/1.0', body: chat('not asked'), headers: ['Expect: 100-continue'] }),
    );
    expect((await connection.answer()).status).toBe(200);
    await connection.closed();
  });

  test('framing 4: the body may wait for the invitation', async () => {
    const invited = chat('invited');
    const headers = ['Expect: 100-continue', `Content-Length: ${invited.length}`];
    const connection = await connect(gateway);
    await connection.write(rawRequest(key, { headers, framing: 'none', body: '' }));
    expect((await connection.answer()).status).toBe(100);
    expect(all.prompts()).not.toContain('invited');
    await connection.write(invited);
    expect((await connection.answer()).status).toBe(200);
    expect(all.prompts().filter((prompt) => prompt === 'invited')).toHaveLength(1);
    await expectOpen(connection, key);
  });

  test.each([
    ['two keys, the right one first', (): string[] => [`Authorization: Bearer ${key}`, 'Authorization: Bearer x']],
    ['two keys, the right one last', (): string[] => ['Authorization: Bearer x', `Authorization: Bearer ${key}`]],
    ['the right key twice', (): string[] => [`Authorization: Bearer ${key}`, `authorization: Bearer ${key}`]],
  ])('framing 6: %s', async (_name, auth) => refusedAndClosed(rawRequest(key, { auth: auth() })));

  test('framing: names of headers mean the same in any case, and bytes that come one by one the same as together', async () => {
    const seen = watch(upstream);
    const connection = await connect(gateway);
    connection.socket.setNoDelay(true);
    const bytes = rawRequest(key, {
      host: ['hOsT: localhost'],
      auth: [`aUTHORIZATION: bEARER ${key}`],
      type: ['CONTENT-type: Application/JSON'],
      body: chat('byte by byte'),
    });
    for (const byte of bytes) await connection.write(Uint8Array.of(byte));
    expect((await connection.answer()).status).toBe(200);
    expect(seen.prompts()).toEqual(['byte by byte']);
    await expectOpen(connection, key);
  });

  test('framing: HTTP/1.0 is answered and the connection closed', async () => {
    const seen = watch(upstream);
    const connection = await connect(gateway);
    await connection.write(rawRequest(key, { version: 'HTTP/1.0', body: chat('old') }));
    const answer = await connection.answer();
    expect(answer).toMatchObject({ status: 200, headers: { connection: 'close' } });
    expect(answer.headers).not.toHaveProperty('transfer-encoding');
    expect(await connection.closed()).toEqual([]);
    expect(seen.prompts()).toEqual(['old']);
  });
});

describe('framing 8: pipelining', () => {
  test('framing 8: two requests in one write are answered in order, one at a time', async () => {
    const slow = gate();
    script.set('first', async (wire, request) => {
      await slow.opened;
      await json(200, chatAnswer('one'))(wire, request);
    });
    const seen = watch(upstream);
    const connection = await connect(gateway);
    const two = [chat('first'), chat('second')].map((body) => rawRequest(key, { body }));
    await connection.write(Buffer.concat([...two, rawRequest(key, { target: '/nowhere', method: 'GET' })]));
    // Until another client has had an answer, the second one would have been asked too.
    await gateway.post('/v1/chat/completions', chat('meanwhile'));
    expect(seen.prompts()).toEqual(['first', 'meanwhile']);
    slow.open();
    const contents = [await connection.answer(), await connection.answer()].map(
      (answer) => JSON.parse(answer.body).choices[0].message.content,
    );
    expect(contents).toEqual(['one', 're: second']);
    await expectRefused(gateway, await connection.answer(), 404, 'unknown_route');
    expect(seen.prompts()).toEqual(['first', 'meanwhile', 'second']);
    await expectOpen(connection, key);
  });

  test.each<[string, object, number, string]>([
    ['no key', { auth: [] }, 401, 'invalid_api_key'],
    ['an unknown route', { target: '/api/pull' }, 404, 'unknown_route'],
    ['a method that is not answered', { method: 'DELETE' }, 405, 'method_not_allowed'],
    ['another media type', { type: ['Content-Type: text/plain'] }, 415, 'unsupported_media_type'],
    ['two keys', { headers: ['Authorization: Bearer x'] }, 400, 'bad_request'],
  ])(
    'framing 8: after a refusal for %s, neither its body nor what follows is a request',
    async (_name, shape, status, code) => {
      for (const framing of ['length', 'chunked'] as const) {
        const seen = watch(upstream);
        const connection = await connect(gateway);
        const refused = rawRequest(key, { ...shape, body: smuggled(), framing });
        await connection.write(Buffer.concat([refused, smuggled()]));
        await expectRefused(gateway, await connection.answer(), status, code);
        expect(await connection.closed()).toEqual([]);
        expect(seen.prompts()).toEqual([]);
      }
    },
  );

  test('framing 8: a refused body that is cut off in the middle is not completed by the next request', async () => {
    const seen = watch(upstream);
    const connection = await connect(gateway);
    const refused = rawRequest(key, { auth: [], body: smuggled() });
    await connection.write(refused.subarray(0, refused.length - 100));
    const answer = await connection.answer();
    await connection.write(smuggled());
    expect(await connection.closed()).toEqual([]);
    await expectRefused(gateway, answer, 401, 'invalid_api_key');
    expect(seen.prompts()).toEqual([]);
  });

  test('framing 8: a refused request that was read whole does not harm the one after it', async () => {
    const seen = watch(upstream);
    const connection = await connect(gateway);
    await connection.write(Buffer.concat([rawRequest(key, { body: '{' }), rawRequest(key, { body: chat('next') })]));
    await expectRefused(gateway, await connection.answer(), 400, 'invalid_json');
    expect((await connection.answer()).status).toBe(200);
    expect(seen.prompts()).toEqual(['next']);
    await expectOpen(connection, key);
  });
});

describe('framing 9: what the model server puts into its headers splits no answer', () => {
  const answerOf = JSON.stringify(chatAnswer('split'));
  const head = (lines: string, ending = '\r\n\r\n') =>
    `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${answerOf.length}\r\n${lines}${ending}${answerOf}`;

  test.each([
    ['a bare CR in a header', head('X-A: b\rSet-Cookie: x=y')],
    ['a bare LF in a header', head('X-A: b\nSet-Cookie: x=y')],
    ['NUL in a header', head('X-A: b\0c')],
    ['a folded header', head('X-A: b\r\n Set-Cookie: x=y')],
    ['a space before a colon', head('X-A : b')],
    ['a head ended by a bare LF', head('X-A: b', '\n\n')],
    ['two lengths', head('Content-Length: 5')],
    ['a length and chunks', head('Transfer-Encoding: chunked')],
    ['no HTTP at all', 'SSH-2.0-OpenSSH_9.6\r\n'],
    ['an answer that ends before its length', head('X-A: b').slice(0, -10)],
  ])('framing 9: %s', async (name, bytes) => {
    script.set(name, raw(bytes));
    const connection = await connect(gateway);
    await connection.write(rawRequest(key, { body: chat(name) }));
    const answer = await connection.answer();
    expect({ status: answer.status, code: answer.code }).toEqual({ status: 502, code: 'upstream_error' });
    expect(JSON.stringify(answer)).not.toMatch(/set-cookie|x=y|x-a/i);
    expect(await recordOf(gateway, answer.headers['x-request-id'])).toMatchObject({
      event: 'inference.completed',
      denial: 'upstream_error',
      ending: 'upstream_broke',
    });
    await expectOpen(connection, key);
  });

  test('framing 9: headers that are well formed stay with the gateway all the same', async () => {
    script.set(
      'headers',
      json(200, chatAnswer('ok'), { 'set-cookie': 'x=y', server: 'llama', 'x-a': 'b', location: '/api' }),
    );
    const connection = await connect(gateway);
    await connection.write(rawRequest(key, { body: chat('headers') }));
    const { status, headers } = await connection.answer();
    expect(status).toBe(200);
    expect(Object.keys(headers).sort()).toEqual([
      'cache-control',
      'connection',
      'content-length',
      'content-type',
      'date',
      'keep-alive',
      'ratelimit',
      'ratelimit-policy',
      'x-content-type-options',
      'x-ratelimit-limit-requests',
      'x-ratelimit-remaining-requests',
      'x-ratelimit-reset-requests',
      'x-request-id',
      'x-sallyport-guard',
    ]);
    await expectOpen(connection, key);
  });
});

describe('framing 10: an answer that breaks off is told to be incomplete', () => {
  test.each(['reset', 'eof'] as const)('framing 10: a stream that ends by %s', async (ending) => {
    script.set(ending, sse([chatChunk('Once upon')], { done: false, ending }));
    const connection = await connect(gateway);
    await connection.write(rawRequest(key, { body: chat(ending, { stream: true }) }));
    const answer = await connection.answer();
    expect(answer.status).toBe(200);
    expect(JSON.parse(eventsOf(answer.body).at(-1)!).error).toMatchObject({ code: 'upstream_error' });
    expect(answer.body).not.toContain('[DONE]');
    expect(await recordOf(gateway, answer.headers['x-request-id'])).toMatchObject({
      event: 'inference.completed',
      denial: 'upstream_error',
      ending: 'upstream_broke',
      responseStatus: 200,
    });
    connection.socket.destroy();
  });
});

test('framing: in all of this, no hidden request has reached the model server', () => {
  expect(all.prompts().filter((prompt) => prompt.includes('smuggled') && prompt.length < 20)).toEqual([]);
});
