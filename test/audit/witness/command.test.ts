import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { Agent, request } from 'undici';
import { describe, expect, onTestFinished, test } from 'vitest';
import { auditWitness } from '../../../src/cli/audit-witness.ts';
import { initPki } from '../../../src/identity/issuing.ts';
import { issue, issuerOf } from '../../support/leaf.ts';
import { listeningTerminal } from '../../support/terminal.ts';
import { tempDir } from '../helpers.ts';
import { linesOf, newKey, publicFile, show, type TestLog, testLog } from './support.ts';

const module = (name: string) => JSON.stringify(new URL(`../../../src/cli/${name}.ts`, import.meta.url).href);
const PROGRAM = `
  const { auditWitness } = await import(${module('audit-witness')});
  const { terminal } = await import(${module('terminal')});
  process.exitCode = await auditWitness(process.argv.slice(1), terminal);`;

interface Running {
  readonly child: ChildProcess;
  readonly url: string;
  readonly dir: string;
  said(): string;
}

/** The witness in a process of its own. */
async function run(dir: string, logs: readonly TestLog[], more: readonly string[] = []): Promise<Running> {
  const keys = await Promise.all(logs.map(({ key }) => publicFile(key)));
  const logKeys = keys.flatMap((file) => ['--log-key', file]);
  const args = ['--listen', '127.0.0.1:0', '--dir', dir, '--key', join(dir, '..', 'witness.pem'), ...logKeys, ...more];
  const child = spawn(process.execPath, ['--input-type=module', '-e', PROGRAM, '--', ...args], {
    stdio: ['ignore', 'inherit', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let said = '';
  const url = await new Promise<string>((resolve, reject) => {
    child.once('exit', () => reject(new Error(said)));
    child.stderr!.setEncoding('utf8').on('data', (text) => {
      said += text;
      const [, found] = /Listening on (\S+)\.\n/.exec(said) ?? [];
      if (found) resolve(found);
    });
  });
  return { child, url, dir, said: () => said };
}

async function end({ child }: Running, signal: NodeJS.Signals): Promise<unknown> {
  const exited = once(child, 'exit');
  child.kill(signal);
  const [code, by] = await exited;
  return code ?? by;
}

test('says who it is, keeps what it is shown, cries out, and ends when it is told to', async () => {
  const [log, other] = [testLog(), testLog()];
  const root = await tempDir();
  const witness = await run(join(root, 'state'), [log, other]);
  expect((await show(witness, log.line(7))).status).toBe(200);
  expect((await show(witness, log.line(7, 'other'))).code).toBe('witness_forked');
  expect(await end(witness, 'SIGTERM')).toBe(0);
  const said = witness.said();
  expect(said).toContain(`its public key is ${join(root, 'witness.pub.pem')}`);
  for (const { origin } of [log, other]) expect(said).toContain(`Keeps the checkpoints of log ${origin}`);
  expect(said).toMatch(/^REFUSED witness_forked: Log [0-9a-f]{16} has shown another head for size 7 before/m);
  expect((await stat(join(root, 'witness.pem'))).mode & 0o777).toBe(0o600);
  expect((await stat(witness.dir)).mode & 0o777).toBe(0o700);
  expect(await readFile(join(witness.dir, 'refused.jsonl'), 'utf8')).toContain('witness_forked');
});

test('whatever it has confirmed is there after kill -9, in a chain that grows', async () => {
  const log = testLog();
  const dir = join(await tempDir(), 'state');
  const confirmed: unknown[] = [];
  let size = 0;
  for (let round = 0; round < 4; round++) {
    const witness = await run(dir, [log]);
    const goal = confirmed.length + 30;
    const client = async () => {
      for (;;) {
        const { status, json } = await show(witness, log.line(++size));
        if (status === 200) confirmed.push(json);
        // In the middle of what the others are writing.
        if (confirmed.length >= goal) witness.child.kill('SIGKILL');
      }
    };
    await Promise.allSettled(Array.from({ length: 4 }, client));
    if (witness.child.signalCode === null) await once(witness.child, 'exit');
    expect(witness.child.signalCode).toBe('SIGKILL');
  }
  const witness = await run(dir, [log]);
  const kept = await linesOf(witness, log);
  const sizes = kept.map((line) => line['size'] as number);
  expect(sizes).toEqual([...new Set(sizes)].toSorted((a, b) => a - b));
  const texts = new Set(kept.map((line) => JSON.stringify(line)));
  expect(confirmed.filter((line) => !texts.has(JSON.stringify(line)))).toEqual([]);
  expect((await show(witness, log.line(size + 1))).status).toBe(200);
  await end(witness, 'SIGINT');
}, 40_000);

test('serves over TLS, and only those whose certificate its CA has issued', async () => {
  const root = await tempDir();
  const certs = join(root, 'certs');
  await initPki(certs);
  const pem = (name: string) => join(certs, `${name}.pem`);
  const caFile = pem('internal-ca-cert');
  const tls = ['--tls-cert', pem('server-cert'), '--tls-key', pem('server-key'), '--client-ca', caFile];
  const witness = await run(join(root, 'state'), [testLog()], tls);
  expect(witness.url).toMatch(/^https:/);
  const ca = await readFile(caFile);
  const { cert, key } = await issue(await issuerOf(certs));
  const ask = async (connect: object) => {
    const dispatcher = new Agent({ connect });
    onTestFinished(() => dispatcher.destroy());
    const { statusCode, body } = await request(`${witness.url}/healthz`, { dispatcher });
    await body.dump();
    return statusCode;
  };
  expect(await ask({ ca, cert, key })).toBe(200);
  await expect(ask({ ca })).rejects.toThrow();
  expect(await end(witness, 'SIGTERM')).toBe(0);
});

describe('a call that cannot work', () => {
  const setUp = async () => {
    const root = await tempDir();
    const key = newKey();
    await writeFile(join(root, 'log.pem'), key.export({ type: 'pkcs8', format: 'pem' }));
    const file = (name: string) => join(root, name);
    const logKey = await publicFile(key);
    await writeFile(file('none.pem'), 'hello');
    return {
      '--listen': '127.0.0.1:0',
      '--dir': file('state'),
      '--key': file('witness.pem'),
      '--log-key': logKey,
      file,
    };
  };
  type Given = Awaited<ReturnType<typeof setUp>>;
  test.each<[string, (given: Given) => Record<string, string>, string]>([
    ['without an address', () => ({ '--listen': '' }), 'usage'],
    ['without a port', () => ({ '--listen': 'localhost' }), 'usage'],
    ['with a port that is none', () => ({ '--listen': 'localhost:99999' }), 'usage'],
    ['without a directory', () => ({ '--dir': '' }), 'usage'],
    ['with an option that is none', () => ({ '--port': '1' }), 'usage'],
    ['with half of a pair', ({ file }) => ({ '--tls-cert': file('c') }), 'usage'],
    ['with a CA of clients, and no certificate', ({ file }) => ({ '--client-ca': file('c') }), 'usage'],
    [
      'with a CA of clients that is none',
      ({ file }) => ({
        '--tls-cert': file('log.pem'),
        '--tls-key': file('log.pem'),
        '--client-ca': file('none.pem'),
      }),
      'tls_ca_unusable',
    ],
    ['with the key of the log', ({ file }) => ({ '--key': file('log.pem') }), 'usage'],
    ['with a key that is none', ({ file }) => ({ '--key': file('none.pem') }), 'signing_key_unusable'],
    ['with a log key that is none', ({ file }) => ({ '--log-key': file('none.pem') }), 'public_key_unusable'],
    [
      'without the certificate',
      ({ file }) => ({ '--tls-cert': file('c'), '--tls-key': file('k') }),
      'tls_cert_unusable',
    ],
    ['without its key', ({ file }) => ({ '--tls-cert': file('log.pem'), '--tls-key': file('k') }), 'tls_key_unusable'],
    [
      'with no certificate',
      ({ file }) => ({ '--tls-cert': file('none.pem'), '--tls-key': file('log.pem') }),
      'tls_pair_unusable',
    ],
  ])('%s says so', async (_, change, code) => {
    const { file, ...base } = await setUp();
    const options = { ...base, ...change({ file, ...base }) };
    const { terminal } = listeningTerminal();
    await expect(auditWitness(Object.entries(options).flat(), terminal)).rejects.toMatchObject({ code, exitCode: 2 });
  });

  test('at an address that is taken gives its directory back', async () => {
    const { file: _, ...base } = await setUp();
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    onTestFinished(() => void taken.close());
    const { port } = taken.address() as { port: number };
    const { terminal } = listeningTerminal();
    const args = Object.entries({ ...base, '--listen': `127.0.0.1:${port}` }).flat();
    for (let times = 0; times < 2; times++) {
      await expect(auditWitness(args, terminal)).rejects.toMatchObject({ code: 'cannot_listen' });
    }
  });
});
