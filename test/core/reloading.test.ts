import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Fault } from '../../src/core/fault.ts';
import { type Reloading, reloading } from '../../src/core/reloading.ts';

let dir: string;
let file: string;
let live: Reloading<number> | null = null;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'reloading-'));
  file = join(dir, 'file');
  writeFileSync(file, '1');
});
afterEach(() => {
  live?.close();
  live = null;
  rmSync(dir, { recursive: true });
});

it('tries again after a failure, although the file has not changed since', async () => {
  const load = vi.fn<() => Promise<number>>().mockResolvedValueOnce(1);
  load.mockRejectedValueOnce(new Error('too many open files')).mockRejectedValueOnce(new Error('too many open files'));
  load.mockResolvedValueOnce(2);
  const alarms: Fault[] = [];
  live = await reloading([file], load, { onAlarm: (fault) => alarms.push(fault), everyMs: 2 });
  writeFileSync(file, '2');
  await vi.waitFor(() => expect(live?.current()).toBe(2));
  expect(alarms.map(({ code, message }) => [code, message])).toEqual([['reload_failed', 'Error: too many open files']]);
});

it('notices what changed while it was reading', async () => {
  const load = vi.fn<() => Promise<number>>().mockResolvedValue(2);
  load.mockImplementationOnce(async () => {
    writeFileSync(file, 'changed under the reader');
    return 1;
  });
  live = await reloading([file], load, { onAlarm: () => {}, everyMs: 2 });
  expect(live.current()).toBe(1);
  await vi.waitFor(() => expect(live?.current()).toBe(2));
});

it('reads nothing again while nothing has changed', async () => {
  const load = vi.fn<() => Promise<number>>().mockResolvedValue(1);
  live = await reloading([file], load, { onAlarm: () => {}, everyMs: 1 });
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(load).toHaveBeenCalledTimes(1);
});

it('leaves a failure at the start to its caller', async () => {
  const broken = reloading([file], () => Promise.reject(new Error('no')), { onAlarm: () => {} });
  await expect(broken).rejects.toThrow('no');
});
