import { writeFileSync } from 'node:fs';
import { appendFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { segmentName } from '../../../src/audit/format/chain.ts';
import { follow, type Progress, polling } from '../../../src/audit/read/follow.ts';
import { Frontier } from '../../../src/audit/writer/frontier.ts';
import { chainOf, tempDir, withLog } from '../helpers.ts';

interface Read {
  readonly seq: number;
  readonly text: string;
}

/** Reads on demand: `next(n)` returns the next `n` lines with their numbers. */
function reading(dir: string, fromSeq: number, progress: Progress) {
  const leaving = new AbortController();
  const source = follow(dir, fromSeq, progress, leaving.signal);
  const ahead: Read[] = [];
  const stop = async () => {
    leaving.abort();
    await source.return(undefined);
  };
  onTestFinished(stop);
  return {
    async next(count: number): Promise<Read[]> {
      while (ahead.length < count) {
        const { value, done } = await source.next();
        if (done) break;
        ahead.push(...value.lines.map((line, i) => ({ seq: value.firstSeq + i, text: line.toString() })));
      }
      return ahead.splice(0, count);
    },
    /** Nothing but what has been asked for has been read. */
    ahead,
    stop,
  };
}

const put = (dir: string, firstSeq: number, lines: readonly string[]): Promise<void> =>
  appendFile(join(dir, segmentName(firstSeq)), lines.map((line) => `${line}\n`).join(''));
const numbered = (lines: readonly string[], firstSeq = 1): Read[] =>
  lines.map((text, i) => ({ seq: firstSeq + i, text }));

describe('reads what is there', () => {
  const lines = chainOf(9);
  const three = async () => {
    const dir = await tempDir();
    await put(dir, 1, lines.slice(0, 3));
    await put(dir, 4, lines.slice(3, 8));
    await put(dir, 9, lines.slice(8));
    return dir;
  };

  test.each([1, 2, 3, 4, 6, 8, 9])('from record %i on, across files', async (from) => {
    const reader = reading(await three(), from, new Frontier(9));
    expect(await reader.next(10 - from)).toEqual(numbered(lines.slice(from - 1), from));
  });

  test.each([
    [1, 4],
    [3, 4],
    [5, 5],
  ])('from record %i on, when the first file was purged: from %i', async (from, first) => {
    const dir = await three();
    await rm(join(dir, segmentName(1)));
    expect((await reading(dir, from, new Frontier(9)).next(1))[0]).toMatchObject({ seq: first });
  });

  test('goes on behind a file that is gone from the middle, and behind records that are gone from the end of one', async () => {
    const dir = await three();
    await rm(join(dir, segmentName(4)));
    const reader = reading(dir, 2, new Frontier(9));
    expect((await reader.next(3)).map(({ seq }) => seq)).toEqual([2, 3, 9]);
    await truncate(join(dir, segmentName(1)), Buffer.byteLength(`${lines[0]}\n`) + 5);
    const again = reading(dir, 1, new Frontier(9));
    expect((await again.next(2)).map(({ seq }) => seq)).toEqual([1, 9]);
  });

  test.each([100, 256 * 1024 - 1, 256 * 1024, 1024 * 1024, 5_000_000])('lines of %i characters', async (length) => {
    const dir = await tempDir();
    const long = ['a', 'b'.repeat(length), 'c', 'd'.repeat(length), 'e'];
    await put(dir, 1, long);
    expect(await reading(dir, 1, new Frontier(5)).next(5)).toEqual(numbered(long));
  });
});

describe('fails rather than waits for ever', () => {
  test.each([
    ['the record is not in its file', (dir: string) => put(dir, 1, chainOf(2)), 3],
    ['there is no file', async () => {}, 1],
    ['a line has no end', (dir: string) => writeFile(join(dir, segmentName(1)), 'x'.repeat(33 * 1024 * 1024)), 1],
  ])('%s', async (_what, prepare, acknowledged) => {
    const dir = await tempDir();
    await prepare(dir);
    await expect(reading(dir, 1, new Frontier(acknowledged)).next(3)).rejects.toThrow(/not in|longer than/);
  });
});

test('waits at the end, and does not read beyond what is acknowledged', async () => {
  const dir = await tempDir();
  const lines = chainOf(4);
  await put(dir, 1, lines.slice(0, 3));
  const frontier = new Frontier(1);
  const reader = reading(dir, 1, frontier);
  await reader.next(1);
  const next = reader.next(2);
  // The others are taken back, and their numbers given to others, in another file.
  await truncate(join(dir, segmentName(1)), Buffer.byteLength(`${lines[0]}\n`));
  await put(dir, 2, ['other 2', 'other 3']);
  frontier.advance(3);
  expect(await next).toEqual(numbered(['other 2', 'other 3'], 2));
});

test('what was taken back while it was being read is not returned under the number of another', async () => {
  const dir = await tempDir();
  await put(dir, 1, ['one', 'taken back']);
  let asked = 0;
  const sly: Progress = {
    get seq() {
      if (++asked < 3) return 1;
      // In the moment in which somebody asks for the third time the record is replaced, and acknowledged.
      writeFileSync(join(dir, segmentName(1)), 'one\nanother!!!\n');
      return 2;
    },
    beyond: async () => {},
  };
  const source = follow(dir, 1, sly, new AbortController().signal);
  expect((await source.next()).value?.lines.map(String)).toEqual(['one']);
  expect((await source.next()).value?.lines.map(String)).toEqual(['another!!!']);
  await source.return(undefined);
});

test('ends when it is told to, while it waits and while there is more', async () => {
  const dir = await tempDir();
  await put(dir, 1, chainOf(1));
  const waiting = reading(dir, 1, new Frontier(1));
  await waiting.next(1);
  const more = waiting.next(1);
  const stopped = waiting.stop();
  expect(await more).toEqual([]);
  await stopped;

  await put(dir, 2, chainOf(1, 2));
  const busy = reading(dir, 1, new Frontier(2));
  await busy.next(1);
  await busy.stop();
  expect(await busy.next(1)).toEqual([]);
});

test('follows a gateway that writes, rotates and purges', async () => {
  const dir = await tempDir();
  await withLog(dir, { segmentBytes: 2000 }, async (log) => {
    const reader = reading(dir, 1, log.progress);
    let seq = 0;
    for (let round = 0; round < 20; round++) {
      await Promise.all(Array.from({ length: round }, (_, i) => log.append({ event: 'e', round, i })));
      const read = await reader.next(log.progress.seq - seq);
      expect(read.map((one) => JSON.parse(one.text).seq)).toEqual(read.map((one) => one.seq));
      expect(read.length).toBe(log.progress.seq - seq);
      seq = log.progress.seq;
    }
  });
});

test('without a writer it polls: for the first file, for more lines, for the rest of one, for the next file', async () => {
  const dir = await tempDir();
  const reader = reading(dir, 1, polling(1));
  const steps: (() => Promise<void>)[] = [
    () => put(dir, 1, ['one']),
    () => put(dir, 1, ['two']),
    () => appendFile(join(dir, segmentName(1)), 'thr'),
    () => appendFile(join(dir, segmentName(1)), 'ee\n'),
    () => put(dir, 4, ['four']),
  ];
  const wanted = [['one'], ['two'], [], ['three'], ['four']];
  for (const [i, step] of steps.entries()) {
    const next = reader.next(wanted[i]!.length);
    await step();
    expect((await next).map(({ text }) => text)).toEqual(wanted[i]);
  }
});

test('however a log grows, each line is read once, in order, with its number, and none too early', async () => {
  const step = fc.record({ add: fc.nat(5), acknowledge: fc.nat(5), rotate: fc.boolean(), size: fc.nat(3000) });
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 1, maxLength: 20 }),
      fc.integer({ min: 1, max: 30 }),
      async (steps, from) => {
        const dir = await tempDir();
        const frontier = new Frontier(0);
        const reader = reading(dir, from, frontier);
        const all: string[] = [];
        let segment = 1;
        let seen = from - 1;
        for (const { add, acknowledge, rotate, size } of steps) {
          // The writer begins a file only for a record that it then writes.
          if (rotate && add > 0) segment = all.length + 1;
          const lines = Array.from({ length: add }, (_, i) => `${all.length + i + 1}${'.'.repeat(size * 100)}`);
          all.push(...lines);
          if (add > 0) await put(dir, segment, lines);
          const to = Math.min(all.length, frontier.seq + acknowledge);
          frontier.advance(to);
          if (to <= seen) continue;
          expect(await reader.next(to - seen)).toEqual(numbered(all.slice(seen, to), seen + 1));
          expect(reader.ahead).toEqual([]);
          seen = to;
        }
        await reader.stop();
        await rm(dir, { recursive: true });
      },
    ),
    { numRuns: 60 },
  );
});
