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
  'key.rotated': is(ENTITY_MANAGEMENT, 3, 'Update'),
  'key.changed': is(ENTITY_MANAGEMENT, 3, 'Update'),
  'lockdown.on': is(ENTITY_MANAGEMENT, 10, 'Activate', HIGH),
  'lockdown.off': is(ENTITY_MANAGEMENT, 11, 'Deactivate', HIGH),
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
  'alert.key_unused': finding(LOW),
  'alert.sink_backlog': finding(MEDIUM),
  'alert.sink_gap': finding(HIGH),
  'alert.witness_refused': finding(CRITICAL),
  'alert.witness_behind': finding(MEDIUM),
};

type RequestEvent = `inference.${string}` | `admin.${string}` | 'audit.summarized';

export const isRequest = ({ event }: AuditRecord): boolean =>
  event.startsWith('inference.') || event.startsWith('admin.');

/** An event of a later version is a base event: what it says is not known here. */
export function classOf(record: AuditRecord): Classification {
  const { event } = record;
  if (isRequest(record) || event === 'audit.summarized') return classOfRequest(record);
  const known = Object.hasOwn(CLASSES, event);
  return known ? CLASSES[event as keyof typeof CLASSES] : is(BASE_EVENT, 99, event, 0);
}

/**
 * A refused certificate, key or token is a failed authentication, unless it was lost while a request ran; a request that a guard refused is a finding; everything else
 * is a call of the API, also an answer in which a guard found something: calls have to stay countable.
 */
function classOfRequest(record: AuditRecord): Classification {
  const { event, denial, of } = record;
  const type = DENIALS[denial as DenialCode]?.type;
  const isRefusal = !event.endsWith('.completed');
  if ((type === 'authentication_error' && isRefusal) || of === 'handshake.refused') return logon;
  if (type === 'guardrail' && event === 'inference.denied') return finding(MEDIUM);
  const severity = typeof denial === 'string' ? LOW : INFORMATIONAL;
  return is(API_ACTIVITY, ...activityOf(record), severity);
}

const [CREATE, READ, UPDATE, DELETE] = [
  [1, 'Create'],
  [2, 'Read'],
  [3, 'Update'],
  [4, 'Delete'],
] as const;
type Activity = readonly [id: number, name: string];
const UNKNOWN: Activity = [0, 'Unknown'];

/** Of what goes to a model server, by the method of its route. */
const BY_METHOD: Readonly<Record<string, Activity>> = {
  GET: READ,
  HEAD: READ,
  POST: CREATE,
  PUT: UPDATE,
  PATCH: UPDATE,
  DELETE,
};
/** Of the gateway's own operations, by the verb of their names; the others read. */
const BY_VERB: Readonly<Record<string, Activity>> = {
  issue: CREATE,
  rotate: UPDATE,
  revoke: UPDATE,
  set: UPDATE,
  approve: UPDATE,
};

function activityOf({ endpoint, operation, route }: AuditRecord): Activity {
  if (typeof endpoint === 'string') return endpoint.startsWith('models.') ? READ : CREATE;
  if (typeof route === 'string') return BY_METHOD[route.split(' ')[0]!] ?? UNKNOWN;
  if (typeof operation === 'string') return BY_VERB[operation.split('.')[1] ?? ''] ?? READ;
  return UNKNOWN;
}
