/** What else is in the log, on the running gateway: what operators do, floods, alerts; and the commands that read it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent, request } from 'undici';
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { DEV_CLIENT } from '../../src/identity/issuing.ts';
import { ExtendedKeyUsage } from '../../src/identity/x509.ts';
import { changeKeys } from '../../src/keys/file-store.ts';
import { mintKey } from '../../src/keys/format.ts';
import { clock } from '../support/clock.ts';
import { type AuditRecord, startGateway, stopAll, type TestGateway, until } from '../support/gateway.ts';
import { httpReceiver } from '../support/http-receiver.ts';
import { conforms } from '../support/json-schema.ts';
import { daysFromNow, issue, issuerOf } from '../support/leaf.ts';
import { auditDir, linesIn } from '../support/log-lines.ts';
import { MAIN, runProgram } from '../support/program.ts';
import { chatAnswer, json, startUpstream, type Upstream } from '../support/upstream.ts';

const CHAT = '/v1/chat/completions';
const ask = (content: string) => ({ model: 'm', messages: [{ role: 'user', content }] });
const PII = ask('Call me: jane@example.com');
const HOUR_DAYS = 1 / 24;

// They run at the same time, and share the machine.
vi.setConfig({ testTimeout: 60_000 });

let upstream: Upstream;
/** Nothing out of the ordinary happens to it. */
let quiet: TestGateway;
beforeAll(async () => {
  upstream = await startUpstream(json(200, chatAnswer('=He said: "one, two"\nand left.')));
  quiet = await startGateway({ upstream: upstream.url });
});
afterAll(async () => {
  await stopAll();
  await upstream.close();
});

const alertsIn = async (gateway: TestGateway) =>
  (await gateway.records()).filter(({ event }) => event.startsWith('alert.'));
const ofKeys = (records: readonly AuditRecord[]) => records.filter(({ event }) => /^keys?\./.test(event));
/** What a run has recorded before it took requests. */
const beforeServing = (records: readonly AuditRecord[]) =>
  records.slice(
    0,
    records.findIndex(({ event }) => event === 'gateway.started'),
  );

async function garbage({ port }: TestGateway): Promise<void> {
  const socket = connect(port, 'localhost', () => socket.write('GET / HTTP/1.1\r\n\r\n'));
  socket.on('error', () => {}).resume();
  await once(socket, 'close');
}

describe.concurrent('what operators do', () => {
  const command = async ({ dir }: TestGateway, ...args: string[]) => {
    const run = await runProgram(args, { cwd: dir });
    expect(run).toMatchObject({ code: 0 });
    return run.stdout;
  };
  const issueKey = async (gateway: TestGateway, team: string): Promise<string> =>
    JSON.parse(await command(gateway, 'keys', 'issue', '--team', team, '--app', 'a', '--env', 'prod', '--json')).id;
  const rename = ({ dir }: TestGateway, id: string, team: string) =>
    changeKeys(join(dir, 'var/keys.json'), (keys) => keys.map((key) => (key.id === id ? { ...key, team } : key)));

  test.concurrent('to keys and to the legal hold, while the gateway runs and while it is down, is on record, once', async () => {
    const gateway = await startGateway({ upstream: upstream.url });
    const own = gateway.key.split('_')[1];
    const start = ofKeys(beforeServing(await gateway.records()));
    expect(start).toMatchObject([
      { event: 'key.issued', keyId: own, team: 'tests', role: 'inference' },
      { event: 'keys.loaded', keys: 1 },
    ]);

    const held = command(gateway, 'audit', 'hold', 'var/audit', '--reason', 'Smith v. Jones');
    const one = await issueKey(gateway, 'red');
    await gateway.recorded('keys.loaded', 2);
    await rename(gateway, one, 'blue');
    await gateway.recorded('keys.loaded', 3);
    await command(gateway, 'keys', 'revoke', one);
    await gateway.recorded('keys.loaded', 4);
    const running = ofKeys(await gateway.records()).slice(start.length);
    expect(running).toMatchObject([
      { event: 'key.issued', keyId: one, team: 'red', env: 'prod' },
      { event: 'keys.loaded', keys: 2 },
      { event: 'key.changed', keyId: one, team: 'blue', changed: ['team'] },
      { event: 'keys.loaded', keys: 2 },
      { event: 'key.revoked', keyId: one, team: 'blue' },
      { event: 'keys.loaded', keys: 2 },
    ]);
    const digests = ofKeys(await gateway.records()).flatMap(({ keysSha256 }) => keysSha256 ?? []);
    expect(new Set(digests).size).toBe(4);
    await held;
    expect(await gateway.recorded('audit.held')).toMatchObject([{ reason: 'Smith v. Jones' }]);
    expect(await gateway.stop()).toBe(0);

    const { length } = await gateway.records();
    const other = await issueKey(gateway, 'green');
    await command(gateway, 'keys', 'revoke', String(own));
    await command(gateway, 'audit', 'release', 'var/audit');
    const second = await startGateway({ upstream: upstream.url, after: gateway });
    const meanwhile = beforeServing((await second.records()).slice(length));
    expect(meanwhile.filter(({ event }) => event === 'audit.released')).toMatchObject([{ reason: 'Smith v. Jones' }]);
    expect(ofKeys(meanwhile)).toEqual([
      expect.objectContaining({ event: 'key.revoked', keyId: own }),
      expect.objectContaining({ event: 'key.issued', keyId: other, team: 'green' }),
      expect.objectContaining({ event: 'keys.loaded', keys: 3 }),
    ]);
    // And nothing that was recorded is recorded again, not even after a crash.
    await second.stop('SIGKILL');
    const third = await startGateway({ upstream: upstream.url, after: second });
    const since = (await third.records()).slice(length + meanwhile.length);
    expect(ofKeys(since)).toMatchObject([
      { event: 'keys.loaded', keysSha256: ofKeys(meanwhile).at(-1)!['keysSha256'] },
    ]);
    expect(since.filter(({ event }) => event.startsWith('audit.held') || event === 'audit.released')).toEqual([]);
    // None of the secrets of keys is in what was written.
    expect((await linesIn(auditDir(third))).join()).not.toContain(gateway.key.split('_')[2]);
  });
});

describe.concurrent('alerts', () => {
  test.concurrent('refused keys, handshakes, guards, hours, rates, and what is about to expire: each on record, in the metric and at the webhook; and a flood is counted', async ({
    onTestFinished,
  }) => {
    const receiver = await httpReceiver({ onFinished: onTestFinished });
    const ca = await issuerOf(inject('pki'));
    const dir = await mkdtemp(join(tmpdir(), 'sallyport-leaf-'));
    onTestFinished(() => rm(dir, { recursive: true, force: true }));
    const shortLived = { to: daysFromNow(3 * HOUR_DAYS) };
    const server = await issue(ca, {
      ...shortLived,
      subject: [{ CN: ['localhost'] }],
      san: [{ type: 'dns', value: 'localhost' }],
      purposes: [ExtendedKeyUsage.serverAuth],
    });
    const [certFile, keyFile] = [join(dir, 'cert.pem'), join(dir, 'key.pem')];
    await Promise.all([writeFile(certFile, server.cert), writeFile(keyFile, server.key)]);
    const fiveMinutes = clock(300_000);
    const gateway = await startGateway({
      upstream: upstream.url,
      env: { ...fiveMinutes.env, HOOK: receiver.url },
      config: {
        tls: { certFile, keyFile },
        alerts: { refusedHandshakesPerMinute: 3, guardrailHitsPerHour: 3 },
        audit: {
          fullRefusalsPerMinute: 10,
          sinks: [{ name: 'hook', kind: 'webhook', urlEnv: 'HOOK', events: ['alert.*'] }],
        },
      },
    });
    const leaf = await issue(ca, { ...shortLived, san: [{ type: 'dns', value: DEV_CLIENT }] });
    const agent = new Agent({ connect: { ca: gateway.tls.ca, cert: leaf.cert, key: leaf.key } });
    onTestFinished(() => agent.destroy());
    const soon = await request(`${gateway.url}/v1/models`, {
      dispatcher: agent,
      headers: { authorization: `Bearer ${gateway.key}` },
    });
    await soon.body.dump();

    const asleep = `${String((new Date().getUTCHours() + 12) % 24).padStart(2, '0')}`;
    const [night, expiring, steady] = await Promise.all([
      gateway.issueKey({ team: 'night', hours: `mon-sun ${asleep}:00-${asleep}:59 UTC` }),
      gateway.issueKey({
        team: 'expiring',
        issuedAt: daysFromNow(-1).toISOString(),
        expiresAt: daysFromNow(3 * HOUR_DAYS).toISOString(),
      }),
      gateway.issueKey({ team: 'steady' }),
    ]);
    await Promise.all([expiring, steady].map(gateway.keyWorks));

    const flood = async (requests: number) => {
      let left = requests;
      const thief = async () => {
        while (left-- > 0) expect((await gateway.post(CHAT, ask('hello'), { key: mintKey().key })).status).toBe(401);
      };
      await Promise.all(Array.from({ length: 8 }, thief));
    };
    await flood(300);
    for (let i = 0; i < 3; i++) await garbage(gateway);
    for (let i = 0; i < 3; i++) expect((await gateway.post(CHAT, PII)).status).toBe(400);
    expect((await gateway.post(CHAT, ask('hello'), { key: night })).status).toBe(401);
    await gateway.recorded('alert.certificate_expiring', 2);
    await gateway.recorded('alert.key_expiring');
    for (let window = 0; window < 12; window++) {
      expect((await gateway.post(CHAT, ask('as always'), { key: steady })).status).toBe(200);
      await fiveMinutes.forward(gateway);
    }
    for (let i = 0; i < 50; i++) await gateway.post(CHAT, ask('all at once'), { key: steady });
    await gateway.recorded('alert.unusual_rate');
    // An hour later there may be another alert; and this minute is not over when the gateway ends.
    await flood(30);
    const metrics = (await gateway.ops('/metrics')).text;
    expect(await gateway.stop()).toBe(0);

    const from = (alert: string) => ({ event: `alert.${alert}` });
    const alerts = await alertsIn(gateway);
    const byName = (a: { event: string }, b: { event: string }) => (a.event < b.event ? -1 : 1);
    expect([...alerts].sort(byName)).toMatchObject([
      { ...from('certificate_expiring'), certificate: expect.stringMatching(/server|client/) },
      { ...from('certificate_expiring'), certificate: expect.stringMatching(/server|client/) },
      { ...from('guardrail_series'), team: 'tests', count: 3, rules: ['pii.email'] },
      { ...from('handshake_burst'), count: 3, windowMs: 60_000 },
      { ...from('key_expiring'), team: 'expiring' },
      { ...from('outside_hours'), team: 'night' },
      { ...from('refused_key_burst'), count: 10, client: DEV_CLIENT },
      { ...from('refused_key_burst'), count: 10, client: DEV_CLIENT },
      { ...from('unusual_rate'), team: 'steady', count: 50, usual: expect.closeTo(1, 0) },
    ]);
    const certificates = alerts.filter(({ event }) => event === 'alert.certificate_expiring');
    expect(certificates.map(({ certificate }) => certificate).sort()).toEqual(['client', 'server']);
    for (const { event } of alerts) {
      const count = alerts.filter((alert) => alert.event === event).length;
      expect(metrics).toContain(`sallyport_alerts_total{event="${event}"} ${count}\n`);
    }
    const hooked = receiver.taken.map(({ body }) => JSON.parse(body));
    expect(hooked.map(({ text, ...alert }) => [typeof text, alert])).toEqual(alerts.map((alert) => ['string', alert]));

    // The flood: what is not in full is counted, and the sum is right.
    const records = await gateway.records();
    const full = records.filter(({ denial, event }) => event === 'inference.denied' && denial === 'invalid_api_key');
    const summaries = records.filter(({ event }) => event === 'audit.summarized');
    const counted = summaries.filter(({ denial }) => denial === 'invalid_api_key');
    const minutes = new Set([...full, ...counted].map((one) => String(one['from'] ?? one.timestamp).slice(0, 16)));
    const [, requests] = /_total\{endpoint="none",status="401",denial="invalid_api_key",ending="blocked"\} (\d+)/.exec(
      metrics,
    )!;
    expect(full.length + counted.reduce((sum, { count }) => sum + Number(count), 0)).toBe(Number(requests));
    // keyWorks() may have asked with keys that were not there yet.
    expect(Number(requests)).toBeGreaterThanOrEqual(330);
    expect(full.length).toBeLessThanOrEqual(10 * minutes.size);
    expect(counted.length).toBeLessThanOrEqual(minutes.size);
    for (const summary of counted)
      expect(summary).toMatchObject({ of: 'inference.denied', keyId: null, client: DEV_CLIENT });
  });
});

describe.concurrent('those who read the log', () => {
  let gateway: TestGateway;
  const OLD_SECRET = { PROMPT_HMAC_SECRET: 'the secret that was in force at first' };
  const NEW_SECRET = { PROMPT_HMAC_SECRET: 'the secret that took the place of it' };
  const BOTH = { ...NEW_SECRET, PROMPT_HMAC_SECRET_PREVIOUS: OLD_SECRET.PROMPT_HMAC_SECRET };
  const program = (args: string[], env = {}) => runProgram(['audit', ...args], { cwd: gateway.dir, env });
  beforeAll(async () => {
    gateway = await startGateway({ upstream: upstream.url, env: OLD_SECRET });
  });

  test.sequential('tail --follow shows a request as it happens, and ends with 0 when it is told to', async ({
    onTestFinished,
  }) => {
    const child = spawn(process.execPath, [MAIN, 'audit', 'tail', '--follow', '--json', '--event', 'inference.*'], {
      cwd: gateway.dir,
      env: { PATH: process.env['PATH'] },
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    let shown = '';
    child.stdout.on('data', (chunk) => {
      shown += chunk;
    });
    const ended = once(child, 'close');
    const ids: unknown[] = [];
    // One before it may have begun to read, and one that it has to wait for.
    for (const prompt of ['first', 'second']) {
      const { headers } = await gateway.post(CHAT, ask(prompt));
      ids.push(headers['x-request-id']);
      await until(() => shown.split('\n').length > 2 * ids.length);
    }
    child.kill('SIGINT');
    expect((await ended)[0]).toBe(0);
    expect(shown.split('\n').slice(0, -1)).toEqual(
      (await linesIn(auditDir(gateway))).filter((line) => JSON.parse(line).event.startsWith('inference.')),
    );
    expect(
      shown
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line).requestId),
    ).toEqual(ids.flatMap((id) => [id, id]));
  });

  test.sequential('find finds a prompt under the secret in force and the one before it, and says what it cannot search', async () => {
    const prompt = 'Where did I leave my keys?';
    const first = await gateway.post(CHAT, ask(prompt));
    expect(await gateway.stop()).toBe(0);
    gateway = await startGateway({ upstream: upstream.url, after: gateway, env: BOTH });
    const second = await gateway.post(CHAT, ask(prompt));
    await gateway.recorded('inference.completed', 4);

    const file = join(gateway.dir, 'prompt.txt');
    const find = ['find', '--prompt-file', file, '--json'];
    const found = (text: string) =>
      text
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line));
    const idOf = ({ headers }: { headers: Record<string, unknown> }) => headers['x-request-id'];
    for (const text of [prompt, JSON.stringify(ask(prompt), null, 2)]) {
      await writeFile(file, text);
      const both = await program(find, BOTH);
      expect(both).toMatchObject({ code: 0, stderr: '' });
      expect(found(both.stdout).map(({ requestId }) => requestId)).toEqual([first, first, second, second].map(idOf));
      expect(new Set(found(both.stdout).map(({ promptHashKeyId }) => promptHashKeyId)).size).toBe(2);
    }
    const alone = await program(find, NEW_SECRET);
    expect(alone.code).toBe(0);
    expect(found(alone.stdout).map(({ requestId }) => requestId)).toEqual([second, second].map(idOf));
    expect(alone.stderr).toMatch(/^6 records of secret [0-9a-f]{8} cannot be searched/);
    await writeFile(file, `${prompt} `);
    const none = await program(find, BOTH);
    expect(none).toMatchObject({ code: 1, stdout: '' });
    expect(none.stderr).not.toContain('leave my keys');
  });

  describe.sequential('of a log that is closed', () => {
    let lines: string[];
    beforeAll(async () => {
      expect((await gateway.post(CHAT, PII)).status).toBe(400);
      expect((await gateway.post(CHAT, ask('hello'), { key: mintKey().key })).status).toBe(401);
      await garbage(gateway);
      await gateway.recorded('handshake.refused');
      expect(await gateway.stop()).toBe(0);
      lines = await linesIn(auditDir(gateway));
    });
    const seqs = () => lines.map((line) => JSON.parse(line).seq);
    const exported = async (format: string) => {
      const { code, stdout, stderr } = await program(['export', '--format', format]);
      expect([code, stderr]).toEqual([0, `${lines.length} records.\n`]);
      return stdout;
    };
    const parsed = (text: string) =>
      text
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line));

    test.sequential('export has one row a record, in every format', async () => {
      const [ecs, ocsf, csv, plain] = await Promise.all(['ecs', 'ocsf', 'csv', 'json'].map(exported));
      expect(plain!.split('\n').slice(0, -1)).toEqual(lines);
      expect(parsed(ecs!).map(({ event }) => event.sequence)).toEqual(seqs());
      expect(parsed(ocsf!).map(({ metadata }) => metadata.sequence)).toEqual(seqs());
      const [header, ...rows] = csvRows(csv!);
      expect(rows.every((row) => row.length === header!.length)).toBe(true);
      expect(rows.map(([seq]) => Number(seq))).toEqual(seqs());
      // What a spreadsheet would have calculated with.
      const said = header!.indexOf('redactedOutput');
      expect(rows.map((row) => row[said])).toContain(`'=He said: "one, two"\nand left.`);
    });

    test.sequential('schema describes every line', async () => {
      const { code, stdout } = await program(['schema']);
      expect(code).toBe(0);
      const schema = JSON.parse(stdout);
      const records = lines.map((line) => JSON.parse(line));
      expect(records.filter((record) => !conforms(record, schema))).toEqual([]);
      for (const { event: _, ...record } of records) expect(conforms(record, schema)).toBe(false);
      expect(new Set(records.map(({ event }) => event)).size).toBeGreaterThanOrEqual(11);
    });
  });
});

test.concurrent('a gateway on which nothing is out of the ordinary raises no alert', async () => {
  for (let i = 0; i < 20; i++) expect((await quiet.post(CHAT, ask('hello'))).status).toBe(200);
  expect((await quiet.post(CHAT, PII)).status).toBe(400);
  expect((await quiet.post(CHAT, ask('hello'), { key: mintKey().key })).status).toBe(401);
  await garbage(quiet);
  await quiet.recorded('handshake.refused');
  expect(await alertsIn(quiet)).toEqual([]);
  expect((await quiet.ops('/metrics')).text).not.toMatch(/sallyport_alerts_total\{/);
  // Everything is looked at together: when this one comes, nothing else had a reason to.
  await quiet.issueKey({ issuedAt: daysFromNow(-1).toISOString(), expiresAt: daysFromNow(HOUR_DAYS).toISOString() });
  await quiet.recorded('alert.key_expiring');
  expect(await quiet.stop()).toBe(0);
  expect(await alertsIn(quiet)).toHaveLength(1);
  expect((await quiet.records()).filter(({ event }) => event === 'audit.summarized')).toEqual([]);
});

/** RFC 4180, strictly: every row ends with CRLF. */
function csvRows(text: string): string[][] {
  const rows: string[][] = [[]];
  let at = 0;
  for (const field of text.matchAll(/("(?:[^"]|"")*"|[^",\r\n]*)(,|\r\n)/g)) {
    expect(field.index).toBe(at);
    at += field[0].length;
    const [, cell = '', end] = field;
    rows.at(-1)!.push(cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell);
    if (end !== ',') rows.push([]);
  }
  expect(at).toBe(text.length);
  return rows.slice(0, -1);
}
