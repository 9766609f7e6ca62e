import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { config } from '../../src/cli/config.ts';
import { tempDir } from '../audit/helpers.ts';
import { listeningTerminal } from '../support/terminal.ts';

beforeEach(() => {
  vi.stubEnv('PROMPT_HMAC_SECRET', 'x'.repeat(32));
});
afterEach(() => {
  vi.unstubAllEnvs();
});

const check = async (events: string) => {
  const file = join(await tempDir(), 'sallyport.yaml');
  await writeFile(
    file,
    `upstreams: [{ name: a, kind: vllm, url: "http://127.0.0.1:8000" }]
audit: { sinks: [{ name: siem, kind: http, url: "https://siem.internal/x", events: ["${events}"] }] }
`,
  );
  return config(['check', '--config', file], listeningTerminal().terminal);
};

test('check knows the events that a sink may be sent', async () => {
  expect(await check('alert.*')).toBe(0);
  await expect(check('alerts.*')).rejects.toMatchObject({ code: 'sink_events_unknown', exitCode: 2 });
});
