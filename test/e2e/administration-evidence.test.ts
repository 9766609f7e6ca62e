/** What of administration is in the audit log, when it is there, and how an auditor reads it from outside. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AuditRecord, startGateway, stopAll, type TestGateway, until } from '../support/gateway.ts';
import { auditDir, linesIn, seqOf } from '../support/log-lines.ts';
import {
  administratorsCa,
  type Certified,
  connectAdmin,
  keyIdOf,
  type Operator,
  operatorWith,
} from '../support/operators.ts';
import { runProgram } from '../support/program.ts';
import { rawRequest } from '../support/raw.ts';
import { json, startUpstream, type Upstream } from '../support/upstream.ts';

let upstream: Upstream;
let admins: Awaited<ReturnType<typeof administratorsCa>>;
let gateway: TestGateway;
let smith: Certified;
let modelsKey: string;
/** The log when the model server was last asked for `watched`. */
let logThen: AuditRecord[] = [];
let [models, keys, auditor]: Operator[] = [];
const config = () => ({
  upstreams: [{ name: 'ollama', kind: 'ollama', url: upstream.url }],
  admin: { enabled: true, port: 0, clientCaFile: admins.caFile, crlFile: null },
});

beforeAll(async () => {
  upstream = await startUpstream(async (wire, asked) => {
    if (asked.json?.model === 'watched') logThen = await gateway.records();
    await json(200, { models: [] })(wire, asked);
  });
  admins = await administratorsCa();
  gateway = await startGateway({ upstream: upstream.url, config: config() });
  smith = await admins.named('smith');
  ({ key: modelsKey, ask: models } = await operatorWith(gateway, 'model-admin', smith));
  ({ ask: keys } = await operatorWith(gateway, 'key-admin', await admins.named('ops')));
  ({ ask: auditor } = await operatorWith(gateway, 'auditor', await admins.named('eve')));
});
afterAll(async () => {
  await stopAll();
  await upstream.close();
  await admins.remove();
});

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const AT = '/admin/upstreams/ollama';
const BLOB = `sha256:${'a'.repeat(64)}`;
/** Stands in bodies, targets and tokens, and may stand nowhere else. */
const CONFIDENTIAL = 'confidential-4711';

/** The records of one exchange, once it has ended. */
async function recordsOf(requestId: unknown): Promise<AuditRecord[]> {
  let found: AuditRecord[] = [];
  await until(async () => {
    found = (await gateway.records()).filter((record) => record.requestId === requestId);
    return found.some(({ event }) => event !== 'admin.admitted');
  });
  return found;
}

const pull = JSON.stringify({ model: 'llama3.2:1b', note: CONFIDENTIAL });
const issue = JSON.stringify({ team: 'tests', app: 'billing', env: 'test', owner: CONFIDENTIAL });

describe('records', () => {
  test.each<[request: string, who: () => Operator, body: string | undefined, record: object]>([
    ['GET /admin/keys', () => keys!, undefined, { operation: 'keys.list', client: 'ops' }],
    ['POST /admin/keys', () => keys!, issue, { operation: 'keys.issue', bodySha256: sha256(issue) }],
    ['GET /admin/lockdown', () => auditor!, undefined, { operation: 'lockdown.get', client: 'eve' }],
    ['GET /admin/audit/records?limit=1', () => auditor!, undefined, { operation: 'audit.records' }],
    ['GET /admin/upstreams', () => models!, undefined, { operation: 'upstreams.list', upstream: null }],
    [`GET ${AT}/api/tags`, () => models!, undefined, { upstream: 'ollama', route: 'GET /api/tags', subject: null }],
    [
      `POST ${AT}/api/pull`,
      () => models!,
      pull,
      { operation: 'upstream', route: 'POST /api/pull', subject: 'llama3.2:1b', bodySha256: sha256(pull) },
    ],
    [
      `POST ${AT}/api/blobs/${BLOB}`,
      () => models!,
      CONFIDENTIAL,
      { route: 'POST /api/blobs/{digest}', subject: BLOB, bodySha256: null },
    ],
    [
      `DELETE ${AT}/api/delete`,
      () => models!,
      '{"MODEL":"a","name":"b"}',
      { route: 'DELETE /api/delete', subject: 'a, b', approval: null },
    ],
  ])('records: %s has its intent and its end', async (request, who, body, record) => {
    const { status, headers } = await who()(request, body);
    expect(status).toBeLessThan(300);
    const [admitted, completed, ...more] = await recordsOf(headers['x-request-id']);
    expect(more).toEqual([]);
    const both = { ...record, person: null, team: 'tests', env: 'test', clientCertSha256: expect.any(String) };
    expect(admitted).toMatchObject({ event: 'admin.admitted', ...both });
    expect(completed).toMatchObject({ event: 'admin.completed', ...both, responseStatus: status, ending: 'complete' });
    expect(completed).toMatchObject({ denial: null, receivedBytes: body?.length ?? 0 });
    expect(completed!.seq).toBeGreaterThan(admitted!.seq);
  });

  test('records: the intent is on disk when the model server hears of it', async () => {
    const { headers } = await models!(`POST ${AT}/api/pull`, { model: 'watched' });
    const own = logThen.filter(({ requestId }) => requestId === headers['x-request-id']);
    expect(own.map(({ event }) => event)).toEqual(['admin.admitted']);
  });

  test('records: a key that the API has issued has its intent before it is there, and its id in the end', async () => {
    const { headers, json: issued } = await keys!('POST /admin/keys', { team: 'tests', app: 'billing', env: 'test' });
    const [admitted, completed] = await recordsOf(headers['x-request-id']);
    expect([admitted!['subject'], completed!['subject']]).toEqual(['tests/billing/test', issued.id]);
    await until(async () =>
      (await gateway.records()).some((one) => one.event === 'key.issued' && one['keyId'] === issued.id),
    );
    const change = (await gateway.records()).find((one) => one.event === 'key.issued' && one['keyId'] === issued.id)!;
    expect(change.seq).toBeGreaterThan(admitted!.seq);
  });

  test.each<[string, () => Promise<{ headers: Record<string, unknown> }>, object]>([
    ['no key', () => gateway.admin('/admin/keys', { client: smith }), { denial: 'invalid_api_key', reason: 'no_key' }],
    [
      'a token that nobody takes',
      () => gateway.admin('/admin/keys', { client: smith, token: CONFIDENTIAL }),
      { denial: 'invalid_api_key', reason: 'malformed', keyId: null },
    ],
    [
      'a key of somebody else',
      async () => gateway.admin('/admin/keys', { token: modelsKey, client: await admins.named('mallory') }),
      { denial: 'invalid_api_key', reason: 'other_client', keyId: expect.any(String), client: 'mallory' },
    ],
    [
      'no role for it',
      () => models!('GET /admin/keys'),
      { denial: 'role_not_allowed', operation: null, client: 'smith' },
    ],
    ['no such route', () => models!(`GET ${AT}/${CONFIDENTIAL}`), { denial: 'unknown_route', route: null }],
    ['inference', () => models!(`POST ${AT}/api/chat`, { model: 'm' }), { denial: 'unknown_route', route: null }],
    [
      'a bad body',
      () => models!(`POST ${AT}/api/pull`, `{"model": ${CONFIDENTIAL}`),
      { denial: 'invalid_json', operation: 'upstream', route: 'POST /api/pull' },
    ],
    [
      'an unknown member',
      () => keys!('POST /admin/keys', { team: 'a', app: 'b', env: 'c', x: CONFIDENTIAL }),
      { denial: 'unknown_parameter', operation: 'keys.issue' },
    ],
  ])('records: a refusal is there before the answer: %s', async (_, send, record) => {
    const { headers } = await send();
    // Not waited for.
    const own = (await gateway.records()).filter(({ requestId }) => requestId === headers['x-request-id']);
    expect(own).toEqual([expect.objectContaining({ event: 'admin.denied', ending: 'blocked', ...record })]);
  });
});

describe('reading', () => {
  const read = async (query = '') => {
    const { status, text, headers } = await auditor!(`GET /admin/audit/records${query}`);
    expect([status, headers['content-type']]).toEqual([200, 'application/x-ndjson']);
    return text.split('\n').slice(0, -1);
  };
  const fieldOf = (line: string, name: string) => JSON.parse(line)[name];

  test('reading: lines come byte for byte as they are on disk', async () => {
    const before = await linesIn(auditDir(gateway));
    const lines = await read('?limit=100000');
    expect(lines.slice(0, before.length)).toEqual(before);
    // Only what it has made itself can have been added: its own intent.
    expect(lines.slice(before.length).length).toBeLessThanOrEqual(2);
  });

  test('reading: filters say what they say', async () => {
    const all = await linesIn(auditDir(gateway));
    const upTo = seqOf(all.at(-1)!);
    const among = (lines: string[]) => lines.filter((line) => seqOf(line) <= upTo);
    const having = (holds: (line: string) => boolean) => all.filter(holds);
    const id = fieldOf(all.find((line) => fieldOf(line, 'event') === 'admin.completed')!, 'requestId');
    const time = fieldOf(all[Math.floor(all.length / 2)]!, 'timestamp');

    expect(await read('?limit=3')).toEqual(all.slice(0, 3));
    expect(among(await read('?event=admin.denied'))).toEqual(having((l) => fieldOf(l, 'event') === 'admin.denied'));
    expect(among(await read('?event=key.*'))).toEqual(having((l) => fieldOf(l, 'event').startsWith('key.')));
    expect(await read(`?requestId=${id}`)).toEqual(having((l) => fieldOf(l, 'requestId') === id));
    expect(among(await read(`?keyId=${keyIdOf(modelsKey)}`))).toEqual(
      having((l) => fieldOf(l, 'keyId') === keyIdOf(modelsKey)),
    );
    expect(among(await read('?client=smith&event=admin.*'))).toEqual(
      having((l) => fieldOf(l, 'client') === 'smith' && fieldOf(l, 'event').startsWith('admin.')),
    );
    expect(among(await read(`?fromSeq=${seqOf(all[5]!)}`))).toEqual(all.slice(5));
    expect(among(await read(`?from=${time}`))).toEqual(having((l) => fieldOf(l, 'timestamp') >= time));
    expect(await read(`?to=${time}`)).toEqual(having((l) => fieldOf(l, 'timestamp') < time));
    expect(await read('?event=nothing')).toEqual([]);
  });

  test.each([
    '?limit=0',
    '?limit=100001',
    '?x=1',
    '?from=yesterday',
    '?event=a&event=b',
    '?event=%2e%2e%2f',
    '?keyId=..',
  ])('reading: %s is refused', async (query) => {
    expect((await auditor!(`GET /admin/audit/records${query}`)).status).toBe(400);
  });
});

describe('the end', () => {
  test('end: an upload that died with the gateway is found at the next start, and the log holds', async () => {
    const connection = await connectAdmin(gateway, smith);
    const shape = { method: 'POST', target: `${AT}/api/blobs/${BLOB}`, framing: 'none' } as const;
    const { connections } = upstream;
    await connection.write(rawRequest(modelsKey, { ...shape, headers: ['Content-Length: 1000'], body: CONFIDENTIAL }));
    await until(() => upstream.connections > connections);
    const admitted = (await gateway.recorded('admin.admitted')).at(-1)!;
    expect(admitted['route']).toBe('POST /api/blobs/{digest}');
    await gateway.stop('SIGKILL');

    const again = await startGateway({ upstream: upstream.url, config: config(), after: gateway });
    const orphans = await again.recorded('alert.orphan');
    expect(orphans).toEqual([expect.objectContaining({ requestId: admitted.requestId, admittedSeq: admitted.seq })]);
    expect(await again.stop()).toBe(0);

    const { code, stdout } = await runProgram(['audit', 'verify', 'var/audit'], { cwd: gateway.dir });
    expect({ code, stdout }).toMatchObject({ code: 0 });
    const everything = (await linesIn(auditDir(gateway))).join('\n') + gateway.stderr() + again.stderr();
    expect(everything).not.toContain(CONFIDENTIAL);
    expect(everything).not.toContain(modelsKey.split('_')[2]);
  });
});
