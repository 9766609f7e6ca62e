/** The real program, on free ports, in a directory of its own: what the end-to-end tests talk to. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { type TLSSocket, connect as tlsConnect } from 'node:tls';
import { Agent, type Dispatcher, request } from 'undici';
import { inject } from 'vitest';
import { stringify } from 'yaml';
import { auditLine } from '../../src/audit/events.ts';
import type { SharedDocument } from '../../src/core/document/document.ts';
import { connectDocuments, openRedisDocument } from '../../src/core/document/redis.ts';
import { DEV_CLIENT } from '../../src/identity/issuing.ts';
import { changeKeys } from '../../src/keys/file-store.ts';
import { type KeyAbout, newKey } from '../../src/keys/issue.ts';
import type { KeyRecord, KeyTable } from '../../src/keys/record.ts';
import { keysFormat } from '../../src/keys/store.ts';

const MAIN = resolve(import.meta.dirname, '../../src/main.ts');
export const HMAC_SECRET = 'a secret of the tests, long enough to be one';

type Tree = { readonly [key: string]: unknown };

export interface GatewayOptions {
  /** URL of the model server. */
  readonly upstream: string;
  /** Sections of the configuration, in place of the defaults. */
  readonly config?: Tree;
  readonly env?: Readonly<Record<string, string>>;
  /** Runs the program under another one: `['strace', '-f', …]`. */
  readonly wrapper?: readonly string[];
  /** A gateway that has ended: this one goes on in its directory, with its keys and its log. */
  readonly after?: TestGateway;
}

export interface AuditRecord {
  readonly seq: number;
  readonly event: string;
  readonly requestId?: string;
  readonly [field: string]: unknown;
}

export interface Answer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: whatever the gateway answers, for the test to look into
  readonly json: any;
}

export interface AdminOptions {
  readonly method?: string;
  /** What comes after `Bearer `; null sends none. */
  readonly token?: string | null;
  /** JSON; or the bytes as they are. */
  readonly body?: unknown;
  /** Certificate and key in place of the usual ones. */
  readonly client?: { readonly cert: string | Buffer; readonly key: string | Buffer };
}

export interface TestGateway {
  readonly dir: string;
  readonly port: number;
  /** Null unless `config.admin.enabled`. */
  readonly adminPort: number | null;
  readonly opsPort: number;
  readonly url: string;
  readonly pid: number;
  /** CA, certificate and key of the client that keys are bound to. */
  readonly tls: { readonly ca: Buffer; readonly cert: Buffer; readonly key: Buffer };
  /** Issues a key (the gateway notices within a second: {@link keyWorks} waits for that). */
  issueKey(about?: Partial<KeyRecord>): Promise<string>;
  /** Waits until the gateway answers this key with something else than 401. */
  keyWorks(key: string): Promise<void>;
  /** A key that works, made before the start. */
  readonly key: string;
  /** Sends JSON (or the text as it is) and reads the whole answer. */
  post(
    path: string,
    body: unknown,
    options?: Partial<Dispatcher.RequestOptions> & { key?: string | null },
  ): Promise<Answer>;
  get(path: string, options?: { key?: string | null }): Promise<Answer>;
  /** Sends a request to the administration listener, with the client of the inference tests unless told. */
  admin(path: string, options?: AdminOptions): Promise<Answer>;
  ops(path: string): Promise<Answer>;
  /** A TLS connection for raw bytes. */
  raw(): Promise<TLSSocket>;
  /** The records on disk so far. */
  records(): Promise<AuditRecord[]>;
  /** Waits until `count` records of an event are on disk, and returns them. */
  recorded(event: string, count?: number): Promise<AuditRecord[]>;
  stdout(): string;
  stderr(): string;
  /** Sends a signal and waits for the end; returns the exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
  readonly process: ChildProcess;
}

/** Starts a gateway; `stop` it, or let {@link stopAll} do so. */
export async function startGateway({
  upstream,
  config = {},
  env = {},
  wrapper = [],
  after,
}: GatewayOptions): Promise<TestGateway> {
  const dir = after?.dir ?? (await mkdtemp(join(tmpdir(), 'sallyport-e2e-')));
  const pki = inject('pki');
  const settings = {
    listen: { port: 0 },
    ops: { port: 0 },
    upstreams: [{ name: 'fake', kind: 'llama.cpp', url: upstream }],
    ...config,
    tls: {
      certFile: join(pki, 'server-cert.pem'),
      keyFile: join(pki, 'server-key.pem'),
      clientCaFile: join(pki, 'internal-ca-cert.pem'),
      crlFile: join(pki, 'crl.pem'),
      ...(config['tls'] as Tree | undefined),
    },
    // The limits of a test are its own; those of a person would get in the way of it.
    limits: {
      requestsPerMinute: 100_000,
      tokensPerMinute: null,
      concurrent: 1000,
      floodPerMinute: 1_000_000,
      ...(config['limits'] as Tree | undefined),
    },
    // Tests look for the record of each refusal; those of floods set it back.
    audit: { fullRefusalsPerMinute: 1_000_000, ...(config['audit'] as Tree | undefined) },
  };
  await writeFile(join(dir, 'sallyport.yaml'), stringify(settings));
  const isShared = (config['keys'] as Tree | undefined)?.['store'] === 'redis';
  const place = isShared ? { redis: env['REDIS_URL']! } : { file: join(dir, 'var/keys.json') };
  const key = after?.key ?? (await issue(place));

  const [command, ...args] = [...wrapper, process.execPath, MAIN, 'serve', '--config', 'sallyport.yaml'];
  const child = spawn(command!, args, {
    cwd: dir,
    env: { PATH: process.env['PATH'], PROMPT_HMAC_SECRET: HMAC_SECRET, ...env },
  });
  running.add(child);
  let out = '';
  let err = '';
  child.stdout!.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr!.on('data', (chunk) => {
    err += chunk;
  });
  const exited = once(child, 'exit').then(([code]) => code as number | null);
  const { port, adminPort, opsPort } = await opened(child, exited, () => err);

  const tls = {
    ca: readFileSync(join(pki, 'internal-ca-cert.pem')),
    cert: readFileSync(join(pki, 'client-cert.pem')),
    key: readFileSync(join(pki, 'client-key.pem')),
  };
  const agent = new Agent({ connect: tls });
  const url = `https://localhost:${port}`;
  const send = async (path: string, options: Partial<Dispatcher.RequestOptions>): Promise<Answer> => {
    const answer = await request(`${url}${path}`, { dispatcher: agent, ...options } as Parameters<typeof request>[1]);
    return whole(answer);
  };
  const auth = (given: string | null | undefined) =>
    given === null ? {} : { authorization: `Bearer ${given ?? key}` };

  const gateway: TestGateway = {
    dir,
    port,
    adminPort,
    opsPort,
    url,
    pid: child.pid!,
    tls,
    key,
    process: child,
    issueKey: (about) => issue(place, about),
    async keyWorks(wanted) {
      await until(async () => (await gateway.get('/v1/models', { key: wanted })).status !== 401);
    },
    post: (path, body, { key: given, headers, ...options } = {}) =>
      send(path, {
        method: 'POST',
        body: typeof body === 'string' ? body : JSON.stringify(body),
        headers: { 'content-type': 'application/json', ...auth(given), ...(headers as Record<string, string>) },
        ...options,
      }),
    get: (path, { key: given } = {}) => send(path, { method: 'GET', headers: auth(given) }),
    async admin(path, { method = 'GET', token = null, body, client } = {}) {
      const dispatcher = client ? new Agent({ connect: { ca: tls.ca, ...client } }) : agent;
      try {
        const answer = await request(`https://localhost:${adminPort}${path}`, {
          dispatcher,
          method: method as Dispatcher.HttpMethod,
          headers: {
            ...(token === null ? {} : { authorization: `Bearer ${token}` }),
            ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          },
          ...(body === undefined ? {} : { body: isBytes(body) ? body : JSON.stringify(body) }),
        });
        return await whole(answer);
      } finally {
        if (client) await dispatcher.destroy();
      }
    },
    ops: async (path) => whole(await request(`http://127.0.0.1:${opsPort}${path}`)),
    async raw() {
      const socket = tlsConnect({ port, host: 'localhost', ...tls });
      await once(socket, 'secureConnect');
      return socket;
    },
    async records() {
      const auditDir = join(dir, 'var/audit');
      const files = (await readdir(auditDir)).filter((name) => name.endsWith('.jsonl')).sort();
      const texts = await Promise.all(files.map((name) => readFile(join(auditDir, name), 'utf8')));
      return (
        texts
          .join('')
          .split('\n')
          // The last piece is empty, or a line that is still being written.
          .slice(0, -1)
          .map((line) => JSON.parse(line))
      );
    },
    async recorded(event, count = 1) {
      let found: AuditRecord[] = [];
      await until(async () => {
        found = (await gateway.records()).filter((record) => record.event === event);
        return found.length >= count;
      });
      return found;
    },
    stdout: () => out,
    stderr: () => err,
    async stop(signal = 'SIGTERM') {
      child.kill(signal);
      const code = await exited;
      running.delete(child);
      await agent.destroy();
      return code;
    },
  };
  directories.add(dir);
  return gateway;
}

const running = new Set<ChildProcess>();
const directories = new Set<string>();

/** Ends every gateway that a test file has left running, and removes their directories. */
export async function stopAll(): Promise<void> {
  await Promise.all(
    [...running].map(async (child) => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    }),
  );
  running.clear();
  for (const dir of directories) await checkRecords(join(dir, 'var/audit'));
  await Promise.all([...directories].map((dir) => rm(dir, { recursive: true, force: true })));
  directories.clear();
}

/** Whatever a test did: every record that the gateway wrote says what the published schema says. */
async function checkRecords(dir: string): Promise<void> {
  const names = (await readdir(dir).catch(() => [])).filter((name) => name.endsWith('.jsonl'));
  const texts = await Promise.all(names.map((name) => readFile(join(dir, name), 'utf8')));
  for (const line of texts.flatMap((text) => text.split('\n'))) {
    const { error } = isJson(line) ? auditLine.safeParse(JSON.parse(line)) : {};
    if (error) throw new Error(`This record is not as the schema says: ${error.message}\n${line}`);
  }
}

/** A test may have cut a line short. */
function isJson(line: string): boolean {
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}

const isBytes = (body: unknown): body is string | Buffer => typeof body === 'string' || Buffer.isBuffer(body);

async function issue(
  place: { readonly file: string } | { readonly redis: string },
  about: Partial<KeyRecord> = {},
): Promise<string> {
  const defaults: KeyAbout = {
    team: 'tests',
    app: DEV_CLIENT,
    env: 'test',
    role: 'inference',
    models: ['*'],
    client: DEV_CLIENT,
  };
  const { key, record } = newKey(defaults, 86_400_000);
  const made = { ...record, ...about };
  if ('file' in place) await changeKeys(place.file, (keys) => [...keys, made]);
  else await withSharedKeys(place.redis, (keys) => keys.change((table) => new Map(table).set(made.id, made)));
  return key;
}

/** The keys in a Redis, as an operator has them. */
export async function withSharedKeys<T>(url: string, work: (keys: SharedDocument<KeyTable>) => Promise<T>): Promise<T> {
  const connection = connectDocuments(url);
  const keys = await openRedisDocument(keysFormat, connection, { onAlarm: () => {} });
  try {
    return await work(keys);
  } finally {
    await keys.close();
    connection.close();
  }
}

interface Ports {
  readonly port: number;
  readonly adminPort: number | null;
  readonly opsPort: number;
}

async function opened(child: ChildProcess, exited: Promise<number | null>, err: () => string): Promise<Ports> {
  const line = new Promise<Ports>((found) => {
    createInterface({ input: child.stderr! }).on('line', (text) => {
      if (text.startsWith('{') && text.includes('the gateway is open')) found(JSON.parse(text));
    });
  });
  const end = exited.then((code) => {
    throw new Error(`the gateway ended with ${code} before it was open:\n${err()}`);
  });
  return Promise.race([line, end]);
}

async function whole({ statusCode, headers, body }: Dispatcher.ResponseData<unknown>): Promise<Answer> {
  const text = await body.text();
  return {
    status: statusCode,
    headers,
    text,
    get json() {
      return JSON.parse(text);
    },
  };
}

/** Asks again until it is so; the test's own time limit ends what never becomes true. */
export async function until(holds: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** The `data:` of every event in a stream. */
export const eventsOf = (text: string): string[] =>
  text.split('\n\n').flatMap((event) => (event.startsWith('data: ') ? [event.slice('data: '.length)] : []));
