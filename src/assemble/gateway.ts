/** The composition root: from a configuration to a running gateway, and back. */
import { hostname } from 'node:os';
import type { Logger } from 'pino';
import { openEvidence } from '../audit/evidence.ts';
import { trustRecord } from '../audit/trust-record.ts';
import { openSigner } from '../audit/writer/signing-key.ts';
import { configSha256 } from '../config/digest.ts';
import type { Config } from '../config/schema.ts';
import { connectRedis } from '../core/redis.ts';
import { openSidecars } from '../guard/sidecars/sidecars.ts';
import { metrics, type Part } from '../http/metrics.ts';
import { listenOps, opsApp } from '../http/ops.ts';
import { endOf } from '../keys/record.ts';
import { usageLog } from '../keys/usage.ts';
import { localRequestLimiter, redisRequestLimiter } from '../limits/requests.ts';
import { openUpstreams } from '../upstream/upstreams.ts';
import { openAdministration } from './administration.ts';
import type { Common, Opened } from './common.ts';
import { openDoors } from './doors.ts';
import { openInference } from './inference.ts';
import { followRevocations } from './revocations.ts';
import { openState, type State } from './state.ts';

const DAY_MS = 86_400_000;

export interface Gateway {
  readonly port: number;
  /** Null where there is no administration. */
  readonly adminPort: number | null;
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
  const gate = { draining: false };
  const open: Opened[] = [];
  let administration: Awaited<ReturnType<typeof openAdministration>> | null = null;

  const fault = (part: Part, error: unknown): void => {
    measured.fault(part);
    log.error({ part, err: error }, `fault in ${part}`);
  };
  const measured = metrics({
    running: () => open.reduce((sum, { serving }) => sum + serving.running(), 0),
    auditHealthy: () => evidence.healthy(),
    draining: () => gate.draining,
    lockedDown: () => state.lockdown.current().on,
    issuerReady: () => administration?.issuerReady() ?? null,
    sinks: () => evidence.sinks(),
    witnesses: () => evidence.witnesses(),
    upstreams: () => upstreams.all,
  });

  const doors = await openDoors(config, fault);
  opening.defer(() => doors.close());
  const state = await openState(config, {
    onAlarm: (error) => fault(error.code.startsWith('lockdown') ? 'lockdown' : 'keys', error),
  });
  opening.defer(() => state.close());
  const usage = usageLog(state.usage, {
    exists: (id) => state.keys.current().has(id),
    onFault: (error) => fault('keys', error),
  });
  opening.defer(() => usage.close());

  const keyRules = { env: config.keys.env, maxTtlMs: config.keys.maxTtlDays * DAY_MS };

  const { signingKeyFile, stdout, ...audit } = config.audit;
  const evidence = await openEvidence({
    ...audit,
    instance: hostname(),
    signer: await openSigner(signingKeyFile),
    ...(stdout ? { mirror: auditOut } : {}),
    thresholds: config.alerts,
    secrets: config.secrets,
    keys: state.keys,
    keyEnd: (key) => endOf(key, keyRules.maxTtlMs),
    lastUsed: usage.lastUsed,
    lockdown: state.lockdown,
    certificates: () => doors.lives(),
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
  await evidence.record(trustRecord(doors.inference.trust()));
  if (config.admin.clientCaFile !== null)
    await evidence.record(trustRecord(doors.administration.trust(), 'administration'));

  // Every request meets it; it is told when it is another one.
  const told = new Set<string>();
  const once = (error: unknown): void => {
    const reason = (error as Error).message || String((error as NodeJS.ErrnoException).code);
    if (!told.has(reason)) fault('limits', error);
    told.add(reason);
  };
  const redis = config.redisUrl === null ? null : connectRedis(config.redisUrl, once);
  redis?.onReady(() => told.clear());
  opening.defer(() => redis?.close());
  const limiter = redis ? redisRequestLimiter(redis, config.limits.whenStoreFails) : localRequestLimiter();
  opening.defer(() => limiter.close());
  const upstreams = openUpstreams(config.upstreams, config.timeouts);
  opening.defer(() => upstreams.close());
  const sidecars = openSidecars(
    config.guardrails.sidecars.map((one) => ({ language: 'en', labels: {}, ...one })),
    { fault: (error) => fault('sidecars', error), observe: measured.sidecar },
  );
  opening.defer(() => sidecars.close());

  const keys = {
    ...state.keys,
    fresh: reliable(config.keys, (ms) => state.keys.fresh(ms) && state.lockdown.fresh(ms)),
  };
  const revocations = followRevocations(state.keys, state.lockdown, {
    refused: (what, since) => measured.revoked(what, 'refused', since),
    review: () => {
      for (const { serving } of open) serving.review();
    },
  });
  opening.defer(() => revocations.close());
  const common: Common = {
    config,
    log,
    fault,
    measured,
    evidence,
    gate,
    doors,
    state,
    keys,
    keyRules,
    usage,
    upstreams,
    since: revocations.since,
  };
  const inference = await openInference(common, { limiter, sidecars });
  opening.defer(() => inference.listener.close());
  administration = config.admin.enabled ? await openAdministration(common) : null;
  opening.defer(() => administration?.close());
  opening.defer(() => administration?.listener.close());
  open.push(inference, ...(administration ? [administration] : []));

  const renew = (): void => {
    inference.listener.renew(doors.inference.credentials());
    administration?.listener.renew(doors.administration.credentials());
  };
  doors.onCredentials(renew);
  // A file may have changed since the first of them was opened.
  renew();
  doors.onTrust((owner, before, after) => {
    revocations.trustChanged(before, after);
    void evidence.record(trustRecord(after, owner));
  });

  const readiness = () => ({
    audit: evidence.healthy(),
    upstream: upstreams.ready(),
    // Without it requests are refused, unless they may be counted locally.
    limits: limiter.ready() || config.limits.whenStoreFails === 'local',
    keys: keys.fresh(),
    serving: !gate.draining,
  });
  const ops = await listenOps(opsApp(readiness, measured.registry), config.ops);
  opening.defer(() => ops.close());

  const { port } = inference.listener;
  const adminPort = administration?.listener.port ?? null;
  await evidence.record({ event: 'gateway.started', version, port, adminPort });
  // Signed from the start: a log without a signature is not one of ours.
  await evidence.appendSigned({ event: 'config.loaded', configSha256: configSha256(config) });
  log.info({ port, adminPort, opsPort: ops.port }, 'the gateway is open');

  const opened = opening.move();
  return {
    port,
    adminPort,
    opsPort: ops.port,
    async stop(reason) {
      gate.draining = true;
      log.info(
        { reason, running: open.reduce((sum, { serving }) => sum + serving.running(), 0) },
        'the gateway is draining',
      );
      await Promise.all(open.map(({ serving }) => serving.drain(config.timeouts.drainMs)));
      await Promise.all(open.map(({ listener }) => listener.close()));
      await evidence.flush();
      const recorded = await evidence.record({ event: 'gateway.stopped', reason });
      await opened.disposeAsync();
      log.info('the gateway is closed');
      return recorded && evidence.failure() === null;
    },
  };
}

/** Whether keys and lockdown may be relied on: with `keep` those that were read once, whatever has become of their store. */
function reliable(keys: Config['keys'], fresh: State['keys']['fresh']): State['keys']['fresh'] {
  if (keys.store === 'file' || keys.whenStoreFails === 'deny') return fresh;
  let wasFresh = fresh();
  return () => {
    wasFresh ||= fresh();
    return wasFresh;
  };
}
