/** All model servers, and the choice between them. */
import { Denial } from '../core/denial.ts';
import type { Hold } from '../core/pipeline.ts';
import { Upstream, type UpstreamOptions, type UpstreamTimeouts } from './upstream.ts';

const CHECK_EVERY_MS = 5000;

export interface Upstreams {
  readonly all: readonly Upstream[];
  get(name: string): Upstream;
  /**
   * Takes a place on the least busy reachable model server for this model.
   * @throws Denial `model_not_allowed` if none serves it, `queue_full` if those that do have no place left
   */
  takePlace(model: string): { upstream: Upstream; hold: Hold };
  /** Whether at least one can be reached. */
  ready(): boolean;
  close(): Promise<void>;
}

/** Opens the pools, and checks every model server now and every five seconds. */
export function openUpstreams(options: readonly UpstreamOptions[], timeouts: UpstreamTimeouts): Upstreams {
  const all = options.map((one) => new Upstream(one, timeouts));
  const checkAll = () => void Promise.all(all.map((upstream) => upstream.check()));
  checkAll();
  const timer = setInterval(checkAll, CHECK_EVERY_MS).unref();
  return {
    all,
    get: (name) => all.find((upstream) => upstream.name === name)!,
    takePlace(model) {
      const serving = all.filter((upstream) => upstream.serves(model));
      if (serving.length === 0) throw new Denial('model_not_allowed', { param: 'model' });
      // One that seems to be down is better than none: it may be back, and the attempt will tell.
      const reachable = serving.filter((upstream) => upstream.healthy);
      const candidates = (reachable.length > 0 ? reachable : serving).toSorted((a, b) => a.inFlight - b.inFlight);
      for (const upstream of candidates) {
        const hold = upstream.takePlace();
        if (hold) return { upstream, hold };
      }
      throw new Denial('queue_full', { retryAfterMs: 1000 });
    },
    ready: () => all.some((upstream) => upstream.healthy),
    async close() {
      clearInterval(timer);
      await Promise.all(all.map((upstream) => upstream.close()));
    },
  };
}
