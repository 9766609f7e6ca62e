/** An address on loopback at which connecting takes for ever: the kernel's queue is full, and nobody takes from it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** Listens, says where, and falls asleep: its connections are never accepted. Wakes only to end, should nobody have ended it. */
const SLEEPER = `
  const server = require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
    require('node:fs').writeSync(1, server.address().port + '\\n');
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 120_000);
    process.exit();
  });`;

export interface Backlog {
  readonly url: string;
  close(): void;
}

export async function startBacklog(): Promise<Backlog> {
  const child: ChildProcess = spawn(process.execPath, ['-e', SLEEPER], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(child.stdout!, 'data');
  const port = Number(line);
  const waiting: Socket[] = [];
  // Linux lets one more in than the backlog says; the first one that is not let in shows that it is full.
  for (let full = false; !full; ) {
    const socket = connect(port, '127.0.0.1').on('error', () => {});
    waiting.push(socket);
    const connected = once(socket, 'connect').then(() => false);
    full = await Promise.race([connected, new Promise<true>((resolve) => setTimeout(resolve, 300, true))]);
  }
  return {
    url: `http://127.0.0.1:${port}`,
    close() {
      child.kill('SIGKILL');
      for (const socket of waiting) socket.destroy();
    },
  };
}
