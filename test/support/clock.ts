/** A gateway whose clock a test can put forward, so that an hour need not pass. */
import { resolve } from 'node:path';
import { type TestGateway, until } from './gateway.ts';

export const clock = (stepMs: number) => ({
  /** For the gateway's environment. */
  env: {
    NODE_OPTIONS: `--import=${resolve(import.meta.dirname, 'clock-forward.ts')}`,
    CLOCK_STEP_MS: String(stepMs),
  },
  /** Puts it forward by one step. */
  async forward(gateway: TestGateway): Promise<void> {
    const steps = () => gateway.stderr().split('"clock":').length;
    const before = steps();
    gateway.process.kill('SIGUSR2');
    await until(() => steps() > before);
  },
});
