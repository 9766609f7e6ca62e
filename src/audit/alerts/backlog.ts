/** A sink that does not take its records. */
import type { AuditEvent } from '../events.ts';
import type { SinkStatus } from '../sinks/deliver.ts';
import { CoolDown } from './bounds.ts';
import { HOUR_MS, MOST_SUBJECTS } from './detector.ts';

/**
 * Returns the alerts that are due, once an hour for each sink while it lasts. What waits is unknown while a sink passes
 * over records that it is not to have, and if it cannot read the log: it is at fault if it is still where it was last time.
 */
export function sinkBacklog(
  sinkBacklogRecords: number,
  sinks: () => Iterable<SinkStatus>,
): (at: number) => AuditEvent[] {
  const coolDown = new CoolDown(HOUR_MS, MOST_SUBJECTS);
  let before = new Map<string, number>();
  return (at) => {
    const now = [...sinks()];
    const stands = ({ name, oldest, delivered }: SinkStatus) => oldest !== null || before.get(name) === delivered;
    const due = now.filter((one) => one.backlog >= sinkBacklogRecords && stands(one) && coolDown.start(one.name, at));
    before = new Map(now.map(({ name, delivered }) => [name, delivered]));
    return due.map(({ name, backlog, oldest }) => ({
      event: 'alert.sink_backlog',
      sink: name,
      records: backlog,
      oldest,
    }));
  };
}
