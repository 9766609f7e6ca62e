/** A disk that says nothing is treated as one that cannot be written to, until it says something. */
import { once } from 'node:events';
import { describe, expect, test, vi } from 'vitest';
import { openAuditLog } from '../../../src/audit/log.ts';
import { FaultyFs, options, recordsOf, saidIn, tempDir, withLog } from '../helpers.ts';

const STALL_MS = 15;
const UNAVAILABLE = { code: 'audit_unavailable' };

/** A log whose next sync waits for `release`. */
async function hanging() {
  const dir = await tempDir();
  const fs = new FaultyFs();
  const told: string[] = [];
  const log = await openAuditLog(
    options(dir, {
      fs,
      stallMs: STALL_MS,
      onFailure: (error) => void told.push(error.name),
      onRecovery: () => void told.push('recovered'),
    }),
  );
  await log.append({ event: 'before' });
  const { promise, resolve: release } = Promise.withResolvers<void>();
  fs.held = promise;
  const { stalled } = log;
  const waiting = log.append({ event: 'waiting' });
  return { dir, fs, log, told, stalled, waiting, release };
}

describe('a disk that does not answer', () => {
  test('is a failure after a while, and none as soon as it answers; nothing of what it took is lost', async () => {
    const { dir, log, told, stalled, waiting, release } = await hanging();
    expect([log.healthy, stalled.aborted]).toEqual([true, false]);
    await once(stalled, 'abort');
    expect(stalled.reason).toMatchObject(UNAVAILABLE);
    expect([log.healthy, log.failure?.name]).toEqual([false, 'Stall']);
    await expect(log.append({ event: 'too late' })).rejects.toMatchObject(UNAVAILABLE);

    release();
    expect(await waiting).toBe(2);
    // As after every outage: once the record that tells of it is on disk.
    await vi.waitUntil(() => log.healthy, { interval: 1 });
    expect(await log.append({ event: 'after' })).toBe(4);
    expect([log.healthy, log.stalled.aborted]).toEqual([true, false]);
    expect(told).toEqual(['Stall', 'recovered']);
    await log.close();
    expect(log.failure).toBeNull();
    expect(await saidIn(dir)).toMatchObject([
      { event: 'before' },
      { event: 'waiting' },
      { event: 'alert.audit_recovered', reason: 'Stall', refused: 1 },
      { event: 'after' },
    ]);
  });

  test('and then refuses, is one that has failed', async () => {
    const { dir, fs, log, told, stalled, waiting, release } = await hanging();
    await once(stalled, 'abort');
    fs.fate = (operation) => (operation === 'datasync' ? 'fail' : 'ok');
    release();
    await expect(waiting).rejects.toMatchObject(UNAVAILABLE);
    expect(told).toEqual(['Stall', 'SyncFailure']);
    await log.close();
    expect(log.failure?.name).toBe('SyncFailure');
    // Closing waits no longer than a stall takes; a busy machine may cut the file back behind it.
    await vi.waitFor(async () => expect(await recordsOf(dir)).toMatchObject([{ event: 'before' }]));
  });

  test('and then refuses to take the record of that, is down for as long as it was: nothing of it is forgotten', async () => {
    const { dir, fs, log, stalled, waiting, release } = await hanging();
    await once(stalled, 'abort');
    await expect(log.append({ event: 'too late' })).rejects.toMatchObject(UNAVAILABLE);
    let writes = 0;
    // The batch that hung has been written; what comes next, once, is not.
    fs.fate = (operation) => (operation === 'write' && writes++ === 0 ? 'fail' : 'ok');
    release();
    expect(await waiting).toBe(2);
    await vi.waitUntil(() => log.failure !== null && log.failure.name !== 'Stall', { interval: 1 });
    await log.recover();
    await log.close();
    const [, , recovered] = await saidIn(dir);
    expect(recovered).toMatchObject({ event: 'alert.audit_recovered', reason: 'ENOSPC', refused: 1 });
  });

  test('does not hold up the end, which says that it was no good one', async () => {
    const { dir, log, stalled, waiting, release } = await hanging();
    waiting.catch(() => {});
    await log.close();
    expect(stalled.aborted).toBe(true);
    expect(log.failure?.name).toBe('Stall');
    // What it still does must not be done to the file of another.
    await expect(openAuditLog(options(dir))).rejects.toMatchObject({ code: 'audit_dir_in_use' });
    release();
    await vi.waitFor(() => withLog(dir, {}, async (next) => expect(next.healthy).toBe(true)), { interval: 5 });
  });

  test('in the sync at the end either', async () => {
    const dir = await tempDir();
    const fs = new FaultyFs();
    const log = await openAuditLog(options(dir, { fs, stallMs: STALL_MS }));
    const { promise, resolve: release } = Promise.withResolvers<void>();
    fs.held = promise;
    await log.close();
    expect(log.failure?.name).toBe('Stall');
    release();
  });
});
