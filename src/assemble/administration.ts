/** The administration listener: its path, and the way through to the model servers. */
import { adminClosingRecord } from '../audit/admin-record.ts';
import type { Sent } from '../audit/record.ts';
import type { Reached } from '../core/exchange.ts';
import { floodLimited } from '../http/flood.ts';
import { passthrough } from '../http/passthrough.ts';
import { serve } from '../http/serve.ts';
import { listen } from '../http/server.ts';
import { openIssuer } from '../identity/oidc/issuer.ts';
import { adminPath } from '../stages/admin-path.ts';
import type { Common, Opened } from './common.ts';
import { cut, ended, handshakeRefused } from './notices.ts';

const MINUTE_MS = 60_000;

export interface Administration extends Opened {
  /** Whether access tokens can be checked; null where there are none. */
  issuerReady(): boolean | null;
  close(): void;
}

/** @throws Fault `cannot_listen` */
export async function openAdministration(common: Common): Promise<Administration> {
  const { config, evidence, measured, doors, upstreams, state, fault } = common;
  const { admin, timeouts } = config;
  const issuer = admin.oidc && openIssuer(admin.oidc, { onFault: (error) => fault('oidc', error) });
  const record = (x: Reached, sent: Sent) => evidence.record(adminClosingRecord(x, sent));
  const concluded = ended(common, measured.administration);
  const serving = serve({
    path: adminPath({
      state: common.gate,
      trust: doors.administration.trust,
      identityRules: config.identity,
      keys: common.keys,
      keyRules: common.keyRules,
      usage: common.usage,
      lockdown: state.lockdown,
      approvals: admin.approvals === 'off' ? null : state.approvals,
      approvalMs: admin.approvalMinutes * MINUTE_MS,
      issuer,
      upstreams: upstreams.all,
      records: evidence.records,
      profiles: Object.keys(config.guardrails.profiles),
      audit: evidence,
    }),
    totalMs: timeouts.totalMs,
    bodyMs: timeouts.idleMs,
    snippet: () => null,
    record,
    concluded,
    pass: passthrough({ upstreams: upstreams.all, connectMs: timeouts.connectMs, idleMs: admin.idleMs }),
    cut: cut(common),
    fault: (error) => fault('exchange', error),
  });
  const listening = listen({
    host: admin.host,
    port: admin.port,
    setting: 'admin.port',
    minVersion: config.tls.minVersion,
    credentials: doors.administration.credentials(),
    bodyMs: null,
    handler: floodLimited(serving, config.limits.floodPerMinute),
    interrupt: serving.interrupt,
    record,
    concluded,
    handshakeRefused: handshakeRefused(common),
  });
  const listener = await listening.catch((error) => {
    issuer?.close();
    throw error;
  });
  return { listener, serving, issuerReady: () => issuer?.ready() ?? null, close: () => issuer?.close() };
}
