import { createPublicKey } from 'node:crypto';
import { once } from 'node:events';
import {
  appendFile,
  type FileHandle,
  mkdir,
  open,
  readdir,
  readFile,
  rm,
  rmdir,
  stat,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { Agent, request } from 'undici';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { originOf, readCheckpoint } from '../../../src/audit/format/checkpoint.ts';
import { checkCosignature } from '../../../src/audit/format/cosignature.ts';
import { openWitness } from '../../../src/audit/witness/witness.ts';
import { initPki } from '../../../src/identity/issuing.ts';
import { eventually } from '../../support/listen.ts';
import { tempDir } from '../helpers.ts';
import { linesOf, newKey, show, startWitness, type TestLog, testLog } from './support.ts';

const refusedIn = async (dir: string) =>
  (await readFile(join(dir, 'refused.jsonl'), 'utf8'))
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));

describe('a checkpoint', () => {
  test('is kept and signed, with the time', async () => {
    const log = testLog();
    const witness = await startWitness([testLog(), log], { now: () => new Date('2026-03-01T10:00:00Z') });
    const { status, json } = await show(witness, log.line(7));
    expect(status).toBe(200);
    const {
      event: _event,
      v: _v,
      seq: _seq,
      timestamp: _t,
      instance: _i,
      prev: _p,
      ...signed
    } = JSON.parse(log.line(7));
    expect(json).toEqual({
      v: 1,
      event: 'audit.witnessed',
      ...signed,
      witness: originOf(createPublicKey(witness.key)),
      witnessedAt: '2026-03-01T10:00:00.000Z',
      witnessSignature: expect.any(String),
    });
    const keys = new Map([[json.witness, createPublicKey(witness.key)]]);
    expect(checkCosignature(json, keys)).toBeNull();
    expect(checkCosignature({ ...json, witnessedAt: '2026-03-01T09:00:00.000Z' }, keys)).toMatch(/signature/);
    expect(readCheckpoint(json, new Map([[log.origin, log.publicKey]]))).toMatchObject({ size: 7 });
    expect(await linesOf(witness, log)).toEqual([json]);
    expect((await stat(join(witness.dir, `${log.origin}.jsonl`))).mode & 0o777).toBe(0o600);
  });

  test('that has been kept gets the same line again, old or new', async () => {
    const log = testLog();
    const witness = await startWitness([log]);
    const first = await show(witness, log.line(7));
    await show(witness, `${log.line(9)}\n`);
    expect(await show(witness, log.line(7))).toEqual(first);
    expect(await linesOf(witness, log)).toHaveLength(2);
    expect(witness.refused).toEqual([]);
  });

  test('of another story is refused, loudly, and kept as evidence', async () => {
    const log = testLog();
    const witness = await startWitness([log]);
    for (const size of [3, 7]) await show(witness, log.line(size));
    for (const size of [3, 7]) {
      const { status, code } = await show(witness, log.line(size, 'other'));
      expect({ status, code }).toEqual({ status: 409, code: 'witness_forked' });
    }
    expect(witness.refused.map(({ reason, offered }) => [reason, offered.size])).toEqual([
      ['witness_forked', 3],
      ['witness_forked', 7],
    ]);
    const [evidence] = await refusedIn(witness.dir);
    const keys = new Map([[log.origin, log.publicKey]]);
    const [one, other] = [readCheckpoint(evidence.offered, keys), readCheckpoint(evidence.known, keys)];
    if (typeof one === 'string' || typeof other === 'string') throw new Error('a signature does not hold');
    expect(one.size).toBe(other.size);
    expect(one.head).not.toBe(other.head);
    expect(await linesOf(witness, log)).toHaveLength(2);
  });

  test('that is smaller and not known is refused, and kept as evidence', async () => {
    const log = testLog();
    const witness = await startWitness([log]);
    for (const size of [3, 7]) await show(witness, log.line(size));
    for (const size of [1, 5]) {
      expect(await show(witness, log.line(size))).toMatchObject({ status: 409, code: 'witness_rolled_back' });
    }
    expect(await refusedIn(witness.dir)).toMatchObject([
      { event: 'audit.witness_refused', reason: 'witness_rolled_back', offered: { size: 1 }, known: { size: 7 } },
      { reason: 'witness_rolled_back', offered: { size: 5 }, known: { size: 7 } },
    ]);
  });

  test('of one log says nothing about another', async () => {
    const [a, b] = [testLog(), testLog()];
    const witness = await startWitness([a, b]);
    await show(witness, a.line(100));
    expect((await show(witness, b.line(3))).status).toBe(200);
    expect((await linesOf(witness, b)).map(({ size }) => size)).toEqual([3]);
  });
});

describe('what is no checkpoint of a log that it knows', () => {
  const log = testLog();
  const stranger = testLog();
  const alter = (change: object) => JSON.stringify({ ...JSON.parse(log.line(7)), ...change });
  test.each<[string, string | Uint8Array<ArrayBuffer>, number, string]>([
    ['nothing', '', 400, 'malformed_checkpoint'],
    ['no JSON', 'hello', 400, 'malformed_checkpoint'],
    ['no UTF-8', new Uint8Array([0xff, 0xfe, 0]), 400, 'malformed_checkpoint'],
    ['a list', '[]', 400, 'malformed_checkpoint'],
    ['two lines', `${log.line(7)}\n${log.line(8)}`, 400, 'malformed_checkpoint'],
    ['another event', alter({ event: 'gateway.started' }), 400, 'malformed_checkpoint'],
    ['a size that is none', alter({ size: 0 }), 400, 'malformed_checkpoint'],
    ['a size in words', alter({ size: '7' }), 400, 'malformed_checkpoint'],
    ['a head that is none', alter({ head: 'x\n2020-01-01T00:00:00.000Z' }), 400, 'malformed_checkpoint'],
    ['a path for an origin', alter({ origin: '../../etc/passwd' }), 400, 'malformed_checkpoint'],
    ['another log', stranger.line(7), 403, 'unknown_log'],
    ['another size than was signed', alter({ size: 8 }), 403, 'bad_signature'],
    ['another head than was signed', alter({ head: 'ab'.repeat(32) }), 403, 'bad_signature'],
    ['no signature', alter({ signature: '' }), 403, 'bad_signature'],
    ['a signature that is none', alter({ signature: 5 }), 403, 'bad_signature'],
    ['the signature of a stranger', alter({ signature: JSON.parse(stranger.line(7)).signature }), 403, 'bad_signature'],
    ['too much', 'x'.repeat(8 * 1024 + 1), 413, 'too_large'],
    ['far too much', 'x'.repeat(200_000), 413, 'too_large'],
  ])('%s: nothing is kept', async (_, body, status, code) => {
    const witness = await startWitness([log]);
    expect(await show(witness, body)).toMatchObject({ status, code });
    expect(await linesOf(witness, log)).toEqual([]);
    expect(await readdir(witness.dir)).not.toContain('refused.jsonl');
    expect((await show(witness, log.line(7))).status).toBe(200);
  });
});

test('however many come at once, what is kept is a chain that grows', async () => {
  const log = testLog();
  const witness = await startWitness([log]);
  const offers = Array.from({ length: 120 }, (_, i) => log.line(((i * 37) % 40) + 1, i % 3 === 0 ? 'other' : 'honest'));
  // In as many connections as one may have, and what is answered first is asked first again.
  const answers: Awaited<ReturnType<typeof show>>[] = [];
  const client = async () => {
    for (let line = offers.pop(); line !== undefined; line = offers.pop()) answers.push(await show(witness, line));
  };
  await Promise.all(Array.from({ length: 12 }, client));
  const kept = await linesOf(witness, log);
  const sizes = kept.map(({ size }) => size as number);
  expect(sizes).toEqual([...new Set(sizes)].toSorted((a, b) => a - b));
  expect(sizes.at(-1)).toBe(40);
  expect(answers).toHaveLength(120);
  for (const { status, json } of answers) {
    expect([200, 409]).toContain(status);
    if (status === 200) expect(kept).toContainEqual(json);
  }
});

describe('started again', () => {
  test('it knows what it knew, also what it refused', async () => {
    const log = testLog();
    const first = await startWitness([log]);
    const { text } = await show(first, log.line(7));
    await show(first, log.line(7, 'other'));
    await first.stop();
    const again = await startWitness([log], { dir: first.dir, privateKey: first.key });
    expect((await show(again, log.line(7))).text).toBe(text);
    expect((await show(again, log.line(6))).code).toBe('witness_rolled_back');
    expect((await show(again, log.line(7, 'other'))).code).toBe('witness_forked');
    expect(await refusedIn(again.dir)).toHaveLength(2);
    expect((await show(again, log.line(8))).status).toBe(200);
  });

  test('with a line that was left unfinished, it goes on from the one before', async () => {
    const log = testLog();
    const first = await startWitness([log]);
    for (const size of [7, 9]) await show(first, log.line(size));
    await first.stop();
    const file = join(first.dir, `${log.origin}.jsonl`);
    await truncate(file, (await stat(file)).size - 40);
    const again = await startWitness([log], { dir: first.dir });
    expect(JSON.parse(again.witness.latest(log.origin)!)).toMatchObject({ size: 7 });
    expect((await show(again, log.line(9))).status).toBe(200);
    expect(await linesOf(again, log)).toMatchObject([{ size: 7 }, { size: 9 }]);
  });

  test.each([1, 2])('with the last newline of %i lost, it has forgotten nothing', async (count) => {
    const log = testLog();
    const first = await startWitness([log]);
    for (const size of [7, 9].slice(-count)) await show(first, log.line(size));
    await first.stop();
    const file = join(first.dir, `${log.origin}.jsonl`);
    await truncate(file, (await stat(file)).size - 1);
    const again = await startWitness([log], { dir: first.dir });
    expect((await show(again, log.line(9, 'other'))).code).toBe('witness_forked');
    expect((await show(again, log.line(8, 'other'))).code).toBe('witness_rolled_back');
    expect((await show(again, log.line(10))).status).toBe(200);
    expect((await linesOf(again, log)).map(({ size }) => size)).toEqual([...[7, 9].slice(-count), 10]);
  });

  test.each([
    ['emptied', (file: string) => truncate(file)],
    ['taken away', (file: string) => rm(file)],
    ['cut off in its first line', (file: string) => truncate(file, 20)],
  ])('with a history that was %s, it does not start, and changes nothing', async (_, damage) => {
    const [log, other] = [testLog(), testLog()];
    const first = await startWitness([log, other]);
    await Promise.all([log, other].map((one) => show(first, one.line(7))));
    await first.stop();
    const file = join(first.dir, `${log.origin}.jsonl`);
    await damage(file);
    const read = () => readFile(file, 'utf8').catch(() => null);
    const before = await read();
    await expect(startWitness([other, log], { dir: first.dir })).rejects.toMatchObject({
      code: 'witness_state_damaged',
      exitCode: 1,
    });
    expect(await read()).toBe(before);
    await expect(startWitness([other, testLog()], { dir: first.dir })).resolves.toBeDefined();
  });

  test('after a version that had no list of its logs, it makes one', async () => {
    const log = testLog();
    const first = await startWitness([log]);
    await show(first, log.line(7));
    await first.stop();
    await rm(join(first.dir, 'origins.json'));
    await (await startWitness([log], { dir: first.dir })).stop();
    await truncate(join(first.dir, `${log.origin}.jsonl`));
    await expect(startWitness([log], { dir: first.dir })).rejects.toMatchObject({ code: 'witness_state_damaged' });
  });

  test.each(['', '{}', '["../x"]'])('with a list of its logs that is none, it does not start: %s', async (list) => {
    const dir = await tempDir();
    await writeFile(join(dir, 'origins.json'), list);
    await expect(startWitness([testLog()], { dir })).rejects.toMatchObject({
      code: 'witness_state_damaged',
      exitCode: 1,
    });
  });

  test.each<[string, (log: TestLog) => string]>([
    ['of another log', () => testLog().line(9)],
    ['with another size', (log) => log.line(9).replace('"size":9', '"size":8')],
    ['that is none', () => 'hello'],
  ])('with a last line %s, it does not start', async (_, line) => {
    const log = testLog();
    const dir = await tempDir();
    for (const end of ['\n', '']) {
      const file = join(dir, `${log.origin}.jsonl`);
      const content = line(log) + end;
      await writeFile(file, content);
      await expect(startWitness([log], { dir })).rejects.toMatchObject({ code: 'witness_state_damaged', exitCode: 1 });
      expect(await readFile(file, 'utf8')).toBe(content);
    }
    await expect(startWitness([], { dir })).resolves.toBeDefined();
  });

  test('while it still runs, it does not start', async () => {
    const { dir } = await startWitness([]);
    await expect(startWitness([], { dir })).rejects.toMatchObject({ code: 'witness_dir_in_use' });
  });
});

test('of what it refused it keeps so much and no more, once each, and of every kind', async () => {
  const log = testLog();
  const dir = await tempDir();
  const open = () =>
    openWitness({ dir, privateKey: newKey(), logKeys: new Map([[log.origin, log.publicKey]]), onRefusal: () => {} });
  const witness = await open();
  await witness.submit(Buffer.from(log.line(1000)));
  for (let size = 1; size <= 150; size++) await witness.submit(Buffer.from(log.line(size)));
  await witness.close();
  expect(await refusedIn(dir)).toHaveLength(100);
  await appendFile(join(dir, 'refused.jsonl'), '{"torn');
  const again = await open();
  for (let size = 151; size <= 160; size++) await again.submit(Buffer.from(log.line(size)));
  for (const story of ['x', 'x', 'y']) await again.submit(Buffer.from(log.line(1000, story)));
  await again.close();
  const lines = (await readFile(join(dir, 'refused.jsonl'), 'utf8')).split('\n').filter((line) => line.endsWith('}'));
  const reasons = lines.map((line) => JSON.parse(line).reason);
  expect(reasons.filter((reason) => reason === 'witness_rolled_back')).toHaveLength(100);
  expect(reasons.filter((reason) => reason === 'witness_forked')).toHaveLength(2);
});

test('what it could not write down of a refusal it writes when that is offered again', async () => {
  const log = testLog();
  const witness = await startWitness([log]);
  await show(witness, log.line(7));
  const file = join(witness.dir, 'refused.jsonl');
  await mkdir(file);
  expect((await show(witness, log.line(7, 'other'))).status).toBe(503);
  await rmdir(file);
  for (let times = 0; times < 2; times++) expect((await show(witness, log.line(7, 'other'))).status).toBe(409);
  expect(await refusedIn(witness.dir)).toMatchObject([{ reason: 'witness_forked', offered: { size: 7 } }]);
});

test('what it has kept it does not confirm before the log is on its list', async () => {
  const log = testLog();
  const witness = await startWitness([log]);
  const list = join(witness.dir, 'origins.json');
  await mkdir(list);
  for (let times = 0; times < 2; times++) expect((await show(witness, log.line(7))).status).toBe(503);
  await rmdir(list);
  expect((await show(witness, log.line(7))).status).toBe(200);
  expect(JSON.parse(await readFile(list, 'utf8'))).toEqual([log.origin]);
  expect(await linesOf(witness, log)).toHaveLength(1);
});

describe('one address', () => {
  /** Connects from an address of the loopback network, and says whether it was let in. */
  async function knock(port: number, localAddress: string): Promise<{ socket: Socket; isIn: boolean }> {
    const socket = connect({ port, host: '127.0.0.1', localAddress });
    onTestFinished(() => void socket.destroy());
    socket.on('error', () => {});
    socket.write('GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n');
    const isIn = await new Promise<boolean>((resolve) => {
      socket.once('data', () => resolve(true)).once('close', () => resolve(false));
    });
    return { socket, isIn };
  }

  // Elsewhere the loopback network has one address.
  test.runIf(process.platform === 'linux')('cannot take the connections of the others', async () => {
    const { port } = await startWitness([]);
    const greedy = await Promise.all(Array.from({ length: 300 }, () => knock(port, '127.0.0.2')));
    const inside = greedy.filter(({ isIn }) => isIn);
    expect(inside).toHaveLength(16);
    for (const address of ['127.0.0.1', '127.0.0.3']) expect((await knock(port, address)).isIn).toBe(true);
    expect((await knock(port, '127.0.0.2')).isIn).toBe(false);
    inside[0]!.socket.destroy();
    const again = await eventually(async () => (await knock(port, '127.0.0.2')).isIn || undefined);
    expect(again).toBe(true);
  });

  test('may download two histories at a time', async () => {
    const log = testLog();
    const dir = await tempDir();
    const junk = `${'x'.repeat(1000)}\n`.repeat(20_000);
    await writeFile(join(dir, `${log.origin}.jsonl`), `${junk}${log.line(7)}\n`);
    const { url } = await startWitness([log], { dir });
    const path = `${url}/v1/logs/${log.origin}`;
    const running = await Promise.all([request(path), request(path)]);
    expect(running.map(({ statusCode }) => statusCode)).toEqual([200, 200]);
    const refused = await request(path);
    expect([refused.statusCode, await refused.body.json()]).toMatchObject([
      429,
      { error: { code: 'too_many_downloads' } },
    ]);
    expect((await fetch(`${path}/latest`)).status).toBe(200);
    for (const { body } of running) expect((await body.text()).length).toBe(junk.length + log.line(7).length + 1);
    const after = await request(path);
    expect(after.statusCode).toBe(200);
    await after.body.dump();
  });
});

describe('who asks', () => {
  test('gets the history of a log, the newest line, and whether all is well', async () => {
    const [log, empty] = [testLog(), testLog()];
    const witness = await startWitness([log, empty]);
    const lines = [];
    for (const size of [3, 7, 9]) lines.push((await show(witness, log.line(size))).text);
    const get = async (path: string, method = 'GET') => {
      const response = await fetch(witness.url + path, { method });
      return [response.status, response.headers.get('content-type'), await response.text()];
    };
    expect(await get(`/v1/logs/${log.origin}`)).toEqual([200, 'application/x-ndjson', lines.join('')]);
    expect(await get(`/v1/logs/${log.origin}/latest`)).toEqual([200, 'application/json', lines[2]]);
    expect(await get(`/v1/logs/${empty.origin}`)).toEqual([200, 'application/x-ndjson', '']);
    expect(await get('/healthz')).toEqual([200, 'application/json', '{"ok":true}\n']);
    const nothing = [
      `/v1/logs/${empty.origin}/latest`,
      `/v1/logs/${'ab'.repeat(32)}`,
      '/v1/logs/..%2frefused',
      '/',
      '/healthz?x',
    ];
    for (const path of nothing) {
      expect(await get(path)).toEqual([
        404,
        'application/json',
        expect.stringMatching(/^\{"error":\{"code":"not_found"/),
      ]);
    }
    for (const [path, method] of [
      ['/v1/checkpoints', 'GET'],
      ['/healthz', 'POST'],
      [`/v1/logs/${log.origin}`, 'DELETE'],
    ]) {
      expect(await get(path!, method)).toEqual([
        405,
        'application/json',
        expect.stringContaining('method_not_allowed'),
      ]);
    }
  });

  test('is served over TLS where there is a certificate', async () => {
    const dir = await tempDir();
    await initPki(dir);
    const pem = (name: string) => readFile(join(dir, name));
    const log = testLog();
    const tls = { cert: await pem('server-cert.pem'), key: await pem('server-key.pem') };
    const witness = await startWitness([log], { tls });
    const dispatcher = new Agent({ connect: { ca: await pem('internal-ca-cert.pem') } });
    const { statusCode, body } = await request(`${witness.url}/v1/checkpoints`, {
      method: 'POST',
      body: log.line(7),
      dispatcher,
    });
    expect([statusCode, await body.json()]).toMatchObject([200, { size: 7 }]);
    await dispatcher.close();
    await expect(fetch(`http://127.0.0.1:${witness.port}/healthz`)).rejects.toThrow();
  });

  test.each([
    ['a head', 'POST /v1/checkpoints HTTP/1.1\r\nhost: x\r\n'],
    ['a body', 'POST /v1/checkpoints HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{'],
  ])('and takes too long over %s is cut off', async (_, start) => {
    const witness = await startWitness([]);
    witness.server.headersTimeout = 100;
    witness.server.requestTimeout = 100;
    const socket = connect(witness.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write(start);
    socket.resume();
    await once(socket, 'close');
    expect(witness.faults).toEqual([]);
    expect((await fetch(`${witness.url}/healthz`)).status).toBe(200);
  });

  test('and does not read what it has asked for is cut off', async () => {
    const log = testLog();
    const dir = await tempDir();
    const junk = `${'x'.repeat(1000)}\n`.repeat(20_000);
    await writeFile(join(dir, `${log.origin}.jsonl`), `${junk}${log.line(7)}\n`);
    const witness = await startWitness([log], { dir });
    expect(witness.server.timeout).toBeGreaterThan(0);
    witness.server.timeout = 100;
    const gone = once(witness.server, 'connection').then(([socket]) => once(socket, 'close'));
    const socket = connect(witness.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write(`GET /v1/logs/${log.origin} HTTP/1.1\r\nhost: x\r\n\r\n`);
    await gone;
    expect(witness.faults).toEqual([]);
    socket.destroy();
  });
});

test('what it cannot keep it does not confirm', async () => {
  const log = testLog();
  const witness = await startWitness([log]);
  const handle = await open('/dev/null');
  const prototype = Object.getPrototypeOf(handle) as FileHandle;
  await handle.close();
  const write = vi.spyOn(prototype, 'appendFile').mockRejectedValueOnce(new Error('ENOSPC'));
  expect(await show(witness, log.line(7))).toMatchObject({ status: 503, code: 'witness_unavailable' });
  expect((await fetch(`${witness.url}/healthz`)).status).toBe(200);
  expect((await show(witness, log.line(7))).status).toBe(200);
  const sync = vi.spyOn(prototype, 'datasync').mockRejectedValueOnce(new Error('EIO'));
  for (const size of [8, 9]) expect(await show(witness, log.line(size))).toMatchObject({ status: 503 });
  for (const spy of [write, sync]) spy.mockRestore();
  expect((await fetch(`${witness.url}/healthz`)).status).toBe(503);
  expect(witness.faults).toHaveLength(3);
  expect(await linesOf(witness, log)).toMatchObject([{ size: 7 }]);
});
