import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openState, type StateSettings } from '../../src/assemble/state.ts';
import { switched } from '../../src/lockdown/lockdown.ts';
import { makeKey } from '../keys/make.ts';
import { describeWithRedis, startRedis } from '../support/redis.ts';

let dir: string;
let alarms: string[];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'state-'));
  alarms = [];
});
afterEach(() => rmSync(dir, { recursive: true }));

const common = { env: null, maxTtlDays: 90 };
const inFiles = (): StateSettings => ({
  keys: { store: 'file', file: join(dir, 'keys', 'keys.json'), ...common },
  stateDir: join(dir, 'var'),
  redisUrl: null,
});
const inRedis = (redisUrl: string | null): StateSettings => ({
  keys: { store: 'redis', whenStoreFails: 'deny', ...common },
  stateDir: join(dir, 'var'),
  redisUrl,
});
const open = (settings: StateSettings) => openState(settings, { onAlarm: ({ code }) => alarms.push(code) });

/** Changes everything in one process, and finds all of it in another. */
async function kept(settings: StateSettings): Promise<void> {
  const { id, record } = makeKey();
  await using stack = new AsyncDisposableStack();
  const one = stack.adopt(await open(settings), (state) => state.close());
  const other = stack.adopt(await open(settings), (state) => state.close());
  await one.keys.change((keys) => new Map(keys).set(id, record));
  await one.usage.change((usage) => new Map(usage).set(id, '2026-06-01T12:00:00.000Z'));
  await one.lockdown.change((now) => switched(now, { on: true, by: 'ann@host', reason: 'leak' }, new Date()));
  await vi.waitFor(() => expect(other.lockdown.current().on).toBe(true));
  await vi.waitFor(() => {
    expect(other.keys.current().get(id)).toEqual(record);
    expect([...other.usage.current().keys()]).toEqual([id]);
  });
  expect([other.keys, other.usage, other.lockdown, other.approvals].map((document) => document.fresh())).toEqual(
    Array(4).fill(true),
  );
}

describe('in files', () => {
  it('keeps each in a file of its own, and tells only that there are no keys', async () => {
    await kept(inFiles());
    expect([readdirSync(join(dir, 'keys')), readdirSync(join(dir, 'var')).sort()]).toEqual([
      ['keys.json'],
      ['key-usage.json', 'lockdown.json'],
    ]);
    expect(alarms).toEqual(['keys_missing', 'keys_missing']);
  });

  it('says at once that a lockdown could not be stored', async () => {
    const alarms: string[] = [];
    const settings = { ...inFiles(), stateDir: join(dir, 'keys-are-no-directory.json') };
    writeFileSync(settings.stateDir, '');
    const opened = openState(settings, { onAlarm: ({ code }) => alarms.push(code) });
    await (await opened.catch(() => null))?.close();
    expect(alarms[0]).toBe('state_unwritable');
  });

  it('does not open half of it', async () => {
    const settings = inFiles();
    await (await open(settings)).close();
    writeFileSync(join(dir, 'lockdown.json'), 'off');
    await expect(open({ ...settings, stateDir: dir })).rejects.toMatchObject({ code: 'lockdown_invalid' });
  });
});

it('names what is missing where there is no Redis to be asked', async () => {
  await expect(open(inRedis(null))).rejects.toMatchObject({ code: 'redis_url_missing' });
});

describeWithRedis('in Redis', () => {
  it('keeps everything there, and no file', async () => {
    const server = await startRedis();
    try {
      await kept(inRedis(server.tcpUrl));
      expect(readdirSync(dir)).toEqual([]);
    } finally {
      await server.close();
    }
  });
});
