import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { segmentName } from '../../../src/audit/format/chain.ts';
import { readEnd } from '../../../src/audit/read/last.ts';
import { chainOf, check, extend, tempDir } from '../helpers.ts';

/** Files with these lines, each beginning where the one before ends. */
async function filesOf(...segments: string[][]): Promise<string[]> {
  const dir = await tempDir();
  let firstSeq = 1;
  const files: string[] = [];
  for (const lines of segments) {
    const file = join(dir, segmentName(firstSeq));
    await writeFile(file, lines.map((line) => `${line}\n`).join(''));
    files.push(file);
    firstSeq += lines.length;
  }
  return files;
}

async function seqsAtEnd(files: string[], count: number, wanted: (seq: number) => boolean = () => true) {
  const tally = { unreadable: 0 };
  const { entries, nextSeq } = await readEnd(files, count, ({ record }) => wanted(record.seq), tally);
  expect(entries.every(({ record, line }) => JSON.parse(line.toString()).seq === record.seq)).toBe(true);
  return { seqs: entries.map(({ record }) => record.seq), nextSeq, unreadable: tally.unreadable };
}

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

describe('the end of a log', () => {
  test('whatever the lengths of lines and files, is what reading all of it gives', () =>
    check<[number[], number, number]>(
      [fc.array(fc.integer({ min: 0, max: 300_000 }), { maxLength: 12 }), fc.nat(14), fc.integer({ min: 1, max: 12 })],
      async (lengths, count, cut) => {
        const lines = extend([], lengths.length, (seq) => ({ event: 'e', text: 'x'.repeat(lengths[seq - 1]!) }));
        const files = await filesOf(lines.slice(0, cut), lines.slice(cut));
        const { seqs, nextSeq } = await seqsAtEnd(files, count);
        expect(seqs).toEqual(count === 0 ? [] : range(1, lines.length).slice(-count));
        expect(nextSeq).toBe(lines.length + 1);
      },
    ));

  test('only what is wanted counts', async () => {
    const lines = chainOf(2000);
    const files = await filesOf(lines.slice(0, 700), lines.slice(700));
    expect((await seqsAtEnd(files, 3, (seq) => seq % 500 === 0)).seqs).toEqual([1000, 1500, 2000]);
    expect((await seqsAtEnd(files, 9, (seq) => seq % 500 === 0)).seqs).toEqual([500, 1000, 1500, 2000]);
  });

  test('files that are not needed are not read', async () => {
    const files = await filesOf(chainOf(3), chainOf(3, 4));
    files.unshift(join(files[0]!, '../not-there.jsonl'));
    expect((await seqsAtEnd(files, 6)).seqs).toEqual(range(1, 6));
    await expect(seqsAtEnd(files, 7)).rejects.toMatchObject({ code: 'audit_unreadable' });
  });

  test('a line that is not finished is not there yet; one that is no record is counted', async () => {
    const lines = chainOf(6);
    const files = await filesOf([...lines.slice(0, 2), 'x'], lines.slice(3));
    await writeFile(files[1]!, '{"v":1', { flag: 'a' });
    expect(await seqsAtEnd(files, 9)).toEqual({ seqs: [1, 2, 4, 5, 6], nextSeq: 7, unreadable: 1 });
    await writeFile(files[0]!, 'torn', { flag: 'a' });
    expect((await seqsAtEnd(files, 9)).unreadable).toBe(2);
    expect((await seqsAtEnd(files, 3)).unreadable).toBe(0);
  });

  test('an empty file has none', async () => {
    expect(await seqsAtEnd(await filesOf([]), 5)).toEqual({ seqs: [], nextSeq: 1, unreadable: 0 });
  });
});
