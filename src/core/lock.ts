/** One process at a time: a lock that a file stands for, among processes on one host. */
import { randomUUID } from 'node:crypto';
import { link, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Fault } from './fault.ts';
import { errnoOf, fileFault, PRIVATE_FILE } from './files.ts';

/** Whoever holds a lock for longer has died: the work under it takes milliseconds. */
const STALE_MS = 5_000;

/**
 * Runs `work` while holding the lock file `path`, which is made and removed again. Waits for others, at most `waitMs`.
 * @throws Fault `locked` if the lock cannot be had in time, `lock_unusable` if the file cannot be made
 */
export async function withLock<T>(path: string, work: () => Promise<T>, waitMs = 2 * STALE_MS): Promise<T> {
  const token = randomUUID();
  const deadline = performance.now() + waitMs;
  while (!(await take(path, token))) {
    if (performance.now() > deadline)
      throw new Fault('locked', `Another command has held ${path} for too long. If none is running, remove the file.`);
    await breakIfStale(path);
    // Random, so that those who wait do not come back all at once.
    await sleep(5 + Math.random() * 20);
  }
  try {
    return await work();
  } finally {
    if ((await tokenIn(path)) === token) await rm(path, { force: true });
  }
}

/** Makes the lock file; false if it is there. O_EXCL decides who is first. */
async function take(path: string, token: string): Promise<boolean> {
  try {
    await writeFile(path, token, { flag: 'wx', mode: PRIVATE_FILE });
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false;
    throw fileFault('lock_unusable', 'the lock', path, error, 'Make its directory writable.');
  }
}

const tokenIn = (path: string): Promise<string | null> => readFile(path, 'utf8').catch(() => null);

/**
 * Removes a lock whose holder has died. Between looking and removing, someone else may have done so and taken the lock:
 * so it is moved aside first, looked at again, and put back if it is not the one that was stale.
 */
async function breakIfStale(path: string): Promise<void> {
  const token = await tokenIn(path);
  const modified = await stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => Number.POSITIVE_INFINITY,
  );
  if (Date.now() - modified < STALE_MS) return;
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return;
    throw error;
  }
  if ((await tokenIn(aside)) !== token) await link(aside, path).catch(() => {});
  await rm(aside, { force: true });
}
