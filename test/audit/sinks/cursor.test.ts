import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { openCursor } from '../../../src/audit/sinks/cursor.ts';
import { tempDir } from '../helpers.ts';

const HEAD = 'ab'.repeat(32);
const at = (next: number) => ({ next, head: HEAD });
const NEVER = 86_400_000;

async function cursorIn(everyMs = NEVER, dir?: string) {
  const file = join(dir ?? (await tempDir()), 'sinks', 'siem.json');
  const onFailure = vi.fn<(error: unknown) => void>();
  return { file, onFailure, cursor: await openCursor(file, { onFailure, everyMs }) };
}

test('is where it was moved to after a restart', async () => {
  const { file, cursor, onFailure } = await cursorIn();
  expect(cursor.place).toBeNull();
  expect(cursor.saved).toBe(0);
  cursor.move(at(7));
  cursor.move(at(9));
  expect(cursor.place).toEqual(at(9));
  await cursor.close();
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  const again = await openCursor(file, { onFailure });
  expect(again.place).toEqual(at(9));
  expect(again.saved).toBe(8);
  await again.close();
  expect(onFailure).not.toHaveBeenCalled();
});

test('keeps what the sink has learnt, if it has learnt anything', async () => {
  const { file, cursor, onFailure } = await cursorIn();
  expect(cursor.learnt).toBeNull();
  cursor.move(at(7), 'something');
  await cursor.close();
  const again = await openCursor(file, { onFailure });
  expect([again.place, again.learnt]).toEqual([at(7), 'something']);
  again.move(at(8), null);
  await again.close();
  expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({ v: 1, ...at(8) });
});

test('is written when its time has come, not with every move, and what is saved is on disk', async () => {
  const { file, cursor } = await cursorIn(20);
  for (let next = 2; next <= 1000; next++) cursor.move(at(next));
  expect(cursor.saved).toBe(0);
  await vi.waitUntil(() => cursor.saved > 0);
  expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({ v: 1, ...at(1000) });
  cursor.move(at(1001));
  await vi.waitUntil(() => cursor.saved === 1000);
  await cursor.close();

  const lazy = await cursorIn(NEVER);
  lazy.cursor.move(at(5));
  await expect(stat(lazy.file)).rejects.toThrow('ENOENT');
  await lazy.cursor.close();
  expect(lazy.cursor.saved).toBe(4);
});

test('closing one that was never moved, or closing twice, writes nothing', async () => {
  const { file, cursor } = await cursorIn();
  await cursor.close();
  await cursor.close();
  await expect(stat(file)).rejects.toThrow('ENOENT');
});

describe('a file that cannot be used is reported, and the sink begins anew', () => {
  test.each([
    ['nothing', ''],
    ['half of it', '{"v":1,"next":12,'],
    ['another version', JSON.stringify({ v: 2, ...at(7) })],
    ['no record', JSON.stringify({ v: 1, ...at(0) })],
    ['a fraction', JSON.stringify({ v: 1, ...at(1.5) })],
    ['no hash', JSON.stringify({ v: 1, next: 7, head: 'x' })],
    ['null', 'null'],
  ])('%s', async (_what, text) => {
    const dir = await tempDir();
    const file = join(dir, 'sinks', 'siem.json');
    await mkdir(dirname(file));
    await writeFile(file, text);
    const { cursor, onFailure } = await cursorIn(NEVER, dir);
    expect(cursor.place).toBeNull();
    expect(onFailure).toHaveBeenCalledTimes(1);
    cursor.move(at(3));
    await cursor.close();
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({ v: 1, ...at(3) });
  });
});

test('what cannot be written is reported once, and written when it can be', async () => {
  const dir = await tempDir();
  await writeFile(join(dir, 'sinks'), 'in the way');
  const { file, cursor, onFailure } = await cursorIn(1, dir);
  onFailure.mockClear(); // it could not be read either
  cursor.move(at(3));
  await vi.waitUntil(() => onFailure.mock.calls.length > 0);
  cursor.move(at(4));
  await rm(join(dir, 'sinks'));
  await vi.waitUntil(() => cursor.saved === 3);
  expect(onFailure).toHaveBeenCalledTimes(1);
  expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({ v: 1, ...at(4) });
  await cursor.close();
});
