/**
 * Keeps floods of refusals from filling the disk. What a request limit has counted is bounded by that limit; what was
 * refused before that is bounded here, whatever is varied from one refusal to the next: the first of a kind in a minute
 * have records of their own, the rest are counted, and when the minute is over `audit.summarized` says how many there
 * were. A refusal that is counted is answered without waiting for the disk, so whether it is must tell nobody anything.
 */
import type { AuditEvent } from './events.ts';

const MINUTE_MS = 60_000;
/** Of all groups together so many times as many refusals have records of their own as of one. */
const GROUPS_IN_FULL = 30;

type Summary = Extract<AuditEvent, { event: 'audit.summarized' }>;
/** What the refusals of a group have in common. */
type Common = Omit<Summary, 'event' | 'count' | 'from' | 'to'>;
type Refusal = Extract<AuditEvent, { event: Common['of'] }>;

interface Group {
  readonly common: Common;
  /** Refusals with records of their own, */
  full: number;
  /** and the others, with the times of the first and the last of them. */
  count: number;
  from: string;
  to: string;
}

const NOBODY = { keyId: null, team: null, app: null, env: null, client: null, clientCertSha256: null, remote: null };

/** How finely refusals are told apart, as long as there are not too many groups of that kind; the last always has room. */
const GRAINS: readonly { readonly groups: number; readonly common: (common: Common) => Common }[] = [
  { groups: 200, common: (common) => common },
  { groups: 50, common: ({ of, denial, reason }) => ({ of, denial, reason, ...NOBODY }) },
  { groups: 3, common: ({ of }) => ({ of, denial: null, reason: null, ...NOBODY }) },
];

/** Most records that a minute of refusals can become: full ones, and the summaries of the minute before. */
export const mostPerMinute = (fullPerGroup: number): number =>
  GRAINS.reduce((sum, { groups }) => sum + groups, fullPerGroup * GROUPS_IN_FULL);

/** The denials of the stage that counts requests (stages/meter.ts); null where the client left meanwhile. */
const BY_THE_METER: ReadonlySet<string | null> = new Set(['rate_limited', 'limits_unavailable', null]);

/**
 * Whether this is a refusal that no request limit has counted. The record shows it: before the route is known there is
 * no endpoint, behind it stands the meter, and where a body has been read there is a model. Administration has no meter:
 * whoever may do what he asks for has an operation, and a record for each.
 */
const isUnmetered = (event: AuditEvent): event is Refusal =>
  event.event === 'handshake.refused' ||
  (event.event === 'admin.denied' && event.operation === null) ||
  (event.event === 'inference.denied' &&
    (event.endpoint === null || (event.model === null && BY_THE_METER.has(event.denial))));

/**
 * What a refused key or token was short of is in the records that are made, and in no group: else one reason would be
 * counted while another still has its records, and the time of the answer would tell them apart.
 */
const BY_SECRET: ReadonlySet<string | null> = new Set(['invalid_api_key', 'invalid_token']);

function commonOf(refusal: Refusal): Common {
  const { event: of, remote } = refusal;
  if (of === 'handshake.refused') return { of, denial: null, reason: refusal.reason, ...NOBODY, remote };
  const { denial, reason = null, keyId, team, app, env, client, clientCertSha256 } = refusal;
  if (BY_SECRET.has(denial)) return { of, denial, reason: null, ...NOBODY, client, clientCertSha256, remote };
  return { of, denial, reason, keyId, team, app, env, client, clientCertSha256, remote };
}

/** The groups of a minute. There are never more than `GRAINS` allows. */
function tally() {
  const grains = GRAINS.map((grain) => ({ ...grain, found: new Map<string, Group>() }));
  return {
    /** The group that a refusal falls into. */
    of(exactly: Common): Group {
      for (const { groups, common: coarsened, found } of grains) {
        const common = coarsened(exactly);
        const { of, denial, reason, keyId, clientCertSha256, remote } = common;
        const name = JSON.stringify([of, denial, reason, keyId, clientCertSha256, remote]);
        let group = found.get(name);
        if (!group && found.size < groups) {
          group = { common, full: 0, count: 0, from: '', to: '' };
          found.set(name, group);
        }
        if (group) return group;
      }
      throw new RangeError('The last grain has no room for an event.');
    },
    counted: (): Group[] => grains.flatMap(({ found }) => [...found.values()].filter(({ count }) => count > 0)),
  };
}

function count(group: Group, number: number, from: string, to: string): void {
  if (group.count === 0 || from < group.from) group.from = from;
  if (group.count === 0 || to > group.to) group.to = to;
  group.count += number;
}

export interface Summaries {
  /**
   * Writes an event as it is, or counts it. Of a refusal that is counted nothing is on disk before its minute is over.
   * @returns what `append` returned; null if it was counted
   */
  record(event: AuditEvent): Promise<unknown>;
  /**
   * Writes the summaries of a minute that is over. To be called every few seconds. What cannot be written is kept,
   * and tried again with the next ones.
   * @throws what `append` throws
   */
  flush(): Promise<void>;
  /** Writes what was counted up to now: to be called at the end. */
  close(): Promise<void>;
}

export interface SummariesOptions {
  readonly append: (event: AuditEvent) => Promise<unknown>;
  readonly now: () => Date;
  /** Refusals of one group that have records of their own, in a minute. */
  readonly fullPerGroup: number;
}

/** Wraps `append` so that at most {@link mostPerMinute} records are made of refusals that nobody has metered. */
export function summaries({ append, now, fullPerGroup }: SummariesOptions): Summaries {
  let minute = Number.NaN;
  let full = 0;
  let current = tally();
  /** Of minutes that are over. */
  let due = tally();
  let written: Promise<unknown> = Promise.resolve();

  const keep = ({ common, count: number, from, to }: Group) => count(due.of(common), number, from, to);

  function turnOver(): void {
    current.counted().forEach(keep);
    current = tally();
    full = 0;
  }

  async function write(): Promise<void> {
    const groups = due.counted();
    due = tally();
    const results = await Promise.allSettled(
      groups.map(({ common, count, from, to }) => append({ event: 'audit.summarized', ...common, count, from, to })),
    );
    const failed = results.flatMap((result, index) => (result.status === 'rejected' ? [{ result, index }] : []));
    for (const { index } of failed) keep(groups[index]!);
    if (failed[0]) throw failed[0].result.reason;
  }

  function flush(): Promise<void> {
    if (Math.floor(now().getTime() / MINUTE_MS) !== minute) turnOver();
    // One after the other: what one could not write the next one finds.
    const mine = written.then(write);
    written = mine.catch(() => {});
    return mine;
  }

  return {
    async record(event) {
      if (!isUnmetered(event)) return append(event);
      const at = now();
      const thisMinute = Math.floor(at.getTime() / MINUTE_MS);
      if (thisMinute !== minute) {
        turnOver();
        minute = thisMinute;
      }
      const group = current.of(commonOf(event));
      if (group.full < fullPerGroup && full < fullPerGroup * GROUPS_IN_FULL) {
        group.full += 1;
        full += 1;
        return append(event);
      }
      count(group, 1, at.toISOString(), at.toISOString());
      return null;
    },
    flush,
    close() {
      turnOver();
      return flush();
    },
  };
}
