/** Model servers through the administration listener: what arrives there, what comes back, and how it ends. */
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { Agent, request } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startGateway, stopAll, type TestGateway, until } from '../support/gateway.ts';
import {
  administratorsCa,
  type Certified,
  connectAdmin,
  keyIdOf,
  type Operator,
  operatorWith,
} from '../support/operators.ts';
import { rawRequest } from '../support/raw.ts';

/** What the model server does with the next request; without it, it says that all is well. */
type Behaviour = (req: IncomingMessage, res: ServerResponse) => unknown;
let behave: Behaviour | null = null;
let server: Server;
let gateway: TestGateway;
let admins: Awaited<ReturnType<typeof administratorsCa>>;
let smith: Certified;
let key: string;
let models: Operator;
let keys: Operator;
let agent: Agent;

beforeAll(async () => {
  server = createServer((req, res) => {
    const usual: Behaviour = () => void req.resume().on('end', () => res.end('{"models":[]}'));
    const now = req.headers['accept-encoding'] === undefined ? usual : (behave ?? usual);
    if (now !== usual) behave = null;
    now(req, res);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  admins = await administratorsCa();
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  gateway = await startGateway({
    upstream: url,
    config: {
      upstreams: [{ name: 'ollama', kind: 'ollama', url }],
      admin: { enabled: true, port: 0, clientCaFile: admins.caFile, crlFile: null },
    },
  });
  smith = await admins.named('smith');
  ({ key, ask: models } = await operatorWith(gateway, 'model-admin', smith));
  ({ ask: keys } = await operatorWith(gateway, 'key-admin', await admins.named('ops')));
  agent = new Agent({ connect: { ca: gateway.tls.ca, cert: smith.cert, key: smith.key } });
});
afterAll(async () => {
  await agent.destroy();
  await stopAll();
  server.closeAllConnections();
  server.close();
  await admins.remove();
});

const AT = '/admin/upstreams/ollama';
const BLOB = `/api/blobs/sha256:${'0'.repeat(64)}`;

/** Has the next request answered by `behaviour`, and resolves when it has come. */
function next(behaviour: Behaviour): Promise<{ readonly req: IncomingMessage; readonly gone: Promise<unknown> }> {
  return new Promise((resolve) => {
    behave = (req, res) => {
      resolve({ req, gone: new Promise((left) => req.socket.once('close', left)) });
      req.on('error', () => {});
      return behaviour(req, res);
    };
  });
}

const call = (method: 'GET' | 'POST', path: string, body?: string | Readable) =>
  request(`https://localhost:${gateway.adminPort}${AT}${path}`, {
    dispatcher: agent,
    method,
    headers: { authorization: `Bearer ${key}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body }),
  });

/** The record of the end of the last exchange on a route. */
async function completed(route: string, ending: string) {
  let found: Record<string, unknown> | undefined;
  await until(async () => {
    found = (await gateway.records()).findLast((one) => one.event === 'admin.completed' && one['route'] === route);
    return found?.['ending'] === ending;
  });
  return found!;
}

const mostMemory = async (): Promise<number> => {
  const status = await readFile(`/proc/${gateway.pid}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)![1]) * 1024;
};

/** A begun upload of which one part has arrived. */
async function begunUpload() {
  const arriving = next((req) => void req.resume());
  const connection = await connectAdmin(gateway, smith);
  const head = { method: 'POST', target: `${AT}${BLOB}`, headers: ['Content-Length: 1000000'] } as const;
  await connection.write(rawRequest(key, { ...head, body: 'the beginning', framing: 'none' }));
  const { req, gone } = await arriving;
  return { connection, req, gone };
}

describe('uploads', () => {
  const MEBIBYTE = 1024 * 1024;

  test('uploads: 256 MiB arrive byte for byte, and the gateway needs no memory for them', async () => {
    const block = randomBytes(MEBIBYTE);
    const upload = async (blocks: number) => {
      const hash = createHash('sha256');
      let bytes = 0;
      const arriving = next(async (req, res) => {
        for await (const chunk of req) {
          hash.update(chunk);
          bytes += chunk.length;
        }
        res.writeHead(201).end();
      });
      function* body() {
        for (let i = 0; i < blocks; i++) yield Buffer.concat([Buffer.from([i % 256]), block.subarray(1)]);
      }
      const { statusCode, body: answer } = await call('POST', BLOB, Readable.from(body(), { objectMode: false }));
      await answer.dump();
      await arriving;
      const sent = createHash('sha256');
      for (const part of body()) sent.update(part);
      expect([statusCode, bytes, hash.digest('hex')]).toEqual([201, blocks * MEBIBYTE, sent.digest('hex')]);
    };
    // What is not collected yet comes to some 70 MiB, however much is uploaded.
    await upload(32);
    const before = await mostMemory();
    await upload(256);
    expect((await mostMemory()) - before).toBeLessThan(100 * MEBIBYTE);
    const record = await completed('POST /api/blobs/{digest}', 'complete');
    expect(record).toMatchObject({ receivedBytes: 256 * MEBIBYTE, bodySha256: null, subject: BLOB.slice(11) });
  });

  test('uploads: the client leaves, and so does the gateway', async () => {
    const { connection, gone } = await begunUpload();
    connection.socket.destroy();
    await gone;
    await completed('POST /api/blobs/{digest}', 'client_left');
  });

  test('uploads: a key that is revoked meanwhile cuts both sides', async () => {
    const other = await operatorWith(gateway, 'model-admin', smith);
    const arriving = next((req) => void req.resume());
    const connection = await connectAdmin(gateway, smith);
    const head = { method: 'POST', target: `${AT}${BLOB}`, headers: ['Content-Length: 1000000'] } as const;
    await connection.write(rawRequest(other.key, { ...head, body: 'the beginning', framing: 'none' }));
    const { gone } = await arriving;
    expect((await keys(`POST /admin/keys/${keyIdOf(other.key)}/revoke`)).status).toBe(200);
    await gone;
    const [answer] = await connection.closed();
    expect(answer).toMatchObject({ status: 401, code: 'invalid_api_key' });
    const record = await completed('POST /api/blobs/{digest}', 'revoked');
    expect(record).toMatchObject({ denial: 'invalid_api_key', reason: 'revoked', keyId: keyIdOf(other.key) });
  });

  test('uploads: lockdown does not concern them', async () => {
    const { connection, req, gone } = await begunUpload();
    expect((await keys('PUT /admin/lockdown', { on: true, reason: 'incident' })).status).toBe(200);
    expect((await models(`GET ${AT}/api/tags`)).status).toBe(200);
    expect((await keys('PUT /admin/lockdown', { on: false, reason: 'over' })).status).toBe(200);
    expect(req.destroyed).toBe(false);
    connection.socket.destroy();
    await gone;
  });

  test('uploads: who waits for 100 Continue gets it when the model server is there, which hears of neither', async () => {
    const arriving = next((req, res) => void req.resume().on('end', () => res.writeHead(201).end()));
    const connection = await connectAdmin(gateway, smith);
    const shape = { method: 'POST', target: `${AT}${BLOB}`, framing: 'none' } as const;
    const headers = ['Content-Length: 5', 'Expect: 100-continue', 'Cookie: a=b', 'X-Forwarded-For: 1.2.3.4'];
    await connection.write(rawRequest(key, { ...shape, headers, body: '' }));
    expect((await connection.answer()).status).toBe(100);
    await connection.write('bytes');
    expect((await connection.answer()).status).toBe(201);
    const { req } = await arriving;
    expect(Object.keys(req.headers).sort()).toEqual([
      'accept-encoding',
      'connection',
      'content-length',
      'content-type',
      'host',
    ]);
    expect(JSON.stringify(req.rawHeaders)).not.toContain(key);
    connection.socket.destroy();
  });
});

describe('answers', () => {
  test('answers: progress is heard as it is told', async () => {
    const { promise: heard, resolve: goOn } = Promise.withResolvers<void>();
    const arriving = next(async (req, res) => {
      req.resume();
      res.writeHead(200, { 'content-type': 'application/x-ndjson' }).write('{"status":"pulling"}\n');
      await heard;
      res.end('{"status":"success"}\n');
    });
    const { headers, body } = await call('POST', '/api/pull', '{"model":"llama3.2:1b"}');
    expect(headers['content-type']).toBe('application/x-ndjson');
    const chunks = body[Symbol.asyncIterator]();
    expect(String((await chunks.next()).value)).toBe('{"status":"pulling"}\n');
    goOn();
    expect(String((await chunks.next()).value)).toBe('{"status":"success"}\n');
    expect((await chunks.next()).done).toBe(true);
    await arriving;
    expect(await completed('POST /api/pull', 'complete')).toMatchObject({ subject: 'llama3.2:1b', sentBytes: 42 });
  });

  test('answers: a client that leaves in the middle takes the model server with it', async () => {
    const arriving = next((req, res) => void req.resume().on('end', () => res.writeHead(200).write('{}\n')));
    const { body } = await call('POST', '/api/pull', '{"model":"m"}');
    await body[Symbol.asyncIterator]().next();
    const { gone } = await arriving;
    body.on('error', () => {}).destroy();
    await gone;
    await completed('POST /api/pull', 'client_left');
  });

  test('answers: nothing of the model server itself is passed on', async () => {
    const arriving = next((_, res) =>
      res
        .writeHead(200, { server: 'ollama', 'set-cookie': 'a=b', 'x-secret': 's', 'content-type': 'application/json' })
        .end('{"models":[1]}'),
    );
    const { status, headers, text } = await models(`GET ${AT}/api/tags`);
    await arriving;
    expect([status, text, headers['content-type']]).toEqual([200, '{"models":[1]}', 'application/json']);
    for (const name of ['server', 'set-cookie', 'x-secret']) expect(headers).not.toHaveProperty(name);
    expect(headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('answers: an error of the model server is passed on as it is', async () => {
    const arriving = next((_, res) => res.writeHead(404, { 'content-type': 'application/json' }).end('{"error":"no"}'));
    const { status, text } = await models(`POST ${AT}/api/show`, { model: 'm' });
    await arriving;
    expect([status, text]).toEqual([404, '{"error":"no"}']);
  });

  test.each<[string, Behaviour, number, string]>([
    ['a redirect', (_, res) => res.writeHead(302, { location: 'http://elsewhere/' }).end(), 502, 'upstream_error'],
    ['no answer', (req) => req.socket.destroy(), 502, 'upstream_error'],
    ['no HTTP', (req) => req.socket.end('220 smtp\r\n\r\n'), 502, 'upstream_error'],
    [
      'another protocol',
      (req) => req.socket.end('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n'),
      502,
      'upstream_error',
    ],
  ])('answers: %s is an error', async (_, behaviour, status, code) => {
    const arriving = next(behaviour);
    const answer = await models(`GET ${AT}/api/tags`);
    await arriving;
    expect([answer.status, answer.json.error.code]).toEqual([status, code]);
    expect(answer.headers).not.toHaveProperty('location');
  });

  test('answers: one that breaks off is not whole to anybody', async () => {
    const arriving = next((req, res) => {
      res.writeHead(200, { 'content-length': '100' }).write('half', () => req.socket.destroySoon());
    });
    await expect(models(`GET ${AT}/api/tags`)).rejects.toThrow();
    await arriving;
    await completed('GET /api/tags', 'upstream_broke');
  });
});
