/** Many refusals in a minute: of TLS handshakes, by address, and of API keys and tokens, by client certificate. */
import { CoolDown, Recent, SlidingCount } from './bounds.ts';
import { type Detector, HOUR_MS, MINUTE_MS } from './detector.ts';

/** Sources that are counted one by one, and alerts in an hour. An attacker may have as many addresses as he likes. */
const MOST_SOURCES = 1000;
const MOST_ALERTS = 20;
const TOGETHER = '(together)';

interface Source<Who> {
  readonly count: SlidingCount;
  /** The part of it that is counted together with the other sources'. */
  readonly shared: SlidingCount;
  who: Who;
}

interface Burst<Who> {
  readonly count: number;
  readonly windowMs: number;
  /** The source, or the one that most came from. */
  readonly who: Who;
}

/**
 * There is a burst when one source reaches the threshold, and when all those that have not reached it do so together:
 * a source that is always noisy hides nobody behind it.
 */
function bursts<Who>(threshold: number): (source: string, who: Who, at: number) => Burst<Who> | null {
  const sources = new Recent<Source<Who>>(MOST_SOURCES);
  const together = new SlidingCount(MINUTE_MS);
  const coolDown = new CoolDown(HOUR_MS, MOST_ALERTS);
  const burst = (count: number, who: Who) => ({ count, windowMs: MINUTE_MS, who });

  return (name, who, at) => {
    const source = sources.get(name, () => ({
      count: new SlidingCount(MINUTE_MS),
      shared: new SlidingCount(MINUTE_MS),
      who,
    }));
    source.who = who;
    const count = source.count.add(at);
    if (count >= threshold) {
      if (count === threshold) together.takeBack(source.shared, at);
      return coolDown.start(name, at) ? burst(count, who) : null;
    }
    source.shared.add(at);
    const all = together.add(at);
    if (all < threshold || !coolDown.start(TOGETHER, at)) return null;
    return burst(all, most(sources.values(), threshold, at).who);
  };
}

function most<Who>(sources: Iterable<Source<Who>>, below: number, at: number): Source<Who> {
  const [first, ...rest] = [...sources].filter(({ count }) => count.total(at) < below);
  return rest.reduce((best, next) => (next.count.total(at) > best.count.total(at) ? next : best), first!);
}

export function handshakeBurst(refusedHandshakesPerMinute: number): Detector<'handshake.refused'> {
  const watch = bursts<string>(refusedHandshakesPerMinute);
  return ({ remote }, at) => {
    const burst = watch(remote, remote, at);
    return burst && { event: 'alert.handshake_burst', count: burst.count, windowMs: burst.windowMs, remote: burst.who };
  };
}

const OF_KEYS: ReadonlySet<string | null> = new Set(['invalid_api_key', 'invalid_token']);

/** Counted by certificate, as whoever tries keys, or access tokens, may try each of them once. */
export function refusedKeyBurst(refusedKeysPerMinute: number): Detector<'inference.denied' | 'admin.denied'> {
  const watch = bursts<{ client: string | null; clientCertSha256: string | null; remote: string }>(
    refusedKeysPerMinute,
  );
  return ({ denial, client, clientCertSha256, remote }, at) => {
    if (!OF_KEYS.has(denial)) return null;
    const from = remote ?? 'unknown';
    const burst = watch(clientCertSha256 ?? from, { client, clientCertSha256, remote: from }, at);
    return burst && { event: 'alert.refused_key_burst', count: burst.count, windowMs: burst.windowMs, ...burst.who };
  };
}
