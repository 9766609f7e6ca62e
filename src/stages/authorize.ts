import { Denial } from '../core/denial.ts';
import type { Authenticated, Authorized } from '../core/exchange.ts';
import type { Stage } from '../core/pipeline.ts';
import type { Lockdown } from '../lockdown/lockdown.ts';
import { findEndpoint } from '../openai/endpoints.ts';

/** The route exists, the role may use it, and inference is not locked down. No role implies another. */
export const authorize = (lockdown: () => Lockdown): Stage<Authenticated, Authorized> => ({
  name: 'authorize',
  run: async (x, io) => {
    if (x.key.role !== 'inference') throw new Denial('role_not_allowed');
    const endpoint = findEndpoint(x.method, x.target);
    if (lockdown().on) throw new Denial('locked_down');
    io.asLongAs(() => {
      const { on, since } = lockdown();
      return on ? { what: 'lockdown', since: Date.parse(since), denial: new Denial('locked_down') } : null;
    });
    return { ...x, endpoint };
  },
});
