/** docs/sidecar.openapi.yaml, and the example that says how little it takes, against what really goes over the wire. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { bind, shut } from '../../../src/core/listening.ts';
import { openSidecars } from '../../../src/guard/sidecars/sidecars.ts';
import { conforms } from '../../support/json-schema.ts';
import { sidecarSettings } from '../../support/sidecar.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
const { openapi, paths } = parse(readFileSync(resolve(ROOT, 'docs/sidecar.openapi.yaml'), 'utf8'));
const { requestBody, responses } = paths['/'].post;
const asked = requestBody.content['application/json'];
const answered = responses['200'].content['application/json'];

/** Starts the example as a reader would; returns its URL. */
async function example(): Promise<string> {
  const child = spawn(process.execPath, [resolve(ROOT, 'examples/sidecar/server.ts'), '0']);
  onTestFinished(() => void child.kill());
  const [line] = await once(child.stdout, 'data');
  return /http:\S+/.exec(String(line))![0];
}

/** Passes everything on, and keeps what it saw. */
async function wire(to: string) {
  const seen: { request: unknown; response: unknown }[] = [];
  const server = createServer(async (request, response) => {
    const body = await text(request);
    const answer = await (await fetch(to, { method: 'POST', body })).text();
    seen.push({ request: JSON.parse(body), response: JSON.parse(answer) });
    response.end(answer);
  });
  await bind(server, { host: '127.0.0.1', port: 0 });
  onTestFinished(() => shut(server));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, seen };
}

test('the example does what the contract says, and so does the gateway', async () => {
  const { url, seen } = await wire(await example());
  const sidecars = openSidecars([sidecarSettings({ url, name: 'staff' })], { fault: () => {}, observe: () => {} });
  onTestFinished(() => sidecars.close());
  const { signal } = new AbortController();
  const texts = ['😀 Ask ACME-00042 or ACME-00043.', 'nobody', `${'word '.repeat(30_000)}ACME-00044`].map(
    (text, index) => ({
      channel: `messages.${index}.content`,
      text,
    }),
  );
  for (const direction of ['input', 'output'] as const) {
    const { matches } = await sidecars.judge(direction, texts, { requestId: 'req_1', signal });
    expect(matches.map(({ text, rule, start, end }) => [rule, texts[text]!.text.slice(start, end)])).toEqual([
      ['sidecar.staff.staff_number', 'ACME-00042'],
      ['sidecar.staff.staff_number', 'ACME-00043'],
      ['sidecar.staff.staff_number', 'ACME-00044'],
    ]);
  }
  expect(seen.length).toBeGreaterThanOrEqual(4);
  for (const { request, response } of seen) {
    expect(conforms(request, asked.schema)).toBe(true);
    expect(conforms(response, answered.schema)).toBe(true);
  }
});

test('a request that the example cannot read does not end it', async () => {
  const url = await example();
  expect((await fetch(url, { method: 'POST', body: 'no JSON' })).status).toBe(400);
  const hungUp = fetch(url, { method: 'POST', body: '{', signal: AbortSignal.timeout(1) });
  await hungUp.catch(() => {});
  expect((await fetch(url, { method: 'POST', body: '{"texts":[]}' })).status).toBe(200);
});

describe('the description', () => {
  test('is OpenAPI 3.1, and its examples are what it describes', () => {
    expect(openapi).toBe('3.1.0');
    expect(conforms(asked.example, asked.schema)).toBe(true);
    expect(conforms(answered.example, answered.schema)).toBe(true);
    const [{ start, end }] = answered.example.findings;
    expect(asked.example.texts[0].text.slice(start, end)).toBe('Ada Example');
  });

  test.each<[what: string, change: object]>([
    ['kind', { kind: 'gossip' }],
    ['place', { start: -1 }],
    ['score', { score: 2 }],
    ['rule', { rule: '-' }],
  ])('does not allow a wrong %s', (_what, change) => {
    const [finding] = answered.example.findings;
    expect(conforms({ findings: [{ ...finding, ...change }] }, answered.schema)).toBe(false);
  });
});
