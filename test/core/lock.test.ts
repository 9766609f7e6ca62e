import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { rename } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { withLock } from '../../src/core/lock.ts';

// Does what it does; one test steps in between.
vi.mock('node:fs/promises', { spy: true });

let dir: string;
let lock: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'lock-'));
  lock = join(dir, 'file.lock');
});
afterEach(() => rmSync(dir, { recursive: true }));

const heldSince = (secondsAgo: number) => {
  writeFileSync(lock, 'someone else');
  const then = Date.now() / 1000 - secondsAgo;
  utimesSync(lock, then, then);
};

it('lets in one at a time', async () => {
  let inside = 0;
  let most = 0;
  const work = async () => {
    most = Math.max(most, ++inside);
    await turn();
    inside--;
  };
  await Promise.all(Array.from({ length: 20 }, () => withLock(lock, work)));
  expect(most).toBe(1);
  expect(readdirSync(dir)).toEqual([]);
});

it('passes on what the work returns or throws, and lets go either way', async () => {
  expect(await withLock(lock, async () => 7)).toBe(7);
  await expect(withLock(lock, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(existsSync(lock)).toBe(false);
});

it('takes over from a holder that died, one heir at a time', async () => {
  heldSince(11);
  let inside = 0;
  let most = 0;
  const work = async () => {
    most = Math.max(most, ++inside);
    await turn();
    inside--;
  };
  await Promise.all(Array.from({ length: 20 }, () => withLock(lock, work)));
  expect(most).toBe(1);
  expect(readdirSync(dir)).toEqual([]);
});

it('puts a lock back that someone took between the looking and the taking', async () => {
  heldSince(11);
  vi.mocked(rename).mockImplementationOnce(async (from, to) => {
    writeFileSync(lock, 'another heir');
    renameSync(from, to);
  });
  await expect(withLock(lock, async () => 7, 20)).rejects.toMatchObject({ code: 'locked' });
  expect(readdirSync(dir)).toEqual(['file.lock']);
  expect(readFileSync(lock, 'utf8')).toBe('another heir');
});

it('gives up on a holder that lives, and leaves it its lock', async () => {
  heldSince(1);
  await expect(withLock(lock, async () => 7, 20)).rejects.toMatchObject({ code: 'locked' });
  expect(readFileSync(lock, 'utf8')).toBe('someone else');
});

it('does not remove a lock that has become someone else’s', async () => {
  await withLock(lock, async () => writeFileSync(lock, 'someone else'));
  expect(readFileSync(lock, 'utf8')).toBe('someone else');
});

it('says so when the lock cannot be made at all', async () => {
  const nowhere = withLock(join(dir, 'none', 'file.lock'), async () => 7);
  await expect(nowhere).rejects.toMatchObject({ code: 'lock_unusable' });
});
