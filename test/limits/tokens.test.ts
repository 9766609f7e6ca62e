import { describe, expect, test } from 'vitest';
import type { Outcome } from '../../src/core/pipeline.ts';
import type { Limits } from '../../src/core/policy.ts';
import type { Usage } from '../../src/core/reply.ts';
import { tokenBudgets } from '../../src/limits/tokens.ts';
import { refusal } from '../support/refusal.ts';

const limits = (tokensPerMinute: number | null, tokensPerDay: number | null = null) =>
  ({ tokensPerMinute, tokensPerDay }) as Limits;
const outcome = (usage: Usage | null): Outcome => ({ ending: 'complete', usage });
const used = (tokens: number) => outcome({ inputTokens: tokens, outputTokens: 0 });

/** 2026-01-01T23:59:00Z: a minute before the day ends. */
const START = Date.UTC(2026, 0, 1, 23, 59);
function clocked() {
  let time = START;
  const pass = (ms: number): void => {
    time += ms;
  };
  return { budgets: tokenBudgets(() => time), pass };
}

test('reservations add up: parallel requests cannot overdraw a budget together', () => {
  const { budgets } = clocked();
  const taken = Array.from({ length: 100 }, () => {
    try {
      return budgets.reserve('k', 10, limits(100));
    } catch {
      return null;
    }
  });
  expect(taken.filter(Boolean)).toHaveLength(10);
});

test('what was reserved and not used comes back; what was used does not', () => {
  const { budgets } = clocked();
  budgets.reserve('k', 100, limits(100)).hold.settle(used(30));
  expect(budgets.reserve('k', 70, limits(100)).left).toEqual({
    limit: 100,
    remaining: 0,
    windowMs: 60_000,
    resetMs: 60_000,
  });
  expect(refusal(() => budgets.reserve('k', 1, limits(100))).code).toBe('tokens_exhausted');
});

test('a request that never ran costs nothing', () => {
  const { budgets } = clocked();
  budgets.reserve('k', 100, limits(100)).hold.settle(outcome(null));
  expect(budgets.reserve('k', 100, limits(100)).left?.remaining).toBe(0);
});

test('more than was reserved is charged in full', () => {
  const { budgets } = clocked();
  budgets.reserve('k', 10, limits(100)).hold.settle(used(150));
  expect(refusal(() => budgets.reserve('k', 1, limits(100))).retryAfterMs).toBe(60_000);
});

test('a request larger than a whole budget may run when the budget is untouched', () => {
  const { budgets } = clocked();
  const { hold } = budgets.reserve('k', 5000, limits(100));
  expect(refusal(() => budgets.reserve('k', 1, limits(100))).code).toBe('tokens_exhausted');
  hold.settle(used(20));
  expect(budgets.reserve('k', 80, limits(100)).left?.remaining).toBe(0);
});

test('keys do not share a budget', () => {
  const { budgets } = clocked();
  budgets.reserve('a', 100, limits(100));
  expect(budgets.reserve('b', 100, limits(100)).left?.remaining).toBe(0);
});

describe('windows', () => {
  test('a minute later the budget is whole again', () => {
    const { budgets, pass } = clocked();
    budgets.reserve('k', 100, limits(100)).hold.settle(used(100));
    pass(59_999);
    expect(refusal(() => budgets.reserve('k', 1, limits(100))).retryAfterMs).toBe(1);
    pass(1);
    expect(budgets.reserve('k', 100, limits(100)).left?.remaining).toBe(0);
  });

  test('a stream that outlives its window is charged in the one in which it ends', () => {
    const { budgets, pass } = clocked();
    const { hold } = budgets.reserve('k', 100, limits(100));
    pass(60_000);
    hold.settle(used(100));
    expect(refusal(() => budgets.reserve('k', 1, limits(100))).code).toBe('tokens_exhausted');
  });

  test('the day is that of UTC', () => {
    const { budgets, pass } = clocked();
    budgets.reserve('k', 100, limits(null, 100)).hold.settle(used(100));
    expect(refusal(() => budgets.reserve('k', 1, limits(null, 100))).retryAfterMs).toBe(60_000);
    pass(60_000);
    expect(budgets.reserve('k', 1, limits(null, 100)).left).toEqual({
      limit: 100,
      remaining: 99,
      windowMs: 86_400_000,
      resetMs: 86_400_000,
    });
  });

  test('a refusal by the day leaves no mark on the minute', () => {
    const { budgets } = clocked();
    budgets.reserve('k', 50, limits(null, 60));
    refusal(() => budgets.reserve('k', 50, limits(100, 60)));
    expect(budgets.reserve('k', 10, limits(100, 60)).left?.remaining).toBe(90);
  });
});
