import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { leases } from '../../src/limits/leases.ts';
import { localRequestLimiter, type RequestLimiter } from '../../src/limits/requests.ts';
import { refusal, refusalOf } from '../support/refusal.ts';

describe('requests a minute, in this process', () => {
  let limiter: RequestLimiter;
  beforeEach(() => {
    vi.useFakeTimers();
    limiter = localRequestLimiter();
  });
  afterEach(() => {
    limiter.close();
    vi.useRealTimers();
  });

  test('limits 50: of 100 parallel requests against a limit of 10 exactly 10 pass', async () => {
    const all = await Promise.allSettled(Array.from({ length: 100 }, () => limiter.hit('k', 10)));
    expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(10);
  });

  test('tells where the limit stands', async () => {
    expect(await limiter.hit('k', 3)).toEqual({ limit: 3, remaining: 2, windowMs: 60_000, resetMs: 60_000 });
    vi.advanceTimersByTime(20_000);
    expect(await limiter.hit('k', 3)).toEqual({ limit: 3, remaining: 1, windowMs: 60_000, resetMs: 40_000 });
  });

  test('says when to come again, and means it', async () => {
    await limiter.hit('k', 1);
    const { code, retryAfterMs } = await refusalOf(limiter.hit('k', 1));
    expect([code, retryAfterMs]).toEqual(['rate_limited', 60_000]);
    vi.advanceTimersByTime(60_001);
    expect((await limiter.hit('k', 1)).remaining).toBe(0);
  });

  test('keys do not share a limit', async () => {
    await limiter.hit('a', 1);
    expect((await limiter.hit('b', 1)).remaining).toBe(0);
  });
});

describe('requests at once', () => {
  test('exactly as many as allowed, and another one when one ends', () => {
    const running = leases();
    const [first] = [running.take('k', 2), running.take('k', 2)];
    expect(refusal(() => running.take('k', 2)).code).toBe('too_many_concurrent');
    void first?.settle({ ending: 'client_left', usage: null });
    running.take('k', 2);
    expect(refusal(() => running.take('k', 2)).code).toBe('too_many_concurrent');
    running.take('other', 1);
  });
});
