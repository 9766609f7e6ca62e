import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import {
  beginHold,
  endHold,
  type Hold,
  isReason,
  readHold,
  unlessHeld,
  watchHold,
} from '../../../src/audit/writer/hold.ts';
import { tempDir } from '../helpers.ts';

const SINCE = new Date('2026-05-04T10:00:00Z');
const DAMAGED = { reason: 'hold.json is there and cannot be read' };

test('is a file of its owner, and nothing else is left', async () => {
  const dir = await tempDir();
  expect(await readHold(dir)).toBeNull();
  await beginHold(dir, 'Smith v. Jones', SINCE);
  expect(await readHold(dir)).toEqual({ reason: 'Smith v. Jones' });
  expect(await readdir(dir)).toEqual(['hold.json']);
  expect((await stat(join(dir, 'hold.json'))).mode & 0o777).toBe(0o600);
  expect(JSON.parse(await readFile(join(dir, 'hold.json'), 'utf8'))).toEqual({
    reason: 'Smith v. Jones',
    since: '2026-05-04T10:00:00.000Z',
  });
  expect(await endHold(dir)).toEqual({ reason: 'Smith v. Jones' });
  expect(await readHold(dir)).toBeNull();
  expect(await endHold(dir)).toBeNull();
  expect(await readdir(dir)).toEqual([]);
});

test.each([
  ['empty', ''],
  ['cut', '{"reason":"Smi'],
  ['something else', '[]'],
  ['without a reason', '{"since":"2026-05-04T10:00:00Z"}'],
  ['without a time', '{"reason":"x"}'],
  ['with a reason over two lines', '{"reason":"x\\ny","since":"2026-05-04T10:00:00Z"}'],
])('a file that is %s holds as well, and can be replaced and released', async (_, text) => {
  const dir = await tempDir();
  await writeFile(join(dir, 'hold.json'), text);
  expect(await readHold(dir)).toEqual(DAMAGED);
  expect(await unlessHeld(dir, async () => {})).toBe(false);
  await beginHold(dir, 'x', SINCE);
  expect(await readHold(dir)).toEqual({ reason: 'x' });
  await writeFile(join(dir, 'hold.json'), text);
  expect(await endHold(dir)).toEqual(DAMAGED);
  expect(await readHold(dir)).toBeNull();
});

test('whatever cannot be read as a file is a hold', async () => {
  const dir = await tempDir();
  await mkdir(join(dir, 'hold.json'));
  expect(await readHold(dir)).toEqual(DAMAGED);
});

test.each<[string, boolean]>([
  ['Smith v. Jones, 2026/17 – “évidence”', true],
  ['x'.repeat(500), true],
  ['', false],
  ['x'.repeat(501), false],
  ['two\nlines', false],
  ['\u001b[31mred', false],
  ['\u202egnp.exe', false],
])('%j as a reason: %s', (reason, is) => {
  expect(isReason(reason)).toBe(is);
});

describe('unlessHeld', () => {
  test('keeps a hold waiting until the work is done, and what it throws comes through', async () => {
    const dir = await tempDir();
    const order: string[] = [];
    const started = Promise.withResolvers<void>();
    const work = unlessHeld(dir, async () => {
      started.resolve();
      // Long enough for a hold that would not wait.
      for (const end = performance.now() + 200; performance.now() < end; ) expect(await readHold(dir)).toBeNull();
      order.push('work');
    });
    await started.promise;
    const begun = beginHold(dir, 'x', SINCE).then(() => order.push('hold'));
    expect(await work).toBe(true);
    await begun;
    expect(order).toEqual(['work', 'hold']);
    expect(await unlessHeld(dir, async () => order.push('more'))).toBe(false);
    expect(order).toHaveLength(2);
    await endHold(dir);
    await expect(unlessHeld(dir, () => Promise.reject(new Error('EIO')))).rejects.toThrow('EIO');
    expect(await readdir(dir)).toEqual([]);
  });
});

test('watchHold tells of the beginning, another reason, damage and the end', async () => {
  const dir = await tempDir();
  const seen: (Hold | null)[] = [];
  const watched = await watchHold(dir, { onChange: (hold) => void seen.push(hold), everyMs: 2 });
  try {
    expect(watched.current()).toBeNull();
    const steps: [() => Promise<unknown>, Hold | null][] = [
      [() => beginHold(dir, 'one', SINCE), { reason: 'one' }],
      [() => beginHold(dir, 'another', SINCE), { reason: 'another' }],
      [() => writeFile(join(dir, 'hold.json'), '{'), DAMAGED],
      [() => rm(join(dir, 'hold.json')), null],
    ];
    for (const [step, expected] of steps) {
      await step();
      await vi.waitFor(() => expect(watched.current()).toEqual(expected), { interval: 2 });
    }
    expect(seen.at(-1)).toBeNull();
    expect(seen).toContainEqual({ reason: 'one' });
    expect(seen).toContainEqual({ reason: 'another' });
  } finally {
    watched.close();
  }
});
