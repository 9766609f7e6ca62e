/** What no chat key reaches in any spelling, on either listener, and what no model-admin does (catalogue 42 and 43). */
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { passable } from '../../src/upstream/catalogue/catalogue.ts';
import { OWN, ofEachKind, rowsOfAll, watched } from '../support/admin-routes.ts';
import { type Disguise, disguises } from '../support/disguises.ts';
import { startGateway, stopAll, type TestGateway, until } from '../support/gateway.ts';
import { connectAdmin } from '../support/operators.ts';
import { connect, type RawConnection, rawRequest } from '../support/raw.ts';
import { chatAnswer, json, startUpstream, type Upstream } from '../support/upstream.ts';

vi.setConfig({ testTimeout: 60_000 });

let upstream: Upstream;
let gateway: TestGateway;
beforeAll(async () => {
  upstream = await startUpstream(json(200, { data: [] }));
  gateway = await startGateway({
    upstream: upstream.url,
    config: {
      upstreams: ofEachKind(upstream),
      admin: { enabled: true, port: 0 },
      // Here are thousands, and none of them is looked up.
      audit: { fullRefusalsPerMinute: 10 },
    },
  });
});
afterAll(async () => {
  await stopAll();
  await upstream.close();
});

/** Sends each attempt on one of a few connections, and returns what has not been refused. */
async function notRefused(attempts: readonly Disguise[], open: () => Promise<RawConnection>): Promise<string[]> {
  const found: string[] = [];
  const queue = attempts.values();
  const worker = async () => {
    let connection = await open();
    for (const { what, bytes, method, alone } of queue) {
      if (alone) {
        const own = await open();
        await own.write(bytes);
        for (const { status } of await own.closed()) if (status < 400) found.push(`${status} ${what}`);
        continue;
      }
      await connection.write(bytes);
      // None at all is a refusal too: of the line itself, by cutting it off.
      const answer = await connection.answer(method).catch(() => null);
      if (answer && answer.status < 400) found.push(`${answer.status} ${what}`);
      if (answer && answer.headers['connection'] !== 'close') continue;
      connection.socket.destroy();
      connection = await open();
    }
    connection.socket.destroy();
  };
  await Promise.all(Array.from({ length: 8 }, worker));
  return found;
}

const client = () => ({ cert: String(gateway.tls.cert), key: String(gateway.tls.key) });
const LISTENERS = [
  { listener: 'inference', open: () => connect(gateway) },
  { listener: 'administration', open: () => connectAdmin(gateway, client()) },
];

describe('spellings', () => {
  /** What clients of inference may ask for there, as it is. */
  const SERVED = /^(POST \/v1\/(chat\/completions|completions|embeddings)|GET \/v1\/models(\/x1)?)$/;
  /** What is hidden behind another request as well, which takes a connection each. */
  const DEADLY = /^(DELETE|PUT) |^POST \/admin\/keys$/;
  const native = rowsOfAll(() => true);
  const unique = (requests: readonly string[]) => [...new Set(requests)];

  test.each(LISTENERS)(
    'spellings: no chat key reaches management on the $listener listener',
    async ({ listener, open }) => {
      const asked = watched(upstream);
      const direct = unique(native.map(({ passes }) => passes!)).filter((request) => !SERVED.test(request));
      const administered = unique([...OWN, ...native].map(({ request }) => request));
      // All spellings of what this listener could mistake for its own, and the plain ones of the rest.
      const [all, plain] = listener === 'inference' ? [direct, administered] : [administered, direct];
      const attempts = [
        ...all.flatMap((request) =>
          disguises(request, gateway.key).filter(({ alone }) => !alone || DEADLY.test(request)),
        ),
        ...plain.flatMap((request) => disguises(request, gateway.key).slice(0, 1)),
      ];
      expect(attempts.length).toBeGreaterThan(4000);
      expect(await notRefused(attempts, open)).toEqual([]);
      // Whoever looks for a model by a strange name has the list looked through, as for every other.
      expect(asked().filter((request) => listener === 'administration' || request !== 'GET /v1/models')).toEqual([]);
    },
  );

  test('spellings: no model-admin reaches inference, or what is for nobody, through the administration', async () => {
    const key = await gateway.issueKey({ role: 'model-admin' });
    await until(async () => (await gateway.admin('/admin/upstreams', { token: key })).status === 200);
    const asked = watched(upstream);
    const rows = rowsOfAll((route) => !passable(route));
    // With another method the same path can be one that is let through.
    const attempts = rows.flatMap(({ request }) =>
      disguises(request, key).filter(({ keepsMethod, alone }) => keepsMethod && !alone),
    );
    expect(await notRefused(attempts, LISTENERS[1]!.open)).toEqual([]);
    expect(asked()).toEqual([]);
  });

  test('spellings: for a model-admin too a route has one spelling', async () => {
    const key = await gateway.issueKey({ role: 'model-admin' });
    await until(async () => (await gateway.admin('/admin/upstreams', { token: key })).status === 200);
    const asked = watched(upstream);
    // A parameter has as many spellings as it has values.
    const rows = rowsOfAll((route) => passable(route) && !route.path.includes('{'));
    const attempts = rows.flatMap(({ request }) => disguises(request, key).filter(({ respelt }) => respelt));
    expect(await notRefused(attempts, LISTENERS[1]!.open)).toEqual([]);
    expect(asked()).toEqual([]);
  });

  test('spellings: a chat stays a chat, whatever else its head asks for', async () => {
    const asked = watched(upstream);
    const tricks = [
      'X-HTTP-Method-Override: DELETE',
      'X-HTTP-Method: DELETE',
      'X-Method-Override: DELETE',
      'X-Original-URL: /api/delete',
      'X-Rewrite-URL: /api/delete',
      'X-Forwarded-Prefix: /admin/upstreams/ollama',
      'X-Forwarded-Host: admin',
      'X-Forwarded-Port: 8444',
      'Forwarded: host=admin;proto=https',
    ];
    const connection = await connect(gateway);
    await connection.write(rawRequest(gateway.key, { headers: tricks, host: ['Host: ollama:11434'] }));
    await connection.answer();
    connection.socket.destroy();
    expect(asked()).toEqual(['POST /v1/chat/completions']);
    const names = tricks.map((line) => line.slice(0, line.indexOf(':')).toLowerCase());
    const sent = upstream.requests.at(-1)!;
    expect(Object.keys(sent.headers).filter((name) => names.includes(name))).toEqual([]);
    expect(sent.headers['host']).not.toContain('ollama');
  });
});

describe('behind an answer', () => {
  test('spellings: what cannot be read ends the connection, also while the answer before it is being recorded', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'sallyport-faults-'));
    const hold = join(dir, 'hold');
    const faults = resolve(import.meta.dirname, '../support/sync-faults.ts');
    const model = await startUpstream(async (wire, request) => {
      // From now on nothing reaches the disk, and the record of this request does not.
      if (request.path.startsWith('/v1/')) await writeFile(hold, '');
      await json(200, chatAnswer('ok'))(wire, request);
    });
    const slow = await startGateway({
      upstream: model.url,
      env: { NODE_OPTIONS: `--import=${faults}`, SYNC_FAULTS: dir },
    });
    const connection = await connect(slow);
    await connection.write(rawRequest(slow.key));
    expect((await connection.answer()).status).toBe(200);
    await until(() => existsSync(join(dir, 'holding')));
    await connection.write('get / HTTP/1.1\r\n\r\n');
    // Two turns of its loop: by then it has read that.
    for (let i = 0; i < 2; i++) await slow.ops('/healthz');
    await rm(hold);
    for (const { status } of await connection.closed()) expect(status).toBe(400);
    await slow.stop();
    await model.close();
    await rm(dir, { recursive: true });
  });
});
