import { Denial } from '../core/denial.ts';
import type { Authenticated, Authorized } from '../core/exchange.ts';
import type { Stage } from '../core/pipeline.ts';
import { findEndpoint } from '../openai/endpoints.ts';

/** The route exists, and the role may use it. No role implies another. */
export const authorize = (): Stage<Authenticated, Authorized> => ({
  name: 'authorize',
  run: async (x) => {
    if (x.key.role !== 'inference') throw new Denial('role_not_allowed');
    return { ...x, endpoint: findEndpoint(x.method, x.target) };
  },
});
