/** Which class of OCSF 1.4.0 a record belongs to, and what it says that was done. */
import { DENIALS, type DenialCode } from '../../core/denial.ts';
import type { EventName } from '../events.ts';
import type { AuditRecord } from '../format/chain.ts';

export const BASE_EVENT = 0;
export const EVENT_LOG_ACTIVITY = 1008;
export const DETECTION_FINDING = 2004;
export const AUTHENTICATION = 3002;
export const ENTITY_MANAGEMENT = 3004;
export const APPLICATION_LIFECYCLE = 6002;
export const API_ACTIVITY = 6003;

const [INFORMATIONAL, LOW, MEDIUM, HIGH, CRITICAL] = [1, 2, 3, 4, 5] as const;

export interface Classification {
  readonly classUid: number;
  readonly activityId: number;
  readonly activityName: string;
  readonly severityId: number;
}

const is = (
  classUid: number,
  activityId: number,
  activityName: string,
  severityId: number = INFORMATIONAL,
): Classification => ({
  classUid,
  activityId,
  activityName,
  severityId,
});
const finding = (severityId: number) => is(DETECTION_FINDING, 1, 'Create', severityId);
const ofLog = (activityName: string) => is(EVENT_LOG_ACTIVITY, 99, activityName);
const logon = is(AUTHENTICATION, 1, 'Logon', LOW);

/** What every record of an event has in common; requests are told apart further. */
const CLASSES: Readonly<Record<Exclude<EventName, RequestEvent>, Classification>> = {
  'handshake.refused': logon,
  'gateway.started': is(APPLICATION_LIFECYCLE, 3, 'Start'),
  'gateway.stopped': is(APPLICATION_LIFECYCLE, 4, 'Stop'),
  'config.loaded': is(ENTITY_MANAGEMENT, 3, 'Update'),
  'trust.loaded': is(ENTITY_MANAGEMENT, 3, 'Update'),
  'keys.loaded': is(ENTITY_MANAGEMENT, 3, 'Update'),
  'key.issued': is(ENTITY_MANAGEMENT, 1, 'Create'),
  'key.revoked': is(ENTITY_MANAGEMENT, 9, 'Disable'),
  'key.changed': is(ENTITY_MANAGEMENT, 3, 'Update'),
  'audit.segment': is(EVENT_LOG_ACTIVITY, 5, 'Rotate'),
  'audit.purged': is(EVENT_LOG_ACTIVITY, 2, 'Delete'),
  'audit.checkpoint': ofLog('Checkpoint'),
  'audit.held': ofLog('Hold'),
  'audit.released': ofLog('Release'),
  'alert.torn_line': finding(LOW),
  'alert.signing_key_changed': finding(CRITICAL),
  'alert.orphan': finding(MEDIUM),
  'alert.audit_recovered': finding(HIGH),
  'alert.handshake_burst': finding(MEDIUM),
  'alert.refused_key_burst': finding(HIGH),
  'alert.outside_hours': finding(MEDIUM),
  'alert.unusual_rate': finding(MEDIUM),
  'alert.guardrail_series': finding(HIGH),
  'alert.certificate_expiring': finding(LOW),
  'alert.key_expiring': finding(LOW),
  'alert.sink_backlog': finding(MEDIUM),
  'alert.sink_gap': finding(HIGH),
  'alert.witness_refused': finding(CRITICAL),
  'alert.witness_behind': finding(MEDIUM),
};

type RequestEvent = `inference.${string}` | 'audit.summarized';

/** An event of a later version is a base event: what it says is not known here. */
export function classOf(record: AuditRecord): Classification {
  const { event } = record;
  if (event.startsWith('inference.') || event === 'audit.summarized') return classOfRequest(record);
  const known = Object.hasOwn(CLASSES, event);
  return known ? CLASSES[event as keyof typeof CLASSES] : is(BASE_EVENT, 99, event, 0);
}

/**
 * A refused certificate or key is a failed authentication; a request that a guard refused is a finding; everything else
 * is a call of the API, also an answer in which a guard found something: calls have to stay countable.
 */
function classOfRequest({ event, denial, of, endpoint }: AuditRecord): Classification {
  const type = DENIALS[denial as DenialCode]?.type;
  if (type === 'authentication_error' || of === 'handshake.refused') return logon;
  if (type === 'guardrail' && event === 'inference.denied') return finding(MEDIUM);
  const severity = typeof denial === 'string' ? LOW : INFORMATIONAL;
  if (typeof endpoint !== 'string') return is(API_ACTIVITY, 0, 'Unknown', severity);
  return endpoint.startsWith('models.')
    ? is(API_ACTIVITY, 2, 'Read', severity)
    : is(API_ACTIVITY, 1, 'Create', severity);
}
