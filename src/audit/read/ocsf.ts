/**
 * Records in the words of the Open Cybersecurity Schema Framework. What it has no attribute for is in `unmapped`, by the
 * name that it has in the log, so nothing is lost.
 * https://schema.ocsf.io/1.4.0/
 */
import { isIP } from 'node:net';
import type { Json, JsonObject } from '../../core/json.ts';
import type { AuditRecord } from '../format/chain.ts';
import { type Fields, fieldsOf, filled } from './fields.ts';
import {
  API_ACTIVITY,
  APPLICATION_LIFECYCLE,
  AUTHENTICATION,
  classOf,
  DETECTION_FINDING,
  ENTITY_MANAGEMENT,
  EVENT_LOG_ACTIVITY,
  isRequest,
} from './ocsf-classes.ts';

const OCSF_VERSION = '1.4.0';
const [SUCCESS, FAILURE, NEW] = [1, 2, 1] as const;
const AUTH_PROTOCOL_OTHER = 99;

export function toOcsf(record: AuditRecord): JsonObject {
  const fields = fieldsOf(record);
  const { take, rest } = fields;
  const { seq, event, timestamp } = record;
  for (const name of ['v', 'seq', 'timestamp', 'event']) take(name);
  const { classUid, activityId, activityName, severityId } = classOf(record);
  const classification = {
    class_uid: classUid,
    category_uid: Math.floor(classUid / 1000),
    activity_id: activityId,
    activity_name: activityName,
    type_uid: classUid * 100 + activityId,
    severity_id: severityId,
    time: Date.parse(timestamp),
    metadata: filled({
      version: OCSF_VERSION,
      product: { name: 'Sallyport', vendor_name: 'Sallyport' },
      uid: `${record['instance']}/${seq}`,
      sequence: seq,
      event_code: event,
      log_name: 'audit',
      log_provider: take('instance'),
      original_time: timestamp,
      correlation_uid: take('requestId'),
    }),
  };
  const particulars = (BY_CLASS[classUid] ?? (() => ({})))(fields, record);
  return filled({ ...classification, ...particulars, unmapped: filled(rest()) })!;
}

type Particulars = (fields: Fields, record: AuditRecord) => Record<string, Json | undefined>;

const apiActivity: Particulars = ({ take }, record) => ({
  ...statusOf(record),
  ...spanOf({ take }),
  status_code: record['denial'] ?? undefined,
  status_detail: take('reason'),
  duration: take('latencyMs'),
  actor: actorOf({ take }),
  src_endpoint: endpointOf({ take }),
  api: {
    operation: take('endpoint') ?? take('operation') ?? 'unknown',
    service: { name: 'sallyport' },
    response: filled({ code: record['responseStatus'] ?? undefined, error: take('denial') }) ?? {},
  },
  http_response: filled({ code: take('responseStatus') }),
  resources: resourcesOf({ take }),
});

/** What was refused; anything else is a certificate. */
const PROTOCOLS: Readonly<Record<string, string>> = { invalid_api_key: 'API key', invalid_token: 'access token' };

const authentication: Particulars = ({ take }, record) => ({
  status_id: FAILURE,
  ...spanOf({ take }),
  status_code: take('denial'),
  status_detail: take('reason'),
  duration: take('latencyMs'),
  auth_protocol_id: AUTH_PROTOCOL_OTHER,
  auth_protocol: PROTOCOLS[String(record['denial'])] ?? 'mTLS',
  is_remote: true,
  user: userOf({ take }) ?? { name: 'unknown' },
  service: { name: 'sallyport' },
  src_endpoint: endpointOf({ take }),
  http_response: filled({ code: take('responseStatus') }),
});

/** Also what a guard refused: then the request is the evidence. */
const detectionFinding: Particulars = ({ take }, record) => {
  const hasRequest = isRequest(record);
  return {
    status_id: NEW,
    is_alert: true,
    finding_info: {
      uid: `${record['instance']}/${record.seq}`,
      title: String((hasRequest && take('denial')) || record.event),
      types: [record.event],
    },
    evidences: hasRequest
      ? [
          filled({
            actor: actorOf({ take }),
            src_endpoint: endpointOf({ take }),
            api: { operation: take('endpoint') ?? 'unknown', service: { name: 'sallyport' } },
          })!,
        ]
      : undefined,
    resources: resourcesOf({ take }),
  };
};

const entityManagement: Particulars = ({ take }, record) => {
  const isKey = record.event.startsWith('key.');
  const isLockdown = record.event.startsWith('lockdown.');
  return {
    status_id: SUCCESS,
    comment: take('reason'),
    actor: isLockdown ? { user: { name: take('by') ?? 'unknown' } } : undefined,
    entity: isKey
      ? (filled({ uid: take('keyId'), name: record['app'] ?? undefined, type: 'API key' }) ?? { name: 'unknown' })
      : { name: record.event.split('.')[0]!, type: 'configuration' },
  };
};

const applicationLifecycle: Particulars = ({ take }) => ({
  status_id: SUCCESS,
  status_detail: take('reason'),
  app: filled({ name: 'Sallyport', vendor_name: 'Sallyport', version: take('version') }),
});

const eventLogActivity: Particulars = ({ take }, record) => ({
  status_id: SUCCESS,
  status_detail: take('reason'),
  log_name: 'audit',
  log_provider: record['instance'] ?? undefined,
});

const BY_CLASS: Readonly<Record<number, Particulars>> = {
  [API_ACTIVITY]: apiActivity,
  [AUTHENTICATION]: authentication,
  [DETECTION_FINDING]: detectionFinding,
  [ENTITY_MANAGEMENT]: entityManagement,
  [APPLICATION_LIFECYCLE]: applicationLifecycle,
  [EVENT_LOG_ACTIVITY]: eventLogActivity,
};

type Taking = Pick<Fields, 'take'>;

function statusOf({ event, ending }: AuditRecord) {
  if (event.endsWith('.admitted')) return {};
  return { status_id: ending === 'complete' || ending === 'truncated' ? SUCCESS : FAILURE };
}

/** Of records that stand for many: how many, from when to when. */
const spanOf = ({ take }: Taking) => {
  const [count, from, to] = [take('count'), take('from'), take('to')];
  return {
    count,
    start_time: typeof from === 'string' ? Date.parse(from) : undefined,
    end_time: typeof to === 'string' ? Date.parse(to) : undefined,
  };
};

const userOf = ({ take }: Taking): JsonObject | undefined => {
  const team = take('team');
  const who = filled({ uid: take('keyId') ?? take('person'), name: take('client') });
  return who && filled({ ...who, groups: team === undefined ? undefined : [{ name: team }] });
};

/** An actor has to be somebody: without a key and a certificate it is an unknown user. */
const actorOf = ({ take }: Taking): JsonObject =>
  filled({ user: userOf({ take }) ?? { name: 'unknown' }, app_name: take('app') })!;

const endpointOf = ({ take }: Taking): JsonObject => {
  const remote = take('remote');
  if (typeof remote !== 'string') return { name: 'unknown' };
  return isIP(remote) === 0 ? { name: remote } : { ip: remote };
};

const resourcesOf = ({ take }: Taking): Json | undefined => {
  const model = filled({ name: take('model'), version: take('modelDigest') });
  if (model) return [{ ...model, type: 'model' }];
  const subject = take('subject');
  return subject === undefined ? undefined : [{ name: subject }];
};
