/** What an auditor asks of a log that is being written, and that retention shortens. */
import { appendFile, readFile, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { segmentFirstSeq, segmentName } from '../../../src/audit/format/chain.ts';
import { type Query, queryRecords } from '../../../src/audit/read/query.ts';
import { readEntries } from '../../../src/audit/read/records.ts';
import { listFiles } from '../../../src/audit/verify/scan.ts';
import { segmentsOf, tempDir, withLog } from '../helpers.ts';
import { linesOf, sample } from './samples.ts';

/** A log of files with so many lines each; a second passes from each record to the next. */
async function logOf(said: Parameters<typeof linesOf>[0], perFile = 3): Promise<{ dir: string; lines: string[] }> {
  const dir = await tempDir();
  const lines = linesOf(said);
  for (let at = 0; at < lines.length; at += perFile) {
    const file = join(dir, segmentName(at + 1));
    await appendFile(
      file,
      lines
        .slice(at, at + perFile)
        .map((line) => `${line}\n`)
        .join(''),
    );
  }
  return { dir, lines };
}
/** Number of the last line in a directory. */
async function endOf(dir: string): Promise<number> {
  const last = (await segmentsOf(dir)).at(-1)!;
  const text = await readFile(join(dir, last), 'utf8');
  return segmentFirstSeq(last)! - 1 + text.split('\n').length - 1;
}
const ask = async (dir: string, query: Partial<Query>, upTo?: number) =>
  Array.fromAsync(queryRecords(dir, { limit: 1000, ...query }, upTo ?? (await endOf(dir))));
const BEGIN = Date.parse('2026-01-02T03:04:05.678Z');

const SAID = [
  sample('gateway.started'),
  sample('inference.admitted', { requestId: 'a' }),
  sample('inference.completed', { requestId: 'a' }),
  sample('admin.admitted', { requestId: 'b', keyId: 'k000000002', client: 'spiffe://corp/ops "ä"' }),
  sample('admin.completed', { requestId: 'b', keyId: 'k000000002', client: 'spiffe://corp/ops "ä"' }),
  sample('key.revoked', { keyId: 'k000000002' }),
  sample('inference.denied', { requestId: 'c', reason: 'k000000002' }),
];

describe('finds', () => {
  test.each<[string, Partial<Query>, number[]]>([
    ['everything', {}, [1, 2, 3, 4, 5, 6, 7]],
    ['by event', { event: 'admin.completed' }, [5]],
    ['by events', { event: '*.admitted' }, [2, 4]],
    ['by key', { keyId: 'k000000002' }, [4, 5, 6]],
    ['by request', { requestId: 'a' }, [2, 3]],
    ['by client, whatever its name', { client: 'spiffe://corp/ops "ä"' }, [4, 5]],
    ['by time', { from: BEGIN + 2000, to: BEGIN + 5000 }, [3, 4, 5]],
    ['from a record on', { fromSeq: 5 }, [5, 6, 7]],
    ['by all of it', { keyId: 'k000000002', event: 'admin.*', fromSeq: 5 }, [5]],
    ['nothing of what is not there', { requestId: 'z' }, []],
    ['nothing of what is yet to come', { fromSeq: 8 }, []],
    ['no more than is wanted', { limit: 2, event: 'inference.*' }, [2, 3]],
    ['none', { limit: 0 }, []],
  ])('%s', async (_, query, seqs) => {
    const { dir, lines } = await logOf(SAID);
    expect(await ask(dir, query)).toEqual(seqs.map((seq) => lines[seq - 1]));
  });

  test('nothing beyond what is acknowledged, and waits for nothing', async () => {
    const { dir, lines } = await logOf(SAID);
    for (let upTo = 0; upTo <= 7; upTo++) expect(await ask(dir, {}, upTo)).toEqual(lines.slice(0, upTo));
  });

  test('what is left, where retention has removed the beginning', async () => {
    const { dir, lines } = await logOf(SAID);
    await rm(join(dir, segmentName(1)));
    expect(await ask(dir, {})).toEqual(lines.slice(3));
    expect(await ask(dir, { fromSeq: 2 })).toEqual(lines.slice(3));
  });

  test('what is left, where a file goes between two looks at it', async () => {
    const { dir, lines } = await logOf(SAID);
    // It is listed, and is not there.
    await rm(join(dir, segmentName(1)));
    await symlink(join(dir, 'gone'), join(dir, segmentName(1)));
    expect(await ask(dir, { from: BEGIN })).toEqual(lines.slice(3));
  });

  test('what is sound, where a line is damaged', async () => {
    const { dir, lines } = await logOf(SAID.slice(0, 2), 10);
    await appendFile(join(dir, segmentName(1)), `not a record, though it says "req-1"\n${lines[1]}\n`);
    expect(await ask(dir, {})).toEqual([lines[0], lines[1], lines[1]]);
  });
});

test('says so where the log cannot be read', async () => {
  await expect(ask(join(await tempDir(), 'gone'), {}, 7)).rejects.toMatchObject({ code: 'audit_unreadable' });
});

test('files that are removed while they are read, and lines that come meanwhile, do no harm', async () => {
  const dir = await tempDir();
  await withLog(dir, { segmentBytes: 1 }, async (log) => {
    for (let number = 0; number < 8; number++) await log.append({ event: 'gateway.stopped', reason: `${number}` });
    const upTo = log.progress.seq;
    const reasons: string[] = [];
    for await (const line of queryRecords(dir, { event: 'gateway.*', limit: 100 }, upTo)) {
      reasons.push(JSON.parse(line).reason);
      if (reasons.length === 2)
        await Promise.all([5, 7].map((seq) => rm(join(dir, segmentName(seq)), { force: true })));
      await log.append({ event: 'gateway.stopped', reason: 'later' });
    }
    expect(reasons.length).toBeGreaterThanOrEqual(6);
    expect(reasons).toEqual(reasons.toSorted());
    expect(reasons).not.toContain('later');
  });
});

test('whoever stops reading leaves no file open', async () => {
  const { dir } = await logOf(SAID);
  const records = queryRecords(dir, { limit: 100 }, 7);
  await records.next();
  await records.return(undefined);
  expect(await records.next()).toEqual({ done: true, value: undefined });
});

const DAY = 86_400_000;

test('whatever is asked, the answer is that of reading all of it, though days before are not read', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        days: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 6 }),
        from: fc.option(fc.integer({ min: -1, max: 7 }), { nil: undefined }),
        to: fc.option(fc.integer({ min: -1, max: 7 }), { nil: undefined }),
        fromSeq: fc.option(fc.integer({ min: 1, max: 30 }), { nil: undefined }),
        limit: fc.integer({ min: 1, max: 30 }),
        keyId: fc.constantFrom(undefined, 'k1', 'k2'),
      }),
      async ({ days, from, to, fromSeq, limit, keyId }) => {
        const dir = await tempDir();
        let now = BEGIN;
        await withLog(dir, { now: () => new Date(now) }, async (log) => {
          for (const count of days) {
            for (let number = 0; number < count; number++) {
              await log.append({ event: 'key.issued', keyId: `k${number % 3}` });
              now += 1000;
            }
            now += DAY;
          }
        });
        const at = (day: number | undefined) => (day === undefined ? undefined : BEGIN + day * DAY);
        const files = (await Array.fromAsync(readEntries((await listFiles([dir])).files, { unreadable: 0 }))).flat();
        const all = files
          .map(({ record }) => record)
          .filter((record) => {
            const time = Date.parse(record.timestamp);
            return (
              record.seq >= (fromSeq ?? 1) &&
              time >= (at(from) ?? -Infinity) &&
              time < (at(to) ?? Infinity) &&
              (keyId === undefined || record['keyId'] === keyId)
            );
          });
        const answer = await ask(dir, { from: at(from), to: at(to), fromSeq, limit, keyId });
        expect(answer.map((line) => JSON.parse(line).seq)).toEqual(all.slice(0, limit).map(({ seq }) => seq));
      },
    ),
    { numRuns: 40 },
  );
});
