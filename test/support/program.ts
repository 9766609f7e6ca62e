/** The real command line, run to its end. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';

export const MAIN = resolve(import.meta.dirname, '../../src/main.ts');

export interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd: string;
  /** All of the environment but PATH. */
  readonly env?: Readonly<Record<string, string>>;
}

/** `sallyport ARGS`: what it printed, and how it ended. */
export const runProgram = (args: readonly string[], options: RunOptions): Promise<Run> =>
  runCommand(process.execPath, [MAIN, ...args], options);

export async function runCommand(
  command: string,
  args: readonly string[],
  { cwd, env = {} }: RunOptions,
): Promise<Run> {
  const child = spawn(command, args, {
    cwd,
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const [code] = await once(child, 'close');
  return { code, stdout, stderr };
}
