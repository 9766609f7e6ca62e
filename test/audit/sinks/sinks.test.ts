import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { AuditEvent } from '../../../src/audit/events.ts';
import { checkSinkEvents, openSinks, type SinksDeps } from '../../../src/audit/sinks/sinks.ts';
import { audit } from '../../../src/config/audit-schema.ts';
import type { Fault } from '../../../src/core/fault.ts';
import { httpReceiver } from '../../support/http-receiver.ts';
import { type LogOnDisk, logOnDisk } from './delivering.ts';

/** Sinks as a configuration names them. */
async function opened(log: LogOnDisk, settings: readonly object[], secrets: SinksDeps['secrets'] = {}) {
  const faults: Fault[] = [];
  const raised: AuditEvent[] = [];
  const sinks = await openSinks(audit.parse({ sinks: settings }).sinks, {
    dir: log.dir,
    progress: log.progress,
    secrets,
    raise: (event) => raised.push(event),
    fault: (fault) => faults.push(fault),
    pause: async () => void (await turn()),
  });
  onTestFinished(() => sinks.close(0));
  return { sinks, faults, raised };
}

test('each has its own place, its own events and its own secret', async () => {
  const log = await logOnDisk();
  await log.add(10, (seq) => (seq % 2 === 0 ? 'alert.orphan' : 'inference.denied'));
  const [all, alerts] = [await httpReceiver(), await httpReceiver()];
  const settings = [
    { name: 'siem', kind: 'http', url: all.url, authorizationEnv: 'SIEM_AUTH' },
    { name: 'chat', kind: 'webhook', urlEnv: 'CHAT_URL', events: ['alert.*'] },
  ];
  await alerts.stop();
  const { sinks, faults } = await opened(log, settings, { SIEM_AUTH: 'Bearer one', CHAT_URL: alerts.url });
  await vi.waitUntil(() => all.taken.length > 0 && faults.length > 0, { interval: 2 });
  await vi.waitUntil(() => sinks.status()[0]!.backlog === 0, { interval: 2 });
  expect(sinks.status()).toMatchObject([
    { name: 'siem', backlog: 0, delivered: 10, oldest: null },
    // Record 1 is none that it is to have.
    { name: 'chat', backlog: 10, delivered: 0, oldest: JSON.parse(log.lines[1]!).timestamp },
  ]);
  expect(sinks.deliveredTo()).toBe(0);
  expect(all.taken[0]!.headers['authorization']).toBe('Bearer one');

  await sinks.close(0);
  expect(sinks.deliveredTo()).toBe(0);
  await alerts.start();
  const again = await opened(log, settings, { SIEM_AUTH: 'Bearer one', CHAT_URL: alerts.url });
  await again.sinks.close(10_000);
  expect(all.taken).toHaveLength(1);
  expect(alerts.taken.map(({ body }) => JSON.parse(body).seq)).toEqual([2, 4, 6, 8, 10]);
  expect(alerts.taken[0]!.headers['authorization']).toBeUndefined();
  expect(again.sinks.deliveredTo()).toBe(10);
  expect((await readdir(join(log.dir, 'sinks'))).sort()).toEqual(['chat.json', 'siem.json']);
  expect((await opened(log, settings, { SIEM_AUTH: 'x', CHAT_URL: alerts.url })).sinks.deliveredTo()).toBe(10);
});

test('without any, nothing has to wait', async () => {
  const { sinks } = await opened(await logOnDisk(), []);
  expect(sinks.status()).toEqual([]);
  expect(sinks.deliveredTo()).toBe(Number.POSITIVE_INFINITY);
  await sinks.close(1000);
});

test('every kind there is can be opened, and says when its receiver is not there', async () => {
  const log = await logOnDisk();
  await log.add(3);
  const gone = await httpReceiver();
  await gone.stop();
  const port = Number(new URL(gone.url).port);
  const kinds = [
    { kind: 'http', url: gone.url },
    { kind: 'webhook', urlEnv: 'CHAT_URL' },
    { kind: 'splunk', url: `${gone.url}/services/collector/event`, authorizationEnv: 'SPLUNK' },
    { kind: 'elastic', url: `${gone.url}/_bulk`, index: 'audit' },
    { kind: 'syslog', host: '127.0.0.1', port },
    { kind: 'redis', urlEnv: 'SINK_REDIS' },
  ];
  const settings = kinds.map((one) => ({ name: one.kind, ...one }));
  const { sinks, faults } = await opened(log, settings, {
    SINK_REDIS: `redis://127.0.0.1:${port}`,
    CHAT_URL: gone.url,
    SPLUNK: 'Splunk a-token',
  });
  await vi.waitUntil(() => faults.length === kinds.length, { interval: 5, timeout: 15_000 });
  for (const { kind } of kinds) {
    const fault = faults.find(({ message }) => message.includes(`"${kind}"`));
    expect(fault).toMatchObject({ code: 'sink_failed', message: expect.stringContaining('ECONNREFUSED') });
  }
  await sinks.close(0);
  expect(sinks.deliveredTo()).toBe(0);
});

test.each<[string[], boolean]>([
  [['*'], true],
  [['alert.*', 'key.issued', '*.held'], true],
  [['alerts.*'], false],
  [['alert.*', 'key.isued'], false],
  [['Alert.*'], false],
])('the events %j of a sink: each pattern must fit one (%s)', (events, fits) => {
  const check = () => checkSinkEvents([{ name: 'chat', events }]);
  if (fits) expect(check).not.toThrow();
  else expect(check).toThrow(expect.objectContaining({ code: 'sink_events_unknown', exitCode: 2 }));
});
