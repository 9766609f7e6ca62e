import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { clientNamed } from '../support/clients.ts';
import { type Answer, startGateway, stopAll, type TestGateway, until } from '../support/gateway.ts';
import { describeWithRedis, startRedis, type TestRedis } from '../support/redis.ts';
import { chatAnswer, gate, json, onceOpen, startUpstream, type Upstream } from '../support/upstream.ts';

const CHAT = '/v1/chat/completions';
const ask = (more: object = {}) => ({ model: 'm', messages: [{ role: 'user', content: 'hi' }], ...more });
const ok = json(200, chatAnswer('ok'));

/** Requests that clients made; the gateway's health checks do not count. */
const asked = (upstream: Upstream) => upstream.requests.filter(({ path }) => path !== '/health').length;
const codes = (answers: readonly Answer[]) =>
  answers.map(({ status, json }) => (status === 200 ? 200 : json.error.code));
const count = <T>(values: readonly T[], wanted: T) => values.filter((value) => value === wanted).length;
const times = <T>(n: number, one: (i: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: n }, (_, i) => one(i)));

async function keyFor(gateway: TestGateway, about: Parameters<TestGateway['issueKey']>[0]): Promise<string> {
  const key = await gateway.issueKey(about);
  // Unlike keyWorks, this does not spend one of the requests that are about to be counted.
  const [, id] = key.split('_');
  await until(async () => (await gateway.records()).some(({ event, keyId }) => event === 'key.issued' && keyId === id));
  return key;
}

/** Waits until everything that was admitted is over: what it held has been given back by then. */
const allOver = (gateway: TestGateway) =>
  until(async () => {
    const events = (await gateway.records()).map(({ event }) => event);
    return count(events, 'inference.completed') === count(events, 'inference.admitted');
  });

let upstream: Upstream;
beforeAll(async () => {
  upstream = await startUpstream(ok);
});
afterAll(async () => {
  await stopAll();
  await upstream.close();
});

describe('in one process', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    const upstreams = [
      { name: 'wide', kind: 'vllm', url: upstream.url, models: ['m'] },
      { name: 'narrow', kind: 'vllm', url: upstream.url, models: ['narrow'], maxInFlight: 2 },
    ];
    gateway = await startGateway({ upstream: upstream.url, config: { upstreams } });
  });
  // Of one test, nothing must run into the next.
  afterEach(() => allOver(gateway));

  test('limits 50: of 100 requests at once against a limit of 10, exactly 10 pass', async () => {
    const key = await keyFor(gateway, { limits: { requestsPerMinute: 10 } });
    const before = asked(upstream);
    const answers = await times(100, () => gateway.post(CHAT, ask(), { key }));
    expect(count(codes(answers), 200)).toBe(10);
    expect(count(codes(answers), 'rate_limited')).toBe(90);
    expect(asked(upstream) - before).toBe(10);
    // Of nobody else: the next key has its own.
    expect((await gateway.post(CHAT, ask())).status).toBe(200);
  });

  test('limits: headers say where the limit stands, and a refusal says when to come back', async () => {
    const key = await keyFor(gateway, { limits: { requestsPerMinute: 2 } });
    const first = await gateway.post(CHAT, ask(), { key });
    expect(first.headers).toMatchObject({
      'x-ratelimit-limit-requests': '2',
      'x-ratelimit-remaining-requests': '1',
      'x-ratelimit-reset-requests': expect.stringMatching(/^(60|59(\.\d)?)s$/),
      'ratelimit-policy': '"requests";q=2;w=60',
      ratelimit: expect.stringMatching(/^"requests";r=1;t=(60|59)$/),
    });
    expect(first.headers).not.toHaveProperty('retry-after');
    // A request that is refused later on has been made all the same.
    const second = await gateway.post(CHAT, '{', { key });
    expect(second.status).toBe(400);
    expect(second.headers).toMatchObject({ 'x-ratelimit-remaining-requests': '0' });
    const third = await gateway.post(CHAT, ask(), { key });
    expect(third.status).toBe(429);
    expect(third.json.error).toMatchObject({ code: 'rate_limited', type: 'rate_limit_error' });
    expect(third.headers).toMatchObject({
      'x-should-retry': 'true',
      'x-ratelimit-limit-requests': '2',
      'x-ratelimit-remaining-requests': '0',
      'retry-after': expect.stringMatching(/^(60|5\d)$/),
    });
    const ms = Number(third.headers['retry-after-ms']);
    expect(Math.ceil(ms / 1000)).toBe(Number(third.headers['retry-after']));
  });

  test('limits: as many requests of a key at once as it may have, and one more when one is over', async () => {
    const key = await keyFor(gateway, { limits: { concurrent: 2 } });
    const { opened, open } = gate();
    const held = onceOpen(opened, ok);
    const before = asked(upstream);
    upstream.respond(held, held);
    const running = [gateway.post(CHAT, ask(), { key }), gateway.post(CHAT, ask({ stream: false }), { key })];
    await until(() => asked(upstream) === before + 2);
    const third = await gateway.post(CHAT, ask(), { key });
    expect(third.status).toBe(429);
    expect(third.json.error.code).toBe('too_many_concurrent');
    expect(third.headers).toMatchObject({ 'x-should-retry': 'true', 'retry-after': '1' });
    // It is the key that is busy, not the gateway.
    expect((await gateway.post(CHAT, ask())).status).toBe(200);
    open();
    expect(codes(await Promise.all(running))).toEqual([200, 200]);
    await allOver(gateway);
    expect((await gateway.post(CHAT, ask(), { key })).status).toBe(200);
  });

  test.each([
    ['streaming', true],
    ['not streaming', false],
  ])(
    'limits 51: a client that hangs up before the first byte (%s) frees its place, and the model server is told',
    async (_, stream) => {
      const key = await keyFor(gateway, { limits: { concurrent: 1 } });
      const before = asked(upstream);
      let gone: Promise<void> | null = null;
      upstream.respond((wire) => {
        gone = wire.gone;
        return gone;
      });
      const leaving = new AbortController();
      const left = gateway.post(CHAT, ask({ stream }), { key, signal: leaving.signal }).catch(() => 'left');
      await until(() => asked(upstream) === before + 1);
      expect((await gateway.post(CHAT, ask(), { key })).json.error.code).toBe('too_many_concurrent');
      leaving.abort();
      expect(await left).toBe('left');
      await gone;
      await allOver(gateway);
      expect((await gateway.post(CHAT, ask(), { key })).status).toBe(200);
    },
  );

  test('limits: a model server takes as many as it has places, whoever asks; then queue_full', async () => {
    const { opened, open } = gate();
    const held = onceOpen(opened, ok);
    const before = asked(upstream);
    upstream.respond(held, held);
    const narrow = ask({ model: 'narrow' });
    const running = [gateway.post(CHAT, narrow), gateway.post(CHAT, narrow, { key: await keyFor(gateway, {}) })];
    await until(() => asked(upstream) === before + 2);
    const full = await gateway.post(CHAT, narrow);
    expect(full.status).toBe(429);
    expect(full.json.error.code).toBe('queue_full');
    expect(full.headers).toMatchObject({ 'x-should-retry': 'true', 'retry-after': '1' });
    expect((await gateway.ops('/metrics')).text).toContain('sallyport_upstream_in_flight{upstream="narrow"} 2');
    expect((await gateway.post(CHAT, ask())).status).toBe(200);
    open();
    expect(codes(await Promise.all(running))).toEqual([200, 200]);
    await allOver(gateway);
    expect((await gateway.post(CHAT, narrow)).status).toBe(200);
    await allOver(gateway);
    expect((await gateway.ops('/metrics')).text).toContain('sallyport_upstream_in_flight{upstream="narrow"} 0');
  });

  describe('tokens a minute', () => {
    const using = (prompt: number, completion: number) => json(200, chatAnswer('ok', { usage: [prompt, completion] }));
    const left = ({ headers }: Answer) => Number(headers['x-ratelimit-remaining-tokens']);

    test('limits: reserved at most, charged as counted; headers say what is left', async () => {
      const key = await keyFor(gateway, { limits: { tokensPerMinute: 1000, maxOutputTokens: 100 } });
      const first = await gateway.post(CHAT, ask(), { key });
      expect(first.headers).toMatchObject({
        'x-ratelimit-limit-tokens': '1000',
        'x-ratelimit-reset-tokens': expect.stringMatching(/^(60|59(\.\d)?)s$/),
        'ratelimit-policy': expect.stringContaining('"tokens";q=1000;w=60'),
      });
      expect(left(first)).toBeLessThan(900);
      expect(left(first)).toBeGreaterThan(850);
      await allOver(gateway);
      upstream.respond(using(70, 30));
      // The first took 10 in the end, and the same is reserved again.
      expect(left(first) - left(await gateway.post(CHAT, ask(), { key }))).toBe(10);
      await allOver(gateway);
      expect(left(first) - left(await gateway.post(CHAT, ask(), { key }))).toBe(110);
    });

    test('limits: requests at once cannot overdraw the budget together', async () => {
      const key = await keyFor(gateway, { limits: { tokensPerMinute: 1000, maxOutputTokens: 300 } });
      const { opened, open } = gate();
      const before = asked(upstream);
      const held = onceOpen(opened, using(1, 300));
      upstream.respond(held, held, held);
      const answers = times(20, () => gateway.post(CHAT, ask(), { key }));
      await until(() => asked(upstream) === before + 3);
      const refused = await gateway.post(CHAT, ask(), { key });
      expect(refused.status).toBe(429);
      expect(refused.json.error).toMatchObject({ code: 'tokens_exhausted', type: 'rate_limit_error' });
      // An SDK that sent it again at once would only be refused again.
      expect(refused.headers['x-should-retry']).toBe('false');
      expect(left(refused)).toBeLessThan(302);
      expect(Number(refused.headers['retry-after'])).toBeGreaterThan(50);
      open();
      expect(count(codes(await answers), 200)).toBe(3);
      expect(asked(upstream)).toBe(before + 3);
    });

    test('limits: a stream whose client hangs up is charged for what was generated', async () => {
      const key = await keyFor(gateway, { limits: { tokensPerMinute: 1000, maxOutputTokens: 100 } });
      const first = await gateway.post(CHAT, ask(), { key });
      await allOver(gateway);
      const words = 'word '.repeat(400); // 2000 characters, about 500 tokens
      const said = gate();
      upstream.respond(async ({ response, gone }) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        const event = { choices: [{ index: 0, delta: { content: words }, finish_reason: null }] };
        response.write(`data: ${JSON.stringify(event)}\n\n`);
        said.open();
        await gone;
      });
      const leaving = new AbortController();
      const stream = gateway.post(CHAT, ask({ stream: true }), { key, signal: leaving.signal }).catch(() => 'left');
      await said.opened;
      // The first byte is out once the gateway has read the event.
      await until(async () => /sallyport_requests_running 1\b/.test((await gateway.ops('/metrics')).text));
      await until(() => gateway.records().then((records) => records.at(-1)!.event === 'inference.admitted'));
      await new Promise((resolve) => setImmediate(resolve));
      leaving.abort();
      expect(await stream).toBe('left');
      await allOver(gateway);
      const last = (await gateway.recorded('inference.completed')).at(-1)!;
      expect(last).toMatchObject({ ending: 'client_left', tokenSource: 'estimate' });
      const second = await gateway.post(CHAT, ask(), { key });
      const charged = (last['inputTokens'] as number) + (last['outputTokens'] as number);
      expect(left(first) - left(second)).toBe(10 + charged);
    });
  });
});

describe('a flood', () => {
  test('limits: one certificate may make so many requests, whatever keys it tries; others are not concerned', async () => {
    const gateway = await startGateway({ upstream: upstream.url, config: { limits: { floodPerMinute: 20 } } });
    const before = asked(upstream);
    const answers = await times(30, (i) => gateway.get('/v1/models', { key: i % 2 ? null : `sp_wrong${i}` }));
    expect(count(codes(answers), 'invalid_api_key')).toBe(20);
    expect(count(codes(answers), 'rate_limited')).toBe(10);
    const refused = await gateway.post(CHAT, ask());
    expect(refused.json.error.code).toBe('rate_limited');
    expect(refused.headers).toMatchObject({ 'x-should-retry': 'true', 'retry-after': '60' });
    expect(asked(upstream)).toBe(before);
    const denied = await gateway.recorded('inference.denied', 31);
    expect(denied.filter(({ denial }) => denial === 'rate_limited')).toHaveLength(11);

    const other = await clientNamed('somebody-else', gateway);
    expect((await other.get('/v1/models', null)).status).toBe(401);
    await other.close();
  });
});

describeWithRedis('on Redis', () => {
  let redis: TestRedis;
  let a: TestGateway;
  let b: TestGateway;
  let local: TestGateway;
  const keys = () => ({ file: join(a.dir, 'var/keys.json') });
  const refusedFast = async (gateway: TestGateway, key: string) => {
    const start = performance.now();
    const answer = await gateway.post(CHAT, ask(), { key });
    expect(answer.json.error).toMatchObject({ code: 'limits_unavailable', type: 'api_error' });
    expect(answer.status).toBe(503);
    expect(answer.headers).toMatchObject({ 'x-should-retry': 'true', 'retry-after': '1' });
    return performance.now() - start;
  };

  beforeAll(async () => {
    redis = await startRedis();
    a = await startGateway({ upstream: upstream.url, env: { REDIS_URL: redis.tcpUrl } });
    [b, local] = await Promise.all([
      startGateway({ upstream: upstream.url, env: { REDIS_URL: redis.unixUrl }, config: { keys: keys() } }),
      startGateway({
        upstream: upstream.url,
        env: { REDIS_URL: redis.tcpUrl },
        config: { keys: keys(), limits: { whenStoreFails: 'local' } },
      }),
    ]);
  });
  afterAll(() => redis.close());
  /** A key that all three know. */
  const sharedKey = async (requestsPerMinute: number) => {
    const key = await keyFor(a, { limits: { requestsPerMinute } });
    const [, id] = key.split('_');
    for (const other of [b, local])
      await until(async () =>
        (await other.records()).some(({ event, keyId }) => event === 'key.issued' && keyId === id),
      );
    return key;
  };

  test('limits 50: of 100 requests at once to two gateways against a limit of 10, exactly 10 pass', async () => {
    const key = await sharedKey(10);
    const before = asked(upstream);
    const answers = await times(100, (i) => (i % 2 ? a : b).post(CHAT, ask(), { key }));
    expect(count(codes(answers), 200)).toBe(10);
    expect(count(codes(answers), 'rate_limited')).toBe(90);
    expect(asked(upstream) - before).toBe(10);
  });

  test('limits: the headers of two gateways tell of the same counter, and Redis knows the id of a key only', async () => {
    const key = await sharedKey(5);
    const left = async (gateway: TestGateway) =>
      (await gateway.post(CHAT, ask(), { key })).headers['x-ratelimit-remaining-requests'];
    expect([await left(a), await left(b), await left(a), await left(local)]).toEqual(['4', '3', '2', '1']);
    const client = new Redis(redis.tcpUrl);
    const names = await client.keys('*');
    await client.quit();
    expect(names).toContain(`sallyport:requests:${key.split('_')[1]}`);
    expect(names.every((name) => /^sallyport:requests:[0-9a-z]{10}$/.test(name))).toBe(true);
  });

  test('faults 54: Redis frozen: refused in time, or counted in the process, as configured; thawed, it goes on', async () => {
    const key = await sharedKey(100);
    redis.signal('SIGSTOP');
    try {
      // The promise is 50 ms; the bound leaves room for a slow machine, and is far below what hanging would take.
      for (const gateway of [a, b]) expect(await refusedFast(gateway, key)).toBeLessThan(1500);
      expect((await local.post(CHAT, ask(), { key })).status).toBe(200);
      // A gateway that refuses everything must not be sent more: traffic may go on elsewhere.
      await until(async () => {
        await refusedFast(a, key);
        return (await a.ops('/readyz')).status === 503;
      });
    } finally {
      redis.signal('SIGCONT');
    }
    await until(async () => (await a.post(CHAT, ask(), { key })).status === 200);
    await until(async () => (await b.post(CHAT, ask(), { key })).status === 200);
  });

  test('faults 53: Redis killed: refused at once, or counted in the process; /readyz says so; back again, it counts again', async () => {
    const key = await sharedKey(5);
    await redis.kill();
    for (const gateway of [a, b]) expect(await refusedFast(gateway, key)).toBeLessThan(1500);
    const ready = await a.ops('/readyz');
    expect(ready.status).toBe(503);
    expect(ready.json).toMatchObject({ ready: false, checks: { limits: false, audit: true } });
    expect((await local.ops('/readyz')).status).toBe(200);
    const answers = await times(12, () => local.post(CHAT, ask(), { key }));
    expect(count(codes(answers), 200)).toBe(5);
    expect(count(codes(answers), 'rate_limited')).toBe(7);

    // One that starts now opens, and refuses until it can count.
    const late = await startGateway({
      upstream: upstream.url,
      env: { REDIS_URL: redis.tcpUrl },
      config: { keys: keys() },
    });
    await refusedFast(late, key);

    await redis.start();
    for (const gateway of [a, b, late]) await until(async () => (await gateway.ops('/readyz')).status === 200);
    const counted = await times(12, (i) => [a, b, late][i % 3]!.post(CHAT, ask(), { key }));
    expect(count(codes(counted), 200)).toBe(5);
    expect(count(codes(counted), 'rate_limited')).toBe(7);
  });

  test('limits: stderr holds no key, and no fault of Redis went unhandled', async () => {
    for (const gateway of [a, b, local]) expect(gateway.stderr()).not.toMatch(/sp_|Unhandled/);
  });
});
