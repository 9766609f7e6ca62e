/** The composition root: from a configuration to a running gateway, and back. */
import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import type { Logger } from 'pino';
import type { AuditFields } from './audit/format/chain.ts';
import { openAuditLog } from './audit/log.ts';
import { promptHasher } from './audit/prompt-hash.ts';
import { closingRecord, handshakeRecord, keyChangeRecords, type Sent } from './audit/record.ts';
import { openSigner } from './audit/writer/signing-key.ts';
import type { Config } from './config/schema.ts';
import type { Reached } from './core/exchange.ts';
import { canonicalJson, type Json } from './core/json.ts';
import { guardFor, redactBeginning, redactEverything } from './guard/guard.ts';
import { floodLimited } from './http/flood.ts';
import { metrics, type Part } from './http/metrics.ts';
import { listenOps, opsApp } from './http/ops.ts';
import { serve } from './http/serve.ts';
import { type Listener, listen } from './http/server.ts';
import { watchTrust } from './identity/trust.ts';
import { openKeyStore } from './keys/file-store.ts';
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
  /** Receives every audit record, one line each, once it is on disk. */
  readonly auditOut: (line: string) => void;
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
    auditHealthy: () => audit.healthy,
    draining: () => state.draining,
    upstreams: () => upstreams.all,
  });

  const trust = await watchTrust(config.tls, {
    onAlarm: (error) => fault('trust', error),
    onChange: (_before, after) => listener?.trust(after.caPem),
  });
  opening.defer(() => trust.close());

  const audit = await openAuditLog({
    dir: config.audit.dir,
    instance: hostname(),
    durability: config.audit.durability,
    signer: await openSigner(config.audit.signingKeyFile),
    checkpointEveryRecords: config.audit.checkpointEveryRecords,
    checkpointEveryMs: config.audit.checkpointEveryMs,
    retainDays: config.audit.retainDays,
    ...(config.audit.stdout ? { mirror: auditOut } : {}),
    onFailure: (error) => fault('audit', error),
    onRecovery: () => log.info('the audit log takes records again'),
    onUpkeepFailure: (error) => fault('audit', error),
  });
  opening.defer(() => audit.close());
  // That the log has failed was said when it did (`onFailure`): here it is about one record.
  const record = (fields: AuditFields): Promise<unknown> =>
    audit.append(fields).catch((err) => log.error({ event: fields.event, err }, 'a record was lost'));
  const conclude = async (x: Reached, sent: Sent): Promise<void> => {
    measured.exchange(x, sent);
    if (sent.denial && sent.denial.status >= 500) logFailure(log, x, sent);
    await record(closingRecord(x, sent));
  };

  const keys = await openKeyStore(config.keys.file, { onAlarm: (error) => fault('keys', error) });
  opening.defer(() => keys.close());
  keys.onChange((before, after) => {
    for (const fields of keyChangeRecords(before, after)) void record(fields);
  });

  const redis = config.redisUrl === null ? null : connectRedis(config.redisUrl, (error) => fault('limits', error));
  opening.defer(() => redis?.close());
  const limiter = redis ? redisRequestLimiter(redis, config.limits.whenStoreFails) : localRequestLimiter();
  opening.defer(() => limiter.close());

  const upstreams = openUpstreams(config.upstreams, config.timeouts);
  opening.defer(() => upstreams.close());

  const { floodPerMinute, whenStoreFails: _, ...limits } = config.limits;
  const serving = serve({
    path: requestPath({
      state,
      trust: trust.current,
      keys: () => keys.table(),
      defaults: { limits, guardrails: config.guardrails },
      limiter,
      hasher: promptHasher(config.promptHmacSecret),
      leases: leases(),
      budgets: tokenBudgets(),
      upstreams,
      audit,
    }),
    totalMs: config.timeouts.totalMs,
    bodyMs: config.timeouts.idleMs,
    snippet: snippet(config.audit.snippetChars),
    conclude,
    fault: (error) => fault('exchange', error),
  });

  // Compiled now, not at the first request.
  guardFor('input', config.guardrails.input);
  guardFor('output', config.guardrails.output);
  listener = await listen({
    ...config.listen,
    tls: config.tls,
    caPem: trust.current().caPem,
    bodyMs: config.timeouts.idleMs,
    handler: floodLimited(serving, floodPerMinute),
    interrupt: serving.interrupt,
    conclude,
    handshakeRefused: (remote, reason) => {
      measured.handshakeRefused(reason ?? 'connection_closed');
      if (reason) void record(handshakeRecord(remote, reason));
    },
  });
  opening.defer(() => listener?.close());

  const readiness = () => ({
    audit: audit.healthy,
    upstream: upstreams.ready(),
    // Without it requests are refused, unless they may be counted locally.
    limits: limiter.ready() || config.limits.whenStoreFails === 'local',
    serving: !state.draining,
  });
  const ops = await listenOps(opsApp(readiness, measured.registry), config.ops);
  opening.defer(() => ops.close());

  await audit.append({ event: 'gateway.started', version, port: listener.port });
  await audit.append({ event: 'config.loaded', configSha256: configSha256(config) });
  log.info({ port: listener.port, opsPort: ops.port }, 'the gateway is open');

  const opened = opening.move();
  return {
    port: listener.port,
    opsPort: ops.port,
    async stop(reason) {
      state.draining = true;
      log.info({ reason, running: serving.running() }, 'the gateway is draining');
      await serving.drain(config.timeouts.drainMs);
      await record({ event: 'gateway.stopped', reason });
      const { healthy } = audit;
      await opened.disposeAsync();
      log.info('the gateway is closed');
      return healthy;
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

/** Tells configurations apart without saying what is in them. Secrets are not part of it. */
const configSha256 = ({ promptHmacSecret: _secret, redisUrl: _url, ...settings }: Config): string =>
  createHash('sha256')
    .update(canonicalJson(settings as unknown as Json))
    .digest('hex');

const logFailure = (log: Logger, x: Reached, { denial, ending }: Sent): void =>
  log.warn(
    { requestId: x.id, upstream: x.upstream, denial: denial?.code, ending, err: denial?.cause },
    'a request failed',
  );
