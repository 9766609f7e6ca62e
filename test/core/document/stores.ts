/** The two things that keep documents, for the tests that both must pass. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import type { SharedDocument } from '../../../src/core/document/document.ts';
import { openFileDocument } from '../../../src/core/document/file.ts';
import { openRedisDocument } from '../../../src/core/document/redis.ts';
import { connectDocuments } from '../../../src/core/document/redis-connection.ts';
import { startRedis, type TestRedis } from '../../support/redis.ts';
import { wordsFormat } from './words.ts';

export interface OpenWords {
  readonly document: SharedDocument<readonly string[]>;
  /** Codes of the alarms that were raised. */
  readonly alarms: string[];
}

/** What keeps the words of a test, from its beginning to its end. */
export interface Store {
  /** As a process of its own would. */
  open(): Promise<OpenWords>;
  /** Writes past everybody, as newer than what is there. */
  put(text: string): Promise<void>;
  remove(): Promise<void>;
  text(): Promise<string | null>;
  /** Source of an expression that opens the words in another process: `{document, end}`. */
  readonly source: string;
  close(): Promise<void>;
}

const here = (path: string) => JSON.stringify(new URL(path, import.meta.url).href);

export async function fileStore(): Promise<Store> {
  const dir = mkdtempSync(join(tmpdir(), 'words-'));
  const path = join(dir, 'var', 'words.json');
  const opened: OpenWords[] = [];
  const { readFile, rm } = await import('node:fs/promises');
  return {
    async open() {
      const alarms: string[] = [];
      const document = await openFileDocument(wordsFormat, path, { onAlarm: ({ code }) => alarms.push(code) });
      opened.push({ document, alarms });
      return { document, alarms };
    },
    put: async (text) => writeFileSync(path, text, { mode: 0o600 }),
    remove: () => rm(path),
    text: () => readFile(path, 'utf8').catch(() => null),
    source: `
      import { openFileDocument } from ${here('../../../src/core/document/file.ts')};
      import { wordsFormat } from ${here('words.ts')};
      const document = await openFileDocument(wordsFormat, ${JSON.stringify(path)}, { onAlarm() {} });
      const end = () => document.close();`,
    async close() {
      for (const { document } of opened) await document.close();
      rmSync(dir, { recursive: true });
    },
  };
}

export interface RedisStore extends Store {
  readonly server: TestRedis;
  /** Asks Redis something, on a connection of its own. */
  ask<T>(question: (redis: Redis) => Promise<T>): Promise<T>;
}

export async function redisStore(): Promise<RedisStore> {
  const server = await startRedis();
  const closing: (() => Promise<void>)[] = [];
  const ask = async <T>(question: (redis: Redis) => Promise<T>): Promise<T> => {
    const redis = new Redis(server.tcpUrl, { retryStrategy: null });
    try {
      return await question(redis);
    } finally {
      redis.disconnect();
    }
  };
  return {
    server,
    ask,
    async open() {
      const alarms: string[] = [];
      const connection = connectDocuments(server.tcpUrl);
      closing.push(async () => connection.close());
      const document = await openRedisDocument(wordsFormat, connection, { onAlarm: ({ code }) => alarms.push(code) });
      closing.push(() => document.close());
      return { document, alarms };
    },
    put: (text) =>
      ask(async (redis) => {
        const before = Number(await redis.hget('sallyport:words', 'version'));
        await redis.hset('sallyport:words', { version: Math.max(Date.now(), before + 1), text });
      }),
    remove: () => ask(async (redis) => void (await redis.del('sallyport:words'))),
    text: () => ask((redis) => redis.hget('sallyport:words', 'text')),
    source: `
      import { openRedisDocument } from ${here('../../../src/core/document/redis.ts')};
      import { connectDocuments } from ${here('../../../src/core/document/redis-connection.ts')};
      import { wordsFormat } from ${here('words.ts')};
      const connection = connectDocuments(${JSON.stringify(server.tcpUrl)});
      const document = await openRedisDocument(wordsFormat, connection, { onAlarm() {} });
      const end = async () => { await document.close(); connection.close(); };`,
    async close() {
      for (const close of closing.reverse()) await close();
      await server.close();
    },
  };
}
