/** The composition root: from a configuration to a running gateway, and back. */
import { hostname } from 'node:os';
import type { Logger } from 'pino';
import { openEvidence } from './audit/evidence.ts';
import { promptHasher } from './audit/prompt-hash.ts';
import { closingRecord, handshakeRecord, type Sent } from './audit/record.ts';
import { trustRecord } from './audit/trust-record.ts';
import { openSigner } from './audit/writer/signing-key.ts';
import { configSha256 } from './config/digest.ts';
import type { Config } from './config/schema.ts';
import type { Reached } from './core/exchange.ts';
import { guardrailsOf } from './core/policy.ts';
import { guardFor, memory, redactBeginning, redactEverything } from './guard/guard.ts';
import { openSidecars } from './guard/sidecars/sidecars.ts';
import { floodLimited } from './http/flood.ts';
import { metrics, type Part } from './http/metrics.ts';
import { listenOps, opsApp } from './http/ops.ts';
import { serve } from './http/serve.ts';
import { type Listener, listen } from './http/server.ts';
import { trustLives } from './identity/expiry.ts';
import { type Trust, watchTrust } from './identity/trust.ts';
import { openKeyStore } from './keys/file-store.ts';
import { withinHours } from './keys/hours.ts';
import { leases } from './limits/leases.ts';
import { connectRedis } from './limits/redis.ts';
import { localRequestLimiter, redisRequestLimiter } from './limits/requests.ts';
import { tokenBudgets } from './limits/tokens.ts';
import { requestPath } from './stages/pipeline.ts';
import { openUpstreams } from './upstream/upstreams.ts';

export interface Gateway {
  readonly port: number;
  readonly opsPort: number;
  /**
   * Refuses new requests, lets running ones finish within the drain time, records the end, and closes everything.
   * @returns whether the log was well at the end
   */
  stop(reason: string): Promise<boolean>;
}

export interface Surroundings {
  readonly log: Logger;
  /** Receives audit records once they are on disk: lines, separated by newlines. */
  readonly auditOut: (lines: string) => void;
  readonly version: string;
}

/**
 * Opens everything a gateway needs, in the order in which it is needed: what is missing stops the start, and what was
 * opened by then is closed again.
 * @throws Fault with a sentence that says what to do
 */
export async function assemble(config: Config, { log, auditOut, version }: Surroundings): Promise<Gateway> {
  await using opening = new AsyncDisposableStack();
  const state = { draining: false };
  let listener: Listener | null = null;

  /** Says on stderr and in the metrics that a part is not well. */
  const fault = (part: Part, error: unknown): void => {
    measured.fault(part);
    log.error({ part, err: error }, `fault in ${part}`);
  };
  const measured = metrics({
    running: () => serving.running(),
    auditHealthy: () => evidence.healthy(),
    draining: () => state.draining,
    sinks: () => evidence.sinks(),
    witnesses: () => evidence.witnesses(),
    upstreams: () => upstreams.all,
  });

  let trustChanged = (_after: Trust): void => {};
  const trust = await watchTrust(config.tls, {
    onAlarm: (error) => fault('trust', error),
    onChange: (_before, after) => trustChanged(after),
  });
  opening.defer(() => trust.close());
  const keys = await openKeyStore(config.keys.file, { onAlarm: (error) => fault('keys', error) });
  opening.defer(() => keys.close());

  const { signingKeyFile, stdout, ...audit } = config.audit;
  const evidence = await openEvidence({
    ...audit,
    instance: hostname(),
    signer: await openSigner(signingKeyFile),
    ...(stdout ? { mirror: auditOut } : {}),
    thresholds: config.alerts,
    secrets: config.secrets,
    keys,
    hoursMissed: (id, at) => {
      const hours = keys.table().get(id)?.hours;
      return hours === undefined || withinHours(hours, at) ? null : hours;
    },
    certificates: () => [...(listener ? [listener.life] : []), ...trustLives(trust.current())],
    alerted: (alert) => {
      measured.alert(alert.event);
      log.warn(alert, 'alert');
    },
    fault,
    // That the log has failed was said when it did: here it is about one record.
    lost: ({ event }, err) => log.error({ event, err }, 'a record is not confirmed'),
    onRecovery: () => log.info('the audit log takes records again'),
  });
  opening.defer(() => evidence.close());
  trustChanged = (after) => {
    listener?.trust(after.caPem);
    void evidence.record(trustRecord(after));
  };
  await evidence.record(trustRecord(trust.current()));
  const close = (x: Reached, sent: Sent) => evidence.record(closingRecord(x, sent));
  const concluded = (x: Reached, sent: Sent): void => {
    measured.exchange(x, sent);
    if (x.client && x.certificate) evidence.sawClient(x.client, x.certificate);
    // That the log takes nothing is said once, not for each request.
    if (sent.denial && sent.denial.status >= 500 && sent.denial.code !== 'audit_unavailable') logFailure(log, x, sent);
  };

  const redis = config.redisUrl === null ? null : connectRedis(config.redisUrl, (error) => fault('limits', error));
  opening.defer(() => redis?.close());
  const limiter = redis ? redisRequestLimiter(redis, config.limits.whenStoreFails) : localRequestLimiter();
  opening.defer(() => limiter.close());

  const upstreams = openUpstreams(config.upstreams, config.timeouts);
  opening.defer(() => upstreams.close());

  const { sidecars: external, profiles, ...guardrails } = config.guardrails;
  const sidecars = openSidecars(
    external.map((one) => ({ language: 'en', labels: {}, ...one })),
    {
      fault: (error) => fault('sidecars', error),
      observe: measured.sidecar,
    },
  );
  opening.defer(() => sidecars.close());

  const { floodPerMinute, whenStoreFails: _, ...limits } = config.limits;
  const serving = serve({
    path: requestPath({
      state,
      trust: trust.current,
      keys: () => keys.table(),
      defaults: { limits, guardrails, profiles },
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
    record: close,
    concluded,
    fault: (error) => fault('exchange', error),
  });

  // Compiled now, not at the first request.
  for (const { input, output } of [
    guardrails,
    ...Object.values(profiles).map((one) => guardrailsOf(guardrails, one)),
  ]) {
    guardFor('input', input);
    guardFor('output', output);
  }
  listener = await listen({
    ...config.listen,
    tls: config.tls,
    caPem: trust.current().caPem,
    bodyMs: config.timeouts.idleMs,
    handler: floodLimited(serving, floodPerMinute),
    interrupt: serving.interrupt,
    record: close,
    concluded,
    handshakeRefused: (remote, reason) => {
      measured.handshakeRefused(reason ?? 'connection_closed');
      if (reason) void evidence.record(handshakeRecord(remote, reason));
    },
  });
  opening.defer(() => listener?.close());

  const readiness = () => ({
    audit: evidence.healthy(),
    upstream: upstreams.ready(),
    // Without it requests are refused, unless they may be counted locally.
    limits: limiter.ready() || config.limits.whenStoreFails === 'local',
    serving: !state.draining,
  });
  const ops = await listenOps(opsApp(readiness, measured.registry), config.ops);
  opening.defer(() => ops.close());

  await evidence.record({ event: 'gateway.started', version, port: listener.port });
  // Signed from the start: a log without a signature is not one of ours.
  await evidence.appendSigned({ event: 'config.loaded', configSha256: configSha256(config) });
  log.info({ port: listener.port, opsPort: ops.port }, 'the gateway is open');

  const opened = opening.move();
  return {
    port: listener.port,
    opsPort: ops.port,
    async stop(reason) {
      state.draining = true;
      log.info({ reason, running: serving.running() }, 'the gateway is draining');
      await serving.drain(config.timeouts.drainMs);
      await listener.close();
      await evidence.flush();
      const recorded = await evidence.record({ event: 'gateway.stopped', reason });
      await opened.disposeAsync();
      log.info('the gateway is closed');
      return recorded && evidence.failure() === null;
    },
  };
}

/** What is kept of an answer in its record: redacted whatever the policy, then cut. */
const snippet =
  (chars: number) =>
  (text: string, isWhole: boolean): string | null => {
    if (chars === 0) return null;
    const redacted = isWhole ? redactEverything(text) : redactBeginning(text);
    return redacted.slice(0, chars).toWellFormed();
  };

const logFailure = (log: Logger, x: Reached, { denial, ending }: Sent): void =>
  log.warn(
    { requestId: x.id, upstream: x.upstream, denial: denial?.code, ending, err: denial?.cause },
    'a request failed',
  );
