import { expect, it } from 'vitest';
import type { SinkStatus } from '../../../src/audit/sinks/deliver.ts';
import { fits, HOUR, MINUTE, START, watching } from './make.ts';

const OLDEST = '2026-06-01T11:00:00.000Z';
const sink = (changes: Partial<SinkStatus> = {}): SinkStatus => ({
  delivered: 0,
  name: 'siem',
  backlog: 10_000,
  oldest: OLDEST,
  ...changes,
});

function raisedFor(...sinks: SinkStatus[]) {
  const watched = watching({ sinkBacklogRecords: 10_000 }, { sinks: () => sinks });
  watched.alerts.check();
  return watched.raised;
}

it('tells of a sink that has not taken ten thousand records', () => {
  const raised = raisedFor(sink({ name: 'other', backlog: 9999 }), sink());
  expect(raised).toEqual([{ event: 'alert.sink_backlog', sink: 'siem', records: 10_000, oldest: OLDEST, at: START }]);
  const { at: _, ...alert } = raised[0]!;
  expect(fits(alert)).toBe(true);
});

it('waits while it is not known since when, as long as the sink gets on', () => {
  let delivered = 0;
  const sinks = () => [sink({ oldest: null, backlog: 50_000, delivered: ++delivered })];
  const { alerts, raised, clock } = watching({ sinkBacklogRecords: 10_000 }, { sinks });
  for (let look = 0; look < 100; look++) {
    alerts.check();
    clock.at += MINUTE;
  }
  expect(raised).toEqual([]);
});

it('tells of a sink for which the log cannot be read: it stands where it was, and nobody knows since when', () => {
  const sinks = () => [sink({ oldest: null })];
  const { alerts, raised } = watching({ sinkBacklogRecords: 10_000 }, { sinks });
  alerts.check();
  expect(raised).toEqual([]);
  for (let look = 0; look < 3; look++) alerts.check();
  expect(raised).toEqual([{ event: 'alert.sink_backlog', sink: 'siem', records: 10_000, oldest: null, at: START }]);
  const { at: _, ...alert } = raised[0]!;
  expect(fits(alert)).toBe(true);
});

it('tells of each once an hour while it lasts, and at once when it comes back', () => {
  let sinks = [sink(), sink({ name: 'archive' })];
  const { alerts, raised, clock } = watching({ sinkBacklogRecords: 10_000 }, { sinks: () => sinks });
  for (let minute = 0; minute < 150; minute++) {
    alerts.check();
    clock.at += MINUTE;
  }
  expect(raised.map(({ at }) => (at - START) / MINUTE)).toEqual([0, 0, 60, 60, 120, 120]);
  sinks = [];
  alerts.check();
  clock.at += HOUR;
  sinks = [sink()];
  alerts.check();
  expect(raised).toHaveLength(7);
});

it('says nothing when it is turned off', () => {
  const { alerts, raised } = watching({}, { sinks: () => [sink({ backlog: 1e9 })] });
  alerts.check();
  expect(raised).toEqual([]);
});
