/** The inference listener: limits, guards and the request path, put together. */
import { promptHasher } from '../audit/prompt-hash.ts';
import { closingRecord, type Sent } from '../audit/record.ts';
import type { Config } from '../config/schema.ts';
import type { Reached } from '../core/exchange.ts';
import { guardrailsOf } from '../core/policy.ts';
import { guardFor, memory, redactBeginning, redactEverything } from '../guard/guard.ts';
import type { Sidecars } from '../guard/sidecars/sidecars.ts';
import { floodLimited } from '../http/flood.ts';
import { serve } from '../http/serve.ts';
import { listen } from '../http/server.ts';
import { leases } from '../limits/leases.ts';
import type { RequestLimiter } from '../limits/requests.ts';
import { tokenBudgets } from '../limits/tokens.ts';
import { requestPath } from '../stages/pipeline.ts';
import type { Common, Opened } from './common.ts';
import { cut, ended, handshakeRefused } from './notices.ts';

/** @throws Fault `cannot_listen` */
export async function openInference(
  common: Common,
  { limiter, sidecars }: { readonly limiter: RequestLimiter; readonly sidecars: Sidecars },
): Promise<Opened> {
  const { config, evidence, measured, doors, upstreams } = common;
  const record = (x: Reached, sent: Sent) => evidence.record(closingRecord(x, sent));
  const concluded = ended(common, measured.exchange);
  const { sidecars: _, profiles, ...guardrails } = config.guardrails;
  const { floodPerMinute, whenStoreFails: __, ...limits } = config.limits;
  const serving = serve({
    path: requestPath({
      state: common.gate,
      trust: doors.inference.trust,
      identityRules: config.identity,
      keys: common.keys,
      keyRules: common.keyRules,
      defaults: { limits, guardrails, profiles },
      lockdown: common.state.lockdown.current,
      limiter,
      hasher: promptHasher(config.promptHmacSecret),
      leases: leases(),
      budgets: tokenBudgets(),
      upstreams,
      judges: { sidecars, memory: memory() },
      audit: evidence,
    }),
    totalMs: config.timeouts.totalMs,
    bodyMs: config.timeouts.idleMs,
    snippet: snippet(config.audit.snippetChars),
    record,
    concluded,
    pass: nothingPasses,
    cut: cut(common),
    fault: (error) => common.fault('exchange', error),
  });
  compileGuards(config.guardrails);

  const listener = await listen({
    ...config.listen,
    setting: 'listen.port',
    minVersion: config.tls.minVersion,
    credentials: doors.inference.credentials(),
    bodyMs: config.timeouts.idleMs,
    handler: floodLimited(serving, floodPerMinute),
    interrupt: serving.interrupt,
    record,
    concluded,
    handshakeRefused: handshakeRefused(common),
  });
  return { listener, serving };
}

const nothingPasses = () => Promise.reject(new Error('inference has no passages'));

/** Now, not at the first request. */
function compileGuards({ sidecars: _, profiles, ...guardrails }: Config['guardrails']): void {
  for (const { input, output } of [
    guardrails,
    ...Object.values(profiles).map((one) => guardrailsOf(guardrails, one)),
  ]) {
    guardFor('input', input);
    guardFor('output', output);
  }
}

/** What is kept of an answer in its record: redacted whatever the policy, then cut. */
const snippet =
  (chars: number) =>
  (text: string, isWhole: boolean): string | null => {
    if (chars === 0) return null;
    const redacted = isWhole ? redactEverything(text) : redactBeginning(text);
    return redacted.slice(0, chars).toWellFormed();
  };
