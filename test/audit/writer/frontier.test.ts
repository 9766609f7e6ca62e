import { expect, test } from 'vitest';
import { Frontier } from '../../../src/audit/writer/frontier.ts';
import { tempDir, withLog } from '../helpers.ts';

const never = new AbortController().signal;

/** What has become of a promise by the next turn of the event loop. */
async function stateOf(promise: Promise<void>): Promise<'waiting' | 'resolved'> {
  const next = new Promise<'waiting'>((resolve) => setImmediate(() => resolve('waiting')));
  return Promise.race([promise.then(() => 'resolved' as const), next]);
}

test('wakes those who wait for less than what is acknowledged, and nobody else', async () => {
  const frontier = new Frontier(3);
  const waits = [2, 3, 4].map((seq) => frontier.beyond(seq, never));
  const states = () => Promise.all(waits.map(stateOf));
  expect(await states()).toEqual(['resolved', 'waiting', 'waiting']);
  frontier.advance(4);
  expect(frontier.seq).toBe(4);
  expect(await states()).toEqual(['resolved', 'resolved', 'waiting']);
  frontier.advance(9);
  expect(await states()).toEqual(['resolved', 'resolved', 'resolved']);
});

test('lets go of whoever gives up, before or while waiting', async () => {
  const frontier = new Frontier(0);
  const giving = new AbortController();
  const wait = frontier.beyond(7, giving.signal);
  expect(await stateOf(wait)).toBe('waiting');
  giving.abort();
  expect(await stateOf(wait)).toBe('resolved');
  expect(await stateOf(frontier.beyond(7, giving.signal))).toBe('resolved');
});

test('a log tells how far it is acknowledged, across restarts', async () => {
  const dir = await tempDir();
  await withLog(dir, {}, async (log) => {
    expect(log.progress.seq).toBe(0);
    const appended = log.append({ event: 'e' });
    expect(log.progress.seq).toBe(0);
    await appended;
    expect(log.progress.seq).toBe(1);
  });
  // One more: the checkpoint that closed it.
  await withLog(dir, {}, async (log) => expect(log.progress.seq).toBe(2));
});
