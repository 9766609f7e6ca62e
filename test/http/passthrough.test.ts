/** Passing through (src/http/passthrough.ts): catalogue lines 2, 4, 5, 7, 9, 10, 17, 21, 51, 61 and 62. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { Denial } from '../../src/core/denial.ts';
import { Interruption } from '../../src/core/pipeline.ts';
import { type Passed, passthrough } from '../../src/http/passthrough.ts';
import { startBacklog } from '../support/backlog.ts';
import { type RawConnection, speak } from '../support/raw.ts';
import { type Behaviour, chunks, gate, hang, hangUp, json, raw, redirect, startUpstream } from '../support/upstream.ts';

/** A socket that nobody listens on: a port that was free a moment ago may be another test's by now. */
const NOWHERE = 'unix:/nowhere/model.sock';

const cleanUp: Array<() => unknown> = [];
afterEach(async () => {
  for (const undo of cleanUp.splice(0).reverse()) await undo();
});

const MINE = { 'x-request-id': 'made-here' };

interface Front {
  /** Sends bytes on a connection of their own. */
  open(bytes?: string): Promise<RawConnection>;
  /** One request on a connection of its own, and its answer. */
  ask(bytes: string): ReturnType<RawConnection['answer']>;
  /** What has come of the nth request (from 1). */
  passed(n?: number): Promise<Passed>;
  /** Breaks off what is running. */
  interrupt(why: Interruption): void;
}

interface FrontOptions {
  readonly target?: string;
  readonly body?: 'none' | 'json' | 'stream';
  readonly payload?: Buffer;
  readonly connectMs?: number;
  readonly idleMs?: number;
  /** Broken off before it has begun. */
  readonly brokenOff?: Interruption;
}

/** A listener that passes everything through to `url`, and answers refusals as the gateway does. */
async function front(url: string, options: FrontOptions = {}): Promise<Front> {
  const {
    target = '/api/pull?x=%2e%2E//;',
    body = 'stream',
    payload = null,
    connectMs = 5000,
    idleMs = 5000,
  } = options;
  const pass = passthrough({ upstreams: [{ name: 'gpu-1', url }], connectMs, idleMs });
  const results: Passed[] = [];
  let wake = () => {};
  let broken = new AbortController();
  const handle = async (req: IncomingMessage, res: ServerResponse) => {
    broken = new AbortController();
    if (options.brokenOff) broken.abort(options.brokenOff);
    const passage = { upstream: 'gpu-1', route: 'POST /api/pull', target, body, destructive: false } as const;
    const passed = await pass(req, res, { passage, payload }, { signal: broken.signal, headers: MINE });
    // Nobody else listens to the rest of the body; and a part of an answer is never left to look like the whole.
    expect(req.listenerCount('data')).toBe(0);
    if (passed.status !== null) expect(res.destroyed).toBe(true);
    if (passed.denial && passed.status === null) {
      expect(res.getHeaderNames()).toEqual([]);
      res.statusCode = passed.denial.status;
      res.setHeader('connection', 'close').end(JSON.stringify(passed.denial));
    }
    results.push(passed);
    wake();
  };
  const server = createServer({ requireHostHeader: false }, handle).on('checkContinue', handle).listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanUp.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const self: Front = {
    async open(bytes = '') {
      const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
      await once(socket, 'connect');
      cleanUp.push(() => socket.destroy());
      const connection = speak(socket as TLSSocket);
      await connection.write(bytes);
      return connection;
    },
    ask: async (bytes) => (await self.open(bytes)).answer(bytes.split(' ')[0]),
    async passed(n = 1) {
      while (results.length < n) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      return results[n - 1]!;
    },
    interrupt: (why) => broken.abort(why),
  };
  return self;
}

const upstreamThat = async (behaves: Behaviour, listen: { path?: string } = {}) => {
  const upstream = await startUpstream(behaves, listen);
  cleanUp.push(() => upstream.close());
  return upstream;
};

/** A model server that writes down what it is sent, byte for byte, and answers each connection once it is quiet. */
async function recorder(answer = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok') {
  const connections: Array<{ bytes: string; closed: Promise<unknown> }> = [];
  const server = createTcpServer((socket) => {
    const record = { bytes: '', closed: once(socket, 'close') };
    connections.push(record);
    socket
      .on('error', () => {})
      .on('data', (chunk) => {
        record.bytes += chunk.toString('latin1');
        if (isWhole(record.bytes)) socket.write(answer);
      });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanUp.push(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, connections };
}

const isWhole = (bytes: string): boolean => {
  const [head = '', body] = [bytes.slice(0, bytes.indexOf('\r\n\r\n')), bytes.slice(bytes.indexOf('\r\n\r\n') + 4)];
  if (!bytes.includes('\r\n\r\n')) return false;
  if (/transfer-encoding: chunked/i.test(head)) return body!.endsWith('0\r\n\r\n');
  return body!.length >= Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
};

const upload = (body: string, ...lines: string[]) =>
  ['POST /admin HTTP/1.1', 'Host: gateway', ...lines, `Content-Length: ${body.length}`, '', body].join('\r\n');
const GET = 'GET /admin HTTP/1.1\r\nHost: gateway\r\n\r\n';

const ok = (headers: Record<string, string> = {}): Behaviour => json(200, '{"a":1}', headers);
/** An answer on the bare socket; what went before it is read. */
const verbatim = (head: string, body = ''): Behaviour => raw(`${head.replaceAll('\n', '\r\n')}\r\n\r\n${body}`);

describe('the request', () => {
  const secrets = [
    'Authorization: Bearer sp_secret',
    'Proxy-Authorization: Basic abc',
    'Cookie: a=b',
    'X-Forwarded-For: 1.2.3.4',
    'Forwarded: for=1.2.3.4',
    'X-Real-IP: 1.2.3.4',
    'x_identity: root',
    'User-Agent: curl',
    'TE: trailers',
    'Keep-Alive: timeout=5',
    'Accept-Encoding: gzip, br',
    'Upgrade: websocket',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    'Trailer: x-end',
  ];

  test.each([
    ['', []],
    ['with Expect: 100-continue', ['Expect: 100-continue']],
    ['asking for a WebSocket', ['Connection: Upgrade, keep-alive']],
    ['with two of them', ['Authorization: Bearer sp_other']],
  ])('only what is on the list goes on %s', async (_how, more) => {
    const upstream = await upstreamThat(ok());
    const { open, passed } = await front(upstream.url);
    const known = ['Content-Type: application/json', 'Accept: */*', 'Range: bytes=0-1', 'Content-Encoding: zstd'];
    const connection = await open(upload('hello', ...secrets, ...known, ...more));
    let answer = await connection.answer();
    if (answer.status === 100) answer = await connection.answer();
    expect(answer).toMatchObject({ status: 200, body: '{"a":1}' });
    expect(upstream.requests).toHaveLength(1);
    const [request] = upstream.requests;
    expect(request).toMatchObject({ method: 'POST', path: '/api/pull?x=%2e%2E//;', body: 'hello' });
    expect(request!.headers).toEqual({
      accept: '*/*',
      'accept-encoding': 'identity',
      connection: 'close',
      'content-encoding': 'zstd',
      'content-length': '5',
      'content-type': 'application/json',
      host: new URL(upstream.url).host,
      range: 'bytes=0-1',
    });
    expect(await passed()).toMatchObject({
      ending: 'complete',
      denial: null,
      status: 200,
      receivedBytes: 5,
      sentBytes: 7,
    });
  });

  test('what Connection names belongs to one hop', async () => {
    const upstream = await upstreamThat(ok());
    const { ask } = await front(upstream.url);
    await ask(upload('hello', 'Connection: close, Content-Type', 'Content-Type: a/b', 'Accept: c/d'));
    expect(upstream.requests[0]!.headers).toMatchObject({ accept: 'c/d', 'content-length': '5' });
    expect(upstream.requests[0]!.headers).not.toHaveProperty('content-type');
  });

  test('a body that has been read is sent in place of the one that came', async () => {
    const upstream = await upstreamThat(ok());
    const { ask, passed } = await front(upstream.url, { body: 'json', payload: Buffer.from('{"model":"ü"}') });
    await ask(upload('something else', 'Content-Encoding: gzip', 'Content-Type: application/json'));
    expect(upstream.requests[0]).toMatchObject({ json: { model: 'ü' }, headers: { 'content-length': '14' } });
    expect(upstream.requests[0]!.headers).not.toHaveProperty('content-encoding');
    expect(await passed()).toMatchObject({ ending: 'complete', receivedBytes: 14 });
  });

  test('each has a connection of its own, which is closed behind it', async () => {
    const upstream = await recorder();
    const { open } = await front(upstream.url);
    const connection = await open();
    for (let i = 0; i < 3; i++) {
      await connection.write(upload('hello'));
      expect(await connection.answer()).toMatchObject({ status: 200, body: 'ok' });
    }
    expect(upstream.connections).toHaveLength(3);
    await Promise.all(upstream.connections.map(({ closed }) => closed));
  });

  test('over a Unix socket', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'passthrough-'));
    cleanUp.push(() => rmSync(dir, { recursive: true }));
    const upstream = await upstreamThat(ok(), { path: join(dir, 's') });
    const { ask } = await front(upstream.url);
    expect(await ask(upload('hello'))).toMatchObject({ status: 200, body: '{"a":1}' });
    expect(upstream.requests[0]).toMatchObject({ path: '/api/pull?x=%2e%2E//;', headers: { host: 'localhost' } });
  });
});

describe('framing is made again, and there is one request upstream whatever comes', () => {
  const HIDDEN = 'GET /hidden HTTP/1.1\r\nHost: x\r\n\r\n';
  const inChunks = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`;
  const head = (method: string, ...lines: string[]) =>
    [`${method} /admin HTTP/1.1`, 'Host: x', ...lines, '', ''].join('\r\n');

  test.each([
    [
      'a chunked DELETE',
      head('DELETE', 'Transfer-Encoding: chunked') + inChunks(HIDDEN),
      'transfer-encoding: chunked',
      inChunks(HIDDEN),
    ],
    [
      'a chunked OPTIONS',
      head('OPTIONS', 'Transfer-Encoding: chunked') + inChunks(HIDDEN),
      'transfer-encoding: chunked',
      inChunks(HIDDEN),
    ],
    [
      'a chunked GET',
      head('GET', 'Transfer-Encoding: chunked') + inChunks(HIDDEN),
      'transfer-encoding: chunked',
      inChunks(HIDDEN),
    ],
    [
      'a GET with a body',
      head('GET', `Content-Length: ${HIDDEN.length}`) + HIDDEN,
      `content-length: ${HIDDEN.length}`,
      HIDDEN,
    ],
    [
      'a DELETE with a body',
      head('DELETE', `Content-Length: ${HIDDEN.length}`) + HIDDEN,
      `content-length: ${HIDDEN.length}`,
      HIDDEN,
    ],
    [
      'chunk extensions',
      `${head('POST', 'Transfer-Encoding: chunked')}3;a=b\r\nabc\r\n0\r\n\r\n`,
      'transfer-encoding: chunked',
      inChunks('abc'),
    ],
    [
      'trailers',
      `${head('POST', 'Transfer-Encoding: chunked')}3\r\nabc\r\n0\r\nX-End: 1\r\n\r\n`,
      'transfer-encoding: chunked',
      inChunks('abc'),
    ],
    ['a POST without a body', head('POST'), 'content-length: 0', ''],
    ['a DELETE without a body', head('DELETE'), 'content-length: 0', ''],
    [
      'two length lines that agree are refused by Node',
      head('POST', 'Content-Length: 3', 'Content-Length: 3') + 'abc',
      null,
      '',
    ],
    [
      'both framings are refused by Node',
      head('POST', 'Content-Length: 3', 'Transfer-Encoding: chunked') + inChunks('abc'),
      null,
      '',
    ],
    [
      'a coding that would be lost is refused',
      head('POST', 'Transfer-Encoding: gzip, chunked') + inChunks('abc'),
      null,
      '',
    ],
  ])('%s', async (_what, bytes, framing, body) => {
    const upstream = await recorder();
    const { open } = await front(upstream.url);
    const connection = await open(bytes);
    const answer = await connection.answer();
    expect(answer.status).toBe(framing === null ? 400 : 200);
    const seen = upstream.connections.map((connection) => connection.bytes);
    if (framing === null) return expect(seen).toEqual([]);
    expect(seen).toHaveLength(1);
    const [lines, ...rest] = seen[0]!.split('\r\n\r\n');
    expect(rest.join('\r\n\r\n')).toBe(body);
    const framings = lines!
      .toLowerCase()
      .split('\r\n')
      .filter((line) => /^(content-length|transfer-encoding):/.test(line));
    expect(framings).toEqual([framing]);
    expect(lines).toMatch(/^[A-Z]+ \/api\/pull\?x=%2e%2E\/\/; HTTP\/1\.1\r\n/);
  });

  test('where the route has no body, none is sent', async () => {
    const upstream = await recorder();
    const { ask } = await front(upstream.url, { body: 'none' });
    expect(await ask(head('GET', `Content-Length: ${HIDDEN.length}`) + HIDDEN)).toMatchObject({ status: 200 });
    expect(upstream.connections[0]!.bytes).toMatch(/^GET [^\r]+\r\n/);
    expect(upstream.connections[0]!.bytes).not.toMatch(/hidden|content-length|transfer-encoding/i);
  });
});

describe('Expect: 100-continue', () => {
  test('the body is asked for, once', async () => {
    const upstream = await upstreamThat(ok());
    const { open } = await front(upstream.url);
    const head = upload('hello', 'Expect: 100-continue').slice(0, -5);
    const connection = await open(head);
    expect(await connection.answer()).toMatchObject({ status: 100 });
    expect(upstream.requests).toHaveLength(0);
    await connection.write('hello');
    expect(await connection.answer()).toMatchObject({ status: 200 });
    expect(upstream.requests[0]).toMatchObject({ body: 'hello' });
  });

  test('it is not asked for when the model server cannot be reached', async () => {
    const { ask } = await front(NOWHERE);
    expect(await ask(upload('hello', 'Expect: 100-continue').slice(0, -5))).toMatchObject({ status: 503 });
  });
});

describe('the answer', () => {
  test.each([200, 201, 206, 400, 401, 404, 429, 500, 503, 599])('%i comes back as it is', async (status) => {
    const upstream = await upstreamThat(json(status, 'body', { 'content-type': 'text/plain' }));
    const { ask } = await front(upstream.url);
    expect(await ask(GET)).toMatchObject({
      status,
      body: 'body',
      headers: { 'content-type': 'text/plain', 'content-length': '4' },
    });
  });

  test('only what is on the list comes back, with what is ours', async () => {
    const upstream = await upstreamThat(
      ok({
        ...{ server: 'ollama', 'set-cookie': 'a=b', 'x-request-id': 'theirs', 'access-control-allow-origin': '*' },
        ...{ connection: 'close, etag', etag: '"1"', 'last-modified': 'then', 'retry-after': '7', location: '/there' },
      }),
    );
    const { ask } = await front(upstream.url);
    const { headers } = await ask(GET);
    expect(headers).toEqual({
      ...MINE,
      connection: 'keep-alive',
      'content-length': '7',
      'content-type': 'application/json',
      date: expect.any(String),
      'keep-alive': expect.any(String),
      'last-modified': 'then',
      'retry-after': '7',
    });
  });

  test.each([
    [
      'HEAD',
      verbatim('HTTP/1.1 200 OK\nContent-Length: 1000\nContent-Type: a/b'),
      { status: 200, headers: { 'content-length': '1000' } },
    ],
    ['GET', verbatim('HTTP/1.1 204 No Content\nContent-Length: 0'), { status: 204, body: '' }],
    ['GET', verbatim('HTTP/1.1 304 Not Modified\nETag: "1"\nLocation: /x\nContent-Length: 0'), null],
    ['GET', verbatim('HTTP/1.1 304 Not Modified\nETag: "1"'), { status: 304, headers: { etag: '"1"' } }],
    ['GET', verbatim('HTTP/1.0 200 OK\nContent-Type: a/b', 'until the end'), { status: 200, body: 'until the end' }],
    [
      'GET',
      verbatim('HTTP/1.1 200 OK\nTransfer-Encoding: chunked\nTrailer: x', '2\r\nab\r\n0\r\nX: y\r\n\r\n'),
      { status: 200, body: 'ab' },
    ],
    [
      'GET',
      verbatim('HTTP/1.1 103 Early Hints\nLink: </a>\n\nHTTP/1.1 200 OK\nContent-Length: 1', 'x'),
      { status: 200, body: 'x' },
    ],
    ['GET', verbatim('HTTP/1.1 300 Choose\nContent-Length: 1', 'x'), { status: 300, body: 'x' }],
  ])('%s, %#', async (method, behaves, expected) => {
    const upstream = await upstreamThat(behaves);
    const { open, passed } = await front(upstream.url);
    const connection = await open(GET.replace('GET', method));
    if (expected === null) return expect(await connection.answer()).toMatchObject({ code: 'upstream_error' });
    // A 304 has no body, which the reader of the answer takes from its length.
    const { status } = expected;
    const answer = await connection.answer(status === 304 ? 'HEAD' : method);
    expect(answer).toMatchObject(expected);
    if (status === 204) expect(answer.headers).not.toHaveProperty('content-length');
    expect(await passed()).toMatchObject({ ending: 'complete', status, denial: null });
    // The connection goes on, in step.
    upstream.respond(ok());
    await connection.write(GET);
    expect(await connection.answer()).toMatchObject({ status: 200, body: '{"a":1}' });
  });

  test.each([
    ['a redirect', redirect('http://169.254.169.254/')],
    ['another', redirect('/there', 302)],
    ['a change of protocol', verbatim('HTTP/1.1 101 Switching Protocols\nUpgrade: websocket\nConnection: Upgrade')],
    ['a change to nothing', verbatim('HTTP/1.1 101 Switching Protocols')],
    ['a bare CR in a header', verbatim('HTTP/1.1 200 OK\nX: a\rSet-Cookie: b=c\nContent-Length: 0')],
    ['a NUL in a header', verbatim('HTTP/1.1 200 OK\nContent-Type: a\0b\nContent-Length: 0')],
    ['a header without a name', verbatim('HTTP/1.1 200 OK\n: x\nContent-Length: 0')],
    ['both framings', verbatim('HTTP/1.1 200 OK\nContent-Length: 3\nTransfer-Encoding: chunked', '0\r\n\r\n')],
    ['two lengths', verbatim('HTTP/1.1 200 OK\nContent-Length: 3\nContent-Length: 4', 'abcd')],
    ['a length that is none', verbatim('HTTP/1.1 200 OK\nContent-Length: -1', 'abcd')],
    ['a coding that would be lost', verbatim('HTTP/1.1 200 OK\nTransfer-Encoding: gzip, chunked', '0\r\n\r\n')],
    ['no HTTP', raw('SSH-2.0-OpenSSH_9.6\r\n')],
    ['a reset', hangUp('reset')],
    ['an end', hangUp('fin')],
    ['half a head', raw('HTTP/1.1 200 OK\r\nContent-')],
  ])('%s is refused, and nothing of it is passed on', async (_what, behaves) => {
    const upstream = await upstreamThat(behaves);
    const { ask, passed } = await front(upstream.url);
    const answer = await ask(upload('hello'));
    expect(answer).toMatchObject({ status: 502, code: 'upstream_error' });
    expect(Object.keys(answer.headers).sort()).toEqual(['connection', 'content-length', 'date']);
    expect(await passed()).toMatchObject({ ending: 'upstream_broke', status: null, sentBytes: 0, firstByteAt: null });
    // Never sent again: it may have happened.
    expect(upstream.connections).toBe(1);
  });

  test.each(['eof', 'reset'] as const)(
    'cut off by %s in the middle, it is cut off for the client too',
    async (ending) => {
      const { opened, open: seen } = gate();
      const upstream = await upstreamThat(chunks(['{"status":"pulling"}\n'], { gap: () => opened, ending }));
      const { open, passed } = await front(upstream.url);
      const { socket } = await open(GET);
      let text = '';
      socket.on('data', (chunk) => {
        text += chunk;
        if (text.includes('pulling')) seen();
      });
      await once(socket, 'close');
      expect(text).toContain('HTTP/1.1 200 OK');
      expect(text).not.toContain('\r\n0\r\n\r\n');
      expect(await passed()).toMatchObject({
        ending: 'upstream_broke',
        status: 200,
        denial: { code: 'upstream_error' },
        sentBytes: 21,
      });
    },
  );

  test('shorter than it said, the connection ends', async () => {
    const upstream = await upstreamThat(verbatim('HTTP/1.1 200 OK\nContent-Length: 10', 'abc'));
    const { open, passed } = await front(upstream.url);
    await once((await open(GET)).socket, 'close');
    expect(await passed()).toMatchObject({ ending: 'upstream_broke', status: 200, sentBytes: 3 });
  });

  test('its head and every piece go out at once', async () => {
    const gates = [gate(), gate(), gate()];
    const pieces = ['{"completed":1}\n', '{"completed":2}\n', '{"completed":3}\n'];
    const upstream = await upstreamThat(async ({ response }) => {
      response.writeHead(200, { 'content-type': 'application/x-ndjson' }).flushHeaders();
      for (const [i, piece] of pieces.entries()) {
        await gates[i]!.opened;
        response.write(piece);
      }
      response.end();
    });
    const { open, passed } = await front(upstream.url);
    const { socket } = await open(GET);
    let text = '';
    let wake = () => {};
    socket.on('data', (chunk) => {
      text += chunk;
      wake();
    });
    const heard = async (part: string) => {
      while (!text.includes(part)) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    };
    await heard('\r\n\r\n');
    for (const [i, piece] of pieces.entries()) {
      expect(text).not.toContain(piece);
      gates[i]!.open();
      await heard(piece);
    }
    expect(await passed()).toMatchObject({ ending: 'complete', sentBytes: 48 });
  });

  test('that comes before the end of the body ends the exchange', async () => {
    const server = createServer((_req, res) => res.writeHead(413, { 'content-length': 3 }).end('big')).listen(
      0,
      '127.0.0.1',
    );
    await once(server, 'listening');
    cleanUp.push(() => server.close());
    const { ask, passed } = await front(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    expect(await ask('POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nabc')).toMatchObject({
      status: 413,
      body: 'big',
    });
    expect(await passed()).toMatchObject({ ending: 'complete', status: 413, receivedBytes: 3 });
  });
});

describe('deadlines', () => {
  test('nobody listens', async () => {
    const { ask, passed } = await front(NOWHERE);
    expect(await ask(upload('hello'))).toMatchObject({ status: 503, code: 'upstream_unavailable' });
    expect(await passed()).toMatchObject({ ending: 'upstream_broke', status: null });
  });

  test('there is no such Unix socket', async () => {
    const { ask } = await front('unix:/nowhere/at/all');
    expect(await ask(upload('hello'))).toMatchObject({ status: 503, code: 'upstream_unavailable' });
  });

  test('connecting takes too long', async () => {
    const backlog = await startBacklog();
    cleanUp.push(() => backlog.close());
    const { ask } = await front(backlog.url, { connectMs: 50 });
    expect(await ask(upload('hello'))).toMatchObject({ status: 503, code: 'upstream_unavailable' });
  });

  test('no answer comes', async () => {
    const upstream = await upstreamThat(hang());
    const { ask, passed } = await front(upstream.url, { idleMs: 50 });
    expect(await ask(upload('hello'))).toMatchObject({ status: 504, code: 'upstream_timeout' });
    expect(await passed()).toMatchObject({ ending: 'timed_out', status: null });
    await upstream.clientGone();
  });

  test('an answer does not go on', async () => {
    const upstream = await upstreamThat(chunks(['{}\n'], { ending: 'hang' }));
    const { open, passed } = await front(upstream.url, { idleMs: 50 });
    await once((await open(GET)).socket, 'close');
    expect(await passed()).toMatchObject({ ending: 'timed_out', status: 200, denial: { code: 'upstream_timeout' } });
    await upstream.clientGone();
  });

  test('the body does not go on', async () => {
    const upstream = await upstreamThat(ok());
    const { ask, passed } = await front(upstream.url, { idleMs: 50 });
    expect(await ask('POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc')).toMatchObject({
      status: 408,
      code: 'request_timeout',
    });
    expect(await passed()).toMatchObject({ ending: 'blocked', receivedBytes: 3 });
    expect(upstream.requests).toHaveLength(0);
  });

  test('a model server that goes on slowly has all the time it needs, and so has a client', async () => {
    const tick = () => new Promise((resolve) => setTimeout(resolve, 60));
    const upstream = await upstreamThat(chunks(['a', 'b', 'c', 'd', 'e', 'f'], { gap: tick }));
    const { open, passed } = await front(upstream.url, { idleMs: 250 });
    const connection = await open('POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n\r\n');
    for (const letter of 'abcdef') {
      await tick();
      await connection.write(letter);
    }
    expect(await connection.answer()).toMatchObject({ status: 200, body: 'abcdef' });
    expect(await passed()).toMatchObject({ ending: 'complete', receivedBytes: 6, sentBytes: 6 });
  });

  test.each(['the middle', 'the end'])('a client that stops reading before %s is cut off', async (where) => {
    const piece = Buffer.alloc(1 << 20);
    const upstream = await upstreamThat(async ({ response, gone }) => {
      if (where === 'the end') return void response.end(Buffer.alloc(6 << 20));
      for (let going = true; going; ) {
        if (!response.write(piece))
          going = await Promise.race([once(response, 'drain').then(() => true), gone.then(() => false)]);
      }
    });
    const { open, passed } = await front(upstream.url, { idleMs: 150 });
    (await open(GET)).socket.pause();
    expect(await passed()).toMatchObject({ ending: 'timed_out', status: 200 });
  });
});

describe('nothing is held that one side does not take', () => {
  const PIECE = Buffer.alloc(64 * 1024);
  /** More than the buffers of three sockets on loopback can hold. */
  const LOTS = 64 * 1024 * 1024;

  /** Writes until nothing is taken any more: how much was. */
  async function pour(socket: Socket | ServerResponse): Promise<number> {
    for (let poured = 0; ; poured += PIECE.length) {
      if (poured >= LOTS) return poured;
      if (socket.write(PIECE)) continue;
      const taken = once(socket, 'drain').then(() => true);
      if (!(await Promise.race([taken, new Promise((resolve) => setTimeout(resolve, 300, false))]))) return poured;
    }
  }

  test('an upload waits for a model server that does not read', async () => {
    const sockets: Socket[] = [];
    const server = createTcpServer((socket) => {
      sockets.push(socket.pause().on('error', () => {}));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    cleanUp.push(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    const { open, interrupt, passed } = await front(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const { socket } = await open(`POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: ${1 << 30}\r\n\r\n`);
    expect(await pour(socket)).toBeLessThan(LOTS);
    interrupt(new Interruption('drained', new Denial('draining')));
    const { receivedBytes } = await passed();
    expect(receivedBytes).toBeLessThan(LOTS / 2);
  });

  test('an answer waits for a client that does not read', async () => {
    const { promise, resolve } = Promise.withResolvers<number>();
    const upstream = await upstreamThat(async ({ response }) => resolve(await pour(response)));
    const { open, interrupt, passed } = await front(upstream.url);
    const { socket } = await open(GET);
    socket.pause();
    expect(await promise).toBeLessThan(LOTS);
    interrupt(new Interruption('drained', new Denial('draining')));
    const { sentBytes } = await passed();
    expect(sentBytes).toBeLessThan(LOTS / 2);
  });
});

describe('broken off', () => {
  const REVOKED = new Interruption('revoked', new Denial('identity_revoked'));

  test('before it begins: the model server hears nothing', async () => {
    const upstream = await upstreamThat(ok());
    const { ask, passed } = await front(upstream.url, { brokenOff: REVOKED });
    expect(await ask(upload('hello'))).toMatchObject({ status: 401, code: 'identity_revoked' });
    expect(await passed()).toMatchObject({ ending: 'revoked', status: null });
    expect(upstream.connections).toBe(0);
  });

  test('before the answer: the client is told', async () => {
    const upstream = await upstreamThat(hang());
    const { open, interrupt, passed } = await front(upstream.url);
    const connection = await open(upload('hello'));
    await upstream.received(1);
    interrupt(REVOKED);
    expect(await connection.answer()).toMatchObject({ status: 401, code: 'identity_revoked' });
    await upstream.clientGone();
    expect(await passed()).toMatchObject({ ending: 'revoked', denial: { code: 'identity_revoked' } });
  });

  test('in the middle of the answer: both sides are cut', async () => {
    const upstream = await upstreamThat(chunks(['{}\n'], { ending: 'hang' }));
    const { open, interrupt, passed } = await front(upstream.url);
    const { socket } = await open(GET);
    await once(socket, 'data');
    interrupt(REVOKED);
    await Promise.all([once(socket, 'close'), upstream.clientGone()]);
    expect(await passed()).toMatchObject({ ending: 'revoked', status: 200 });
  });

  test('in the middle of the body: the model server never has a whole one', async () => {
    const upstream = await recorder();
    const { open, interrupt, passed } = await front(upstream.url);
    const connection = await open('POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n');
    await vi.waitFor(() => expect(upstream.connections[0]?.bytes).toContain('abc'));
    interrupt(REVOKED);
    expect(await connection.answer()).toMatchObject({ status: 401 });
    await upstream.connections[0]!.closed;
    expect(upstream.connections[0]!.bytes).not.toContain('0\r\n\r\n');
    expect(await passed()).toMatchObject({ ending: 'revoked', receivedBytes: 3 });
  });

  test.each([
    ['before the answer', hang(), upload('hello'), null],
    ['in the middle of it', chunks(['{}\n'], { ending: 'hang' }), GET, 200],
  ])('by the client, %s', async (_when, behaves, bytes, status) => {
    const upstream = await upstreamThat(behaves);
    const { open, passed } = await front(upstream.url);
    const { socket } = await open(bytes);
    await upstream.received(1);
    if (status) await once(socket, 'data');
    socket.destroy();
    await upstream.clientGone();
    expect(await passed()).toMatchObject({ ending: 'client_left', denial: null, status });
  });

  test('by the client, in the middle of the body', async () => {
    const upstream = await recorder();
    const { open, passed } = await front(upstream.url);
    const { socket } = await open('POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc');
    await vi.waitFor(() => expect(upstream.connections[0]?.bytes).toContain('abc'));
    socket.resetAndDestroy();
    await upstream.connections[0]!.closed;
    expect(await passed()).toMatchObject({ ending: 'client_left', denial: null, status: null, receivedBytes: 3 });
  });
});

test('the library prints nothing, and nobody listens for upgrades', async () => {
  const printed = (['log', 'info', 'warn', 'error', 'debug'] as const).map((name) => vi.spyOn(console, name));
  const write = vi.spyOn(process.stderr, 'write');
  cleanUp.push(() => vi.restoreAllMocks());
  const upstream = await upstreamThat(hangUp('reset'));
  const { ask } = await front(upstream.url);
  await ask(upload('hello'));
  upstream.respond(ok());
  await ask(GET);
  for (const spy of [...printed, write]) expect(spy).not.toHaveBeenCalled();
});
