import type { Reserved, Screened } from '../core/exchange.ts';
import type { Io, Stage } from '../core/pipeline.ts';
import type { Leases } from '../limits/leases.ts';
import type { TokenBudgets } from '../limits/tokens.ts';
import { textLength } from '../openai/texts.ts';
import { estimateTokens } from '../openai/usage.ts';
import type { Upstreams } from '../upstream/upstreams.ts';

export interface Capacity {
  readonly leases: Leases;
  readonly budgets: TokenBudgets;
  readonly upstreams: Upstreams;
}

/** Everything the request will take, taken before it runs and given back however it ends. */
export const reserve = ({ leases, budgets, upstreams }: Capacity): Stage<Screened, Reserved> => ({
  name: 'reserve',
  run: async (x, io: Io) => {
    io.hold(leases.take(x.key.id, x.key.limits.concurrent));
    // Asking for the list of models costs no tokens, and is put to every model server.
    if (x.request === null || x.model === null)
      return { ...x, estimatedInputTokens: 0, tokensLeft: null, upstream: null };

    const estimatedInputTokens = estimateTokens(textLength(x.request));
    const budget = budgets.reserve(x.key.id, estimatedInputTokens + x.mostOutputTokens, x.key.limits);
    io.hold(budget.hold);
    const place = upstreams.takePlace(x.model);
    io.hold(place.hold);
    return { ...x, estimatedInputTokens, tokensLeft: budget.left, upstream: place.upstream.name };
  },
});
