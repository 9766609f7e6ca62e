import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
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

describe('patience', () => {
  const failing = () => {
    const load = vi.fn<() => Promise<number>>().mockResolvedValueOnce(1);
    const failed = () => void load.mockRejectedValueOnce(new Error('half written'));
    return { load, failed };
  };

  it('says nothing of a failure that does not last', async () => {
    const { load, failed } = failing();
    failed();
    failed();
    load.mockResolvedValue(2);
    const onAlarm = vi.fn();
    live = await reloading([file], load, { onAlarm, everyMs: 2, patience: 2 });
    writeFileSync(file, '2');
    await vi.waitFor(() => expect(live?.current()).toBe(2));
    expect(load).toHaveBeenCalledTimes(4);
    expect(onAlarm).not.toHaveBeenCalled();
  });

  it('ends: a failure that lasts is told once, and again after it was well', async () => {
    const { load, failed } = failing();
    for (let i = 0; i < 5; i++) failed();
    load.mockResolvedValueOnce(2);
    const told: number[] = [];
    const onAlarm = () => told.push(load.mock.calls.length);
    live = await reloading([file], load, { onAlarm, everyMs: 2, patience: 2 });
    writeFileSync(file, '2');
    await vi.waitFor(() => expect(live?.current()).toBe(2));
    // The first load, two that are waited out, and the one that is told of.
    expect(told).toEqual([4]);
    for (let i = 0; i < 3; i++) failed();
    load.mockResolvedValueOnce(3);
    writeFileSync(file, '3!');
    await vi.waitFor(() => expect(live?.current()).toBe(3));
    expect(told).toEqual([4, 10]);
  });
});
