/** Requests a minute, counted by the stores of express-rate-limit: in this process, or in Redis for many instances. */
import { MemoryStore, type Options, type Store } from 'express-rate-limit';
import { RedisStore } from 'rate-limit-redis';
import { Denial } from '../core/denial.ts';
import type { Allowance } from '../core/exchange.ts';
import type { RedisConnection } from '../core/redis.ts';

const WINDOW_MS = 60_000;
const RETRY_MS = 200;

export interface RequestLimiter {
  /**
   * Counts one request of `id` (a key's id, never the key: it becomes the name of a counter).
   * @returns where the limit stands, this request included
   * @throws Denial `rate_limited` beyond the limit, `limits_unavailable` when nobody can count
   */
  hit(id: string, limit: number): Promise<Allowance>;
  /** Whether requests can be counted where they should be. */
  ready(): boolean;
  close(): void;
}

/** The options a store reads in `init`; the rest concern the middleware, which is not used here. */
const OPTIONS = { windowMs: WINDOW_MS } as Options;

/** Counts in this process. */
export function localRequestLimiter(): RequestLimiter {
  const store = new MemoryStore();
  store.init(OPTIONS);
  // The store returns the object it goes on counting in: read a turn later, it would tell of the requests after this.
  let turn: Promise<unknown> = Promise.resolve();
  return {
    hit(id, limit) {
      const mine = turn.then(() => count(store, id, limit));
      turn = mine.catch(() => {});
      return mine;
    },
    ready: () => true,
    close: () => store.shutdown(),
  };
}

/**
 * Counts in Redis. When Redis fails, `whenStoreFails` decides: `deny` refuses, `local` counts in this process, where
 * the limit then holds for each instance on its own.
 */
export function redisRequestLimiter(redis: RedisConnection, whenStoreFails: 'deny' | 'local'): RequestLimiter {
  const local = whenStoreFails === 'local' ? localRequestLimiter() : null;
  let store: RedisStore | null = null;
  // The store loads its script when it is made, and remembers a failure for good: so there is a new one for each
  // connection, used once it has loaded, and another one soon if it could not.
  const prepare = async (): Promise<void> => {
    const fresh = new RedisStore({ prefix: 'sallyport:requests:', sendCommand: redis.send });
    try {
      await fresh.init(OPTIONS);
      store = fresh;
    } catch (error) {
      redis.report(error);
      if (redis.connected()) setTimeout(() => store ?? prepare(), RETRY_MS).unref();
    }
  };
  redis.onReady(() => {
    store = null;
    void prepare();
  });
  return {
    async hit(id, limit) {
      try {
        if (!store) throw new Error('Redis has not been reached yet');
        return await count(store, id, limit);
      } catch (error) {
        if (error instanceof Denial) throw error;
        redis.report(error);
        if (local) return local.hit(id, limit);
        throw new Denial('limits_unavailable', { cause: error, retryAfterMs: 1000 });
      }
    },
    ready: () => store !== null && redis.connected(),
    close: () => local?.close(),
  };
}

async function count(store: Store, id: string, limit: number): Promise<Allowance> {
  const { totalHits, resetTime } = await store.increment(id);
  const resetMs = Math.max(0, (resetTime?.getTime() ?? Date.now() + WINDOW_MS) - Date.now());
  const allowance = { limit, remaining: Math.max(0, limit - totalHits), windowMs: WINDOW_MS, resetMs };
  if (totalHits > limit) throw new Denial('rate_limited', { retryAfterMs: resetMs, allowance });
  return allowance;
}
