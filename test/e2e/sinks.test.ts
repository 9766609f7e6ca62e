/** The records on their way to a SIEM: 63 of the attack catalogue, and every kind of sink once, on the running gateway. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { describe, expect, inject, test, vi } from 'vitest';
import { mintKey } from '../../src/keys/format.ts';
import { startGateway, type TestGateway, until } from '../support/gateway.ts';
import { type Got, httpReceiver } from '../support/http-receiver.ts';
import { auditDir, linesIn, metric, seqOf, withoutRepeats } from '../support/log-lines.ts';
import { describeWithRedis, startRedis } from '../support/redis.ts';
import { sharedUpstream } from '../support/shared-upstream.ts';
import { type SyslogReceiver, serverOf, startSyslog } from '../support/syslog.ts';

const CHAT = '/v1/chat/completions';
const BODY = { model: 'm', messages: [{ role: 'user', content: 'hello' }] };
const SINK = 'siem';

// They run at the same time, and share the machine.
vi.setConfig({ testTimeout: 60_000 });

const upstream = sharedUpstream();

/** So many requests, eight at a time; every one of them has to be served. */
async function serve(gateway: TestGateway, requests: number): Promise<void> {
  let left = requests;
  const client = async () => {
    while (left-- > 0) expect((await gateway.post(CHAT, BODY)).status).toBe(200);
  };
  await Promise.all(Array.from({ length: 8 }, client));
}

const linesOf = (taken: readonly Got[]) => taken.flatMap(({ body }) => body.split('\n').filter(Boolean));
const backlogOf = (gateway: TestGateway, sink = SINK) =>
  metric(gateway, `sallyport_audit_sink_backlog{sink="${sink}"}`);
const cursorOf = async (gateway: TestGateway): Promise<number> => {
  const text = await readFile(join(auditDir(gateway), 'sinks', `${SINK}.json`), 'utf8').catch(() => '{"next":1}');
  return JSON.parse(text).next;
};

/** Waits until a receiver has every line of the log: each as it is on disk, in order, whatever came twice. */
async function everyLineArrives(gateway: TestGateway, lines: () => readonly string[]): Promise<void> {
  await until(async () => new Set(lines()).size >= (await linesIn(auditDir(gateway))).length);
  expect(withoutRepeats(lines())).toEqual(await linesIn(auditDir(gateway)));
}

/** No repeat but of what the receiver was sent before: what comes back, comes back as a stretch, and goes on from there. */
function expectGapless(lines: readonly string[]): void {
  let newest = 0;
  let before = 0;
  for (const seq of lines.map(seqOf)) {
    expect(seq).toBeLessThanOrEqual(newest + 1);
    if (seq !== before + 1) expect(seq).toBeLessThanOrEqual(before);
    before = seq;
    newest = Math.max(newest, seq);
  }
}

describe.concurrent('a receiver of NDJSON', () => {
  const settings = (url: string, more: object = {}) => ({
    audit: { sinks: [{ name: SINK, kind: 'http', url }] },
    ...more,
  });

  test.concurrent('faults 63: it is down, and requests go on; the gateway is killed and started anew; then it is back, and every record arrives, in order', async ({
    onTestFinished,
  }) => {
    const receiver = await httpReceiver({ onFinished: onTestFinished });
    await receiver.stop();
    const config = settings(receiver.url, { alerts: { sinkBacklogRecords: 100 } });
    const gateway = await startGateway({ upstream: upstream().url, config });
    await serve(gateway, 20);
    await until(async () => (await backlogOf(gateway))! >= 40);
    await serve(gateway, 40);
    await until(async () => (await backlogOf(gateway))! >= 120);
    expect((await gateway.ops('/readyz')).status).toBe(200);
    const [alert] = await gateway.recorded('alert.sink_backlog');
    expect(alert).toMatchObject({ sink: SINK, oldest: (await gateway.records())[0]!['timestamp'] });
    expect(alert!['records']).toBeGreaterThanOrEqual(100);
    expect(gateway.stderr()).toContain('sink_failed');

    const running = serve(gateway, 1000).catch(() => 'cut off');
    await gateway.recorded('inference.completed', 70);
    await gateway.stop('SIGKILL');
    expect(await running).toBe('cut off');
    const after = await startGateway({ upstream: upstream().url, config, after: gateway });
    await serve(after, 5);
    // Backlogs do not begin anew with the process.
    expect(await backlogOf(after)).toBeGreaterThanOrEqual(150);

    await receiver.start();
    await everyLineArrives(after, () => linesOf(receiver.taken));
    await until(async () => (await backlogOf(after)) === 0);
    expect(receiver.taken.every(({ headers }) => headers['content-type'] === 'application/x-ndjson')).toBe(true);
    expect(await after.stop()).toBe(0);
    await everyLineArrives(after, () => linesOf(receiver.taken));
    expectGapless(linesOf(receiver.taken));
  });

  test.concurrent('faults 63: what it has confirmed is not sent again after a restart, nor after a kill more than the last second', async ({
    onTestFinished,
  }) => {
    const receiver = await httpReceiver({ onFinished: onTestFinished });
    const config = settings(receiver.url);
    const first = await startGateway({ upstream: upstream().url, config });
    await serve(first, 20);
    await until(async () => (await backlogOf(first)) === 0);
    // It rests after a failure, but the shutdown does not wait for that: one more attempt, and all is there, the end too.
    const { began } = receiver;
    receiver.script({ status: 500 });
    await serve(first, 1);
    await until(() => receiver.began > began);
    expect(await first.stop()).toBe(0);
    expect(linesOf(receiver.taken)).toEqual(await linesIn(auditDir(first)));

    const second = await startGateway({ upstream: upstream().url, config, after: first });
    await serve(second, 20);
    await until(async () => (await cursorOf(second)) > 60);
    const saved = await cursorOf(second);
    await serve(second, 20);
    await second.stop('SIGKILL');
    const confirmed = linesOf(receiver.taken);
    expect(confirmed.map(seqOf)).toEqual(confirmed.map((_, index) => index + 1));

    const third = await startGateway({ upstream: upstream().url, config, after: second });
    await everyLineArrives(third, () => linesOf(receiver.taken));
    const again = linesOf(receiver.taken).slice(confirmed.length);
    expect(seqOf(again[0]!)).toBeGreaterThanOrEqual(saved);
    expectGapless(linesOf(receiver.taken));
  });
});

test.concurrent('alerts reach Splunk, Elasticsearch and a webhook in their own words, and nothing else does', async ({
  onTestFinished,
}) => {
  const receiver = await httpReceiver({
    onFinished: onTestFinished,
    answer: ({ path }) => ({ status: 200, body: path.includes('_bulk') ? '{"errors":false}' : '{"text":"Success"}' }),
  });
  const events = ['alert.*'];
  const gateway = await startGateway({
    upstream: upstream().url,
    env: { SPLUNK: 'Splunk a-token', HOOK: `${receiver.url}/hook/secret`, ELASTIC: 'ApiKey a-key' },
    config: {
      alerts: { refusedKeysPerMinute: 2 },
      audit: {
        sinks: [
          {
            name: 'splunk',
            kind: 'splunk',
            url: `${receiver.url}/services/collector/event`,
            authorizationEnv: 'SPLUNK',
            events,
          },
          {
            name: 'elastic',
            kind: 'elastic',
            url: `${receiver.url}/_bulk`,
            index: 'audit',
            authorizationEnv: 'ELASTIC',
            events,
          },
          { name: 'hook', kind: 'webhook', urlEnv: 'HOOK', events },
        ],
      },
    },
  });
  expect((await gateway.post(CHAT, BODY)).status).toBe(200);
  for (let i = 0; i < 2; i++) expect((await gateway.post(CHAT, BODY, { key: mintKey().key })).status).toBe(401);
  await until(() => receiver.taken.length >= 3);
  expect(await gateway.stop()).toBe(0);
  expect(receiver.taken).toHaveLength(3);
  const to = (path: string) => receiver.taken.find((got) => got.path.startsWith(path))!;

  const line = (await linesIn(auditDir(gateway))).find((text) => JSON.parse(text).event === 'alert.refused_key_burst')!;
  const alert = JSON.parse(line);
  const splunk = to('/services/collector/event');
  expect(splunk.headers['authorization']).toBe('Splunk a-token');
  expect(JSON.parse(splunk.body)).toEqual({
    time: Date.parse(alert.timestamp) / 1000,
    host: alert.instance,
    source: 'sallyport',
    sourcetype: '_json',
    event: alert,
  });
  const elastic = to('/_bulk');
  expect(elastic.headers['authorization']).toBe('ApiKey a-key');
  const [action, document] = elastic.body.split('\n');
  expect(JSON.parse(action!)).toMatchObject({ create: { _index: 'audit' } });
  expect(JSON.parse(document!)).toEqual({ '@timestamp': alert.timestamp, ...alert });
  const hook = to('/hook/secret');
  expect(JSON.parse(hook.body)).toEqual({ ...alert, text: expect.stringContaining('alert.refused_key_burst') });
  // The URL of a webhook is a secret, as the values of headers are.
  for (const secret of ['a-token', 'a-key', 'hook/secret'])
    expect(gateway.stdout() + gateway.stderr() + (await linesIn(auditDir(gateway))).join()).not.toContain(secret);
});

test.concurrent('faults 63: receivers that answer 429 and 500, drop connections, and are restarted, all at once under load: requests are unaffected, and each gets every record', async ({
  onTestFinished,
}) => {
  const pki = inject('pki');
  const busy = await httpReceiver({ onFinished: onTestFinished });
  busy.script({ status: 429, headers: { 'retry-after': '1' } }, { status: 500 });
  const shy = await httpReceiver({ onFinished: onTestFinished });
  shy.script('cut');
  const broken = await httpReceiver({ onFinished: onTestFinished });
  broken.script('half', 'lose');
  let syslog: SyslogReceiver = await startSyslog(serverOf(pki));
  onTestFinished(() => syslog.close());
  syslog.fates = [{ reset: 300 }];
  const { port } = syslog;
  const gateway = await startGateway({
    upstream: upstream().url,
    config: {
      audit: {
        sinks: [
          { name: 'busy', kind: 'http', url: busy.url },
          { name: 'broken', kind: 'http', url: broken.url },
          { name: 'shy', kind: 'http', url: shy.url },
          { name: 'syslog', kind: 'syslog', host: 'localhost', port, caFile: join(pki, 'internal-ca-cert.pem') },
        ],
      },
    },
  });
  const caughtUp = (sink: string) => until(async () => (await backlogOf(gateway, sink)) === 0);
  await serve(gateway, 100);
  await caughtUp('syslog');
  const before = syslog.messages;
  expect(syslog.faults).toEqual([]);
  await syslog.close();
  await serve(gateway, 100);
  syslog = await startSyslog(serverOf(pki), port);
  await Promise.all(['busy', 'broken', 'shy', 'syslog'].map(caughtUp));

  const received = [
    linesOf(busy.taken),
    linesOf(broken.taken),
    linesOf(shy.taken),
    [...before, ...syslog.messages].map(({ message }) => message),
  ];
  for (const lines of received) {
    expect(withoutRepeats(lines)).toEqual(await linesIn(auditDir(gateway)));
    expectGapless(lines);
  }
  // Lost answers are the only reason to send anything twice.
  const repeats = received.map((lines) => lines.length - withoutRepeats(lines).length > 0);
  expect(repeats).toEqual([false, true, false, expect.any(Boolean)]);
  expect(syslog.faults).toEqual([]);
  expect(gateway.stderr()).not.toContain('Warning');
  const events = (await gateway.records()).map(({ event }) => event);
  expect(events.filter((event) => event.startsWith('alert.'))).toEqual([]);
});

describeWithRedis('a Redis stream', () => {
  test.concurrent('has every record, in order, though Redis freezes meanwhile; requests do not notice', async ({
    onTestFinished,
  }) => {
    const server = await startRedis();
    onTestFinished(() => server.close());
    const gateway = await startGateway({
      upstream: upstream().url,
      env: { SIEM_REDIS: server.tcpUrl },
      config: { audit: { sinks: [{ name: SINK, kind: 'redis', urlEnv: 'SIEM_REDIS', stream: 'audit' }] } },
    });
    await serve(gateway, 10);
    server.signal('SIGSTOP');
    await serve(gateway, 30);
    await until(async () => (await backlogOf(gateway))! >= 60);
    server.signal('SIGCONT');
    await until(async () => (await backlogOf(gateway)) === 0);
    expect(await gateway.stop()).toBe(0);
    const redis = new Redis(server.tcpUrl);
    onTestFinished(() => redis.disconnect());
    const entries = (await redis.xrange('audit', '-', '+')).map(([, [, seq, , event, , line]]) => ({
      seq,
      event,
      line: line!,
    }));
    await everyLineArrives(gateway, () => entries.map(({ line }) => line));
    for (const { seq, event, line } of entries) expect(JSON.parse(line)).toMatchObject({ seq: Number(seq), event });
  });
});
