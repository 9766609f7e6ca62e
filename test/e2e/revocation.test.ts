/** What is taken away from a key, a certificate or everybody: nothing goes on that runs, anywhere (catalogue 45 and 49). */
import { readFileSync } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent, type Dispatcher, request } from 'undici';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { issueCertificate } from '../../src/identity/issuing.ts';
import { revokeCertificate } from '../../src/identity/revoking.ts';
import { revoked } from '../../src/keys/rotate.ts';
import { eventsOf, startGateway, stopAll, type TestGateway, until, withSharedKeys } from '../support/gateway.ts';
import { runProgram } from '../support/program.ts';
import { describeWithRedis, startRedis, type TestRedis } from '../support/redis.ts';
import { chatAnswer, chatChunk, gate, json, startUpstream, type Upstream } from '../support/upstream.ts';

const CHAT = '/v1/chat/completions';
const idOf = (key: string): string => key.split('_')[1]!;

let upstream: Upstream;
/** Lets the streams of the model server go on to their ends. */
let finish: ReturnType<typeof gate>;
beforeAll(async () => {
  upstream = await startUpstream(async (wire, request) => {
    if (!request.json?.stream) return json(200, chatAnswer('well'))(wire, request);
    const { response } = wire;
    const mine = finish;
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(`data: ${JSON.stringify(chatChunk('It begins. '))}\n\n`);
    await Promise.race([mine.opened, wire.gone]);
    response.end(`data: ${JSON.stringify(chatChunk('It ends.', { finish: 'stop' }))}\n\ndata: [DONE]\n\n`);
  });
});
afterAll(async () => {
  await stopAll();
  await upstream.close();
});

interface Stream {
  readonly requestId: string;
  /** All of it, once it is over. */
  readonly text: Promise<string>;
}

/** Opens a stream; it runs when this resolves. */
async function stream(gateway: TestGateway, key: string, dispatcher?: Dispatcher): Promise<Stream> {
  const { statusCode, headers, body } = await request(`${gateway.url}${CHAT}`, {
    method: 'POST',
    dispatcher: dispatcher ?? new Agent({ connect: gateway.tls }),
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify({ model: 'm', stream: true, messages: [{ role: 'user', content: 'Tell me.' }] }),
  });
  expect(statusCode).toBe(200);
  const chunks = body[Symbol.asyncIterator]();
  const { value: first } = await chunks.next();
  const rest = async () => {
    let text = String(first);
    for (let next = await chunks.next(); !next.done; next = await chunks.next()) text += String(next.value);
    return text;
  };
  return { requestId: String(headers['x-request-id']), text: rest() };
}

const ask = async (gateway: TestGateway, key: string, dispatcher?: Dispatcher) => {
  const { statusCode, body } = await request(`${gateway.url}${CHAT}`, {
    method: 'POST',
    dispatcher: dispatcher ?? new Agent({ connect: gateway.tls }),
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'Well?' }] }),
  });
  const { error } = (await body.json()) as { error?: { code: string } };
  return { status: statusCode, code: error?.code };
};

/** The client reads that it was cut off and why, the model server is left, and the record says so. */
async function expectCut(gateway: TestGateway, { requestId, text }: Stream, code: string): Promise<void> {
  const events = eventsOf(await text);
  expect(JSON.parse(events.at(-1)!)).toMatchObject({ error: { code } });
  expect(events).not.toContain('[DONE]');
  await until(async () => (await gateway.records()).some((record) => isEnd(record, requestId)));
  const end = (await gateway.records()).find((record) => isEnd(record, requestId));
  expect(end).toMatchObject({ ending: 'revoked', denial: code, responseStatus: 200, outputTokens: expect.any(Number) });
}
const isEnd = (record: { event: string; requestId?: string }, requestId: string): boolean =>
  record.event === 'inference.completed' && record.requestId === requestId;

async function expectWhole({ text }: Stream): Promise<void> {
  const events = eventsOf(await text);
  expect(events.at(-1)).toBe('[DONE]');
  expect(events.join()).toContain('It ends.');
}

/** How often something was measured. */
async function measured(gateway: TestGateway, labels: string): Promise<number> {
  const { text } = await gateway.ops('/metrics');
  return Number(new RegExp(`sallyport_revocation_seconds_count\\{${labels}\\} (\\d+)`).exec(text)?.[1] ?? 0);
}

describe('revocation of keys, with the key file', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway({ upstream: upstream.url, config: { keys: { env: 'test' } } });
  });
  const cli = (...args: string[]) => runProgram(args, { cwd: gateway.dir });
  const issued = async (about = {}) => {
    const key = await gateway.issueKey(about);
    await gateway.keyWorks(key);
    return key;
  };

  test('keys 49: a revoked key ends its streams, and no other; the metric says how long that took', async () => {
    finish = gate();
    const key = await issued();
    const [cut, other] = [await stream(gateway, key), await stream(gateway, gateway.key)];
    const before = upstream.aborted;
    expect((await cli('keys', 'revoke', idOf(key))).code).toBe(0);
    await expectCut(gateway, cut, 'invalid_api_key');
    await upstream.clientGone(before + 1);
    expect(await ask(gateway, key)).toEqual({ status: 401, code: 'invalid_api_key' });
    finish.open();
    await expectWhole(other);
    expect(await measured(gateway, 'what="key",effect="refused"')).toBe(1);
    expect(await measured(gateway, 'what="key",effect="cut"')).toBe(1);
  });

  test.each<[string, (key: string) => Promise<unknown>]>([
    ['that expires', (key) => changed(key, { expiresAt: new Date(Date.now() + 300).toISOString() })],
    ['whose networks are others now', (key) => changed(key, { networks: ['192.0.2.0/24'] })],
    ['that belongs to another client now', (key) => changed(key, { client: 'another' })],
    ['of another environment now', (key) => changed(key, { env: 'prod' })],
    ['that is rotated without an overlap', (key) => cli('keys', 'rotate', idOf(key), '--overlap', '0h')],
    ['that is gone from the file', (key) => changed(key, null)],
  ])('keys 49: a key %s ends its streams', async (_name, take) => {
    finish = gate();
    const key = await issued();
    const cut = await stream(gateway, key);
    await take(key);
    await expectCut(gateway, cut, 'invalid_api_key');
  });

  const changed = async (key: string, change: object | null) => {
    const { changeKeys } = await import('../../src/keys/file-store.ts');
    await changeKeys(join(gateway.dir, 'var/keys.json'), (keys) =>
      keys.flatMap((record) => {
        if (record.id !== idOf(key)) return [record];
        return change === null ? [] : [{ ...record, ...change }];
      }),
    );
  };

  test('keys: another environment, another network, another hour: refused like any other, and on record with the reason', async () => {
    const now = new Date();
    const hour = (offset: number) => `${String((now.getUTCHours() + offset) % 24).padStart(2, '0')}:00`;
    const refused = {
      other_environment: { env: 'prod' },
      other_network: { networks: ['192.0.2.0/24', '2001:db8::/32'] },
      outside_hours: { hours: `mon-sun ${hour(11)}-${hour(12)} UTC` },
      expired: { issuedAt: new Date(0).toISOString(), expiresAt: new Date(86_400_000).toISOString() },
    };
    const sent: unknown[] = [];
    for (const [reason, about] of Object.entries(refused)) {
      const key = await gateway.issueKey(about);
      // Whether the key is known by now shows on record only.
      await until(async () => {
        sent.push(await ask(gateway, key));
        return (await gateway.records()).some((one) => one['keyId'] === idOf(key) && one['reason'] === reason);
      });
    }
    expect(new Set(sent.map((one) => JSON.stringify(one))).size).toBe(1);
    expect(sent[0]).toEqual({ status: 401, code: 'invalid_api_key' });
    await issued({ networks: ['127.0.0.0/8', '::1'], hours: 'mon-sun 00:00-24:00 UTC' });
  });

  test('keys: rotate gives a new key; both work until the overlap is over', async () => {
    const old = await issued({ team: 'turn' });
    const { code, stdout } = await cli('keys', 'rotate', idOf(old), '--overlap', '1h');
    expect(code).toBe(0);
    const fresh = stdout.trim();
    await gateway.keyWorks(fresh);
    expect((await ask(gateway, old)).status).toBe(200);
    expect((await gateway.recorded('key.rotated')).at(-1)).toMatchObject({ keyId: idOf(old), replacedBy: idOf(fresh) });
  });

  test('lockdown: streams end, requests are refused, and it is over when it is over', async () => {
    finish = gate();
    const cut = await stream(gateway, gateway.key);
    const on = await cli('lockdown', 'on', '--reason', 'a leak');
    expect(on.code).toBe(0);
    await expectCut(gateway, cut, 'locked_down');
    expect(await ask(gateway, gateway.key)).toEqual({ status: 503, code: 'locked_down' });
    expect((await gateway.get('/v1/models')).status).toBe(503);
    expect((await gateway.recorded('lockdown.on'))[0]).toMatchObject({ reason: 'a leak', by: expect.any(String) });
    expect((await gateway.ops('/metrics')).text).toContain('sallyport_locked_down 1\n');
    expect((await gateway.ops('/readyz')).status).toBe(200);
    expect((await cli('lockdown', 'off')).code).toBe(0);
    await until(async () => (await ask(gateway, gateway.key)).status === 200);
    await gateway.recorded('lockdown.off');
    expect(await measured(gateway, 'what="lockdown",effect="cut"')).toBe(1);
  });

  test('lockdown: holds over a restart, and what was done while the gateway was down is on record', async () => {
    const first = await startGateway({ upstream: upstream.url });
    expect(await first.stop()).toBe(0);
    expect((await runProgram(['lockdown', 'on', '--reason', 'overnight'], { cwd: first.dir })).code).toBe(0);
    const second = await startGateway({ upstream: upstream.url, after: first });
    expect(await ask(second, second.key)).toEqual({ status: 503, code: 'locked_down' });
    expect((await second.recorded('lockdown.on'))[0]).toMatchObject({ reason: 'overnight' });
  });
});

describe('revocation of certificates', () => {
  let pki: string;
  let gateway: TestGateway;
  beforeAll(async () => {
    pki = await mkdtemp(join(tmpdir(), 'sallyport-pki-'));
    await cp(inject('pki'), pki, { recursive: true });
    gateway = await startGateway({
      upstream: upstream.url,
      config: { tls: { crlFile: join(pki, 'crl.pem') } },
    });
  });
  afterAll(() => rm(pki, { recursive: true, force: true }));
  const client = async (name: string) => {
    const { certFile, keyFile, serial } = await issueCertificate(pki, { name, kind: 'client', days: 1 });
    const connect = { ca: gateway.tls.ca, cert: readFileSync(certFile), key: readFileSync(keyFile) };
    return { serial, agent: new Agent({ connect, connections: 1, pipelining: 1 }), second: new Agent({ connect }) };
  };

  test('tls 45: ends its streams and its live connections, and no other; the metric says how long that took', async () => {
    finish = gate();
    const key = await gateway.issueKey({ client: 'gone' });
    const { serial, agent, second } = await client('gone');
    await until(async () => (await ask(gateway, key, agent)).status === 200);
    const [cut, other] = [await stream(gateway, key, second), await stream(gateway, gateway.key)];
    await revokeCertificate(pki, serial);
    await expectCut(gateway, cut, 'identity_revoked');
    expect(await ask(gateway, key, agent)).toEqual({ status: 401, code: 'identity_revoked' });
    finish.open();
    await expectWhole(other);
    expect(await measured(gateway, 'what="certificate",effect="refused"')).toBe(1);
    expect(await measured(gateway, 'what="certificate",effect="cut"')).toBe(1);
    await Promise.all([agent.destroy(), second.destroy()]);
  });
});

describeWithRedis('revocation with two instances on Redis', () => {
  let redis: TestRedis;
  let instances: [TestGateway, TestGateway];
  beforeAll(async () => {
    redis = await startRedis();
    const start = () =>
      startGateway({
        upstream: upstream.url,
        config: { keys: { store: 'redis' }, alerts: { unusedKeyDays: null } },
        env: { REDIS_URL: redis.unixUrl },
      });
    instances = [await start(), await start()];
  });
  afterAll(() => redis.close());
  const revoke = (key: string) =>
    withSharedKeys(redis.unixUrl, (keys) => keys.change((table) => revoked(table, idOf(key)).table));

  test('keys 49: a key that was revoked ends streams and requests on both', async () => {
    finish = gate();
    const key = await instances[0].issueKey();
    await Promise.all(instances.map((one) => one.keyWorks(key)));
    const streams = await Promise.all(instances.map((one) => stream(one, key)));
    await revoke(key);
    for (const [index, one] of instances.entries()) {
      await expectCut(one, streams[index]!, 'invalid_api_key');
      expect(await ask(one, key)).toEqual({ status: 401, code: 'invalid_api_key' });
      expect(await one.recorded('key.revoked')).toMatchObject([{ keyId: idOf(key) }]);
      expect(await measured(one, 'what="key",effect="cut"')).toBe(1);
    }
  });

  test('lockdown: the command reaches both', async () => {
    finish = gate();
    const streams = await Promise.all(instances.map((one) => stream(one, one.key)));
    const command = (...args: string[]) =>
      runProgram(['lockdown', ...args], { cwd: instances[0].dir, env: { REDIS_URL: redis.unixUrl } });
    const { code, stderr } = await command('on', '--reason', 'everywhere', '--config', 'sallyport.yaml');
    expect({ code, stderr }).toMatchObject({ code: 0 });
    for (const [index, one] of instances.entries()) await expectCut(one, streams[index]!, 'locked_down');
    expect((await command('off', '--config', 'sallyport.yaml')).code).toBe(0);
    for (const one of instances) await until(async () => (await ask(one, one.key)).status === 200);
  });

  test('redis 53: without Redis nobody can tell which keys are good: refused, red, loud; with it all is well again', async () => {
    const [one] = instances;
    await redis.kill();
    await until(async () => (await ask(one, one.key)).code === 'keys_unavailable');
    expect((await one.ops('/readyz')).json.checks.keys).toBe(false);
    await until(() => one.stderr().includes('keys_unreachable'));
    // What comes back has nothing: what was known stays in force.
    await redis.start();
    await until(async () => (await ask(one, one.key)).status === 200);
    await until(() => one.stderr().includes('keys_missing'));
  });
});
