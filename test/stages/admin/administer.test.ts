import { beforeAll, expect, test } from 'vitest';
import type { RecordsQuery } from '../../../src/admin/query.ts';
import type { Entered } from '../../../src/core/exchange.ts';
import { Fault } from '../../../src/core/fault.ts';
import type { Hold, Io } from '../../../src/core/pipeline.ts';
import { administer } from '../../../src/stages/admin/administer.ts';
import { gateway, openBench } from './bench.ts';

let bench: Awaited<ReturnType<typeof openBench>>;
beforeAll(async () => {
  bench = await openBench();
});

test('the lockdown is switched once, and says who did it', async () => {
  const { ask, keyOf, lockdown, entered } = gateway(bench);
  const admin = await keyOf('key-admin');
  const put = (on: boolean, reason: string) =>
    ask({ as: admin.key, method: 'PUT', target: '/admin/lockdown', body: { on, reason } });
  const { status, json, x } = await put(true, 'incident 7');
  expect([status, x.subject]).toEqual([200, 'on']);
  expect(json).toMatchObject({ on: true, by: `key ${admin.id}`, reason: 'incident 7' });
  expect(lockdown.current()).toEqual(json);
  expect((await put(true, 'incident 8')).json).toEqual(json);
  expect((await put(false, 'all clear')).json).toMatchObject({ on: false, reason: 'all clear' });
  const auditor = await keyOf('auditor');
  expect((await ask({ as: auditor.key, target: '/admin/lockdown' })).json['on']).toBe(false);
  expect(entered).toHaveLength(4);
});

test('a lockdown that cannot be stored is told', async () => {
  const { ask, keyOf, lockdown } = gateway(bench);
  const { key } = await keyOf('key-admin');
  lockdown.failing = new Fault('lockdown_unwritable', 'The lockdown cannot be written.');
  const body = { on: true, reason: 'x' };
  expect((await ask({ as: key, method: 'PUT', target: '/admin/lockdown', body })).code).toBe('keys_unavailable');
});

const LINES = ['{"seq":1,"b":2,  "a":1}', '{"seq":2,"client":"ä"}'];
const auditor = async (lines: () => AsyncGenerator<string>) => {
  const queries: RecordsQuery[] = [];
  const it = gateway(bench, {
    records: (query) => {
      queries.push(query);
      return lines();
    },
  });
  const { key } = await it.keyOf('auditor');
  return { queries, records: (query: string) => it.ask({ as: key, target: `/admin/audit/records${query}` }) };
};

test('records are the lines of the log byte for byte', async () => {
  const { records, queries } = await auditor(async function* () {
    yield* LINES;
  });
  const query = '?from=2026-06-01T12:00:00Z&to=2026-06-02&event=admin.*&keyId=0123456789&fromSeq=7&limit=5';
  const { status, text, x } = await records(`${query}&client=spiffe%3A%2F%2Fcorp%2Fa`);
  expect([status, text]).toEqual([200, LINES.map((line) => `${line}\n`).join('')]);
  expect(x.subject).toMatch(/^from=2026-06-01T12:00:00Z .* keyId=0123456789 .* client=spiffe:\/\/corp\/a$/);
  expect(x.reply?.headers).toEqual({ 'content-type': 'application/x-ndjson' });
  expect(queries).toEqual([
    {
      from: Date.parse('2026-06-01T12:00:00Z'),
      to: Date.parse('2026-06-02'),
      event: 'admin.*',
      keyId: '0123456789',
      fromSeq: 7,
      limit: 5,
      client: 'spiffe://corp/a',
    },
  ]);
});

test('no record is an answer too, with one frame to carry its head', async () => {
  const { records, queries } = await auditor(async function* () {});
  const { status, text, frames } = await records('');
  expect([status, text, frames, queries]).toEqual([200, '', 1, [{ limit: 1000 }]]);
});

test('a log that cannot be read is told by a status', async () => {
  const { records } = await auditor(async function* () {
    yield* [];
    throw new Fault('audit_unreadable', 'The audit log cannot be read.');
  });
  expect((await records('')).code).toBe('internal_error');
});

test('the log is let go of when nobody ever reads the answer', async () => {
  let open = 0;
  const it = gateway(bench, {
    records: async function* () {
      open += 1;
      try {
        yield* LINES;
      } finally {
        open -= 1;
      }
    },
  });
  const { key } = await it.keyOf('auditor');
  const { x } = await it.ask({ as: key, target: '/admin/audit/records' });
  const holds: Hold[] = [];
  const io = { hold: (hold: Hold) => void holds.push(hold) } as unknown as Io;
  await administer(it.d).run(x as Entered, io);
  expect(open).toBe(1);
  for (const hold of holds) await hold.settle({ ending: 'client_left', usage: null });
  expect(open).toBe(0);
});

test.each([
  ['?limit=0', 'invalid_parameter', 'limit'],
  ['?limit=100001', 'invalid_parameter', 'limit'],
  ['?limit=1&limit=2', 'invalid_parameter', 'limit'],
  ['?from=yesterday', 'invalid_parameter', 'from'],
  ['?from=2026-06-01T12:00:00+02:00', 'invalid_parameter', 'from'],
  ['?keyId=sp_x', 'invalid_parameter', 'keyId'],
  ['?client=%zz', 'invalid_parameter', 'client'],
  ['?client=a+b', 'invalid_parameter', 'client'],
  ['?client=%00', 'invalid_parameter', 'client'],
  ['?client=', 'invalid_parameter', 'client'],
  ['?Limit=1', 'unknown_parameter', 'Limit'],
  ['?__proto__=1', 'unknown_parameter', '__proto__'],
  ['?<script>=1', 'unknown_parameter', '?script?'],
  ['?x', 'unknown_parameter', 'x'],
  ['?limit=1&', 'unknown_parameter', ''],
])('%s is %s', async (query, code, param) => {
  const { records } = await auditor(async function* () {});
  const { denial } = await records(query);
  expect([denial?.code, denial?.param]).toEqual([code, param]);
});

test('model servers are shown with what may be passed to them', async () => {
  const { ask, keyOf } = gateway(bench);
  const { key } = await keyOf('model-admin');
  const { json, text } = await ask({ as: key, target: '/admin/upstreams' });
  expect(json).toMatchObject({
    upstreams: [
      { name: 'local', kind: 'ollama', healthy: true },
      { name: 'gpu-1', kind: 'vllm', healthy: true },
      { name: 'cpp', kind: 'llama.cpp', healthy: false },
    ],
  });
  expect(text).toContain('"path":"/api/pull"');
  for (const tag of ['inference', 'never']) expect(text).not.toContain(`"tag":"${tag}"`);
});
