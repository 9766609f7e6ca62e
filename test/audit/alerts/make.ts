/** Events as the gateway writes them, and alerts with a clock that is moved by hand. */
import { type AlertDependencies, type AlertThresholds, openAlerts } from '../../../src/audit/alerts/alerts.ts';
import type { EventOf, KeyLife } from '../../../src/audit/alerts/detector.ts';
import { type AuditEvent, EVENTS, type EventName } from '../../../src/audit/events.ts';

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
/** A Monday. */
export const START = Date.parse('2026-06-01T12:00:00Z');

export const OFF: AlertThresholds = {
  refusedHandshakesPerMinute: null,
  refusedKeysPerMinute: null,
  guardrailHitsPerHour: null,
  rateJumpFactor: null,
  expiryDays: null,
  unusedKeyDays: null,
  sinkBacklogRecords: null,
};

/** Alerts with everything off but what is asked for, and what they have raised: when, and what. */
export function watching(thresholds: Partial<AlertThresholds>, deps: Partial<AlertDependencies> = {}) {
  const raised: (AuditEvent & { at: number })[] = [];
  const clock = { at: START };
  const alerts = openAlerts(
    { ...OFF, ...thresholds },
    {
      raise: (alert) => {
        raised.push({ ...alert, at: clock.at });
        // As the gateway does with everything that goes into the log.
        alerts.observe(alert);
      },
      now: () => new Date(clock.at),
      keys: () => new Map(),
      keyEnd: ({ expiresAt }) => new Date(expiresAt),
      lastUsed: () => null,
      certificates: () => [],
      sinks: () => [],
      ...deps,
    },
  );
  return {
    alerts,
    raised,
    clock,
    /** Observes an event so many times, each `everyMs` after the one before; the first at once. */
    observe(event: AuditEvent, times = 1, everyMs = 0): void {
      for (let i = 0; i < times; i++) {
        if (i > 0) clock.at += everyMs;
        alerts.observe(event);
      }
    },
  };
}

export const refusedHandshake = (remote = '10.0.0.1'): AuditEvent => ({
  event: 'handshake.refused',
  remote,
  reason: 'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA',
});

type Closing = EventOf<'inference.completed' | 'inference.denied'>;
const cert = (name: string) => Buffer.from(name).toString('hex').padEnd(64, '0').slice(0, 64);

const REQUEST: Omit<Closing, 'event'> = {
  requestId: 'req_1',
  keyId: 'key0000001',
  team: 'payments',
  app: 'billing',
  env: 'prod',
  client: 'billing',
  clientCertSha256: cert('billing'),
  remote: '10.0.0.1',
  endpoint: 'chat.completions',
  model: 'llama',
  modelDigest: null,
  upstream: 'main',
  stream: false,
  promptHash: null,
  promptHashKeyId: null,
  inputTokens: 1,
  outputTokens: 1,
  tokenSource: 'upstream',
  responseStatus: 200,
  denial: null,
  findings: [],
  latencyMs: 1,
  firstByteMs: 1,
  redactedOutput: null,
  ending: 'complete',
};

export const completed = (changes: Partial<Closing> = {}): AuditEvent => ({
  ...REQUEST,
  ...changes,
  event: 'inference.completed',
});
export const denied = (denial: string, changes: Partial<Closing> = {}): AuditEvent => ({
  ...REQUEST,
  denial,
  ending: 'blocked',
  ...changes,
  event: 'inference.denied',
});
/** A key that was not accepted: whose it was is not known. */
export const refusedKey = (client = 'billing', remote = '10.0.0.1'): AuditEvent =>
  denied('invalid_api_key', {
    ...{ keyId: null, team: null, app: null, env: null },
    client,
    clientCertSha256: cert(client),
    remote,
  });
export const admitted = (keyId = 'key0000001'): AuditEvent => {
  const { requestId, team, app, env, client, clientCertSha256, remote, findings, ...rest } = REQUEST;
  const { endpoint, model, modelDigest, upstream, stream, promptHash, promptHashKeyId } = rest;
  return {
    event: 'inference.admitted',
    ...{ requestId, keyId, team, app, env, client, clientCertSha256, remote, findings },
    ...{ endpoint, model, modelDigest, upstream, stream, promptHash, promptHashKeyId },
  };
};
export const finding = (rule: string): Closing['findings'][number] => ({
  rule,
  kind: 'pii',
  action: 'redact',
  direction: 'input',
  channel: 'messages.0.content',
  span: [0, 5],
});

/** A refusal on the administration listener, of somebody who is not known. */
export const adminDenied = (denial: string, changes: Partial<EventOf<'admin.denied'>> = {}): AuditEvent => ({
  event: 'admin.denied',
  ...{ requestId: 'req_1', keyId: null, team: null, app: null, env: null },
  ...{ client: 'billing', clientCertSha256: cert('billing'), remote: '10.0.0.1' },
  ...{ person: null, operation: null, upstream: null, route: null, subject: null, bodySha256: null, approval: null },
  ...{ responseStatus: 401, denial, receivedBytes: 0, sentBytes: 0, latencyMs: 1, ending: 'blocked' },
  ...changes,
});

/** A key of 90 days that will expire in 14, and what it is called in a record. */
export const lifeOf = (changes: Partial<KeyLife> = {}): KeyLife => ({
  ...{ id: 'key0000001', team: 'payments', app: 'billing', env: 'prod' },
  issuedAt: new Date(START - 76 * DAY).toISOString(),
  expiresAt: new Date(START + 14 * DAY).toISOString(),
  revokedAt: null,
  ...changes,
});
export const KEY = { keyId: 'key0000001', team: 'payments', app: 'billing', env: 'prod' };
export const byId = <Key extends KeyLife>(keys: readonly Key[]): ReadonlyMap<string, Key> =>
  new Map(keys.map((key) => [key.id, key]));

export const certOf = cert;
/** Whether an event has exactly the fields that the table of events gives it. */
export const fits = ({ event, ...fields }: AuditEvent): boolean =>
  Object.keys(fields).sort().join() ===
  Object.keys(EVENTS[event as EventName])
    .sort()
    .join();
