/**
 * The audit log and everyone around it: what is written (log), counted (summaries), watched for (alerts), remembered
 * (known), handed on (sinks) and vouched for (witnesses).
 *
 *   event ─► summaries ─► log ─► disk ─► sinks
 *     └────► alerts ─► event     └─► checkpoint ─► witnesses
 */
import { join } from 'node:path';
import { within } from '../core/abort.ts';
import { Denial } from '../core/denial.ts';
import type { SharedDocument } from '../core/document/document.ts';
import { Fault } from '../core/fault.ts';
import { errnoOf } from '../core/files.ts';
import { type AlertDependencies, type AlertThresholds, openAlerts } from './alerts/alerts.ts';
import type { KeyLife } from './alerts/detector.ts';
import type { AuditLog } from './audit-log.ts';
import { type Confirmed, confirmedBy, type Intent } from './confirmed.ts';
import type { AuditEvent } from './events.ts';
import type { KeyFacts } from './key-changes.ts';
import { type LockdownFacts, openKnown } from './known.ts';
import { type AuditLogOptions, openAuditLog } from './log.ts';
import { type Query, queryRecords } from './read/query.ts';
import { openSinks, type SinkSettings, type Sinks } from './sinks/sinks.ts';
import { summaries } from './summaries.ts';
import { openWitnesses, type Witnesses, type WitnessesSettings } from './witness/witnesses.ts';
import { watchHold } from './writer/hold.ts';

const TICK_MS = 5000;
/** How long a shutdown waits for receivers of what is on disk already. */
const HAND_OVER_MS = 2000;

/**
 * A document whose changes are recorded. What it says is not recorded before it has been fresh once: a store that could
 * not be asked yet looks empty, and that is no revocation of all keys.
 */
type Watched<T> = Pick<SharedDocument<T>, 'current' | 'fresh'> & {
  onChange(callback: () => void): void;
};

export interface EvidenceOptions
  extends Omit<AuditLogOptions, 'onFailure' | 'onUpkeepFailure' | 'onCheckpoint' | 'deliveredTo'> {
  /** Refusals of one kind that have records of their own, where no limit has counted them. */
  readonly fullRefusalsPerMinute: number;
  readonly sinks: readonly SinkSettings[];
  readonly witnesses: WitnessesSettings['witnesses'];
  readonly thresholds: AlertThresholds & Pick<WitnessesSettings, 'witnessBehindMinutes'>;
  /** By the names of their environment variables. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly keys: Watched<ReadonlyMap<string, KeyFacts & KeyLife>>;
  readonly lockdown: Watched<LockdownFacts>;
  readonly keyEnd: AlertDependencies['keyEnd'];
  readonly lastUsed: AlertDependencies['lastUsed'];
  readonly certificates: AlertDependencies['certificates'];
  /** Is told of every alert. */
  readonly alerted: (alert: AuditEvent) => void;
  readonly fault: (part: 'audit' | 'sinks' | 'witnesses', error: unknown) => void;
  /** An event that could not be written; of an outage, the first. */
  readonly lost: (event: AuditEvent, error: unknown) => void;
}

export interface Evidence {
  /**
   * Writes the intent of a request; resolves when it is on disk.
   * @throws Denial `audit_unavailable` if it is not, and is not going to be, or nobody knows within some seconds
   */
  readonly admit: (intent: Intent) => Promise<number>;
  /** Writes an event, and has the log signed behind it. @throws Fault `audit_unwritable` */
  readonly appendSigned: (event: AuditEvent) => Promise<void>;
  /** Writes an event, or counts it where there are too many of its kind; false if it is lost. Never rejects. */
  readonly record: (event: AuditEvent) => Promise<boolean>;
  /** To be called for every request of an identified client. */
  readonly sawClient: ReturnType<typeof openAlerts>['sawClient'];
  readonly healthy: () => boolean;
  /** Why the log refuses records, or may not have been closed well; null if it is well. */
  readonly failure: () => Error | null;
  readonly sinks: Sinks['status'];
  readonly witnesses: Witnesses['status'];
  /** Reads the log up to its last record that is acknowledged by now, as {@link queryRecords}. */
  readonly records: (query: Query) => AsyncIterable<string>;
  /** Writes what has only been counted so far. Never rejects. */
  flush(): Promise<void>;
  /** Closes the log, and gives the receivers two seconds to take what is left. */
  close(): Promise<void>;
}

/**
 * Opens the log and all the others, and records what has changed since it was last open.
 * @throws Fault as `openAuditLog`, `openWitnesses`, `openSinks`; `audit_unwritable` (exit code 1) if the first records
 * cannot be written
 */
export const openEvidence = (options: EvidenceOptions): Promise<Evidence> => explained(options.dir, open(options));

/** What a start cannot write is a fault of the place, with a remedy. */
async function explained<T>(dir: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const cause = error instanceof Denial ? (error.cause as Error) : error;
    const reason = errnoOf(cause) ?? (error instanceof Denial ? error.message : null);
    if (error instanceof Fault || reason === null) throw error;
    throw new Fault(
      'audit_unwritable',
      `The audit log in ${dir} cannot be written (${reason}). Make room, and make it writable for this user; then start again.`,
      { exitCode: 1, cause: error },
    );
  }
}

async function open(options: EvidenceOptions): Promise<Evidence> {
  const { dir, keys, fault, now = () => new Date(), thresholds, secrets, alerted, lost } = options;
  await using opening = new AsyncDisposableStack();

  const raise = (alert: AuditEvent): void => {
    alerted(alert);
    void record(alert);
  };
  const witnesses = await openWitnesses(
    { witnesses: options.witnesses, witnessBehindMinutes: thresholds.witnessBehindMinutes },
    { raise, fault: (error) => fault('witnesses', error), now },
  );
  opening.defer(() => within(2 * HAND_OVER_MS, witnesses.close(HAND_OVER_MS)));

  let sinks: Sinks | null = null;
  // Their places in the log are on its disk, which may not answer.
  opening.defer(() => within(2 * HAND_OVER_MS, sinks?.close(HAND_OVER_MS) ?? Promise.resolve()));

  // What a witness says to it can be recorded once all of this is open.
  let newest: string | null = null;
  let submit = (line: string): void => {
    newest = line;
  };
  let confirmed: Confirmed | null = null;
  let lossTold = false;
  const log: AuditLog = await openAuditLog({
    ...options,
    // Until it is known how far they are, nothing has been delivered to the sinks.
    ...(options.sinks.length > 0 ? { deliveredTo: () => sinks?.deliveredTo() ?? 0 } : {}),
    onCheckpoint: (line) => submit(line),
    onFailure: (error) => fault('audit', error),
    onRecovery() {
      lossTold = false;
      options.onRecovery?.();
      confirmed?.catchUp();
    },
    onUpkeepFailure: (error) => fault('audit', error),
  });
  opening.defer(() => log.close());

  confirmed = confirmedBy(log);
  const counted = summaries({
    append: confirmed.append,
    now,
    fullPerGroup: options.fullRefusalsPerMinute,
  });
  const alerts = openAlerts(thresholds, {
    ...options,
    raise,
    now,
    keys: () => keys.current(),
    sinks: () => sinks?.status() ?? [],
  });
  // First the cause, then the alert: both get their places in the order of the calls.
  const admit = (intent: Intent): Promise<number> => {
    const admitted = confirmed!.admit(intent);
    alerts.observe(intent);
    return admitted;
  };
  async function record(event: AuditEvent): Promise<boolean> {
    const recorded = counted.record(event);
    alerts.observe(event);
    try {
      await confirmed!.inTime(recorded);
      return true;
    } catch (error) {
      // Of an outage the first: how many there were, the log says when it is over.
      if (!lossTold) lost(event, error);
      lossTold = error instanceof Denial;
      return false;
    }
  }

  const later = (error: unknown): void => fault('audit', error);
  /** Writes what has only been counted so far. */
  const flush = (): Promise<void> => confirmed!.inTime(counted.close()).catch(later);
  opening.defer(flush);

  const known = await openKnown(join(dir, 'known.json'), {
    append: (event) => log.append(event),
    logIsNew: log.progress.seq === 0,
    fault: (error) => fault('audit', error),
  });
  const hold = await watchHold(dir, { onChange: (after) => void known.observeHold(after).catch(later) });
  opening.defer(() => hold.close());
  await known.observeHold(hold.current());
  const looks = [
    await watch(keys, known.observeKeys, later),
    await watch(options.lockdown, known.observeLockdown, later),
  ];

  sinks = await openSinks(options.sinks, {
    dir,
    progress: log.progress,
    secrets,
    raise,
    fault: (error) => fault('sinks', error),
  });
  if (options.sinks.length > 0) await log.purge();

  const tick = (): void => {
    alerts.check();
    witnesses.check();
    // While the log takes nothing both keep what they have, and everybody knows already.
    if (!log.healthy) return;
    void counted.flush().catch(later);
    void known.retry().catch(later);
    for (const look of looks) look();
  };
  const timer = setInterval(tick, TICK_MS).unref();
  opening.defer(() => clearInterval(timer));
  alerts.check();
  submit = witnesses.submit;
  if (newest !== null) submit(newest);

  const opened = opening.move();
  return {
    admit,
    record,
    appendSigned: (event) => explained(dir, log.appendSigned(event)),
    sawClient: alerts.sawClient,
    healthy: () => log.healthy,
    failure: () => log.failure,
    sinks: () => sinks?.status() ?? [],
    witnesses: () => witnesses.status(),
    records: (query) => queryRecords(dir, query, log.progress.seq),
    flush,
    close: () => opened.disposeAsync(),
  };
}

/**
 * Has a document observed: at once if it is fresh, and whenever it changes.
 * @returns to be called every few seconds: looks whether it has become fresh, if it was not
 */
async function watch<T>(
  document: Watched<T>,
  observe: (value: T) => Promise<void>,
  failed: (error: unknown) => void,
): Promise<() => void> {
  let observed = false;
  const look = (): Promise<void> => {
    observed = true;
    return observe(document.current());
  };
  document.onChange(() => void look().catch(failed));
  if (document.fresh()) await look();
  return () => {
    if (!observed && document.fresh()) void look().catch(failed);
  };
}
