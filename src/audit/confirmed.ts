/** Writing to a log that may fail for a while: nobody waits for it for ever, and no request is left open in it. */
import { unlessAborted } from '../core/abort.ts';
import type { AuditLog } from './audit-log.ts';
import type { AuditEvent } from './events.ts';

/** Ends of requests that are kept for the time after an outage; the start after the next crash reports the others. */
const MOST_UNCLOSED = 10_000;

export type Intent = Extract<AuditEvent, { event: 'inference.admitted' }>;

export interface Confirmed {
  /**
   * As the log's own `append`; but a disk that does not answer is not waited for: then the record may become part of the
   * log after all.
   */
  append(event: AuditEvent): Promise<number>;
  /** The same for an intent. One that is confirmed too late is closed: nobody has acted on it. */
  admit(intent: Intent): Promise<number>;
  /** Writes the ends of requests that could not be written. To be called when the log takes records again. */
  catchUp(): void;
}

export function confirmedBy(log: Pick<AuditLog, 'append' | 'stalled'>): Confirmed {
  const unclosed: AuditEvent[] = [];

  function append(event: AuditEvent): Promise<number> {
    const appended = log.append(event);
    if (event.event === 'inference.completed') {
      appended.catch(() => {
        if (unclosed.length < MOST_UNCLOSED) unclosed.push(event);
      });
    }
    return unlessAborted(appended, log.stalled);
  }

  return {
    append,
    admit(intent) {
      const appended = log.append(intent);
      const confirmed = unlessAborted(appended, log.stalled);
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
