/**
 * Records in the words of the Elastic Common Schema. What it has no field for is under `sallyport.*`, by the name that it
 * has in the log, so nothing is lost.
 * https://www.elastic.co/docs/reference/ecs
 */
import { isIP } from 'node:net';
import type { Json, JsonObject } from '../../core/json.ts';
import type { EventName } from '../events.ts';
import { type AuditRecord, hashLine } from '../format/chain.ts';
import { type Fields, fieldsOf, filled } from './fields.ts';

/** The categories are those of ECS 8; `gen_ai.*` is as ECS 9 has it, where it is beta. */
const ECS_VERSION = '8.17.0';

type Categories = readonly [category: string, type: string, ...moreTypes: string[]];
const AUTHENTICATION = ['authentication', 'start'] as const;
const PROCESS_INFO = ['process', 'info'] as const;
const CONFIGURATION = ['configuration', 'info'] as const;
const ALERT = ['intrusion_detection', 'info'] as const;

/** `event.category` and `event.type`: allowed values, and types that are expected for the category. */
const CATEGORIES: Readonly<Record<EventName, Categories>> = {
  'inference.admitted': ['api', 'access', 'allowed', 'start'],
  'inference.completed': ['api', 'access', 'end'],
  'inference.denied': ['api', 'access', 'denied'],
  'admin.admitted': ['api', 'admin', 'allowed', 'start'],
  'admin.completed': ['api', 'admin', 'end'],
  'admin.denied': ['api', 'admin', 'denied'],
  'lockdown.on': ['configuration', 'change'],
  'lockdown.off': ['configuration', 'change'],
  'handshake.refused': AUTHENTICATION,
  'gateway.started': ['process', 'start'],
  'gateway.stopped': ['process', 'end'],
  'config.loaded': ['configuration', 'change'],
  'trust.loaded': ['configuration', 'change'],
  'keys.loaded': ['configuration', 'change'],
  'key.issued': ['iam', 'creation', 'admin'],
  'key.revoked': ['iam', 'deletion', 'admin'],
  'key.rotated': ['iam', 'change', 'admin'],
  'key.changed': ['iam', 'change', 'admin'],
  'audit.segment': ['file', 'creation'],
  'audit.checkpoint': ['file', 'info'],
  'audit.purged': ['file', 'deletion'],
  'audit.held': ['configuration', 'change'],
  'audit.released': ['configuration', 'change'],
  'audit.summarized': ['api', 'access', 'denied'],
  'alert.torn_line': PROCESS_INFO,
  'alert.signing_key_changed': PROCESS_INFO,
  'alert.orphan': PROCESS_INFO,
  'alert.audit_recovered': PROCESS_INFO,
  'alert.handshake_burst': ALERT,
  'alert.refused_key_burst': ALERT,
  'alert.outside_hours': ALERT,
  'alert.unusual_rate': ALERT,
  'alert.guardrail_series': ALERT,
  'alert.certificate_expiring': CONFIGURATION,
  'alert.key_expiring': CONFIGURATION,
  'alert.key_unused': CONFIGURATION,
  'alert.sink_backlog': PROCESS_INFO,
  'alert.sink_gap': PROCESS_INFO,
  'alert.witness_refused': ALERT,
  'alert.witness_behind': PROCESS_INFO,
};

/** `gen_ai.operation.name`, as OpenTelemetry calls them. */
const OPERATIONS: Readonly<Record<string, string>> = {
  'chat.completions': 'chat',
  completions: 'text_completion',
  embeddings: 'embeddings',
};

/** @param line the line that the record was read from, for `event.hash` */
export function toEcs(record: AuditRecord, line: Buffer): JsonObject {
  const { take, rest } = fieldsOf(record);
  const { event, seq, timestamp } = record;
  for (const name of ['v', 'seq', 'timestamp', 'event']) take(name);
  const [category, ...types] = CATEGORIES[event as EventName] ?? PROCESS_INFO;
  const instance = take('instance');
  const remote = take('remote');
  const endpoint = record['endpoint'];
  const latency = take('latencyMs');
  const certificate = take('clientCertSha256');
  const findings = Array.isArray(record['findings']) ? (record['findings'] as readonly JsonObject[]) : [];
  const objects = {
    '@timestamp': timestamp,
    ecs: { version: ECS_VERSION },
    event: filled({
      kind: event.startsWith('alert.') ? 'alert' : 'event',
      category: [category],
      type: types,
      action: event,
      outcome: outcomeOf(record),
      dataset: 'sallyport.audit',
      module: 'sallyport',
      id: `${instance}/${seq}`,
      sequence: seq,
      hash: hashLine(line),
      reason: take('reason'),
      start: take('from'),
      end: take('to'),
      // Nanoseconds.
      duration: typeof latency === 'number' ? latency * 1_000_000 : undefined,
    }),
    service: filled({ name: 'sallyport', type: 'sallyport', node: filled({ name: instance }) }),
    source: filled({ address: remote, ip: typeof remote === 'string' && isIP(remote) !== 0 ? remote : undefined }),
    user: userOf(event, take),
    organization: filled({ name: take('team') }),
    labels: filled({ app: take('app'), env: take('env') }),
    // In upper case, as ECS asks for fingerprints of certificates.
    tls: typeof certificate === 'string' ? { client: { hash: { sha256: certificate.toUpperCase() } } } : undefined,
    http: filled({
      request: filled({ id: take('requestId'), body: filled({ bytes: take('receivedBytes') }) }),
      response: filled({ status_code: take('responseStatus'), body: filled({ bytes: take('sentBytes') }) }),
    }),
    error: filled({ code: take('denial') }),
    gen_ai: filled({
      operation: filled({ name: typeof endpoint === 'string' ? OPERATIONS[endpoint] : undefined }),
      request: filled({ model: take('model') }),
      usage: filled({ input_tokens: take('inputTokens'), output_tokens: take('outputTokens') }),
    }),
    rule:
      findings.length === 0
        ? undefined
        : { name: [...new Set(findings.map((finding) => finding['rule']))] as Json, ruleset: 'sallyport' },
  };
  return filled({ ...objects, sallyport: filled(rest()) })!;
}

/** Who did it; of what was done to a key, whose it is. The `keyId` of a checkpoint is not that of an API key. */
function userOf(event: string, take: Fields['take']): JsonObject | undefined {
  if (event === 'audit.checkpoint') return undefined;
  if (event.startsWith('lockdown.')) return filled({ name: take('by') });
  const user = filled({ id: take('keyId') ?? take('person'), name: take('client') });
  return event.startsWith('key.') ? filled({ target: user }) : user;
}

/** Success is an answer that arrived; what has no outcome of its own has none here (ECS: "may be omitted"). */
function outcomeOf({ event, ending }: AuditRecord): string | undefined {
  if (event.endsWith('.completed')) return ending === 'complete' || ending === 'truncated' ? 'success' : 'failure';
  if (event.endsWith('.admitted')) return 'unknown';
  if (event.endsWith('.denied') || event === 'handshake.refused' || event === 'audit.summarized') return 'failure';
  return event.startsWith('alert.') ? undefined : 'success';
}
