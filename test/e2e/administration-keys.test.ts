/** Keys and lockdown over the administration listener, and that a key is nowhere but in the answer that made it. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DEV_CLIENT } from '../../src/identity/issuing.ts';
import { startGateway, stopAll, type TestGateway, until } from '../support/gateway.ts';
import { CHAT, closing, listenTo } from '../support/listen.ts';
import {
  administratorsCa,
  type Certified,
  keyIdOf,
  type Operator,
  operator,
  operatorWith,
} from '../support/operators.ts';
import { chatAnswer, chatChunk, json, sse, startUpstream, type Upstream } from '../support/upstream.ts';

let upstream: Upstream;
let gateway: TestGateway;
let admins: Awaited<ReturnType<typeof administratorsCa>>;
let opsCertificate: Certified;
let opsKey: string;
let ops: Operator;
/** Every key that the API has made. */
const made: string[] = [];

beforeAll(async () => {
  // Streams begin, and do not end by themselves.
  const endless = sse([chatChunk('It begins. ')], { ending: 'hang', done: false });
  const whole = json(200, chatAnswer('ok'));
  upstream = await startUpstream((wire, asked) => (asked.json?.stream ? endless : whole)(wire, asked));
  admins = await administratorsCa();
  gateway = await startGateway({
    upstream: upstream.url,
    config: { admin: { enabled: true, port: 0, clientCaFile: admins.caFile, crlFile: null } },
  });
  opsCertificate = await admins.named('ops');
  ({ key: opsKey, ask: ops } = await operatorWith(gateway, 'key-admin', opsCertificate));
});
afterAll(async () => {
  await stopAll();
  await upstream.close();
  await admins.remove();
});

const ask = { model: 'm', messages: [{ role: 'user', content: 'hello' }] };
const use = async (key: string) => (await gateway.post(CHAT, ask, { key })).status;
const ABOUT = { team: 'tests', app: DEV_CLIENT, env: 'test' };

async function issue(about: object = ABOUT): Promise<{ key: string; id: string }> {
  const { status, json } = await ops('POST /admin/keys', about);
  expect(status).toBe(201);
  made.push(json.key);
  return json;
}
const codeOf = ({ status, json: { error } }: Awaited<ReturnType<Operator>>) =>
  `${status} ${error?.code}${error?.param ? ` ${error.param}` : ''}`;
const listed = async () => (await ops('GET /admin/keys')).json.keys as { id: string; [member: string]: unknown }[];

describe('keys', () => {
  test('keys: one that was issued works with the answer, and is listed without its hash, with its last use', async () => {
    const { status, headers, json: issued } = await ops('POST /admin/keys', { ...ABOUT, owner: 'Jane', ttl: '2h' });
    made.push(issued.key);
    expect(status).toBe(201);
    expect(headers['cache-control']).toContain('no-store');
    expect(issued).toMatchObject({ ...ABOUT, owner: 'Jane', role: 'inference', client: DEV_CLIENT, state: 'active' });
    expect(issued.id).toBe(keyIdOf(issued.key));
    expect(issued).not.toHaveProperty('hash');
    expect(Date.parse(issued.expiresAt) - Date.parse(issued.issuedAt)).toBe(7_200_000);
    const { key, ...rest } = issued;
    expect((await ops(`GET /admin/keys/${issued.id}`)).json).toEqual(rest);

    expect(await use(key)).toBe(200);
    await until(async () => (await listed()).some(({ id, lastUsed }) => id === issued.id && lastUsed !== null));
    for (const one of await listed()) expect(Object.keys(one)).not.toContain('hash');
    expect(JSON.stringify(await listed())).not.toContain(key.split('_')[2]);
    expect(await gateway.recorded('key.issued')).toContainEqual(expect.objectContaining({ keyId: issued.id }));
  });

  test('keys: with an overlap the old one and the new one work, and the rotation is on record', async () => {
    const { key, id } = await issue();
    const rotated = await ops(`POST /admin/keys/${id}/rotate`, { overlap: '1h' });
    made.push(rotated.json.key);
    expect(rotated.status).toBe(201);
    expect([await use(key), await use(rotated.json.key)]).toEqual([200, 200]);
    expect(codeOf(await ops(`POST /admin/keys/${id}/rotate`, {}))).toBe('409 conflict');
    await until(async () => (await gateway.recorded('key.rotated')).some(({ keyId }) => keyId === id));
  });

  test('keys: revoking ends the stream that runs, and what comes after', async () => {
    const { key, id } = await issue();
    const left = upstream.aborted;
    const stream = await listenTo(gateway, { ...ask, stream: true }, { key });
    await stream.hear('It begins.');
    expect((await ops(`POST /admin/keys/${id}/revoke`)).json).toMatchObject({ id, state: 'revoked' });
    expect(await use(key)).toBe(401);
    const { text } = await stream.rest();
    expect(text).not.toContain('[DONE]');
    await upstream.clientGone(left + 1);
    expect(await closing(gateway, stream.id)).toMatchObject({ ending: 'revoked', keyId: id });
    expect((await ops(`POST /admin/keys/${id}/revoke`)).status).toBe(200);
  });

  test.each([
    ['its own name', { ...ABOUT, role: 'auditor', client: 'ops' }],
    ['a pattern that fits it', { ...ABOUT, role: 'auditor', client: 'o*' }],
    ['a pattern that fits everybody', { ...ABOUT, client: '*' }],
    ['the app, as nothing else is said', { ...ABOUT, app: 'ops' }],
  ])('keys: nobody issues one to a certificate of their own: %s', async (_, about) => {
    const before = (await listed()).length;
    expect(codeOf(await ops('POST /admin/keys', about))).toBe('403 role_not_allowed');
    expect(await listed()).toHaveLength(before);
  });

  test.each([
    ['a member that is not known', { ...ABOUT, admin: true }, '400 unknown_parameter admin'],
    ['a hash', { ...ABOUT, hash: '0'.repeat(64) }, '400 unknown_parameter hash'],
    ['an id', { ...ABOUT, id: 'aaaaaaaaaa' }, '400 unknown_parameter id'],
    ['a member inside of another', { ...ABOUT, limits: { free: true } }, '400 unknown_parameter limits.free'],
    ['__proto__', `{"team":"a","app":"b","env":"c","__proto__":{"role":"auditor"}}`, /^400 /],
    ['no such role', { ...ABOUT, role: 'root' }, '400 invalid_parameter role'],
    ['two roles', { ...ABOUT, role: ['auditor', 'key-admin'] }, '400 invalid_parameter role'],
    ['no app', { team: 'tests', env: 'test' }, '400 invalid_parameter app'],
    ['a line break in a name', { ...ABOUT, team: 'a\nb' }, '400 invalid_parameter team'],
    ['no end', { ...ABOUT, ttl: '999999d' }, '400 invalid_parameter ttl'],
    ['a list', [], /^400 /],
    ['no JSON', '{', '400 invalid_json'],
    ['too much', { ...ABOUT, owner: 'x'.repeat(65_536) }, '413 body_too_large'],
  ])('keys: what cannot be issued is refused by name, and nothing is: %s', async (_, body, code) => {
    const before = (await listed()).length;
    expect(codeOf(await ops('POST /admin/keys', body))).toMatch(code);
    expect(await listed()).toHaveLength(before);
  });

  test('keys: of a key that does not exist nothing is told but that', async () => {
    for (const request of ['GET /admin/keys/zzzzzzzzzz', 'POST /admin/keys/zzzzzzzzzz/revoke']) {
      expect(codeOf(await ops(request))).toBe('404 unknown_key');
    }
  });

  test('keys: a body where none belongs is refused', async () => {
    expect(codeOf(await ops(`POST /admin/keys/${keyIdOf(made[0]!)}/revoke`, {}))).toBe('400 bad_request');
    expect(await use(made[0]!)).toBe(200);
  });
});

describe('lockdown', () => {
  const set = (on: boolean, reason = 'incident 7') => ops('PUT /admin/lockdown', { on, reason });

  test('lockdown: inference stops and its streams are cut, administration goes on and lifts it', async () => {
    const left = upstream.aborted;
    const stream = await listenTo(gateway, { ...ask, stream: true });
    await stream.hear('It begins.');

    expect((await set(true)).json).toMatchObject({ on: true, reason: 'incident 7', by: `key ${keyIdOf(opsKey)}` });
    const refused = await gateway.post(CHAT, ask);
    expect([refused.status, refused.json.error.code]).toEqual([503, 'locked_down']);
    await stream.rest();
    await upstream.clientGone(left + 1);
    expect(await closing(gateway, stream.id)).toMatchObject({ denial: 'locked_down' });
    expect((await ops('GET /admin/lockdown')).json).toMatchObject({ on: true });
    expect((await ops('GET /admin/keys')).status).toBe(200);
    expect((await ops('GET /admin/upstreams')).status).toBe(403);

    expect((await set(false, 'all clear')).json).toMatchObject({ on: false });
    expect(await use(gateway.key)).toBe(200);
    const [on] = await gateway.recorded('lockdown.on');
    expect(on).toMatchObject({ by: `key ${keyIdOf(opsKey)}`, reason: 'incident 7' });
    await gateway.recorded('lockdown.off');
  });

  test.each([
    [{ on: 'yes', reason: 'x' }, '400 invalid_parameter on'],
    [{ on: true, reason: 'x', scope: 'all' }, '400 unknown_parameter scope'],
    [{ on: true, reason: 'two\nlines' }, '400 invalid_parameter reason'],
  ])('lockdown: %j changes nothing', async (body, code) => {
    expect(codeOf(await ops('PUT /admin/lockdown', body))).toBe(code);
    expect(await use(gateway.key)).toBe(200);
  });

  test('lockdown: what is taken as its reason can be read again, however long it is', async () => {
    for (const length of [256, 257, 500, 501]) {
      const { status, json } = await set(true, 'x'.repeat(length));
      if (status === 200) expect((await ops('GET /admin/lockdown')).json.reason).toHaveLength(length);
      else expect(json.error, `${length} characters`).toMatchObject({ code: 'invalid_parameter', param: 'reason' });
      expect((await set(false)).status, `${length} characters`).toBe(200);
    }
    expect(await use(gateway.key)).toBe(200);
  });
});

describe('the end', () => {
  test("keys: a key-admin's own key can be rotated and revoked, and then it is nobody's", async () => {
    const { status, json: own } = await ops(`POST /admin/keys/${keyIdOf(opsKey)}/rotate`, { overlap: '1h' });
    made.push(own.key);
    expect([status, own.role, own.client]).toEqual([201, 'key-admin', 'ops']);
    const renewed = operator(gateway, own.key, opsCertificate);
    expect((await renewed(`POST /admin/keys/${keyIdOf(opsKey)}/revoke`)).status).toBe(200);
    expect(codeOf(await ops('GET /admin/keys'))).toBe('401 invalid_api_key');
    // It may end the request that revokes it, as every other that runs with it.
    expect([200, 401]).toContain((await renewed(`POST /admin/keys/${own.id}/revoke`)).status);
    expect(codeOf(await renewed('GET /admin/keys'))).toBe('401 invalid_api_key');
  });

  test('keys: none of those that were made is in any file, nor in what the program has printed', async () => {
    expect(await gateway.stop()).toBe(0);
    const names = await readdir(gateway.dir, { recursive: true });
    const files = await Promise.all(
      names.map(async (name) => {
        const path = join(gateway.dir, name);
        return (await stat(path)).isFile() ? await readFile(path, 'latin1') : '';
      }),
    );
    const everything = [...files, gateway.stdout(), gateway.stderr()].join('\n');
    expect(made.length).toBeGreaterThan(4);
    for (const key of made) {
      expect(everything).toContain(keyIdOf(key));
      expect(everything.includes(key)).toBe(false);
      expect(everything.includes(key.split('_')[2]!)).toBe(false);
    }
  });
});
