/** A document in Redis, while everything happens to Redis that can. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { openRedisDocument } from '../../../src/core/document/redis.ts';
import { connectDocuments } from '../../../src/core/document/redis-connection.ts';
import { describeWithRedis } from '../../support/redis.ts';
import { type OpenWords, type RedisStore, redisStore } from './stores.ts';
import { adding, wordsFormat } from './words.ts';

/** How long a person waits for a change at most. */
const CHANGE_MS = 2000;

describeWithRedis('a document in Redis', () => {
  let store: RedisStore;
  beforeEach(async () => {
    store = await redisStore();
  });
  afterEach(() => store.close());

  const seen = (check: () => void, timeout = 10_000) => vi.waitFor(check, { timeout, interval: 5 });
  /** Two who have it open, with one word in it that both know of. */
  async function two(): Promise<readonly [OpenWords, OpenWords]> {
    const one = await store.open();
    await one.document.change(adding('first'));
    return [one, await store.open()];
  }
  const listeners = () =>
    store.ask(async (redis) => (await redis.call('PUBSUB', 'NUMSUB', 'sallyport:changed')) as unknown[]);
  const subscribed = (count: number, timeout = 5000) =>
    vi.waitFor(async () => expect((await listeners())[1]).toBe(count), timeout);
  async function msUntil(check: () => void): Promise<number> {
    const began = performance.now();
    await seen(check);
    return performance.now() - began;
  }
  /** Milliseconds until it rejects. */
  async function msOfRefusal({ document }: OpenWords, code: RegExp): Promise<number> {
    const began = performance.now();
    await expect(document.change(adding('lost'))).rejects.toMatchObject({ code: expect.stringMatching(code) });
    return performance.now() - began;
  }

  it('is told of a change, and does not have to look', async () => {
    const [one, other] = await two();
    await subscribed(2);
    const took: number[] = [];
    for (let i = 0; i < 20; i++) {
      await one.document.change(adding(`word-${i}`));
      took.push(await msUntil(() => expect(other.document.current()).toContain(`word-${i}`)));
    }
    // By looking alone it would be 250 ms on average.
    expect(took.sort((a, b) => a - b)[10]).toBeLessThan(100);
  });

  it('finds by looking what it was not told, and listens again', async () => {
    const [one, other] = await two();
    await subscribed(2);
    await store.ask((redis) => redis.call('ACL', 'SETUSER', 'default', 'resetchannels', '-subscribe'));
    await store.ask((redis) => redis.call('CLIENT', 'KILL', 'TYPE', 'pubsub'));
    await subscribed(0);
    await store.put('["first","second"]');
    expect(await msUntil(() => expect(other.document.current()).toEqual(['first', 'second']))).toBeLessThan(1000);
    // A refused subscription is asked for again.
    await store.ask((redis) => redis.call('ACL', 'SETUSER', 'default', 'allchannels', '+subscribe'));
    await subscribed(2);
    await one.document.change(adding('third'));
    await seen(() => expect(other.document.current()).toEqual(['first', 'second', 'third']));
  });

  it('listens again at once when the connection was cut', async () => {
    const [one, other] = await two();
    await subscribed(2);
    await store.ask((redis) => redis.call('CLIENT', 'KILL', 'TYPE', 'pubsub'));
    await subscribed(2, 1000);
    await one.document.change(adding('second'));
    await seen(() => expect(other.document.current()).toEqual(['first', 'second']));
  });

  it('does not stay on connections that have died without a word', async () => {
    const pipes: Socket[] = [];
    const proxy = createServer((socket) => {
      const redis = connect({ port: Number(new URL(store.server.tcpUrl).port), host: '127.0.0.1' });
      pipes.push(socket, redis);
      for (const end of [socket, redis]) end.on('error', () => {});
      socket.pipe(redis).pipe(socket);
    }).listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    const connection = connectDocuments(`redis://127.0.0.1:${(proxy.address() as AddressInfo).port}`);
    const document = await openRedisDocument(wordsFormat, connection, { onAlarm: () => {} });
    await subscribed(1);
    // As a firewall does that has forgotten them: they stay open, and nothing comes through.
    for (const socket of pipes.splice(0)) socket.unpipe().pause();
    await store.put('["first"]');
    await seen(() => expect(document.current()).toEqual(['first']), 4000);
    expect(document.fresh()).toBe(true);
    // Redis still counts the dead subscription.
    await subscribed(2, 6000);
    await document.close();
    connection.close();
    for (const socket of pipes) socket.destroy();
    proxy.close();
  });

  it('keeps an idle subscription', async () => {
    await two();
    await subscribed(2);
    const ids = () =>
      store.ask(async (redis) => String(await redis.call('CLIENT', 'LIST', 'TYPE', 'pubsub')).match(/^id=\d+/gm));
    const before = await ids();
    await new Promise((resolve) => setTimeout(resolve, 3500));
    expect(await ids()).toEqual(before);
  });

  it('starts without Redis: empty, and not fresh until it has been read', async () => {
    const [one] = await two();
    await one.document.change(adding('second'));
    await store.ask((redis) => redis.save());
    await store.server.kill();
    const { document, alarms } = await store.open();
    expect([document.current(), document.fresh(), alarms]).toEqual([[], false, ['words_unreachable']]);
    const told = vi.fn();
    document.onChange(told);
    await store.server.start();
    await seen(() => expect(document.fresh()).toBe(true));
    expect(document.current()).toEqual(['first', 'second']);
    expect([told.mock.calls, alarms]).toEqual([[[[], ['first', 'second']]], ['words_unreachable']]);
  });

  it('keeps what is in force while Redis is killed, is not fresh, says so once, and goes on afterwards', async () => {
    const [one, other] = await two();
    await store.ask((redis) => redis.save());
    await store.server.kill();
    await seen(() => expect(one.document.fresh()).toBe(false));
    await seen(() => expect(one.alarms.slice(1)).toEqual(['words_unreachable']));
    expect(await msOfRefusal(one, /^words_unreadable$/)).toBeLessThan(CHANGE_MS);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect([one.document.current(), one.alarms.slice(1)]).toEqual([['first'], ['words_unreachable']]);
    await store.server.start();
    await seen(() => expect([one.document.fresh(), other.document.fresh()]).toEqual([true, true]));
    await one.document.change(adding('second'));
    await seen(() => expect(other.document.current()).toEqual(['first', 'second']));
  });

  it('is fresh again when Redis is back with all it had', async () => {
    const [one] = await two();
    await store.ask((redis) => redis.save());
    await store.server.kill();
    await store.server.start();
    await store.ask((redis) => redis.hset('sallyport:words', { version: '9999999999999', text: '["later"]' }));
    await seen(() => expect([one.document.current(), one.document.fresh()]).toEqual([['later'], true]));
  });

  it('keeps what is in force when Redis comes back without it, and brings it back with the next change', async () => {
    const [one, other] = await two();
    await store.server.kill();
    await store.server.start();
    await seen(() =>
      expect([one.alarms.slice(1).at(-1), other.alarms.at(-1)]).toEqual(['words_missing', 'words_missing']),
    );
    expect([one.document.current(), one.document.fresh()]).toEqual([['first'], true]);
    await one.document.change(adding('second'));
    expect(JSON.parse((await store.text())!)).toEqual(['first', 'second']);
    await seen(() => expect(other.document.current()).toEqual(['first', 'second']));
  });

  it('takes over no older version, and brings back what was lost with the next change', async () => {
    const [one, other] = await two();
    await store.ask((redis) => redis.save());
    await one.document.change(adding('revoked'));
    await seen(() => expect(other.document.current()).toEqual(['first', 'revoked']));
    await store.server.kill();
    // With the copy from before.
    await store.server.start();
    await seen(() =>
      expect([one.alarms.at(-1), other.alarms.at(-1)]).toEqual(['words_rolled_back', 'words_rolled_back']),
    );
    expect((await store.open()).document.current()).toEqual(['first']);
    expect([one, other].map(({ document }) => document.current())).toEqual([
      ['first', 'revoked'],
      ['first', 'revoked'],
    ]);
    await other.document.change(adding('more'));
    await seen(() => expect(one.document.current()).toEqual(['first', 'revoked', 'more']));
    expect([one, other].map(({ alarms }) => alarms.filter((code) => code === 'words_rolled_back').length)).toEqual([
      1, 1,
    ]);
  });

  it('answers in time while Redis is frozen, and goes on when it has thawed', async () => {
    const [one, other] = await two();
    store.server.signal('SIGSTOP');
    const took = await Promise.all([msOfRefusal(one, /^words_un/), msOfRefusal(one, /^words_un/)]);
    expect(Math.max(...took)).toBeLessThan(CHANGE_MS + 200);
    await seen(() => expect(other.document.fresh()).toBe(false));
    await seen(() => expect(other.alarms).toEqual(['words_unreachable']));
    expect(other.document.current()).toEqual(['first']);
    store.server.signal('SIGCONT');
    await seen(() => expect([one.document.fresh(), other.document.fresh()]).toEqual([true, true]));
    // What was sent before it froze may have been carried out since, and nothing twice.
    const words = await one.document.change(adding('second'));
    expect(words.filter((word) => word === 'second')).toHaveLength(1);
    await seen(() => expect(other.document.current()).toEqual(words));
  });

  it('notices within two seconds that it is not fresh', async () => {
    const [one] = await two();
    await seen(() => expect(one.document.fresh()).toBe(true));
    store.server.signal('SIGSTOP');
    expect(await msUntil(() => expect(one.document.fresh()).toBe(false))).toBeLessThan(2100);
    store.server.signal('SIGCONT');
  });

  it.each([
    ['another version', 'nonsense', 'words_invalid'],
    ['a version that no number can hold', '9'.repeat(16), 'words_invalid'],
  ])('keeps what is in force at %s', async (_what, version, code) => {
    const [{ document, alarms }] = await two();
    await store.ask((redis) => redis.hset('sallyport:words', { version }));
    await seen(() => expect(alarms.at(-1)).toBe(code));
    expect(document.current()).toEqual(['first']);
    await expect(document.change(adding('second'))).rejects.toMatchObject({ code });
  });

  it('makes versions of the time, and of the one before where a clock is behind', async () => {
    const version = () => store.ask((redis) => redis.hget('sallyport:words', 'version'));
    const connection = connectDocuments(store.server.tcpUrl);
    let now = 5000;
    const document = await openRedisDocument(wordsFormat, connection, { onAlarm: () => {}, now: () => now });
    const versions: unknown[] = [];
    for (const time of [5000, 4000, 9000]) {
      now = time;
      await document.change(adding(`at-${time}`));
      versions.push(await version());
    }
    await document.close();
    connection.close();
    expect(versions).toEqual(['5000', '5001', '9000']);
  });

  /** What docs/keys.md says that a gateway needs. */
  const ACL =
    '+hello +info +ping +select +hget +hset +hmget +eval +publish +subscribe ~sallyport:* &sallyport:changed'.split(
      ' ',
    );

  it('needs no more than the commands that are documented', async () => {
    await store.ask((redis) => redis.call('ACL', 'SETUSER', 'gateway', 'on', '>pass', 'resetchannels', ...ACL));
    const connection = connectDocuments(store.server.tcpUrl.replace('//', '//gateway:pass@'));
    const alarms: string[] = [];
    const document = await openRedisDocument(wordsFormat, connection, { onAlarm: ({ code }) => alarms.push(code) });
    await subscribed(1);
    await document.change(adding('one'));
    await document.close();
    connection.close();
    expect([JSON.parse((await store.text())!), alarms]).toEqual([['one'], ['words_missing']]);
    const refused = await store.ask((redis) => redis.call('ACL', 'LOG') as Promise<unknown[]>);
    expect(refused).toEqual([]);
  });

  it('stores nothing that it may not tell of', async () => {
    await two();
    const without = ACL.filter((rule) => !rule.startsWith('&'));
    await store.ask((redis) => redis.call('ACL', 'SETUSER', 'mute', 'on', '>pass', 'resetchannels', ...without));
    const connection = connectDocuments(store.server.tcpUrl.replace('//', '//mute:pass@'));
    const document = await openRedisDocument(wordsFormat, connection, { onAlarm: () => {} });
    await expect(document.change(adding('unheard'))).rejects.toMatchObject({ code: 'words_unwritable' });
    await document.close();
    connection.close();
    expect(JSON.parse((await store.text())!)).toEqual(['first']);
  });

  it.each([
    ['another password', (url: string) => url.replace('//', '//default:hunter2@'), /WRONGPASS/],
    ['a port where nobody listens', () => 'redis://127.0.0.1:1', /ECONNREFUSED/],
  ])('says why: %s', async (_what, url, reason) => {
    await store.ask((redis) => redis.call('ACL', 'SETUSER', 'default', '>other', 'resetpass', '>secret'));
    const connection = connectDocuments(url(store.server.tcpUrl));
    const alarms: string[] = [];
    const document = await openRedisDocument(wordsFormat, connection, {
      onAlarm: ({ message }) => alarms.push(message),
    });
    expect(alarms).toEqual([expect.stringMatching(reason)]);
    expect(alarms.join()).not.toContain('hunter2');
    await expect(document.change(adding('one'))).rejects.toMatchObject({ message: expect.stringMatching(reason) });
    await document.close();
    connection.close();
  });
});
