import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { cp, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { MAIN, type Run, runCommand, runProgram } from '../support/program.ts';
import { chatAnswer, chatChunk, json, sse, startUpstream, type Upstream } from '../support/upstream.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const HOST_PORTS = resolve(import.meta.dirname, '../support/host-ports.ts');
const hasCurl = spawnSync('curl', ['--version']).status === 0;

/** What a fresh clone has and a quickstart reads; the ports are any that are free, the rest is as it is delivered. */
async function freshClone(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'sallyport-quickstart-'));
  await cp(join(ROOT, 'config/sallyport.example.yaml'), join(dir, 'config/sallyport.example.yaml'));
  await symlink(join(ROOT, 'node_modules'), join(dir, 'node_modules'));
  const example = join(dir, 'config/sallyport.example.yaml');
  const text = await readFile(example, 'utf8');
  // PORT has a say about the inference port only.
  await writeFile(example, text.replace('port: 9464', 'port: 0'));
  return dir;
}

interface Start {
  /** What was printed to introduce the gateway. */
  readonly banner: string;
  readonly url: string;
  readonly stderr: () => string;
  stop(signal: NodeJS.Signals): Promise<number | null>;
}

const running = new Set<ChildProcess>();
/** With them the banner ends. */
const LAST_WORDS = 'Stop: Ctrl-C';

/** @param onPorts what the host has on the ports where model servers usually are */
async function quickstart(dir: string, onPorts: Record<string, number> = {}): Promise<Start> {
  const child = spawn(process.execPath, [MAIN, 'quickstart'], {
    cwd: dir,
    env: {
      PATH: process.env['PATH'],
      PORT: '0',
      NODE_OPTIONS: `--import=${HOST_PORTS}`,
      HOST_PORTS: JSON.stringify(onPorts),
    },
  });
  running.add(child);
  let stdout = '';
  let stderr = '';
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const exited = once(child, 'exit').then(([code]) => code as number | null);
  const opened = new Promise<void>((found) => {
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
      if (stdout.includes(LAST_WORDS)) found();
    });
  });
  const ended = exited.then((code) => {
    throw new Error(`quickstart ended with ${code}:\n${stderr}`);
  });
  await Promise.race([opened, ended]);
  ended.catch(() => {});
  // Audit records share stdout; the banner does not look like one.
  const banner = stdout
    .slice(0, stdout.indexOf(LAST_WORDS))
    .split('\n')
    .filter((line) => !line.startsWith('{"v":1'))
    .join('\n');
  return {
    banner,
    url: /Sallyport is open on (\S+)/.exec(banner)![1]!,
    stderr: () => stderr,
    async stop(signal) {
      child.kill(signal);
      const code = await exited;
      running.delete(child);
      return code;
    },
  };
}

/** A printed command, as somebody would copy it: from its first word to an empty line. */
const snippet = ({ banner }: Start, first: RegExp): string => {
  const start = banner.search(first);
  return banner.slice(start, banner.indexOf('\n\n', start));
};
/** Pasted into a shell, in a directory that has nothing to do with it. */
const paste = (command: string): Promise<Run> =>
  runCommand('sh', ['-c', command], {
    cwd: tmpdir(),
    env: { PATH: `${dirname(process.execPath)}:${process.env['PATH']}`, HOME: tmpdir() },
  });
const CURL = /^curl https:/m;
const SDK = /^cd \//m;

const directories: string[] = [];
const clone = async () => {
  const dir = await freshClone();
  directories.push(dir);
  return dir;
};
afterAll(async () => {
  for (const child of running) child.kill('SIGKILL');
  await Promise.all(directories.map((dir) => rm(dir, { recursive: true, force: true })));
});

/** What a start has made, by hash. What a gateway goes on writing is left out. */
async function made(dir: string): Promise<Record<string, string>> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(dir.length + 1))
    // The log goes on, and so does the use of keys.
    .filter((name) => !/^(var\/audit\/|var\/key-usage\.json|node_modules)/.test(name));
  const hash = async (name: string) =>
    createHash('sha256')
      .update(await readFile(join(dir, name)))
      .digest('hex');
  return Object.fromEntries(await Promise.all(files.sort().map(async (name) => [name, await hash(name)])));
}

describe('on a host without a model server', () => {
  let dir: string;
  let first: Start;
  let second: Start;
  beforeAll(async () => {
    dir = await clone();
    first = await quickstart(dir);
  });

  test('quickstart: makes what is missing, each for its owner only, and says what it made', async () => {
    expect(Object.keys(await made(dir))).toEqual([
      '.env',
      'certs/client-cert.pem',
      'certs/client-key.pem',
      'certs/crl.pem',
      'certs/internal-ca-cert.pem',
      'certs/internal-ca-key.pem',
      'certs/server-cert.pem',
      'certs/server-key.pem',
      'config/sallyport.example.yaml',
      'config/sallyport.yaml',
      'var/audit-signing-key.pem',
      'var/audit-signing-key.pub.pem',
      'var/keys.json',
    ]);
    const mode = async (name: string) => (await stat(join(dir, name))).mode & 0o777;
    for (const secret of [
      '.env',
      'certs/internal-ca-key.pem',
      'certs/server-key.pem',
      'certs/client-key.pem',
      'var/keys.json',
      'var/audit-signing-key.pem',
    ])
      expect([secret, await mode(secret)]).toEqual([secret, 0o600]);
    for (const name of [
      'certs/server-key.pem',
      'PROMPT_HMAC_SECRET in .env',
      'SALLYPORT_API_KEY in .env',
      'config/sallyport.yaml',
    ])
      expect(first.stderr()).toContain(name);
    // The example as it is, but for the model server.
    const [example, own] = await Promise.all(
      ['sallyport.example.yaml', 'sallyport.yaml'].map(async (name) =>
        parse(await readFile(join(dir, 'config', name), 'utf8')),
      ),
    );
    const { upstreams, ...rest } = own;
    expect(rest).toEqual((({ upstreams: _, ...others }) => others)(example));
    expect(upstreams).toEqual([
      { name: 'rehearsal', kind: 'llama.cpp', url: 'unix:var/rehearsal.sock', models: ['*'], maxInFlight: 32 },
    ]);
    expect((await runProgram(['config', 'check', '--config', 'config/sallyport.yaml'], { cwd: dir })).code).toBe(0);
    expect((await runProgram(['pki', 'status', 'certs'], { cwd: dir })).code).toBe(0);
  });

  test('quickstart: the stand-in is called one', () => {
    expect(first.banner).toContain('REHEARSAL MODEL');
    expect(first.banner).toContain('It is not a model');
  });

  test.runIf(hasCurl)('quickstart: the printed curl works as it stands, and shows the guard at work', async () => {
    const { code, stdout } = await paste(`${snippet(first, CURL)} --silent --show-error --fail-with-body`);
    expect(code).toBe(0);
    const answer = JSON.parse(stdout);
    expect(answer.model).toBe('rehearsal');
    expect(answer.choices[0].message.content).toContain('[EMAIL_REDACTED]');
    expect(stdout).not.toContain('sally.port@example.com');
  });

  test('quickstart: the printed SDK snippet works as it stands', async () => {
    const { code, stdout, stderr } = await paste(snippet(first, SDK));
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(stdout).toContain('Hello, who is there?');
  });

  test('quickstart: a second start reuses everything, with the same key; one beside it says why it cannot be', async () => {
    const before = await made(dir);
    expect(await first.stop('SIGINT')).toBe(0);
    second = await quickstart(dir);
    expect(second.stderr()).not.toContain('made ');
    const withoutPort = ({ banner, url }: Start) => banner.replaceAll(url, 'URL').replace(/127\.0\.0\.1:\d+/, 'OPS');
    expect(withoutPort(second)).toBe(withoutPort(first));
    await expect(quickstart(dir)).rejects.toThrow(/ended with 2.*rehearsal_cannot_listen/s);
    expect(await made(dir)).toEqual(before);
    const { stdout } = await paste(snippet(second, SDK));
    expect(stdout).toContain('Hello, who is there?');
  });

  test('quickstart: after kill -9 the next start works, and a key that was revoked is replaced', async () => {
    await second.stop('SIGKILL');
    const key = /Bearer (sp_\w+)/.exec(second.banner)![1]!;
    expect((await runProgram(['keys', 'revoke', key.split('_')[1]!], { cwd: dir })).code).toBe(0);
    const third = await quickstart(dir);
    expect(third.banner).not.toContain(key);
    expect(third.stderr()).toContain('made an API key');
    const { stdout } = await paste(snippet(third, SDK));
    expect(stdout).toContain('Hello, who is there?');
    expect(await third.stop('SIGINT')).toBe(0);
    expect((await runProgram(['audit', 'verify', 'var/audit'], { cwd: dir })).code).toBe(0);
  });
});

describe('on a host with a model server', () => {
  let upstream: Upstream;
  beforeAll(async () => {
    upstream = await startUpstream((wire, request) => {
      if (request.path === '/v1/models')
        return json(200, {
          object: 'list',
          data: [
            { id: 'of the tests', object: 'model' },
            { id: 'tiny:1b', object: 'model' },
          ],
        })(wire, request);
      if (request.json?.stream) return sse([chatChunk('a real answer', { finish: 'stop' })])(wire, request);
      return json(200, request.method === 'GET' ? {} : chatAnswer('a real answer'))(wire, request);
    });
  });
  afterAll(() => upstream.close());

  test('quickstart: finds it, and its snippet names a model that the server has', async () => {
    const dir = await clone();
    const start = await quickstart(dir, { 8080: Number(new URL(upstream.url).port) });
    expect(start.banner).toContain('Model server: llama-cpp (llama.cpp, http://127.0.0.1:8080)');
    expect(start.banner).not.toContain('REHEARSAL');
    const { stdout } = await paste(snippet(start, SDK));
    expect(stdout).toBe('a real answer');
    expect(upstream.requests.at(-1)!.json).toMatchObject({ model: 'tiny:1b', stream: true });
    expect(await start.stop('SIGINT')).toBe(0);
  });
});
