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
export function adminClosingRecord(x: Reached, sent: Sent): AuditEvent {
  const end = {
    ...who(x, sent.denial),
    ...what(x),
    responseStatus: sent.status,
    denial: sent.denial?.code ?? null,
    ...(sent.denial?.reason ? { reason: sent.denial.reason } : {}),
    receivedBytes: sent.receivedBytes ?? 0,
    sentBytes: sent.sentBytes ?? 0,
    latencyMs: Math.round(sent.latencyMs),
    ending: sent.ending,
  };
  if (x.intentSeq === undefined) return { event: 'admin.denied', ...end };
  // A reply is made behind the deed. Where the status is that of a refusal, it was the gateway that answered for a model
  // server; where it is another, the head of the model server's own answer had gone.
  const done = x.passage ? sent.status !== null && sent.status !== sent.denial?.status : x.reply !== undefined;
  return { event: 'admin.completed', ...end, done };
}

function who(x: Reached, denial: Denial | null = null) {
  const { operator } = x;
  const key = operator?.kind === 'key' ? operator : null;
  return {
    requestId: x.id,
    keyId: key?.id ?? denial?.keyId ?? null,
    team: key?.team ?? null,
    app: key?.app ?? null,
    env: key?.env ?? null,
    ...peerOf(x, denial),
    person: operator?.kind === 'person' ? operator.id : null,
  };
}

/** The catalogue says which names it may have; their values are plain. */
const queryOf = (target: string): string => (target.includes('?') ? target.slice(target.indexOf('?')) : '');

const what = (x: Reached) => ({
  operation: x.operation?.name ?? null,
  upstream: x.passage?.upstream ?? null,
  route: x.passage ? x.passage.route + queryOf(x.passage.target) : null,
  subject: x.subject ?? null,
  bodySha256: x.payload ? sha256(x.payload) : null,
  approval: x.approval ?? null,
});
