/** The log and those around it, put together: what happens while it opens, when its disk hangs, and at its end. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { KeyLife } from '../../src/audit/alerts/detector.ts';
import type { AuditEvent } from '../../src/audit/events.ts';
import { type EvidenceOptions, openEvidence } from '../../src/audit/evidence.ts';
import type { KeyFacts } from '../../src/audit/key-changes.ts';
import { byId, lifeOf, OFF } from './alerts/make.ts';
import { checkpointFields, FaultyFs, options, saidIn, tempDir, withLog } from './helpers.ts';
import { SAMPLES } from './read/samples.ts';

/** A document that this test changes. */
function shared<T>(value: T, isFresh = true) {
  const callbacks: (() => void)[] = [];
  return {
    current: () => value,
    onChange: (callback: () => void) => void callbacks.push(callback),
    fresh: () => isFresh,
    /** Takes a new value over, and tells of it; or only becomes fresh. */
    become(after: T, tells = true): void {
      [value, isFresh] = [after, true];
      if (tells) for (const callback of callbacks) callback();
    },
  };
}
const OPEN = { on: false, since: '1970-01-01T00:00:00.000Z', by: '', reason: '' };

async function open(dir: string, more: Partial<EvidenceOptions> = {}) {
  const faults: string[] = [];
  const alerts: string[] = [];
  const evidence = await openEvidence({
    ...options(dir),
    sinks: [],
    witnesses: [],
    thresholds: { ...OFF, witnessBehindMinutes: null },
    fullRefusalsPerMinute: 10,
    secrets: {},
    keys: shared(new Map()),
    lockdown: shared(OPEN),
    keyEnd: ({ expiresAt }) => new Date(expiresAt),
    lastUsed: () => null,
    certificates: () => [],
    alerted: ({ event }) => void alerts.push(event),
    fault: (part, error) => void faults.push(`${part} ${(error as Error).name}`),
    lost: ({ event }) => void faults.push(`lost ${event}`),
    ...more,
  });
  return { ...evidence, faults, alerts };
}

const eventsIn = async (dir: string) => (await saidIn(dir)).map(({ event }) => event);

test('a witness that contradicts what the log says while it opens is on record', async () => {
  const dir = await tempDir();
  // Left open: the next start has something to say, and signs it.
  await withLog(dir, {}, (log) => log.append({ event: 'inference.admitted', requestId: 'r' }));
  const file = join(await tempDir(), 'witness.jsonl');
  const position = { v: 1, seq: 901, timestamp: '2026-01-01T00:00:00.000Z', event: 'audit.checkpoint', instance: 'x' };
  const { event: _, ...checkpoint } = checkpointFields(900, 'a'.repeat(64));
  await writeFile(file, `${JSON.stringify({ ...position, ...checkpoint, prev: 'a'.repeat(64) })}\n`);
  const evidence = await open(dir, { checkpointEveryRecords: 1, witnesses: [{ name: 'w', file }] });
  await vi.waitUntil(() => evidence.alerts.includes('alert.witness_refused'), { interval: 2 });
  await evidence.close();
  expect(await eventsIn(dir)).toContain('alert.witness_refused');
});

test('nobody waits for a disk that hangs; an intent that it confirms too late is closed', async () => {
  const dir = await tempDir();
  const fs = new FaultyFs();
  const evidence = await open(dir, { fs, stallMs: 15 });
  const { promise, resolve: release } = Promise.withResolvers<void>();
  fs.held = promise;
  const intent = { event: 'inference.admitted', ...SAMPLES['inference.admitted'], requestId: 'late' } as const;
  const admitted = evidence.admit(intent);
  const refused = evidence.record({ event: 'gateway.stopped', reason: 'test' });
  await expect(admitted).rejects.toMatchObject({ code: 'audit_unavailable' });
  expect(await refused).toBe(false);
  expect(evidence.healthy()).toBe(false);
  release();
  await vi.waitUntil(async () => (await eventsIn(dir)).includes('alert.orphan'), { interval: 5 });
  expect(evidence.healthy()).toBe(true);
  await evidence.close();
  expect((await saidIn(dir)).find(({ event }) => event === 'alert.orphan')).toMatchObject({ requestId: 'late' });
  // Closed is closed: the next start has nothing to report.
  await withLog(dir, {}, async (log) => expect(log.orphans).toEqual([]));
});

test('what was counted is on record before the log is closed', async () => {
  const dir = await tempDir();
  const evidence = await open(dir);
  const refusal: AuditEvent = { event: 'handshake.refused', remote: '::1', reason: 'ECONNRESET' };
  for (let count = 0; count < 25; count++) expect(await evidence.record(refusal)).toBe(true);
  await evidence.close();
  const said = await saidIn(dir);
  const counted = said.filter(({ event }) => event === 'audit.summarized').map(({ count }) => Number(count));
  const full = said.filter(({ event }) => event === 'handshake.refused').length;
  expect(full + counted.reduce((sum, count) => sum + count, 0)).toBe(25);
  expect(counted).not.toEqual([]);
  expect(evidence.faults).toEqual([]);
});

test('a log that cannot be closed well says so, and whoever closes it need not know', async () => {
  const fs = new FaultyFs();
  const evidence = await open(await tempDir(), { fs });
  expect(evidence.failure()).toBeNull();
  fs.fate = (operation) => (operation === 'datasync' ? 'fail' : 'ok');
  await evidence.close();
  expect(evidence.failure()?.name).toBe('SyncFailure');
  expect(evidence.faults).toContain('audit SyncFailure');
});

test('the end of a request that could not be written follows when the log takes records again', async () => {
  const dir = await tempDir();
  const fs = new FaultyFs();
  const evidence = await open(dir, { fs });
  const { requestId } = SAMPLES['inference.admitted'];
  await evidence.admit({ event: 'inference.admitted', ...SAMPLES['inference.admitted'] });
  fs.fate = (operation) => (operation === 'write' ? 'fail' : 'ok');
  const end = { event: 'inference.completed', ...SAMPLES['inference.completed'], requestId } as const;
  expect(await evidence.record(end)).toBe(false);
  expect(await evidence.record({ event: 'gateway.stopped', reason: 'test' })).toBe(false);
  // An outage can turn away thousands a second: stderr hears of the first.
  expect(evidence.faults.filter((fault) => fault.startsWith('lost'))).toEqual(['lost inference.completed']);
  fs.fate = () => 'ok';
  await vi.waitUntil(async () => (await eventsIn(dir)).includes('inference.completed'), {
    interval: 20,
    timeout: 10_000,
  });
  await evidence.close();
  expect(await eventsIn(dir)).toEqual([
    'keys.loaded',
    'inference.admitted',
    'alert.audit_recovered',
    'inference.completed',
  ]);
  await withLog(dir, {}, async (log) => expect(log.orphans).toEqual([]));
});

test.each<[string, (dir: string) => Promise<Partial<EvidenceOptions>>]>([
  ['the log', async () => ({ fs: new FaultyFs((operation) => (operation === 'write' ? 'fail' : 'ok')) })],
  ['what was recorded', async (dir) => mkdir(join(dir, 'known.json')).then(() => ({}))],
])('a start that cannot write %s says what to do', async (_what, spoil) => {
  const dir = await tempDir();
  const opening = open(dir, await spoil(dir));
  await expect(opening).rejects.toMatchObject({ code: 'audit_unwritable', exitCode: 1 });
  // And it lets go of the directory.
  await withLog(dir, {}, async (log) => expect(log.healthy).toBe(true));
});

test('a disk that hangs while refusals are summed up makes no more of them', async () => {
  const dir = await tempDir();
  const fs = new FaultyFs();
  let minute = 0;
  const now = () => new Date(Date.UTC(2026, 0, 1, 0, minute));
  const evidence = await open(dir, { fs, stallMs: 15, now });
  const refusal: AuditEvent = { event: 'handshake.refused', remote: '::1', reason: 'ECONNRESET' };
  for (let count = 0; count < 25; count++) await evidence.record(refusal);
  const { promise, resolve: release } = Promise.withResolvers<void>();
  fs.held = promise;
  minute += 1;
  await evidence.flush();
  expect(evidence.healthy()).toBe(false);
  release();
  await vi.waitUntil(() => evidence.healthy(), { interval: 2 });
  await evidence.close();
  const counted = (await saidIn(dir)).filter(({ event }) => event === 'audit.summarized').map(({ count }) => count);
  expect(counted).toEqual([15]);
});

describe('documents', () => {
  const issued = (id: string): KeyFacts & KeyLife => ({ ...lifeOf({ id }), role: 'inference' });
  const LOCKED = { on: true, since: '2026-02-01T00:00:00.000Z', by: 'anna@gate-1', reason: 'weights stolen' };

  test('what changed while the gateway was down is on record, and what changes while it runs', async () => {
    const dir = await tempDir();
    const [keys, lockdown] = [shared(byId([issued('k1')])), shared(OPEN)];
    const first = await open(dir, { keys, lockdown });
    lockdown.become(LOCKED);
    await vi.waitUntil(async () => (await eventsIn(dir)).includes('lockdown.on'), { interval: 5 });
    await first.close();
    const second = await open(dir, { keys: shared(byId([issued('k1'), issued('k2')])), lockdown: shared(OPEN) });
    await second.close();
    const told = (await eventsIn(dir)).filter((event) => event !== 'keys.loaded');
    expect(told).toEqual(['key.issued', 'lockdown.on', 'key.issued', 'lockdown.off']);
  });

  test('a store that could not be asked yet revokes nothing and lifts nothing', async () => {
    const dir = await tempDir();
    const both = { keys: shared(byId([issued('k1')])), lockdown: shared(LOCKED) };
    await (await open(dir, both)).close();
    const before = (await eventsIn(dir)).length;
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    onTestFinished(() => void vi.useRealTimers());
    const [keys, lockdown] = [shared(byId<KeyFacts & KeyLife>([]), false), shared(OPEN, false)];
    const again = await open(dir, { keys, lockdown });
    vi.advanceTimersByTime(60_000);
    // The keys are what they were, and told of; that there is no lockdown any more shows only by a look.
    keys.become(byId([issued('k1')]));
    lockdown.become(OPEN, false);
    vi.advanceTimersByTime(5000);
    await vi.waitUntil(async () => (await eventsIn(dir)).includes('lockdown.off'), { interval: 5 });
    await again.close();
    expect((await eventsIn(dir)).slice(before).sort()).toEqual(['keys.loaded', 'lockdown.off']);
  });
});

describe('an administration', () => {
  const intent = { event: 'admin.admitted', ...SAMPLES['admin.admitted'] } as const;
  const orphansIn = async (dir: string) =>
    (await saidIn(dir)).filter(({ event }) => event === 'alert.orphan').map(({ requestId }) => requestId);

  test('whose intent is confirmed too late is closed', async () => {
    const dir = await tempDir();
    const fs = new FaultyFs();
    const evidence = await open(dir, { fs, stallMs: 15 });
    const { promise, resolve: release } = Promise.withResolvers<void>();
    fs.held = promise;
    await expect(evidence.admit({ ...intent, requestId: 'late' })).rejects.toMatchObject({ code: 'audit_unavailable' });
    release();
    await vi.waitUntil(async () => (await orphansIn(dir)).length > 0, { interval: 5 });
    await evidence.close();
    expect(await orphansIn(dir)).toEqual(['late']);
  });

  test('that ends with the gateway, and not by itself, is an orphan of the next start', async () => {
    const dir = await tempDir();
    const evidence = await open(dir);
    await evidence.admit({ ...intent, requestId: 'closed' });
    await evidence.record({ event: 'admin.completed', ...SAMPLES['admin.completed'], requestId: 'closed' });
    await evidence.admit({ ...intent, requestId: 'dies' });
    await evidence.close();
    await (await open(dir)).close();
    expect(await orphansIn(dir)).toEqual(['dies']);
  });
});

test('a refused key costs the disk the same whatever is wrong with it, its hours included', async () => {
  /** System calls that a run of refusals takes, each after the one before. */
  async function callsFor(reasons: readonly (readonly [reason: string, keyId: string | null])[]): Promise<string[]> {
    const fs = new FaultyFs();
    const hours = 'mon 08:00-09:00 UTC';
    const keys = shared(byId(['k1', 'k2'].map((id) => ({ ...lifeOf({ id, hours }), role: 'inference' as const }))));
    const evidence = await open(await tempDir(), { fs, keys });
    const from = fs.calls.length;
    for (const [reason, keyId] of reasons) await evidence.record(refusedFor(reason, keyId));
    const calls = fs.calls.slice(from);
    await evidence.close();
    return calls;
  }
  const refusedFor = (reason: string, keyId: string | null): AuditEvent => ({
    ...SAMPLES['admin.denied'],
    event: 'admin.denied',
    reason,
    keyId,
  });
  const wrong = await callsFor(Array(9).fill(['wrong', null]));
  expect(wrong).toEqual(Array(9).fill(['write#1', 'datasync#1']).flat());
  expect(await callsFor(Array(9).fill(['outside_hours', 'k1']))).toEqual(wrong);
  const mixed = ['unknown', 'expired', 'outside_hours'].flatMap((reason) => [
    [reason, null] as const,
    [reason, 'k1'] as const,
    [reason, 'k2'] as const,
  ]);
  expect(await callsFor(mixed)).toEqual(wrong);
});

test('the log can be read while it is written, up to what is acknowledged', async () => {
  const dir = await tempDir();
  const fs = new FaultyFs();
  const evidence = await open(dir, { fs });
  await evidence.record({ event: 'gateway.stopped', reason: 'one' });
  const { promise, resolve: release } = Promise.withResolvers<void>();
  fs.held = promise;
  const second = evidence.record({ event: 'gateway.stopped', reason: 'two' });
  await vi.waitUntil(async () => (await eventsIn(dir)).filter((event) => event === 'gateway.stopped').length === 2);
  const reasons = async () => {
    const lines = await Array.fromAsync(evidence.records({ event: 'gateway.*', limit: 10 }));
    return lines.map((line) => JSON.parse(line).reason);
  };
  expect(await reasons()).toEqual(['one']);
  release();
  await second;
  expect(await reasons()).toEqual(['one', 'two']);
  await evidence.close();
});
