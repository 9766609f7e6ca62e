/**
 * Token budgets: what a key may use in a minute and in a UTC day. A request reserves the most it can cost before it is
 * sent, and is charged what it did cost when it is over, so that parallel requests cannot overdraw a budget together.
 * Counted in this process.
 */
import { Denial } from '../core/denial.ts';
import type { Allowance } from '../core/exchange.ts';
import type { Hold } from '../core/pipeline.ts';
import type { Limits } from '../core/policy.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

interface Window {
  /** Milliseconds since the epoch. */
  endsAt: number;
  used: number;
  reserved: number;
}

interface Budget {
  readonly limit: number;
  readonly lengthMs: number;
  readonly window: Window;
}

const allowanceOf = ({ limit, lengthMs, window }: Budget, now: number): Allowance => ({
  limit,
  remaining: Math.max(0, limit - window.used - window.reserved),
  windowMs: lengthMs,
  resetMs: window.endsAt - now,
});

export interface TokenBudgets {
  /**
   * Reserves `tokens` for a request of `keyId`, or as much as a whole budget if that is less.
   * @returns the hold that turns the reservation into the charge, and where the tightest of its budgets in time stands
   * @throws Denial `tokens_exhausted`
   */
  reserve(keyId: string, tokens: number, limits: Limits): { hold: Hold; left: Allowance | null };
}

/** @param now the time in milliseconds since the epoch */
export function tokenBudgets(now: () => number = Date.now): TokenBudgets {
  const minutes = new Map<string, Window>();
  const days = new Map<string, Window>();

  const current = (windows: Map<string, Window>, keyId: string, lengthMs: number): Window => {
    const time = now();
    const known = windows.get(keyId);
    if (known && known.endsAt > time) return known;
    const endsAt = lengthMs === DAY_MS ? (Math.floor(time / DAY_MS) + 1) * DAY_MS : time + lengthMs;
    const fresh = { endsAt, used: 0, reserved: 0 };
    windows.set(keyId, fresh);
    return fresh;
  };

  return {
    reserve(keyId, tokens, limits) {
      const budgets = [
        { windows: minutes, limit: limits.tokensPerMinute, lengthMs: MINUTE_MS },
        { windows: days, limit: limits.tokensPerDay, lengthMs: DAY_MS },
      ].flatMap(({ windows, limit, lengthMs }) => {
        if (limit === null) return [];
        return [
          { windows, limit, lengthMs, amount: Math.min(tokens, limit), window: current(windows, keyId, lengthMs) },
        ];
      });
      // Look at every budget before touching one: a refusal by the day must not leave a mark on the minute.
      for (const budget of budgets) {
        const { window, limit, amount } = budget;
        if (window.used + window.reserved + amount > limit) {
          const allowance = allowanceOf(budget, now());
          throw new Denial('tokens_exhausted', { retryAfterMs: allowance.resetMs, allowance });
        }
      }
      for (const { window, amount } of budgets) window.reserved += amount;
      return {
        // The minute stands first if there is one: it is what a client has to pace itself by.
        left: budgets[0] ? allowanceOf(budgets[0], now()) : null,
        hold: {
          settle({ usage }) {
            for (const { windows, lengthMs, window, amount } of budgets) {
              window.reserved -= amount;
              // What was used counts when it is known, even if the window it was reserved in has passed.
              if (usage) current(windows, keyId, lengthMs).used += usage.inputTokens + usage.outputTokens;
            }
          },
        },
      };
    },
  };
}
