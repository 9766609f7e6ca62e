/** Answers of Redis in an order that it takes luck to see, played by a connection that does what each test says. */
import { expect, it, vi } from 'vitest';
import { openRedisDocument } from '../../../src/core/document/redis.ts';
import type { DocumentConnection } from '../../../src/core/document/redis-connection.ts';
import { adding, wordsFormat } from './words.ts';

/** A Redis with one document, whose next look can be held up. */
function playedRedis() {
  const stored = { version: '5', text: '["first"]' };
  let held: Promise<void> | null = null;
  let tell: (name: string | null) => void = () => {};
  const answer: Record<string, (...args: string[]) => unknown> = {
    HGET: () => stored.version,
    HMGET: () => [stored.version, stored.text],
    EVAL: (_script, _count, _key, expected, version, text) => {
      if (expected !== stored.version) return 0;
      Object.assign(stored, { version, text });
      return 1;
    },
  };
  const connection: DocumentConnection = {
    async send(command, ...args) {
      const reply = answer[command!]!(...args);
      if (command === 'HGET') await held;
      return reply as never;
    },
    onNews(callback) {
      tell = callback;
      return () => {};
    },
    trouble: () => null,
    tried: Promise.resolve(),
    close: () => {},
  };
  return {
    connection,
    stored,
    tell: () => tell('words'),
    /** From now on looks are answered with what was there when they were sent, once the returned function is called. */
    hold() {
      const { promise, resolve } = Promise.withResolvers<void>();
      held = promise;
      return () => {
        held = null;
        resolve();
      };
    },
  };
}

it('does not take the late answer to a look for a version that was lost', async () => {
  const redis = playedRedis();
  const alarms: string[] = [];
  const document = await openRedisDocument(wordsFormat, redis.connection, {
    onAlarm: ({ code }) => alarms.push(code),
  });
  const release = redis.hold();
  redis.tell();
  await document.change(adding('second'));
  release();
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect([document.current(), alarms]).toEqual([['first', 'second'], []]);
  await document.close();
});

it('looks again where it is told of a change while it looks', async () => {
  const redis = playedRedis();
  const document = await openRedisDocument(wordsFormat, redis.connection, { onAlarm: () => {} });
  const release = redis.hold();
  redis.tell();
  Object.assign(redis.stored, { version: '6', text: '["second"]' });
  redis.tell();
  release();
  // Far sooner than the next look by itself.
  await vi.waitFor(() => expect(document.current()).toEqual(['second']), { timeout: 200, interval: 2 });
  await document.close();
});
