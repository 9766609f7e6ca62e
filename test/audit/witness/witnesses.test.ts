import { once } from 'node:events';
import { copyFile, type FileHandle, mkdir, open, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { AuditEvent } from '../../../src/audit/events.ts';
import { openWitnesses, type WitnessesSettings } from '../../../src/audit/witness/witnesses.ts';
import { shut } from '../../../src/core/listening.ts';
import { initPki } from '../../../src/identity/issuing.ts';
import { issue, issuerOf } from '../../support/leaf.ts';
import { eventually } from '../../support/listen.ts';
import { tempDir } from '../helpers.ts';
import { linesOf, newKey, publicFile, show, startWitness, type TestWitness, testLog } from './support.ts';

const MINUTE_MS = 60_000;
const PACE = { betweenMs: 0, firstRetryMs: 5, lastRetryMs: 20 };

type One = WitnessesSettings['witnesses'][number];

async function gateway(witnesses: One[], { witnessBehindMinutes = 10 as number | null, pace = PACE } = {}) {
  const raised: AuditEvent[] = [];
  const faults: string[] = [];
  const clock = { ms: Date.parse('2026-03-01T10:00:00Z') };
  const opened = await openWitnesses(
    { witnesses, witnessBehindMinutes },
    {
      raise: (event) => void raised.push(event),
      fault: ({ code, message }) => void faults.push(`${code}: ${message}`),
      now: () => new Date(clock.ms),
      pace,
    },
  );
  onTestFinished(() => opened.close(0));
  const confirmed = (size: number) =>
    eventually(() => opened.status().every(({ witnessed }) => witnessed === size) || undefined);
  return { ...opened, raised, faults, clock, confirmed };
}

const remote = async ({ url, key }: Pick<TestWitness, 'url' | 'key'>, name = 'w1'): Promise<One> => ({
  name,
  url,
  publicKeyFile: await publicFile(key),
  caFile: null,
});

/** Something that answers as it is told. */
async function stranger(
  answer: (body: string) => [number, string],
): Promise<Server & { url: string; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer(async (request, response) => {
    const body = (await request.toArray()).join('');
    asked.push(body);
    const [status, text] = answer(body);
    response.writeHead(status).end(text);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => shut(server));
  return Object.assign(server, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked });
}

describe('a witness on the network', () => {
  test('is shown each checkpoint, and confirms it', async () => {
    const log = testLog();
    const witness = await startWitness([log]);
    const { submit, status, confirmed, raised, faults, check, clock } = await gateway([await remote(witness)]);
    expect(status()).toEqual([{ name: 'w1', size: 0, witnessed: 0, since: null }]);
    for (const size of [3, 7]) {
      submit(log.line(size));
      await confirmed(size);
    }
    expect(status()).toEqual([{ name: 'w1', size: 7, witnessed: 7, since: null }]);
    expect((await linesOf(witness, log)).map(({ size }) => size)).toEqual([3, 7]);
    clock.ms += 24 * 60 * MINUTE_MS;
    check();
    expect([raised, faults]).toEqual([[], []]);
  });

  test('is found over TLS, at a path, by a CA of its own', async () => {
    const dir = await tempDir();
    await initPki(dir);
    const pem = (name: string) => readFile(join(dir, name));
    const tls = { cert: await pem('server-cert.pem'), key: await pem('server-key.pem') };
    const log = testLog();
    const witness = await startWitness([log], { tls });
    const settings = { ...(await remote(witness)), caFile: join(dir, 'internal-ca-cert.pem') };
    const { submit, confirmed } = await gateway([{ ...settings, url: `${witness.url}/` }]);
    submit(log.line(7));
    await confirmed(7);
    const distrusting = await gateway([{ ...settings, caFile: null }]);
    distrusting.submit(log.line(8));
    await eventually(() => distrusting.faults[0]);
    expect(distrusting.status()).toMatchObject([{ witnessed: 0 }]);
  });

  test('may get another CA while the gateway runs', async () => {
    const [before, after] = [await tempDir(), await tempDir()];
    const tlsIn = async (dir: string) => {
      await initPki(dir);
      return {
        cert: await readFile(join(dir, 'server-cert.pem')),
        key: await readFile(join(dir, 'server-key.pem')),
      };
    };
    const log = testLog();
    const first = await startWitness([log], { tls: await tlsIn(before) });
    const caFile = join(before, 'internal-ca-cert.pem');
    const { submit, confirmed, faults } = await gateway([{ ...(await remote(first)), caFile }]);
    submit(log.line(7));
    await confirmed(7);
    await first.stop();
    const { dir, key: privateKey, port } = first;
    const again = await startWitness([log], { dir, privateKey, port, tls: await tlsIn(after) });
    submit(log.line(8));
    await eventually(() => faults[0]);
    await rm(caFile);
    await eventually(() => faults.find((fault) => fault.includes('(witness_ca_unusable)')));
    await copyFile(join(after, 'internal-ca-cert.pem'), caFile);
    await confirmed(8);
    expect(await linesOf(again, log)).toMatchObject([{ size: 7 }, { size: 8 }]);
  });

  test('that wants a certificate is shown one', async () => {
    const dir = await tempDir();
    await initPki(dir);
    const file = (name: string) => join(dir, `${name}.pem`);
    const caFile = file('internal-ca-cert');
    const ca = await readFile(caFile);
    const log = testLog();
    const witness = await startWitness([log], {
      tls: { cert: await readFile(file('server-cert')), key: await readFile(file('server-key')), ca },
    });
    const settings = { ...(await remote(witness)), caFile };
    const { cert, key } = await issue(await issuerOf(dir));
    const pair = { certFile: file('client-cert'), keyFile: file('client-key') };
    await Promise.all([writeFile(pair.certFile, cert), writeFile(pair.keyFile, key)]);
    const { submit, confirmed } = await gateway([{ ...settings, ...pair }]);
    submit(log.line(7));
    await confirmed(7);
    const stranger = await gateway([settings]);
    stranger.submit(log.line(8));
    await eventually(() => stranger.faults[0]);
    expect(await linesOf(witness, log)).toMatchObject([{ size: 7 }]);
    await expect(gateway([{ ...settings, ...pair, keyFile: file('server-key') }])).rejects.toMatchObject({
      code: 'witness_cert_unusable',
    });
  });

  test('that is down is asked again until it is back, and shown the newest only', async () => {
    const log = testLog();
    const first = await startWitness([log]);
    const { submit, status, confirmed, faults, raised } = await gateway([await remote(first)]);
    submit(log.line(3));
    await confirmed(3);
    await first.stop();
    for (const size of [4, 5, 6]) submit(log.line(size));
    await eventually(() => faults[0]);
    submit(log.line(9));
    expect(status()).toEqual([{ name: 'w1', size: 9, witnessed: 3, since: '2026-03-01T10:00:00.000Z' }]);
    const again = await startWitness([log], { dir: first.dir, privateKey: first.key, port: first.port });
    await confirmed(9);
    expect((await linesOf(again, log)).map(({ size }) => size).at(-1)).toBe(9);
    expect(faults.every((fault) => fault.startsWith('witness_failing: Witness w1 does not confirm'))).toBe(true);
    expect(new Set(faults).size).toBe(faults.length);
    expect(raised).toEqual([]);
  });

  test('that knows another story raises an alarm, once, and is shown what follows', async () => {
    const log = testLog();
    const witness = await startWitness([log]);
    await show(witness, log.line(7));
    const { submit, status, confirmed, raised, faults } = await gateway([await remote(witness)]);
    for (const size of [5, 6, 7]) {
      submit(log.line(size, 'other'));
      await eventually(() => witness.refused.some(({ offered }) => offered.size === size) || undefined);
    }
    await eventually(() => raised[1]);
    expect(raised).toEqual([
      { event: 'alert.witness_refused', witness: 'w1', size: 5, reason: 'witness_rolled_back' },
      { event: 'alert.witness_refused', witness: 'w1', size: 7, reason: 'witness_forked' },
    ]);
    expect(status()).toMatchObject([{ size: 7, witnessed: 0, since: '2026-03-01T10:00:00.000Z' }]);
    expect([witness.refused.length, faults]).toEqual([3, []]);
    submit(log.line(8));
    await confirmed(8);
    expect(status()).toMatchObject([{ since: null }]);
    submit(log.line(8, 'other'));
    await eventually(() => raised[2]);
  });

  const log = testLog();
  const key = newKey();
  const cosigned = async (size: number) =>
    (await show(await startWitness([log], { privateKey: key }), log.line(size))).text;
  test.each<[string, string, (line: string) => [number, string]]>([
    ['does not sign', 'not_the_checkpoint', () => [200, '{}']],
    ['says nothing', 'not_the_checkpoint', () => [200, '']],
    ['signs another time', 'bad_cosignature', (line) => [200, line.replace(/"witnessedAt":"\d/, '"witnessedAt":"3')]],
    ['has another key', 'bad_cosignature', (line) => [200, line.replace(/("witness":"..)../, '$100')]],
    ['does not end', 'answer_too_long', (line) => [200, line + ' '.repeat(10_000)]],
    ['does not know the log', 'http_403', () => [403, '{"error":{"code":"unknown_log"}}']],
    ['refuses in words that are not known', 'http_409', () => [409, '{"error":{"code":"a prompt, or whatever"}}']],
    ['is no witness', 'http_404', () => [404, '<html>']],
    ['sends elsewhere', 'http_307', () => [307, '']],
  ])('that %s confirms nothing', async (_, reason, answer) => {
    const line = await cosigned(7);
    const server = await stranger(() => answer(line));
    const { submit, status, faults, raised, check, clock } = await gateway([await remote({ url: server.url, key })]);
    submit(log.line(7));
    await eventually(() => (server.asked.length >= 3 && faults[0]) || undefined);
    expect(status()).toMatchObject([{ size: 7, witnessed: 0 }]);
    expect(faults).toEqual([
      `witness_failing: Witness w1 does not confirm checkpoints (${reason}). It is asked again; see to it.`,
    ]);
    clock.ms += 10 * MINUTE_MS;
    check();
    expect(raised).toMatchObject([{ event: 'alert.witness_behind', reason }]);
  });

  test('that signs another checkpoint confirms nothing', async () => {
    const line = await cosigned(6);
    const server = await stranger(() => [200, line]);
    const { submit, faults } = await gateway([await remote({ url: server.url, key })]);
    submit(log.line(7));
    expect(await eventually(() => faults[0])).toContain('not_the_checkpoint');
  });

  test('whose key or CA cannot be read stops the start', async () => {
    const settings = { name: 'w1', url: 'http://127.0.0.1:1', publicKeyFile: await publicFile(key), caFile: null };
    await expect(gateway([{ ...settings, publicKeyFile: '/nowhere' }])).rejects.toMatchObject({
      code: 'public_key_unusable',
    });
    await expect(gateway([{ ...settings, caFile: '/nowhere' }])).rejects.toMatchObject({ code: 'witness_ca_unusable' });
    const noCa = join(await tempDir(), 'ca.pem');
    await writeFile(noCa, '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n');
    await expect(gateway([{ ...settings, caFile: noCa }])).rejects.toMatchObject({ code: 'witness_ca_unusable' });
  });
});

test('the end does not wait for a witness that does not answer', async () => {
  const log = testLog();
  const silent = createServer(() => {});
  silent.listen(0, '127.0.0.1');
  await once(silent, 'listening');
  onTestFinished(() => shut(silent));
  const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
  const { submit, close, status } = await gateway([await remote({ url, key: newKey() })]);
  submit(log.line(7));
  await once(silent, 'request');
  await close(20);
  expect(status()).toMatchObject([{ witnessed: 0 }]);
  submit(log.line(8));
  await close(20);
});

describe('a witness that does not confirm', () => {
  const down = async () => remote({ url: 'http://127.0.0.1:1', key: newKey() });

  test('raises an alarm after so many minutes, and every hour from then on', async () => {
    const log = testLog();
    const { submit, check, clock, raised, faults } = await gateway([await down()]);
    submit(log.line(7));
    await eventually(() => faults[0]);
    const raisedAt: number[] = [];
    for (let minute = 1; minute <= 140; minute++) {
      clock.ms += MINUTE_MS;
      if (minute % 3 === 0) submit(log.line(7 + minute));
      const before = raised.length;
      check();
      if (raised.length > before) raisedAt.push(minute);
    }
    expect(raisedAt).toEqual([10, 70, 130]);
    expect(raised[0]).toEqual({
      event: 'alert.witness_behind',
      witness: 'w1',
      size: 16,
      witnessed: 0,
      since: '2026-03-01T10:00:00.000Z',
      reason: expect.any(String),
    });
  });

  test('raises none where none is wanted', async () => {
    const { submit, check, clock, raised } = await gateway([await down()], { witnessBehindMinutes: null });
    submit(testLog().line(7));
    clock.ms += 1e9;
    check();
    expect(raised).toEqual([]);
  });

  test('does not hold up another', async () => {
    const log = testLog();
    const witness = await startWitness([log]);
    const { submit, status } = await gateway([await down(), await remote(witness, 'w2')]);
    submit(log.line(7));
    await eventually(() => status()[1]!.witnessed === 7 || undefined);
    expect(status()[0]!.witnessed).toBe(0);
  });
});

describe('a file elsewhere', () => {
  const linesIn = async (file: string) => (await readFile(file, 'utf8')).split('\n').slice(0, -1);

  test('is made, and gets every checkpoint as it is', async () => {
    const log = testLog();
    const file = join(await tempDir(), 'kept.jsonl');
    const { submit, confirmed } = await gateway([{ name: 'f', file }]);
    for (const size of [3, 7]) {
      submit(log.line(size));
      await confirmed(size);
    }
    expect(await linesIn(file)).toEqual([log.line(3), log.line(7)]);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    // A gateway that starts again goes on, also with what it has shown before.
    const again = await gateway([{ name: 'f', file }]);
    again.submit(log.line(7));
    await again.confirmed(7);
    again.submit(log.line(8));
    await again.confirmed(8);
    expect(await linesIn(file)).toEqual([log.line(3), log.line(7), log.line(8)]);
  });

  test.each<[string, (log: ReturnType<typeof testLog>) => string, string]>([
    ['a longer log', (log) => log.line(6), 'witness_rolled_back'],
    ['another head', (log) => log.line(7, 'other'), 'witness_forked'],
    ['another log', () => testLog().line(9), 'witness_of_another_log'],
  ])('that knows %s is not written to', async (_, line, reason) => {
    const log = testLog();
    const file = join(await tempDir(), 'kept.jsonl');
    await writeFile(file, `${log.line(7)}\n`);
    const { submit, status, raised, faults } = await gateway([{ name: 'f', file }]);
    submit(line(log));
    await eventually(() => raised[0]);
    expect(raised).toMatchObject([{ event: 'alert.witness_refused', witness: 'f', reason }]);
    expect(await linesIn(file)).toEqual([log.line(7)]);
    expect([status()[0]!.witnessed, faults]).toEqual([0, []]);
  });

  test('that is away is tried again; its directory is not made', async () => {
    const log = testLog();
    const dir = join(await tempDir(), 'mnt');
    const file = join(dir, 'kept.jsonl');
    const { submit, confirmed, faults } = await gateway([{ name: 'f', file }]);
    submit(log.line(7));
    expect(await eventually(() => faults[0])).toContain('(ENOENT)');
    await mkdir(dir);
    await confirmed(7);
    await rm(dir, { recursive: true });
    submit(log.line(8));
    expect(await eventually(() => faults[1])).toContain('(witness_file_gone)');
  });

  test.each([
    ['emptied', (file: string) => truncate(file)],
    ['taken away', (file: string) => rm(file)],
  ])('that was %s is not begun anew while the gateway runs', async (_, damage) => {
    const log = testLog();
    const file = join(await tempDir(), 'kept.jsonl');
    const { submit, confirmed, status, faults } = await gateway([{ name: 'f', file }]);
    submit(log.line(7));
    await confirmed(7);
    await damage(file);
    submit(log.line(8));
    expect(await eventually(() => faults[0])).toContain('(witness_file_gone)');
    expect(status()).toMatchObject([{ witnessed: 7 }]);
    expect(await readFile(file, 'utf8').catch(() => '')).toBe('');
  });

  test('that is something else is not written to', async () => {
    const file = join(await tempDir(), 'keys.json');
    await writeFile(file, '{"v":1,"keys":[]}');
    const { submit, faults } = await gateway([{ name: 'f', file }]);
    submit(testLog().line(7));
    expect(await eventually(() => faults[0])).toContain('(witness_state_damaged)');
    expect(await readFile(file, 'utf8')).toBe('{"v":1,"keys":[]}');
  });

  test('that was not confirmed by its disk is not believed again', async () => {
    const log = testLog();
    const file = join(await tempDir(), 'kept.jsonl');
    const { submit, status, confirmed, faults, close } = await gateway([{ name: 'f', file }]);
    submit(log.line(7));
    await confirmed(7);
    const handle = await open('/dev/null');
    const datasync = vi.spyOn(Object.getPrototypeOf(handle) as FileHandle, 'datasync');
    await handle.close();
    // The first is that of what was there before.
    datasync.mockResolvedValueOnce().mockRejectedValueOnce(Object.assign(new Error('EIO'), { code: 'EIO' }));
    submit(log.line(8));
    expect(await eventually(() => faults[0])).toContain('(EIO)');
    datasync.mockRestore();
    submit(log.line(9));
    await close(5000);
    expect(await linesIn(file)).toEqual([log.line(7)]);
    expect(status()).toMatchObject([{ size: 9, witnessed: 7 }]);
  });
});
