import { expect, onTestFinished, test } from 'vitest';
import { Courier, type Pace } from '../../../src/audit/witness/courier.ts';
import { readEntry } from '../../../src/audit/witness/entry.ts';
import { Contradicted, Unconfirmed } from '../../../src/audit/witness/keeper.ts';
import { eventually } from '../../support/listen.ts';
import { testLog } from './support.ts';

const log = testLog();
const checkpoint = (size: number) => readEntry(log.line(size))!;

/** A keeper that answers when it is told to, and a clock that stands still. */
function scene(pace: Partial<Pace> = {}) {
  const asked: { size: number; at: number; answer: PromiseWithResolvers<void> }[] = [];
  const told: string[] = [];
  const clock = { ms: 1000 };
  const courier = new Courier(
    {
      confirm({ size }, signal) {
        const answer = Promise.withResolvers<void>();
        signal.addEventListener('abort', () => answer.reject(signal.reason));
        asked.push({ size, at: performance.now(), answer });
        return answer.promise;
      },
      close: async () => {},
    },
    {
      refused: (size, reason) => void told.push(`refused ${size} ${reason}`),
      failed: (reason) => void told.push(`failed ${reason}`),
    },
    { betweenMs: 0, firstRetryMs: 1, lastRetryMs: 1, ...pace },
    () => new Date(clock.ms),
  );
  onTestFinished(() => courier.close(0));
  const submit = (size: number, at: number) => {
    clock.ms = at;
    courier.submit(checkpoint(size));
  };
  return { courier, asked, told, submit, nth: (n: number) => eventually(() => asked[n - 1]) };
}

test('one at a time, and the newest of those that have waited', async () => {
  const { courier, asked, submit, nth } = scene();
  submit(1, 1000);
  const first = await nth(1);
  for (const size of [2, 3, 4]) submit(size, 1000 + size);
  first.answer.resolve();
  const second = await nth(2);
  expect(asked.map(({ size }) => size)).toEqual([1, 4]);
  expect(courier).toMatchObject({ size: 4, witnessed: 1, unconfirmedSince: 1002 });
  second.answer.resolve();
  await eventually(() => courier.unconfirmedSince === null || undefined);
  expect(courier).toMatchObject({ size: 4, witnessed: 4 });
});

test('after a failure the newest is brought, and the time counts from the first', async () => {
  const { courier, submit, nth, told } = scene();
  submit(1, 1000);
  (await nth(1)).answer.reject(new Unconfirmed('http_503'));
  const again = await nth(2);
  expect(again.size).toBe(1);
  submit(2, 2000);
  again.answer.reject(new Unconfirmed('http_503'));
  const third = await nth(3);
  expect(third.size).toBe(2);
  expect(courier).toMatchObject({ size: 2, witnessed: 0, unconfirmedSince: 1000, reason: 'http_503' });
  submit(3, 3000);
  third.answer.resolve();
  await nth(4);
  expect(courier).toMatchObject({ witnessed: 2, unconfirmedSince: 3000 });
  expect(told).toEqual(['failed http_503']);
});

test('what is refused is not brought again, and not confirmed either', async () => {
  const { courier, submit, nth, told, asked } = scene();
  submit(1, 1000);
  (await nth(1)).answer.reject(new Contradicted('witness_forked'));
  await eventually(() => told[0]);
  submit(2, 2000);
  (await nth(2)).answer.reject(new Contradicted('witness_forked'));
  submit(3, 3000);
  await nth(3);
  expect(asked.map(({ size }) => size)).toEqual([1, 2, 3]);
  expect(told).toEqual(['refused 1 witness_forked']);
  expect(courier.unconfirmedSince).toBe(1000);
});

test.each([
  ['after a confirmation', undefined, { betweenMs: 60, firstRetryMs: 1 }],
  ['after a refusal', new Contradicted('witness_forked'), { betweenMs: 60, firstRetryMs: 1 }],
  ['after a failure', new Unconfirmed('http_503'), { betweenMs: 0, firstRetryMs: 120, lastRetryMs: 120 }],
])('%s it takes its time', async (_, error, pace) => {
  const { submit, nth, asked } = scene(pace);
  submit(1, 1000);
  const { answer } = await nth(1);
  const start = performance.now();
  if (error) answer.reject(error);
  else answer.resolve();
  await new Promise(setImmediate);
  submit(2, 1001);
  const { at } = await nth(2);
  expect(at - start).toBeGreaterThan(50);
  expect(asked).toHaveLength(2);
});

test('at the end, what waits is brought at once, and once', async () => {
  const { courier, asked, submit, nth } = scene({ firstRetryMs: 60_000, lastRetryMs: 60_000 });
  submit(1, 1000);
  (await nth(1)).answer.reject(new Unconfirmed('http_503'));
  await new Promise(setImmediate);
  submit(2, 1001);
  const closed = courier.close(60_000);
  (await nth(2)).answer.reject(new Unconfirmed('http_503'));
  await closed;
  expect(asked.map(({ size }) => size)).toEqual([1, 2]);
  courier.submit(checkpoint(3));
  expect(courier.size).toBe(2);
});
