/** Writing to a log that may fail for a while: nobody waits for it for ever, and no request is left open in it. */
import { unlessAborted } from '../core/abort.ts';
import type { AuditLog } from './audit-log.ts';
import type { AuditEvent } from './events.ts';
import { isEnd } from './writer/admissions.ts';

/** Ends of requests that are kept for the time after an outage; the start after the next crash reports the others. */
const MOST_UNCLOSED = 10_000;

export type Intent = Extract<AuditEvent, { event: 'inference.admitted' | 'admin.admitted' }>;

export interface Confirmed {
  /** As the log's own. The end of a request that cannot be written is kept for {@link catchUp}. */
  append(event: AuditEvent): Promise<number>;
  /** The same for an intent, which is not waited for for ever. One that is confirmed too late is closed: nobody acted on it. */
  admit(intent: Intent): Promise<number>;
  /** Gives up when the disk does not answer: what is waited for may be done after all. */
  inTime<T>(work: Promise<T>): Promise<T>;
  /** Writes the ends of requests that could not be written. To be called when the log takes records again. */
  catchUp(): void;
}

export function confirmedBy(log: Pick<AuditLog, 'append' | 'stalled'>): Confirmed {
  const unclosed: AuditEvent[] = [];
  const inTime = <T>(work: Promise<T>): Promise<T> => unlessAborted(work, log.stalled);

  function append(event: AuditEvent): Promise<number> {
    const appended = log.append(event);
    if (isEnd(event.event)) {
      appended.catch(() => {
        if (unclosed.length < MOST_UNCLOSED) unclosed.push(event);
      });
    }
    return appended;
  }

  return {
    append,
    inTime,
    admit(intent) {
      const appended = log.append(intent);
      const confirmed = inTime(appended);
      const { requestId } = intent;
      const close = (admittedSeq: number) => append({ event: 'alert.orphan', requestId, admittedSeq });
      confirmed.catch(() => appended.then(close).catch(() => {}));
      return confirmed;
    },
    catchUp() {
      for (const event of unclosed.splice(0)) append(event).catch(() => {});
    },
  };
}
