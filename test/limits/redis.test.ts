/** Redis at its worst, played by a connection that does what each test says. */
import { expect, test, vi } from 'vitest';
import type { RedisConnection } from '../../src/core/redis.ts';
import { redisRequestLimiter } from '../../src/limits/requests.ts';
import { refusalOf } from '../support/refusal.ts';

type Send = RedisConnection['send'];

function playedRedis(send: Send) {
  const reported: unknown[] = [];
  let ready = () => {};
  const state = { send, up: true };
  const redis: RedisConnection = {
    send: (...command) => state.send(...command),
    onReady: (callback) => {
      ready = callback;
      callback();
    },
    report: (error) => void reported.push(error),
    connected: () => state.up,
    close: () => {},
  };
  return { redis, reported, state, reconnect: () => ready() };
}

/** A Redis that is well: loads scripts, and counts. */
const counting = (): Send => {
  let hits = 0;
  return async (command) => (command === 'SCRIPT' ? 'sha' : [++hits, 60_000]);
};
const failing: Send = async () => {
  throw new Error('gone');
};

test('faults 53: a script that cannot be loaded harms nobody, and is loaded soon after', async () => {
  const { redis, reported, state } = playedRedis(failing);
  const limiter = redisRequestLimiter(redis, 'deny');
  expect((await refusalOf(limiter.hit('k', 10))).code).toBe('limits_unavailable');
  expect(limiter.ready()).toBe(false);
  state.send = counting();
  await vi.waitUntil(() => limiter.ready());
  expect((await limiter.hit('k', 10)).remaining).toBe(9);
  expect(reported.length).toBeGreaterThan(0);
});

test('faults 53: while Redis fails requests are refused, and counted again when it is back', async () => {
  const { redis, state } = playedRedis(counting());
  const limiter = redisRequestLimiter(redis, 'deny');
  await vi.waitUntil(() => limiter.ready());
  expect((await limiter.hit('k', 10)).remaining).toBe(9);
  const well = state.send;
  state.send = failing;
  expect((await refusalOf(limiter.hit('k', 10))).code).toBe('limits_unavailable');
  state.send = well;
  expect((await limiter.hit('k', 10)).remaining).toBe(8);
});

test('faults 53: or counted here, where that was asked for, and still limited', async () => {
  const { redis } = playedRedis(failing);
  const limiter = redisRequestLimiter(redis, 'local');
  expect((await limiter.hit('k', 1)).remaining).toBe(0);
  expect((await refusalOf(limiter.hit('k', 1))).code).toBe('rate_limited');
  limiter.close();
});
