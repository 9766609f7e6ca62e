/** Starts the program once more in the directory of a gateway that has ended. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { HMAC_SECRET, type TestGateway } from './gateway.ts';
import { eventually } from './listen.ts';

const MAIN = resolve(import.meta.dirname, '../../src/main.ts');

export interface Again {
  /** Ends it; returns the exit code. */
  stop(): Promise<number | null>;
}

export async function startAgain({ dir }: TestGateway): Promise<Again> {
  const child: ChildProcess = spawn(process.execPath, [MAIN, 'serve', '--config', 'sallyport.yaml'], {
    cwd: dir,
    env: { PATH: process.env['PATH'], PROMPT_HMAC_SECRET: HMAC_SECRET },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const exited = once(child, 'exit').then(([code]) => code as number | null);
  let err = '';
  child.stderr!.on('data', (chunk) => {
    err += chunk;
  });
  await eventually(() => {
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode} before it was open:\n${err}`);
    return err.includes('the gateway is open') || undefined;
  });
  return {
    stop() {
      child.kill('SIGTERM');
      return exited;
    },
  };
}
