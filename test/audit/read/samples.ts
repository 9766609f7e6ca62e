/** A record of every event there is, as a gateway may write it. */
import type { AuditEvent, EventName } from '../../../src/audit/events.ts';
import { type AuditRecord, formatLine, GENESIS, hashLine } from '../../../src/audit/format/chain.ts';
import { promptHasher } from '../../../src/audit/prompt-hash.ts';

export const SECRET = 'the secret that is in force now: 1';
export const OLD_SECRET = 'the secret that was before that: 0';
export const PROMPT = [{ role: 'user', content: 'where is the canary?' }];

const SHA = 'ab'.repeat(32);
const TIME = '2026-01-02T03:04:05.678Z';
const hasher = promptHasher(SECRET);

const key = { keyId: 'k000000001', team: 'research', app: 'bot', env: 'prod' };
const source = { ...key, client: 'spiffe://corp/bot', clientCertSha256: SHA, remote: '192.0.2.7' };
const nobody = { keyId: null, team: null, app: null, env: null, client: null, clientCertSha256: null };
const finding = {
  rule: 'email',
  kind: 'pii',
  action: 'redact',
  direction: 'output',
  channel: 'choices.0.message.content',
  span: [3, 9],
} as const;
const request = {
  requestId: 'req-1',
  ...source,
  endpoint: 'chat.completions',
  model: 'llama-3',
  modelDigest: null,
  upstream: 'gpu-1',
  stream: true,
  promptHash: hasher.hash(PROMPT),
  promptHashKeyId: hasher.keyId,
} as const;
const completed = {
  ...request,
  inputTokens: 12,
  outputTokens: 34,
  tokenSource: 'upstream' as const,
  responseStatus: 200,
  denial: null,
  findings: [finding],
  latencyMs: 567,
  firstByteMs: 89,
  redactedOutput: 'Write to [EMAIL_REDACTED]',
  ending: 'complete' as const,
};
const administration = {
  requestId: 'req-2',
  ...source,
  person: null,
  operation: 'upstream' as const,
  upstream: 'gpu-1',
  route: 'DELETE /api/delete',
  subject: 'llama-3',
  bodySha256: SHA,
  approval: 'ap00000001',
};
const administered = {
  ...administration,
  responseStatus: 200,
  denial: null,
  receivedBytes: 21,
  sentBytes: 345,
  latencyMs: 567,
  ending: 'complete' as const,
};
const lockdown = { reason: 'model server compromised', by: 'anna@gate-1', since: TIME };
const keyState = { ...key, role: 'inference', expiresAt: TIME } as const;

export const SAMPLES: { readonly [Event in EventName]: Omit<Extract<AuditEvent, { event: Event }>, 'event'> } = {
  'inference.admitted': { ...request, findings: [] },
  'inference.completed': completed,
  'inference.denied': {
    ...completed,
    ...nobody,
    endpoint: null,
    model: null,
    upstream: null,
    stream: null,
    promptHash: null,
    promptHashKeyId: null,
    inputTokens: null,
    outputTokens: null,
    tokenSource: null,
    responseStatus: 401,
    denial: 'identity_revoked',
    reason: 'revoked',
    findings: [],
    redactedOutput: null,
    ending: 'blocked',
  },
  'admin.admitted': administration,
  'admin.completed': { ...administered, done: true },
  'admin.denied': {
    ...administered,
    ...nobody,
    keyId: 'k000000001',
    operation: null,
    upstream: null,
    route: null,
    subject: null,
    bodySha256: null,
    approval: null,
    responseStatus: 401,
    denial: 'invalid_api_key',
    reason: 'other_client',
    receivedBytes: 0,
    ending: 'blocked',
  },
  'lockdown.on': lockdown,
  'lockdown.off': lockdown,
  'handshake.refused': { remote: '2001:db8::1', reason: 'ERR_SSL_NO_CERT' },
  'gateway.started': { version: '0.1.0', port: 8443, adminPort: 8444 },
  'gateway.stopped': { reason: 'SIGTERM' },
  'config.loaded': { configSha256: SHA },
  'keys.loaded': { keys: 3, keysSha256: SHA },
  'trust.loaded': { listener: 'inference', clientCaSha256: SHA, crlSha256: null, revoked: 2 },
  'key.issued': keyState,
  'key.revoked': keyState,
  'key.rotated': { ...keyState, replacedBy: 'k000000002' },
  'key.changed': { ...keyState, changed: ['models'] },
  'audit.segment': { open: [{ requestId: 'req-1', seq: 1 }] },
  'audit.checkpoint': { origin: SHA, size: 4, head: SHA, keyId: SHA.slice(0, 16), signature: `${'A'.repeat(86)}==` },
  'audit.purged': { fromSeq: 1, toSeq: 3, head: SHA, files: ['audit-000000000001.jsonl'], reason: 'retention' },
  'audit.held': { reason: 'litigation' },
  'audit.released': { reason: 'litigation' },
  'audit.summarized': {
    of: 'inference.denied',
    count: 900,
    from: TIME,
    to: TIME,
    denial: 'invalid_api_key',
    reason: null,
    ...nobody,
    remote: '192.0.2.7',
  },
  'alert.torn_line': { segment: 'audit-000000000001.jsonl', bytes: 17 },
  'alert.signing_key_changed': { before: '0123456789abcdef', after: 'fedcba9876543210' },
  'alert.orphan': { requestId: 'req-1', admittedSeq: 1 },
  'alert.audit_recovered': { failedAt: TIME, reason: 'ENOSPC', refused: 3 },
  'alert.handshake_burst': { count: 20, windowMs: 60_000, remote: '192.0.2.7' },
  'alert.refused_key_burst': { count: 10, windowMs: 60_000, client: 'bot', clientCertSha256: SHA, remote: '192.0.2.7' },
  'alert.outside_hours': { ...key, hours: 'mon-fri 08:00-18:00 Europe/Berlin' },
  'alert.unusual_rate': { ...key, count: 900, usual: 12.5, windowMs: 300_000 },
  'alert.guardrail_series': { ...key, count: 10, windowMs: 3_600_000, rules: ['email'] },
  'alert.certificate_expiring': { certificate: 'server', subject: 'CN=gate', expiresAt: TIME },
  'alert.key_unused': { ...key, lastUsed: null },
  'alert.key_expiring': { ...key, expiresAt: TIME },
  'alert.sink_backlog': { sink: 'siem', records: 10_000, oldest: TIME },
  'alert.sink_gap': { sink: 'siem', fromSeq: 1, toSeq: 3 },
  'alert.witness_refused': { witness: 'notary', size: 4, reason: 'witness_forked' },
  'alert.witness_behind': { witness: 'notary', size: 9, witnessed: 4, since: TIME, reason: 'ECONNREFUSED' },
};

export const EVENT_NAMES = Object.keys(SAMPLES) as EventName[];

/** What a record of this event says, with `changes`. */
export const sample = (event: EventName, changes: Readonly<Record<string, unknown>> = {}) => ({
  event: event as string,
  ...SAMPLES[event],
  ...changes,
});

/** The lines of a log that says this. A second passes from each to the next. */
export function linesOf(said: readonly ReturnType<typeof sample>[], firstSeq = 1): string[] {
  let prev = GENESIS;
  return said.map((fields, i) => {
    const timestamp = new Date(Date.parse(TIME) + 1000 * i).toISOString();
    const line = formatLine({ seq: firstSeq + i, timestamp, instance: 'gate-1', prev }, fields);
    prev = hashLine(line);
    return line;
  });
}

/** A record of this event, and its line. */
export function recordOf(event: EventName, changes?: Readonly<Record<string, unknown>>) {
  const [line] = linesOf([sample(event, changes)]);
  return { record: JSON.parse(line!) as AuditRecord, line: Buffer.from(line!) };
}
