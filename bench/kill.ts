/**
 * How long it takes until what was taken away is of no use: two gateways with their keys in one Redis, both under load.
 * Each round gives a client a key and a certificate, has it stream from both gateways, takes one thing away, and
 * measures on both until the stream has ended and until a new request is refused.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Agent, request } from 'undici';
import { terminal } from '../src/cli/terminal.ts';
import { connectDocuments, openRedisDocument } from '../src/core/document/redis.ts';
import { initPki, issueCertificate } from '../src/identity/issuing.ts';
import { revokeCertificate } from '../src/identity/revoking.ts';
import { newKey } from '../src/keys/issue.ts';
import { revoked } from '../src/keys/rotate.ts';
import { keysFormat } from '../src/keys/store.ts';
import { lockdownFormat } from '../src/lockdown/lockdown.ts';

const WORKERS = 4;
const MAIN = join(import.meta.dirname, '../src/main.ts');

interface Instance {
  readonly port: number;
  readonly opsPort: number;
}

/** @param rounds of keys; of certificates and lockdowns a third and a fifth as many */
export async function killBench(rounds = 100): Promise<void> {
  if (spawnSync('redis-server', ['--version']).status !== 0) {
    terminal.out('kill time: not measured, redis-server is not installed');
    return;
  }
  const dir = mkdtempSync(join(tmpdir(), 'sallyport-kill-'));
  const children: ChildProcess[] = [];
  await using stand = new AsyncDisposableStack();
  stand.defer(async () => {
    for (const child of children) child.kill('SIGKILL');
    rmSync(dir, { recursive: true, force: true });
  });

  const socket = join(dir, 'redis.sock');
  const redis = spawn('redis-server', ['--port', '0', '--unixsocket', socket, '--save', '', '--dir', dir]);
  children.push(redis);
  for await (const line of createInterface({ input: redis.stdout })) if (/ready to accept/i.test(line)) break;
  redis.stdout.resume();
  const url = `unix://${socket}`;
  const certs = join(dir, 'certs');
  await initPki(certs);
  const model = await endlessModel();
  stand.defer(() => model.close());
  const instances = await Promise.all([1, 2].map((number) => startInstance(dir, number, model.url, url, children)));

  const connection = connectDocuments(url);
  stand.defer(() => connection.close());
  const onAlarm = (fault: Error) => terminal.err(fault.message);
  const keys = await openRedisDocument(keysFormat, connection, { onAlarm });
  const lockdown = await openRedisDocument(lockdownFormat, connection, { onAlarm });
  stand.defer(() => keys.close());
  stand.defer(() => lockdown.close());
  const newClientKey = async () => {
    const about = { team: 't', app: 'a', env: 'e', role: 'inference', models: ['*'], client: '*' } as const;
    const made = newKey({ ...about, models: ['*'] }, 3_600_000);
    await keys.change((table) => new Map(table).set(made.record.id, made.record));
    return made;
  };
  const ca = readFileSync(join(certs, 'internal-ca-cert.pem'));
  const agentOf = (certFile: string, keyFile: string) =>
    new Agent({ connect: { ca, cert: readFileSync(certFile), key: readFileSync(keyFile) }, connections: 64 });
  const usual = agentOf(join(certs, 'client-cert.pem'), join(certs, 'client-key.pem'));
  stand.defer(() => usual.destroy());

  const busy = await newClientKey();
  const load = underLoad(instances, usual, busy.key);
  stand.defer(() => load.stop());

  /** Milliseconds from the moment of `take` until both have ended the stream and refused a request. */
  const round = async (
    agent: Agent,
    key: string,
    take: () => Promise<unknown>,
  ): Promise<[cut: number, refused: number]> => {
    for (const { port } of instances) await until(async () => (await ask(port, agent, key)) === 200);
    const streams = await Promise.all(instances.map(({ port }) => openStream(port, agent, key)));
    const start = performance.now();
    const ends = streams.map(async ({ ended }) => {
      await ended;
      return performance.now() - start;
    });
    const refusals = instances.map(async ({ port }) => {
      await until(async () => (await ask(port, agent, key)) !== 200);
      return performance.now() - start;
    });
    await take();
    return [Math.max(...(await Promise.all(ends))), Math.max(...(await Promise.all(refusals)))];
  };

  const kinds = {
    key: async () => {
      const { key, record } = await newClientKey();
      return round(usual, key, () => keys.change((table) => revoked(table, record.id).table));
    },
    certificate: async (number: number) => {
      const { key } = await newClientKey();
      const { certFile, keyFile, serial } = await issueCertificate(certs, {
        name: `c${number}`,
        kind: 'client',
        days: 1,
      });
      const agent = agentOf(certFile, keyFile);
      try {
        return await round(agent, key, () => revokeCertificate(certs, serial));
      } finally {
        await agent.destroy();
      }
    },
    lockdown: async () => {
      const set = (on: boolean) =>
        lockdown.change(() => ({ on, since: new Date().toISOString(), by: 'bench', reason: 'bench' }));
      const took = await round(usual, busy.key, () => set(true));
      await set(false);
      return took;
    },
  };
  const counts = { key: rounds, certificate: Math.ceil(rounds / 3), lockdown: Math.ceil(rounds / 5) };
  for (const [kind, measure] of Object.entries(kinds)) {
    const cuts: number[] = [];
    const refusals: number[] = [];
    for (let number = 0; number < counts[kind as keyof typeof counts]; number++) {
      const [cut, refused] = await measure(number);
      cuts.push(cut);
      refusals.push(refused);
    }
    terminal.out(`kill time, ${kind}: ${cuts.length} on two instances, ${load.perSecond()} requests/s beside it`);
    terminal.out(`  streams cut       ${distribution(cuts)}`);
    terminal.out(`  requests refused  ${distribution(refusals)}`);
  }
}

function distribution(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (part: number) =>
    `${Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))]!)} ms`;
  return `p50 ${at(0.5)}, p99 ${at(0.99)}, most ${at(1)}`;
}

async function startInstance(
  dir: string,
  number: number,
  upstream: string,
  redisUrl: string,
  children: ChildProcess[],
): Promise<Instance> {
  const cwd = join(dir, `instance-${number}`);
  mkdirSync(cwd);
  const certs = join(dir, 'certs');
  const settings = {
    listen: { port: 0 },
    ops: { port: 0 },
    tls: {
      certFile: join(certs, 'server-cert.pem'),
      keyFile: join(certs, 'server-key.pem'),
      clientCaFile: join(certs, 'internal-ca-cert.pem'),
      crlFile: join(certs, 'crl.pem'),
    },
    upstreams: [{ name: 'm', kind: 'vllm', url: upstream, maxInFlight: 1000 }],
    keys: { store: 'redis' },
    limits: {
      requestsPerMinute: 1_000_000,
      tokensPerMinute: null,
      concurrent: 1000,
      floodPerMinute: 10_000_000,
      whenStoreFails: 'local',
    },
    audit: { stdout: false },
  };
  // YAML is a superset of JSON.
  writeFileSync(join(cwd, 'sallyport.yaml'), JSON.stringify(settings));
  const child = spawn(process.execPath, [MAIN, 'serve', '--config', 'sallyport.yaml'], {
    cwd,
    env: { PATH: process.env['PATH'], PROMPT_HMAC_SECRET: 'x'.repeat(32), REDIS_URL: redisUrl },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  children.push(child);
  for await (const line of createInterface({ input: child.stderr })) {
    if (!line.includes('the gateway is open')) continue;
    child.stderr.resume();
    return JSON.parse(line);
  }
  throw new Error('the gateway has ended');
}

/** A model server whose streams never end, and whose other answers are short. */
async function endlessModel(): Promise<{ url: string; close(): Promise<void> }> {
  const chunk = { id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm' };
  const event = (content: string) =>
    `data: ${JSON.stringify({ ...chunk, choices: [{ index: 0, delta: { content }, finish_reason: null }] })}\n\n`;
  const whole = JSON.stringify({
    ...chunk,
    object: 'chat.completion',
    choices: [{ index: 0, message: { role: 'assistant', content: 'Well.' }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
  });
  const server = createServer(async (req, res) => {
    let body = '';
    for await (const part of req) body += part;
    if (!body.includes('"stream":true')) {
      res
        .setHeader('content-type', 'application/json')
        .end(req.method === 'GET' ? '{"object":"list","data":[]}' : whole);
      return;
    }
    res.setHeader('content-type', 'text/event-stream');
    res.write(event('On'));
    const timer = setInterval(() => res.write(event(' and on')), 20);
    res.once('close', () => clearInterval(timer));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

const post = (port: number, dispatcher: Agent, key: string, stream: boolean) =>
  request(`https://localhost:${port}/v1/chat/completions`, {
    method: 'POST',
    dispatcher,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify({ model: 'm', stream, messages: [{ role: 'user', content: 'Go on.' }] }),
  });

async function ask(port: number, agent: Agent, key: string): Promise<number> {
  const { statusCode, body } = await post(port, agent, key, false);
  await body.dump();
  return statusCode;
}

/** Opens a stream; it is running when this resolves. */
async function openStream(port: number, agent: Agent, key: string): Promise<{ ended: Promise<void> }> {
  const { statusCode, body } = await post(port, agent, key, true);
  if (statusCode !== 200) throw new Error(`${statusCode}: ${await body.text()}`);
  const chunks = body[Symbol.asyncIterator]();
  await chunks.next();
  const drain = async () => {
    while (!(await chunks.next()).done);
  };
  return { ended: drain().catch(() => {}) };
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds()));
}

/** Requests one after the other on every instance, by several workers, until it is stopped. */
function underLoad(instances: readonly Instance[], agent: Agent, key: string) {
  let running = true;
  let count = 0;
  const start = performance.now();
  const worker = async (port: number) => {
    while (running) {
      await ask(port, agent, key).catch(() => {});
      count += 1;
    }
  };
  const workers = instances.flatMap(({ port }) => Array.from({ length: WORKERS }, () => worker(port)));
  return {
    perSecond: () => Math.round(count / ((performance.now() - start) / 1000)),
    async stop() {
      running = false;
      await Promise.all(workers);
    },
  };
}

if (import.meta.main) await killBench(Number(process.argv[2] ?? 100));
