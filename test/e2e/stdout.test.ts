/** A gateway goes on, and ends, though nobody reads what it prints. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { startGateway } from '../support/gateway.ts';
import { sharedUpstream } from '../support/shared-upstream.ts';

const upstream = sharedUpstream();

test('a collector that has stopped holds up neither requests nor the end, and every record is on disk', {
  timeout: 60_000,
}, async () => {
  const gateway = await startGateway({ upstream: upstream().url });
  gateway.process.stdout!.pause();
  // Both usually end in one collector.
  gateway.process.stderr!.pause();
  let left = 500;
  const client = async () => {
    while (left-- > 0) {
      const answer = await gateway.post('/v1/chat/completions', {
        model: 'm',
        messages: [{ role: 'user', content: 'hello' }],
      });
      expect(answer.status).toBe(200);
    }
  };
  await Promise.all(Array.from({ length: 8 }, client));
  const began = performance.now();
  expect(await gateway.stop()).toBe(0);
  // It waits for stdout, but not for ever.
  expect(performance.now() - began).toBeLessThan(20_000);
  expect(await gateway.recorded('inference.completed', 500)).toHaveLength(500);
  expect(await gateway.recorded('gateway.stopped')).toHaveLength(1);
});

/** Prints on both, without end, while nobody reads either. */
const PROGRAM = `
import { auditCopy } from './src/cli/audit-copy.ts';
import { operationalLog } from './src/cli/operational-log.ts';
import './src/cli/terminal.ts';
const log = operationalLog();
const copy = auditCopy(log);
const line = JSON.stringify({ seq: 1, text: 'x'.repeat(1000) });
let most = 0;
for (let round = 0; round < 200; round++) {
  for (let i = 0; i < 200; i++) copy.write(line);
  for (let i = 0; i < 50; i++) log.info(line);
  most = Math.max(most, process.stdout.writableLength, process.stderr.writableLength);
  await new Promise(setImmediate);
}
process.send({ most });
`;

test('with stderr stuck as well, nothing waits, and memory stays bounded', {
  timeout: 60_000,
}, async () => {
  const child = spawn(process.execPath, ['--input-type=module', '-e', PROGRAM], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [{ most }] = await once(child, 'message');
  expect(most).toBeGreaterThan(8_000_000);
  expect(most).toBeLessThan(10_000_000);
});
