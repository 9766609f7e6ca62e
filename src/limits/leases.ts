/** How many requests of one key run at once. Counted in this process. */
import { Denial } from '../core/denial.ts';
import type { Hold } from '../core/pipeline.ts';

export interface Leases {
  /** @throws Denial `too_many_concurrent` when `limit` requests of `id` are running */
  take(id: string, limit: number): Hold;
}

export function leases(): Leases {
  const running = new Map<string, number>();
  return {
    take(id, limit) {
      const before = running.get(id) ?? 0;
      if (before >= limit) throw new Denial('too_many_concurrent', { retryAfterMs: 1000 });
      running.set(id, before + 1);
      return {
        settle() {
          const left = running.get(id)! - 1;
          if (left === 0) running.delete(id);
          else running.set(id, left);
        },
      };
    },
  };
}
