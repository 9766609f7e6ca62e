/**
 * From an exchange of administration to its records, as record.ts does it for inference. Of what the operator sent it
 * names the subject, which the gateway has picked out and checked, and of the body a hash.
 */
import type { Denial } from '../core/denial.ts';
import type { Reached, Understood } from '../core/exchange.ts';
import type { AuditEvent } from './events.ts';
import { peerOf, type Sent, sha256 } from './record.ts';

/** The intent: on disk before anything is done. */
export const adminAdmittedRecord = (x: Understood): Extract<AuditEvent, { event: 'admin.admitted' }> => ({
  event: 'admin.admitted',
  ...who(x),
  ...what(x),
});

/** The end of an exchange: `admin.completed` if it had been admitted, else `admin.denied`. */
export const adminClosingRecord = (x: Reached, sent: Sent): AuditEvent => ({
  event: x.intentSeq === undefined ? 'admin.denied' : 'admin.completed',
  ...who(x, sent.denial),
  ...what(x),
  responseStatus: sent.status,
  denial: sent.denial?.code ?? null,
  ...(sent.denial?.reason ? { reason: sent.denial.reason } : {}),
  receivedBytes: sent.receivedBytes ?? 0,
  sentBytes: sent.sentBytes ?? 0,
  latencyMs: Math.round(sent.latencyMs),
  ending: sent.ending,
});

function who(x: Reached, denial: Denial | null = null) {
  const { operator } = x;
  const key = operator?.kind === 'key' ? operator : null;
  return {
    requestId: x.id,
    keyId: key?.id ?? denial?.keyId ?? null,
    team: key?.team ?? null,
    app: key?.app ?? null,
    env: key?.env ?? null,
    ...peerOf(x),
    person: operator?.kind === 'person' ? operator.id : null,
  };
}

const what = (x: Reached) => ({
  operation: x.operation?.name ?? null,
  upstream: x.passage?.upstream ?? null,
  route: x.passage?.route ?? null,
  subject: x.subject ?? null,
  bodySha256: x.payload ? sha256(x.payload) : null,
  approval: x.approval ?? null,
});
