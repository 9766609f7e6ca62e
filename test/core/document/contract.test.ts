/** What a shared document promises, whatever keeps it: the same tests for files and for Redis. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { describeWithRedis } from '../../support/redis.ts';
import { fileStore, redisStore, type Store } from './stores.ts';
import { adding, wordsFormat } from './words.ts';

/** Longest wait until another process sees a change. */
const SEEN_MS = 1000;

describe('a document in a file', () => contract(fileStore));
describeWithRedis('a document in Redis', () => contract(redisStore));

function contract(make: () => Promise<Store>): void {
  let store: Store;
  beforeEach(async () => {
    store = await make();
  });
  afterEach(() => store.close());

  const seen = (check: () => void) => vi.waitFor(check, { timeout: 10 * SEEN_MS, interval: 5 });
  /** A store with one word in it, and two who have it open. */
  async function two() {
    const one = await store.open();
    await one.document.change(adding('first'));
    return [one, await store.open()] as const;
  }

  it('is empty where there is none, says so once, and is fresh', async () => {
    const { document, alarms } = await store.open();
    expect([document.current(), document.fresh(), alarms]).toEqual([[], true, ['words_missing']]);
  });

  it('says what was stored as soon as a change resolves, and tells whoever listens', async () => {
    const { document } = await store.open();
    const told: unknown[] = [];
    document.onChange((before, after) => told.push([before, after]));
    expect(await document.change(adding('one'))).toEqual(['one']);
    expect(document.current()).toEqual(['one']);
    expect(await document.change(adding('two'))).toEqual(['one', 'two']);
    expect(told).toEqual([
      [[], ['one']],
      [['one'], ['one', 'two']],
    ]);
    expect((await store.open()).document.current()).toEqual(['one', 'two']);
  });

  it('reaches others within a second, and tells them once', async () => {
    const [one, other] = await two();
    const told: unknown[] = [];
    other.document.onChange((before, after) => told.push([before, after]));
    await one.document.change(adding('second'));
    const began = performance.now();
    await seen(() => expect(other.document.current()).toEqual(['first', 'second']));
    expect(performance.now() - began).toBeLessThan(SEEN_MS);
    expect(told).toEqual([[['first'], ['first', 'second']]]);
    expect(other.alarms).toEqual([]);
  });

  it('starts each change from the newest, also where it has not arrived yet', async () => {
    const [one, other] = await two();
    await one.document.change(adding('second'));
    expect(await other.document.change(adding('third'))).toEqual(['first', 'second', 'third']);
  });

  it('loses nothing among many at once', async () => {
    const [one, other] = await two();
    const words = Array.from({ length: 20 }, (_, i) => `word-${i}`);
    await Promise.all(words.map((word, i) => (i % 2 ? one : other).document.change(adding(word))));
    await seen(() => {
      for (const { document } of [one, other])
        expect(document.current().toSorted()).toEqual(['first', ...words].sort());
    });
  });

  it('loses nothing among several processes', async () => {
    const script = `${store.source}
      for (let i = 0; i < 5; i++) await document.change((words) => [...words, process.pid + '-' + i]);
      await end();`;
    const run = () => promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script]);
    await Promise.all([run(), run(), run()]);
    const { document } = await store.open();
    expect(new Set(document.current()).size).toBe(15);
  });

  it('stores nothing that could not be read again, and nothing where nothing changes', async () => {
    const [{ document }, other] = await two();
    const told = vi.fn();
    other.document.onChange(told);
    const before = await store.text();
    await expect(document.change(adding('NO WORD'))).rejects.toMatchObject({ code: 'words_invalid' });
    expect(await document.change((words) => words)).toEqual(['first']);
    await expect(
      document.change(() => {
        throw new Error('changed my mind');
      }),
    ).rejects.toThrow('changed my mind');
    expect([document.current(), await store.text()]).toEqual([['first'], before]);
    // Whoever changed his mind holds up nobody.
    await document.change(adding('second'));
    await seen(() => expect(other.document.current()).toEqual(['first', 'second']));
    expect(told).toHaveBeenCalledTimes(1);
  });

  it('takes over a newer one without what it must not take back, and stores that with its own next change', async () => {
    const [{ document }] = await two();
    await document.change(adding('never-again'));
    await store.put('["newer"]');
    await seen(() => expect(document.current()).toEqual(['newer', 'never-again']));
    await document.change(adding('more'));
    expect(JSON.parse((await store.text())!)).toEqual(['newer', 'never-again', 'more']);
  });

  it('puts back what it must not lose even if a change changes nothing', async () => {
    const [{ document }] = await two();
    await document.change(adding('never-again'));
    await store.put('["newer"]');
    await seen(() => expect(document.current()).toEqual(['newer', 'never-again']));
    await document.change((words) => words);
    expect(JSON.parse((await store.text())!)).toEqual(['newer', 'never-again']);
    await store.remove();
    await document.change((words) => words);
    expect(JSON.parse((await store.text())!)).toEqual(['newer', 'never-again']);
  });

  it('stores the changes of one process in their order', async () => {
    const [{ document }] = await two();
    const names = Array.from({ length: 12 }, (_, index) => `change-${index}`);
    await Promise.all(names.map((name) => document.change(adding(name))));
    expect(document.current()).toEqual(['first', ...names]);
  });

  it('keeps what is in force while it is broken, says so once, writes nothing over it, and recovers', async () => {
    const [{ document, alarms }] = await two();
    await store.put('sp_secret');
    await seen(() => expect(alarms.slice(1)).toEqual(['words_invalid']));
    await expect(document.change(adding('second'))).rejects.toMatchObject({ code: 'words_invalid' });
    expect([document.current(), document.fresh(), await store.text()]).toEqual([['first'], true, 'sp_secret']);
    await store.put('["mended"]');
    await seen(() => expect(document.current()).toEqual(['mended']));
    expect(alarms.slice(1)).toEqual(['words_invalid']);
  });

  it('keeps what is in force when it is gone, says so once, and a change stores all of it again', async () => {
    const [, { document, alarms }] = await two();
    const other = await store.open();
    await store.remove();
    await seen(() => expect([alarms, other.alarms]).toEqual([['words_missing'], ['words_missing']]));
    expect([document.current(), other.document.current()]).toEqual([['first'], ['first']]);
    await document.change(adding('second'));
    expect(JSON.parse((await store.text())!)).toEqual(['first', 'second']);
    await seen(() => expect(other.document.current()).toEqual(['first', 'second']));
    expect([alarms, other.alarms]).toEqual([['words_missing'], ['words_missing']]);
  });

  it('does not start with what is broken, and does not quote it', async () => {
    await two();
    await store.put('sp_secret');
    await expect(store.open()).rejects.toMatchObject({
      code: 'words_invalid',
      message: expect.not.stringContaining('secret'),
    });
  });

  it('changes no more once it is closed', async () => {
    const [one, other] = await two();
    const told = vi.fn();
    other.document.onChange(told);
    await other.document.close();
    await one.document.change(adding('second'));
    const third = await store.open();
    await one.document.change(adding('third'));
    await seen(() => expect(third.document.current()).toHaveLength(3));
    expect([other.document.current(), told.mock.calls]).toEqual([['first'], []]);
  });

  it('says nothing where that there is none is nothing to tell', async () => {
    expect(wordsFormat.missing).not.toBeNull();
    Object.assign(wordsFormat, { missing: null });
    try {
      const { document, alarms } = await store.open();
      expect([document.current(), alarms]).toEqual([[], []]);
    } finally {
      Object.assign(wordsFormat, { missing: 'Say some.' });
    }
  });
}
