/** The Redis sink against a real Redis that is killed, restarted and frozen. */
import { once } from 'node:events';
import { copyFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream';
import { createServer as createTls } from 'node:tls';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import { openRedisSink, type RedisSinkOptions } from '../../../src/audit/sinks/redis.ts';
import type { AuditLine, Sink } from '../../../src/audit/sinks/sink.ts';
import { issue } from '../../support/leaf.ts';
import { describeWithRedis, startRedis, type TestRedis } from '../../support/redis.ts';
import { serverOf } from '../../support/syslog.ts';
import { tempDir } from '../helpers.ts';
import { linesOf, persist, withoutRepeats } from './lines.ts';

const STREAM = 'sallyport:audit';
const never = () => new AbortController().signal;
const texts = (lines: readonly AuditLine[]) => lines.map(({ text }) => text);

describeWithRedis('the Redis sink', () => {
  let server: TestRedis;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.close());
  afterEach(() => ask((redis) => redis.flushall()));

  async function ask<T>(question: (redis: Redis) => Promise<T>): Promise<T> {
    const redis = new Redis(server.tcpUrl, { retryStrategy: null });
    try {
      return await question(redis);
    } finally {
      redis.disconnect();
    }
  }
  const entries = async () => (await ask((redis) => redis.xrange(STREAM, '-', '+'))).map(([, fields]) => fields);
  const lines = async () => (await entries()).map((fields) => fields[5]!);

  function sink(more: Partial<RedisSinkOptions> = {}) {
    const opened = openRedisSink({ url: server.tcpUrl, caFile: null, stream: STREAM, maxLen: null, ...more });
    onTestFinished(() => opened.close());
    return opened;
  }

  test.each([
    ['TCP', () => server.tcpUrl],
    ['a Unix socket', () => server.unixUrl],
  ])('adds an entry for each record, in order, over %s', async (_how, url) => {
    const batch = linesOf(3, () => ({ event: 'test.event', text: 'Grüße\n☃' }));
    await sink({ url: url() }).send(batch, never());
    expect(await entries()).toEqual(
      batch.map(({ seq, text }) => ['seq', String(seq), 'event', 'test.event', 'line', text]),
    );
  });

  test('keeps about as many entries as it is told', async () => {
    await persist(sink({ maxLen: 200 }), linesOf(2000));
    const kept = await lines();
    expect(kept.length).toBeLessThan(400);
    expect(kept).toEqual(texts(linesOf(2000)).slice(-kept.length));
  });

  test('two gateways on one stream lose nothing to each other', async () => {
    const [one, other] = [sink(), sink()];
    const theirs = linesOf(50, () => ({ event: 'test.event', text: 'of the other' }));
    await Promise.all([persist(one, linesOf(50), 7), persist(other, theirs, 7)]);
    const all = await lines();
    expect(all.filter((line) => line.includes('of the other'))).toEqual(texts(theirs));
    expect(all.filter((line) => !line.includes('of the other'))).toEqual(texts(linesOf(50)));
  });

  test('a Redis that is killed and comes back gets everything from there on', async () => {
    const opened = sink();
    const all = linesOf(600);
    await opened.send(all.slice(0, 300), never());
    await server.kill();
    try {
      await expect(opened.send(all.slice(300, 400), never())).rejects.toThrow();
      for (let attempt = 0; attempt < 10; attempt++) {
        await expect(opened.send(all.slice(300, 400), never())).rejects.toThrow('ECONNREFUSED');
      }
    } finally {
      await server.start();
    }
    await persist(opened, all.slice(300), 100);
    expect(await lines()).toEqual(texts(all.slice(300)));
  });

  test('a Redis that loses its connections again and again gets everything, in order', async () => {
    const all = linesOf(3000, () => ({ event: 'test.event', text: 'x'.repeat(2000) }));
    const opened = sink();
    const killer = new Redis(server.tcpUrl);
    onTestFinished(() => killer.disconnect());
    let attempts = 0;
    const harassed: Sink = {
      ...opened,
      async send(batch, signal) {
        const cut = async () => void (await killer.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes'));
        await Promise.all([opened.send(batch, signal), ...(attempts++ % 3 > 0 ? [cut()] : [])]);
      },
    };
    const failures = await persist(harassed, all, 100);
    expect(failures.length).toBeGreaterThan(0);
    const arrived = await lines();
    expect(withoutRepeats(arrived)).toEqual(texts(all));
    // A batch is there as a whole, or not at all.
    expect(arrived.length % 100).toBe(0);
  });

  test('a Redis that is frozen has a deadline, and what it was sent meanwhile does no harm', async () => {
    const opened = sink({ timeoutMs: 200 });
    const all = linesOf(6000);
    await persist(opened, all.slice(0, 10));
    server.signal('SIGSTOP');
    try {
      for (let attempt = 0; attempt < 3; attempt++) {
        await expect(opened.send(all.slice(10, 510), never())).rejects.toThrow('no answer within 200 ms');
      }
    } finally {
      server.signal('SIGCONT');
    }
    await persist(opened, all.slice(10));
    expect(withoutRepeats(await lines())).toEqual(texts(all));
  });

  test.each<[string, (redis: Redis) => Promise<unknown>, RegExp]>([
    ['another kind of key is in the way', (redis) => redis.set(STREAM, 'x'), /WRONGTYPE/],
    ['the memory is full', (redis) => redis.config('SET', 'maxmemory', '1'), /OOM/],
    ['a password is asked for', (redis) => redis.config('SET', 'requirepass', 'secret'), /NOAUTH/],
    ['the command is not allowed', (redis) => redis.call('ACL', 'SETUSER', 'default', '-xadd'), /NOPERM|permissions/],
  ])('where %s, nothing is added, and no word of a record is in the fault', async (_what, prepare, reason) => {
    await ask(async (redis) => {
      await prepare(redis);
      try {
        const batch = linesOf(2, () => ({ event: 'test.canary' }));
        const fault = await sink()
          .send(batch, never())
          .then(
            () => null,
            (error: Error) => error,
          );
        expect(fault?.message).toMatch(reason);
        expect(JSON.stringify({ ...fault, message: fault?.message, cause: fault?.cause })).not.toContain('canary');
        expect(await redis.type(STREAM)).not.toBe('stream');
      } finally {
        await redis.call('ACL', 'SETUSER', 'default', '+@all');
        await redis.config('SET', 'maxmemory', '0');
        await redis.config('SET', 'requirepass', '');
      }
    });
  });

  describe('over TLS', () => {
    /** What ends TLS in front of Redis, as the server `localhost` of the internal CA. */
    async function tlsRedis(): Promise<string> {
      const front = createTls(serverOf(inject('pki')), (tls) => {
        const tcp = connect(Number(new URL(server.tcpUrl).port), '127.0.0.1');
        pipeline(tls, tcp, tls, () => {});
      }).on('tlsClientError', () => {});
      front.listen(0);
      await once(front, 'listening');
      onTestFinished(() => void front.close());
      return `rediss://localhost:${(front.address() as AddressInfo).port}`;
    }

    test('with a CA of its own, read when it connects', async () => {
      const caFile = join(await tempDir(), 'ca.pem');
      const opened = sink({ url: await tlsRedis(), caFile });
      await expect(opened.send(linesOf(2), never())).rejects.toMatchObject({ code: 'sink_file_unreadable' });
      await writeFile(caFile, (await issue(null)).cert);
      await expect(opened.send(linesOf(2), never())).rejects.toThrow(/certificate/);
      await copyFile(join(inject('pki'), 'internal-ca-cert.pem'), caFile);
      await opened.send(linesOf(2), never());
      expect(await lines()).toEqual(texts(linesOf(2)));
      // Not for each batch.
      await rm(caFile);
      await opened.send(linesOf(1), never());
    });

    test('not with the CAs of Node, and not for another name', async () => {
      const url = await tlsRedis();
      await expect(sink({ url }).send(linesOf(1), never())).rejects.toThrow(/certificate/);
      const caFile = join(inject('pki'), 'internal-ca-cert.pem');
      const other = url.replace('localhost', '127.0.0.2');
      await expect(sink({ url: other, caFile }).send(linesOf(1), never())).rejects.toThrow(
        /not in the cert's list|altname/,
      );
      expect(await entries()).toEqual([]);
    });
  });

  test('the one who asked may give up', async () => {
    server.signal('SIGSTOP');
    try {
      const giving = new AbortController();
      const sending = sink().send(linesOf(1), giving.signal);
      giving.abort(new Error('enough'));
      await expect(sending).rejects.toThrow('enough');
    } finally {
      server.signal('SIGCONT');
    }
  });
});

test('something that is no Redis stream, and quotes what it was sent, is not quoted', async () => {
  const stranger = createServer((socket) => {
    socket
      .on('error', () => {})
      .on('data', (data) => {
        const commands = data.toString().match(/^\*\d+\r$/gm) ?? [];
        for (const _ of commands) socket.write("-ERR unknown command 'XADD', with args beginning with: 'canary'\r\n");
      });
  }).listen(0, '127.0.0.1');
  await once(stranger, 'listening');
  const { port } = stranger.address() as AddressInfo;
  const opened = openRedisSink({ url: `redis://127.0.0.1:${port}`, caFile: null, stream: STREAM, maxLen: null });
  const sending = opened.send(linesOf(2), never());
  await expect(sending).rejects.toThrow(/^Redis stream sallyport:audit: ERR unknown command 'XADD'$/);
  await opened.close();
  stranger.close();
});
