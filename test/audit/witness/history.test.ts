import { type FileHandle, mkdir, open, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { type AuditFields, formatLine } from '../../../src/audit/format/chain.ts';
import { type Entry, readEntry } from '../../../src/audit/witness/entry.ts';
import { History } from '../../../src/audit/witness/history.ts';
import { checkpointFields, tempDir } from '../helpers.ts';
import { headOf, newKey } from './support.ts';

const ORIGIN = 'ab'.repeat(32);
const entry = (size: number, story = ''): Entry => {
  const line = JSON.stringify({
    v: 1,
    origin: ORIGIN,
    size,
    head: headOf(`${story}${size}`),
    more: 'x'.repeat(size % 50),
  });
  return readEntry(line)!;
};
const newFile = async (content?: string): Promise<string> => {
  const path = join(await tempDir(), 'log.jsonl');
  if (content !== undefined) await writeFile(path, content);
  return path;
};
const text = (...sizes: number[]) => sizes.map((size) => `${entry(size).line}\n`).join('');

async function using<T>(path: string, use: (history: History) => Promise<T>): Promise<T> {
  const history = await History.open(path);
  try {
    return await use(history);
  } finally {
    await history.close();
  }
}

const handle = await open('/dev/null');
const prototype = Object.getPrototypeOf(handle) as FileHandle;
await handle.close();
const failure = (code: string) => Object.assign(new Error(code), { code });

afterEach(() => void vi.restoreAllMocks());

test('keeps what it is given, for its owner only, and finds it again', async () => {
  const path = await newFile();
  await using(path, async (history) => {
    expect(history.newest).toBeNull();
    expect(await history.find(1)).toBeNull();
    for (const size of [2, 5, 9]) await history.append(entry(size));
  });
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  await using(path, async (history) => {
    expect(history.newest).toEqual(entry(9));
    expect(await Array.fromAsync(history.stream(), String)).toEqual([text(2, 5, 9)]);
    for (const size of [2, 5, 9]) expect(await history.find(size)).toEqual(entry(size));
    for (const size of [1, 3, 8, 10]) expect(await history.find(size)).toBeNull();
  });
});

test('finds every size and no other, also between lines that are none', async () => {
  const sizes = fc.uniqueArray(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 80 });
  const junk = fc.array(fc.constantFrom('', '{"v":1,"ori', 'x'.repeat(300), '\0'.repeat(40)), { maxLength: 2 });
  await fc.assert(
    fc.asyncProperty(sizes, fc.array(junk, { minLength: 80, maxLength: 80 }), async (given, between) => {
      const rising = given.toSorted((a, b) => a - b);
      const lines = rising.flatMap((size, i) => [...between[i]!, entry(size).line]);
      const path = await newFile(`${lines.join('\n')}\n`);
      await using(path, async (history) => {
        for (let size = 0; size <= 401; size++) {
          expect(await history.find(size)).toEqual(rising.includes(size) ? entry(size) : null);
        }
      });
    }),
    { numRuns: 15 },
  );
});

describe('a line that was left unfinished', () => {
  const last = entry(7).line;
  test.each([1, 20, last.length - 1])('is ended and hides nothing, wherever it was left: at byte %i', async (bytes) => {
    const path = await newFile(text(3, 5) + last.slice(0, bytes));
    await using(path, async (history) => {
      expect(history.newest).toEqual(entry(5));
      await history.append(entry(6));
      for (const size of [3, 5, 6]) expect(await history.find(size)).toEqual(entry(size));
    });
    expect(await readFile(path, 'utf8')).toBe(`${text(3, 5)}${last.slice(0, bytes)}\n${text(6)}`);
    await using(path, async (history) => expect(history.newest).toEqual(entry(6)));
  });

  test.each([0, 1, 2])('counts if only its newline was lost, behind %i others', async (count) => {
    const before = [3, 5].slice(0, count);
    const path = await newFile(text(...before) + last);
    await using(path, async (history) => {
      expect(history.newest).toEqual(entry(7));
      expect((await history.judge(entry(7, 'other'))).verdict).toBe('witness_forked');
      expect((await history.judge(entry(6))).verdict).toBe('witness_rolled_back');
      await history.append(entry(8));
      expect(await history.find(7)).toEqual(entry(7));
    });
    expect(await readFile(path, 'utf8')).toBe(text(...before, 7, 8));
  });

  test.each([1, 30])('may be all there is: %i bytes', async (bytes) => {
    const path = await newFile(last.slice(0, bytes));
    for (const size of [6, 7]) {
      await using(path, async (history) => {
        await history.append(entry(size));
        expect(history.newest).toEqual(entry(size));
      });
    }
    expect(await readFile(path, 'utf8')).toBe(`${last.slice(0, bytes)}\n${text(6, 7)}`);
  });
});

describe('what is no history is left as it is:', () => {
  const record = (seq: number, fields: AuditFields) =>
    formatLine({ seq, timestamp: '2026-01-01T00:00:00.000Z', instance: 'gate-1', prev: 'ab'.repeat(32) }, fields);
  const segment = (count: number) =>
    Array.from({ length: count }, (_, i) => `${record(i + 1, { event: 'gateway.stopped', reason: 'SIGTERM' })}\n`);
  const checkpoint = record(900, checkpointFields(899, 'ab'.repeat(32), newKey()));
  test.each([
    ['something else', 'hello\n'],
    ['something else, unfinished', 'hello'],
    ['something else in JSON', '{"v":1,"keys":[]}\n'],
    ['something else in JSON, without a newline', '{"some":"precious one-line file"}'],
    ['the beginning of something else', '{"some":"prec'],
    ['a file of the audit log', `${segment(3).join('')}${checkpoint}\n`],
    ['a file of the audit log, unfinished', `${segment(3).join('')}${checkpoint}`],
    ['a long file of the audit log', `${segment(800).join('')}${`${checkpoint}\n`.repeat(200)}`],
    ['checkpoints, and something else', `${text(1)}${segment(1)[0]}`],
    ['checkpoints, and something else, unfinished', `${text(1)}${segment(1)[0]!.trimEnd()}`],
    ['checkpoints, and much of something else', `${text(1)}${'x\n'.repeat(100_000)}`],
    ['a line that is too long', `${'x'.repeat(17_000)}\n${text(1)}`],
    ['a line that is too long, and unfinished', `${text(1)}${'x'.repeat(17_000)}`],
    ['a line that is far too long, and unfinished', `${text(1)}${'x'.repeat(100_000)}`],
    ['nothing but zeros', '\0'.repeat(500)],
  ])('%s', async (_, content) => {
    const path = await newFile(content);
    await expect(History.open(path)).rejects.toMatchObject({ code: 'witness_state_damaged', exitCode: 1 });
    expect(await readFile(path, 'utf8')).toBe(content);
  });

  test('a device', async () => {
    await expect(History.open('/dev/null')).rejects.toMatchObject({ code: 'witness_state_damaged' });
  });
});

test('who opens it sees what is there first, and may leave it as it is', async () => {
  const seen: (number | null)[] = [];
  const check = (newest: Entry | null) => {
    seen.push(newest?.size ?? null);
    throw new Error('not this one');
  };
  const missing = await newFile();
  await expect(History.open(missing, check)).rejects.toThrow('not this one');
  await expect(stat(missing)).rejects.toMatchObject({ code: 'ENOENT' });
  for (const content of ['', '{"v"', text(3).trimEnd(), text(3, 5)]) {
    const path = await newFile(content);
    await expect(History.open(path, check)).rejects.toThrow('not this one');
    expect(await readFile(path, 'utf8')).toBe(content);
  }
  expect(seen).toEqual([null, null, null, 3, 5]);
});

test('a file whose directory is not there is not made', async () => {
  await expect(History.open(join(await tempDir(), 'mnt', 'file'))).rejects.toMatchObject({ code: 'ENOENT' });
  const dir = await tempDir();
  await mkdir(join(dir, 'is-a-directory'));
  await expect(History.open(join(dir, 'is-a-directory'))).rejects.toMatchObject({ code: 'EISDIR' });
});

describe('a disk that fails', () => {
  /** Half of it is written, and then there is no more room. */
  const full = () =>
    vi.spyOn(prototype, 'appendFile').mockImplementationOnce(async function (this: FileHandle, bytes) {
      await this.write((bytes as Buffer).subarray(0, 20));
      throw failure('ENOSPC');
    });

  test('that is full takes no part of a line, and goes on when there is room', async () => {
    const path = await newFile(text(3));
    await using(path, async (history) => {
      full();
      await expect(history.append(entry(5))).rejects.toMatchObject({ code: 'ENOSPC' });
      expect(history.newest).toEqual(entry(3));
      expect(await readFile(path, 'utf8')).toBe(text(3));
      await history.append(entry(5));
    });
    expect(await readFile(path, 'utf8')).toBe(text(3, 5));
  });

  test('that is full and may only be appended to is left with half a line, which hides nothing', async () => {
    const path = await newFile(text(3));
    vi.spyOn(prototype, 'truncate').mockRejectedValue(failure('EPERM'));
    await using(path, async (history) => {
      full();
      await expect(history.append(entry(5))).rejects.toMatchObject({ code: 'ENOSPC' });
      expect(await history.find(3)).toEqual(entry(3));
      await history.append(entry(6));
      await history.append(entry(7));
      for (const size of [3, 6, 7]) expect(await history.find(size)).toEqual(entry(size));
      const streamed = await Array.fromAsync(history.stream(), String);
      expect(streamed.join('')).toBe(await readFile(path, 'utf8'));
    });
    expect(await readFile(path, 'utf8')).toBe(`${text(3)}${entry(5).line.slice(0, 20)}\n${text(6, 7)}`);
  });

  test('that does not confirm what an earlier run has written does not have it built upon', async () => {
    const path = await newFile(text(3));
    vi.spyOn(prototype, 'datasync').mockRejectedValueOnce(failure('EIO'));
    await expect(History.open(path)).rejects.toMatchObject({ code: 'EIO' });
  });

  test('that does not confirm is not believed again', async () => {
    const path = await newFile(text(3));
    await using(path, async (history) => {
      vi.spyOn(prototype, 'datasync').mockRejectedValueOnce(failure('EIO'));
      await expect(history.append(entry(5))).rejects.toThrow('EIO');
      await expect(history.append(entry(6))).rejects.toThrow('EIO');
      expect(history.broken).not.toBeNull();
      expect(history.newest).toEqual(entry(3));
    });
    expect(await readFile(path, 'utf8')).toBe(text(3));
  });
});

test('half a million lines are opened at once, and any of them is found', async () => {
  const path = await newFile();
  const file = await open(path, 'w');
  const head = headOf('x');
  const padding = 'x'.repeat(400);
  const line = (size: number) => JSON.stringify({ v: 1, origin: ORIGIN, size, head, padding });
  for (let size = 1; size <= 500_000; size += 10_000) {
    await file.write(Array.from({ length: 10_000 }, (_, i) => `${line((size + i) * 3)}\n`).join(''));
  }
  await file.close();
  const before = process.memoryUsage.rss();
  const start = performance.now();
  await using(path, async (history) => {
    expect(history.newest?.size).toBe(1_500_000);
    for (const size of [3, 750_000, 1_499_997]) expect((await history.find(size))?.size).toBe(size);
    for (const size of [1, 4, 750_001]) expect(await history.find(size)).toBeNull();
  });
  expect(performance.now() - start).toBeLessThan(2000);
  expect(process.memoryUsage.rss() - before).toBeLessThan(64 * 1024 * 1024);
});
