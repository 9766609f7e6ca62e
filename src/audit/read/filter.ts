/** Which records a reader wants to see. */
import { globMatches } from '../../core/glob.ts';
import type { JsonObject } from '../../core/json.ts';
import type { AuditRecord } from '../format/chain.ts';
import { isEnd, isIntent, ORPHAN_EVENT, SEGMENT_EVENT } from '../writer/admissions.ts';

/** A record has to meet all that are given. */
export interface Criteria {
  /** Id of an API key. */
  readonly key?: string | undefined;
  readonly team?: string | undefined;
  readonly requestId?: string | undefined;
  /** Name in a client certificate. */
  readonly client?: string | undefined;
  /** HMACs of prompts, hex: one of them. */
  readonly promptHashes?: ReadonlySet<string> | undefined;
  /** Name of the event; `*` stands for any run of characters. */
  readonly event?: string | undefined;
  /** Code of a refusal. */
  readonly denial?: string | undefined;
  /** Milliseconds since the epoch: not before `from`, and before `to`. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

type Filter = (record: AuditRecord) => boolean;

/** Looks at each record by itself. */
export function filterBy(criteria: Criteria): Filter {
  const isAbout = aboutSubject(criteria);
  const isKind = ofKind(criteria);
  return (record) => isAbout(record) && isKind(record);
}

/**
 * Looks at records in the order of the log, and gives all that is held about a key, a team or a prompt: also the records
 * that do not name them but a request of theirs, which had been admitted and not closed.
 */
export function selectBy(criteria: Criteria): Filter {
  const { key, team, promptHashes } = criteria;
  if (key === undefined && team === undefined && promptHashes === undefined) return filterBy(criteria);
  const isAbout = aboutSubject(criteria);
  const isKind = ofKind(criteria);
  const open = new Set<unknown>();
  return (record) => {
    const own = isAbout(record);
    if (own && isIntent(record.event)) open.add(record['requestId']);
    if (own && isEnd(record.event)) open.delete(record['requestId']);
    return (own || requestsIn(record).some((id) => open.has(id))) && isKind(record);
  };
}

/** The requests that a record names which is not theirs. */
function requestsIn(record: AuditRecord): unknown[] {
  if (record.event === ORPHAN_EVENT) return [record['requestId']];
  if (record.event !== SEGMENT_EVENT || !Array.isArray(record['open'])) return [];
  return (record['open'] as readonly JsonObject[]).map((request) => request?.['requestId']);
}

const aboutSubject =
  ({ key, team, requestId, client, promptHashes }: Criteria): Filter =>
  (record) =>
    (key === undefined || record['keyId'] === key) &&
    (team === undefined || record['team'] === team) &&
    (requestId === undefined || record['requestId'] === requestId) &&
    (client === undefined || record['client'] === client) &&
    (promptHashes === undefined || promptHashes.has(record['promptHash'] as string));

function ofKind({ event, denial, from = -Infinity, to = Infinity }: Criteria): Filter {
  const anyTime = from === -Infinity && to === Infinity;
  return (record) => {
    if (event !== undefined && !globMatches(event, record.event)) return false;
    if (denial !== undefined && record['denial'] !== denial) return false;
    if (anyTime) return true;
    const time = Date.parse(record.timestamp);
    return time >= from && time < to;
  };
}
