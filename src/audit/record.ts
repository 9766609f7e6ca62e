/**
 * From an exchange to its records: the only place where that is decided. A field that is not named here is not stored,
 * and nothing that the client chose is named here except the model, once it has been accepted.
 */
import { hash } from 'node:crypto';
import type { Denial } from '../core/denial.ts';
import type { Ending, Reached, Reserved } from '../core/exchange.ts';
import type { Finding, Usage } from '../core/reply.ts';
import type { AuditEvent } from './events.ts';

/** What left the gateway, and how that ended. */
export interface Sent {
  readonly ending: Ending;
  /** Null when the client had gone before an answer began. */
  readonly status: number | null;
  /** What ended the exchange short of a complete answer; null if nothing did. */
  readonly denial: Denial | null;
  readonly findings: readonly Finding[];
  readonly usage: Usage | null;
  readonly tokenSource: 'upstream' | 'estimate' | null;
  /** Milliseconds from arrival to the first byte of the answer; null if there was none. */
  readonly firstByteMs: number | null;
  readonly latencyMs: number;
  /** Redacted and cut; null when it is configured away or there is no text. */
  readonly snippet: string | null;
  /** Bytes of the body that came and of the answer that went; only administration counts them. */
  readonly receivedBytes?: number;
  readonly sentBytes?: number;
}

/** The intent: written before the model server is called. */
export const admittedRecord = (x: Reserved): Extract<AuditEvent, { event: 'inference.admitted' }> => ({
  event: 'inference.admitted',
  ...who(x),
  ...what(x),
  ...seen(x.findings),
});

/** The end of an exchange: `inference.completed` if it had been admitted, else `inference.denied`. */
export const closingRecord = (x: Reached, sent: Sent): AuditEvent => ({
  event: x.intentSeq === undefined ? 'inference.denied' : 'inference.completed',
  ...who(x, sent.denial),
  ...what(x),
  inputTokens: sent.usage?.inputTokens ?? null,
  outputTokens: sent.usage?.outputTokens ?? null,
  tokenSource: sent.tokenSource,
  responseStatus: sent.status,
  denial: sent.denial?.code ?? null,
  ...(sent.denial?.reason ? { reason: sent.denial.reason } : {}),
  ...seen([...(x.findings ?? []), ...sent.findings]),
  latencyMs: Math.round(sent.latencyMs),
  firstByteMs: sent.firstByteMs === null ? null : Math.round(sent.firstByteMs),
  redactedOutput: sent.snippet,
  ending: sent.ending,
});

const who = (x: Reached, denial: Denial | null = null) => ({
  requestId: x.id,
  // Of a key that was refused only the id: whoever has its secret need not be of its team.
  keyId: x.key?.id ?? denial?.keyId ?? null,
  team: x.key?.team ?? null,
  app: x.key?.app ?? null,
  env: x.key?.env ?? null,
  ...peerOf(x, denial),
});

/** At the other end of the connection. */
export const peerOf = (x: Reached, denial: Denial | null) => ({
  client: x.client?.name ?? denial?.client ?? null,
  // Also of a certificate that was refused: somebody will want to know which.
  clientCertSha256: x.client?.certSha256 ?? (x.certificate ? sha256(x.certificate) : null),
  remote: x.remote,
});

const what = (x: Reached) => ({
  endpoint: x.endpoint ?? null,
  model: x.model ?? null,
  modelDigest: null,
  upstream: x.upstream ?? null,
  stream: x.stream ?? null,
  promptHash: x.promptHash ?? null,
  promptHashKeyId: x.promptHashKeyId ?? null,
});

/** More than a reader needs of one exchange; a megabyte of addresses would make a record of ten. */
const MAX_FINDINGS = 100;

const seen = (findings: readonly Finding[]) => ({
  findings: findings.slice(0, MAX_FINDINGS).map(finding),
  ...(findings.length > MAX_FINDINGS ? { findingsOmitted: findings.length - MAX_FINDINGS } : {}),
});

export const sha256 = (bytes: Uint8Array): string => hash('sha256', bytes, 'hex');

/** Named one by one: a finding must never grow a field that holds the text. */
const finding = ({ rule, kind, action, direction, channel, span }: Finding) => ({
  rule,
  kind,
  action,
  direction,
  channel,
  span,
});

/** A TLS handshake that was refused; `reason` is a code of OpenSSL or Node. */
export const handshakeRecord = (remote: string, reason: string): AuditEvent => ({
  event: 'handshake.refused',
  remote,
  reason,
});
