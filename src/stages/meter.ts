import type { Authorized, Metered } from '../core/exchange.ts';
import type { Stage } from '../core/pipeline.ts';
import type { RequestLimiter } from '../limits/requests.ts';

/** One more request of this key in this minute. */
export const meter = (limiter: RequestLimiter): Stage<Authorized, Metered> => ({
  name: 'meter',
  run: async (x) => ({ ...x, requestsLeft: await limiter.hit(x.key.id, x.key.limits.requestsPerMinute) }),
});
