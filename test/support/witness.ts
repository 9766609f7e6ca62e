/** A witness as the real program runs it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { MAIN } from './program.ts';

export interface WitnessProcess {
  readonly url: string;
  said(): string;
  /** @returns the exit code */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

/** `sallyport audit witness` with these arguments; resolves when it listens. */
export async function startWitness(args: readonly string[]): Promise<WitnessProcess> {
  const child: ChildProcess = spawn(process.execPath, [MAIN, 'audit', 'witness', ...args], {
    env: { PATH: process.env['PATH'] },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const exited = once(child, 'exit').then(([code]) => code as number | null);
  let said = '';
  const url = await new Promise<string>((resolve, reject) => {
    void exited.then((code) => reject(new Error(`the witness ended with ${code}:\n${said}`)));
    child.stderr!.setEncoding('utf8').on('data', (text) => {
      said += text;
      const [, found] = /Listening on (\S+)\.\n/.exec(said) ?? [];
      if (found) resolve(found);
    });
  });
  return {
    url,
    said: () => said,
    stop(signal = 'SIGTERM') {
      child.kill(signal);
      return exited;
    },
  };
}
