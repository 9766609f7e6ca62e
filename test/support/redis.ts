/** A Redis of the test's own, where one is installed. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, test } from 'vitest';

const installed = spawnSync('redis-server', ['--version']).status === 0;

/**
 * `describe` for what cannot be tested without Redis. Where it is not installed the name says so, and the tests are
 * skipped; with CI=true they fail, so that a missing package cannot pass for a success.
 */
export function describeWithRedis(name: string, tests: () => void): void {
  const missing = `${name} [redis-server is not installed]`;
  if (installed) describe(name, tests);
  else if (process.env['CI'] === 'true') {
    test(missing, () => {
      throw new Error('redis-server must be installed where CI=true.');
    });
  } else describe.skip(missing, tests);
}

export interface TestRedis {
  /** The same server, over TCP and over its Unix socket. */
  readonly tcpUrl: string;
  readonly unixUrl: string;
  /** Starts it, again if need be, empty, on the same addresses; resolves when it takes connections. */
  start(): Promise<void>;
  signal(signal: NodeJS.Signals): void;
  /** Kills it, and waits until it is gone. */
  kill(): Promise<void>;
  close(): Promise<void>;
}

export async function startRedis(): Promise<TestRedis> {
  const dir = await mkdtemp(join(tmpdir(), 'sallyport-redis-'));
  const socket = join(dir, 'redis.sock');
  const port = await freePort();
  const options = ['--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', dir, '--daemonize', 'no'];
  let child: ChildProcess | null = null;

  const redis: TestRedis = {
    tcpUrl: `redis://127.0.0.1:${port}`,
    unixUrl: `unix://${socket}`,
    async start() {
      const started = spawn('redis-server', ['--port', String(port), '--unixsocket', socket, ...options]);
      child = started;
      const lines = createInterface({ input: started.stdout });
      let said = '';
      await new Promise<void>((resolve, reject) => {
        lines.on('line', (line) => {
          said += `${line}\n`;
          if (/ready to accept connections/i.test(line)) resolve();
        });
        started.once('exit', (code) => reject(new Error(`redis-server ended with ${code}:\n${said}`)));
      });
    },
    signal: (signal) => void child?.kill(signal),
    async kill() {
      if (!child || child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    },
    async close() {
      await redis.kill();
      await rm(dir, { recursive: true, force: true });
    },
  };
  await redis.start();
  return redis;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
