/** Two persons for what cannot be put back, and people who come with an access token (catalogue 44 and 47). */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clock } from '../support/clock.ts';
import { startGateway, stopAll, type TestGateway, until } from '../support/gateway.ts';
import { signingKey, startIssuer, type TestIssuer } from '../support/issuer.ts';
import { administratorsCa, type Certified, type Operator, operator, operatorWith } from '../support/operators.ts';
import { json, startUpstream, type Upstream } from '../support/upstream.ts';

/** More than an approval lives, a token, and the pause between two questions to an issuer. */
const later = clock(400_000);
const AT = '/admin/upstreams/ollama';

let upstream: Upstream;
let admins: Awaited<ReturnType<typeof administratorsCa>>;
let [smith, jones]: Certified[] = [];
beforeAll(async () => {
  upstream = await startUpstream(async (wire, asked) => {
    if (asked.json?.model !== 'endless') return json(200, {})(wire, asked);
    wire.response.writeHead(200, { 'content-type': 'application/x-ndjson' }).write('{"status":"pulling"}\n');
    await wire.gone;
  });
  admins = await administratorsCa();
  [smith, jones] = await Promise.all([admins.named('smith'), admins.named('jones')]);
});
afterAll(async () => {
  await stopAll();
  await upstream.close();
  await admins.remove();
});

const start = (admin: object) =>
  startGateway({
    upstream: upstream.url,
    env: later.env,
    config: {
      upstreams: [{ name: 'ollama', kind: 'ollama', url: upstream.url }],
      admin: { enabled: true, port: 0, clientCaFile: admins.caFile, crlFile: null, ...admin },
    },
  });
const codeOf = ({ status, text }: Awaited<ReturnType<Operator>>) =>
  status < 300 ? String(status) : `${status} ${JSON.parse(text).error.code}`;
const pulls = () => upstream.requests.filter(({ json: body }) => body?.model === 'endless');
const deletions = () => upstream.requests.filter(({ method }) => method === 'DELETE').length;

describe('approvals', () => {
  let gateway: TestGateway;
  let smithKey: string;
  let [asks, approves]: Operator[] = [];
  beforeAll(async () => {
    gateway = await start({ approvals: 'destructive', approvalMinutes: 5 });
    ({ key: smithKey, ask: asks } = await operatorWith(gateway, 'model-admin', smith!));
    ({ ask: approves } = await operatorWith(gateway, 'model-admin', jones!));
  });

  const remove = (model: string, by = asks!) => by(`DELETE ${AT}/api/delete`, { model });
  /** Asks, and returns the id that waits. */
  async function asked(model: string): Promise<string> {
    const answer = await remove(model);
    expect(codeOf(answer)).toBe('403 approval_required');
    return /It waits as ([0-9a-z]{10})\.$/.exec(answer.json.error.message)![1]!;
  }
  const approve = (id: string, by = approves!) => by(`POST /admin/approvals/${id}/approve`);

  test('approvals: two persons delete, once', async () => {
    const before = deletions();
    const id = await asked('two');
    expect(await asked('two')).toBe(id);
    const waiting = (await approves!('GET /admin/approvals')).json.approvals;
    expect(waiting).toEqual([
      expect.objectContaining({ id, upstream: 'ollama', method: 'DELETE', subject: 'two', approver: null }),
    ]);
    expect(codeOf(await approve(id))).toBe('200');
    expect(deletions()).toBe(before);
    const done = await remove('two');
    expect(done.status).toBe(200);
    expect(deletions()).toBe(before + 1);
    const records = (await gateway.records()).filter((one) => one.requestId === done.headers['x-request-id']);
    expect(records[0]).toMatchObject({ event: 'admin.admitted', approval: id, subject: 'two' });
    expect(await asked('two')).not.toBe(id);
  });

  test('approvals: nobody approves for themselves, with however many keys, or certificates of a name', async () => {
    const id = await asked('self');
    const second = await operatorWith(gateway, 'model-admin', smith!);
    const renewed = operator(gateway, smithKey, await admins.named('smith'));
    const other = await operatorWith(gateway, 'model-admin', await admins.named('SMITH'));
    for (const by of [asks!, second.ask, renewed, other.ask]) {
      expect(codeOf(await approve(id, by))).toBe('403 role_not_allowed');
    }
    expect(codeOf(await remove('self'))).toBe('403 approval_required');
  });

  test('approvals: one is good for the same bytes, from the same operator', async () => {
    const before = deletions();
    expect(codeOf(await approve(await asked('this')))).toBe('200');
    for (const body of ['{"model": "this"}', '{"model":"that"}', '{"model":"this","model":"that"}', '']) {
      expect(codeOf(await asks!(`DELETE ${AT}/api/delete`, body))).toBe('403 approval_required');
    }
    expect(codeOf(await remove('this', approves!))).toBe('403 approval_required');
    expect(codeOf(await asks!(`POST ${AT}/api/push`, { model: 'this' }))).toBe('403 approval_required');
    expect(deletions()).toBe(before);
    expect(codeOf(await remove('this'))).toBe('200');
  });

  test('approvals: twenty at once use one up, and one of them deletes', async () => {
    const before = deletions();
    expect(codeOf(await approve(await asked('twenty')))).toBe('200');
    const codes = (await Promise.all(Array.from({ length: 20 }, () => remove('twenty')))).map(codeOf);
    expect(codes.filter((code) => code === '200')).toHaveLength(1);
    expect(codes.filter((code) => code === '403 approval_required')).toHaveLength(19);
    expect(deletions()).toBe(before + 1);
  });

  test('approvals: what does not destroy needs none, and what does not wait cannot be approved', async () => {
    expect(codeOf(await asks!(`POST ${AT}/api/pull`, { model: 'm' }))).toBe('200');
    expect(codeOf(await approve('zzzzzzzzzz'))).toBe('409 conflict');
  });

  test('approvals: what waits, and what was approved, is void after a while', async () => {
    const before = deletions();
    const [waits, given] = [await asked('late'), await asked('later')];
    expect(codeOf(await approve(given))).toBe('200');
    await later.forward(gateway);
    expect(codeOf(await approve(waits))).toBe('409 conflict');
    expect(await asked('later')).not.toBe(given);
    expect(deletions()).toBe(before);
  });
});

describe('people', () => {
  let issuer: TestIssuer;
  let gateway: TestGateway;
  /** The issuer goes by the same clock as the gateway. */
  let ahead = 0;
  const forward = async () => {
    ahead += 400;
    await later.forward(gateway);
  };
  const as = (token: string, client = smith!) => operator(gateway, token, client);
  const models = (claims: object = {}) => ({ roles: ['models'], ...claims });

  beforeAll(async () => {
    issuer = await startIssuer({ nowSeconds: () => Math.floor(Date.now() / 1000) + ahead });
    await issuer.stop();
    const oidc = { issuer: issuer.url, audience: 'sallyport', clockSkewSeconds: 0, roles: { models: 'model-admin' } };
    gateway = await start({ oidc });
  });
  afterAll(() => issuer.stop());

  test('people: without its issuer the gateway starts, says so, and takes no token until it is there', async () => {
    const { key } = await operatorWith(gateway, 'model-admin', jones!);
    const refused = await as(issuer.token(models()))('GET /admin/upstreams');
    expect(codeOf(refused)).toBe('503 issuer_unavailable');
    await until(() => gateway.stderr().includes('oidc_unreachable'));
    expect((await operator(gateway, key, jones!)('GET /admin/upstreams')).status).toBe(200);

    await issuer.start();
    await forward();
    expect((await as(issuer.token(models()))('GET /admin/upstreams')).status).toBe(200);
  });

  test('people: who it was is on record, and no token is', async () => {
    const token = issuer.token(models({ sub: 'alice@corp' }));
    const { headers } = await as(token)(`GET ${AT}/api/tags`);
    const own = async () => (await gateway.records()).filter((one) => one.requestId === headers['x-request-id']);
    await until(async () => (await own()).length === 2);
    for (const record of await own()) {
      expect(record).toMatchObject({ person: 'alice@corp', keyId: null, team: null, client: 'smith' });
    }
    const everything = JSON.stringify(await gateway.records()) + gateway.stderr();
    for (const part of token.split('.').slice(1)) expect(everything).not.toContain(part);
  });

  test('people: a new key of the issuer is good at once, an old one until it is gone', async () => {
    const [old] = issuer.keys;
    issuer.keys.push(signingKey('ES256', 'key-2'));
    // It has been asked just now for another reason, and is not asked again so soon.
    await forward();
    const by = (key: (typeof issuer.keys)[number]) => as(issuer.token(models(), { key }))('GET /admin/upstreams');
    expect((await by(issuer.keys[1]!)).status).toBe(200);
    expect((await by(old!)).status).toBe(200);
    issuer.keys.shift();
    await forward();
    await forward();
    expect(codeOf(await by(old!))).toBe('401 invalid_token');
    expect((await by(issuer.keys[0]!)).status).toBe(200);
  });

  test.each<[string, () => string, string, string]>([
    ['another audience', () => issuer.token(models({ aud: 'other' })), '401 invalid_token', 'audience'],
    ['one that has expired', () => issuer.token(models({ exp: 1 })), '401 invalid_token', 'expired'],
    ['a key of nobody', () => issuer.token(models(), { key: signingKey() }), '401 invalid_token', 'unknown_key'],
    [
      'one that is bound to another certificate',
      () => issuer.token(models({ cnf: { 'x5t#S256': thumbprint(jones!) } })),
      '401 invalid_token',
      'binding',
    ],
  ])('people: %s is refused, with the same words', async (_, token, code, reason) => {
    const answer = await as(token())('GET /admin/upstreams');
    expect(codeOf(answer)).toBe(code);
    expect(answer.json.error.message).toBe((await as('nothing')('GET /admin/upstreams')).json.error.message);
    const record = (await gateway.records()).find((one) => one.requestId === answer.headers['x-request-id']);
    expect(record).toMatchObject({ event: 'admin.denied', reason, person: null });
  });

  const thumbprint = ({ der }: Certified) => createHash('sha256').update(der).digest('base64url');

  test('people: a token that is bound to the certificate of the connection is taken', async () => {
    const token = issuer.token(models({ cnf: { 'x5t#S256': thumbprint(smith!) } }));
    expect((await as(token)('GET /admin/upstreams')).status).toBe(200);
    expect(codeOf(await as(token, jones!)('GET /admin/upstreams'))).toBe('401 invalid_token');
  });

  test('people: what runs when the token expires is cut off, on both sides', async () => {
    const left = upstream.aborted;
    const pulling = as(issuer.token(models()))(`POST ${AT}/api/pull`, { model: 'endless' });
    const outcome = pulling.then(
      () => 'whole',
      () => 'cut',
    );
    await until(() => pulls().length === 1);
    await forward();
    expect(await outcome).toBe('cut');
    await upstream.clientGone(left + 1);
    await until(async () =>
      (await gateway.records()).some(({ ending, reason }) => ending === 'revoked' && reason === 'expired'),
    );
  });
});
