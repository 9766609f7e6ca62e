/** A document in a file: what only files have. */
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { DocumentFormat, SharedDocument } from '../../../src/core/document/document.ts';
import { openFileDocument } from '../../../src/core/document/file.ts';
import { adding, wordsFormat } from './words.ts';

type Words = readonly string[];

/** The next time that this file is opened, it takes until then before anything can be read. */
const slow = vi.hoisted(() => ({ path: null as string | null, until: Promise.resolve() }));
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>();
  const open: typeof real.open = async (path, ...rest) => {
    const handle = await real.open(path, ...rest);
    if (path === slow.path) {
      slow.path = null;
      await slow.until;
    }
    return handle;
  };
  return { ...real, open };
});

let dir: string;
let path: string;
let alarms: string[];
let opened: SharedDocument<Words> | null;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'document-'));
  path = join(dir, 'var', 'words.json');
  alarms = [];
  opened = null;
});
afterEach(async () => {
  await opened?.close();
  chmodSync(dir, 0o700);
  rmSync(dir, { recursive: true });
});

async function open(format: DocumentFormat<Words> = wordsFormat) {
  opened = await openFileDocument(format, path, { onAlarm: ({ code }) => alarms.push(code), everyMs: 1 });
  return opened;
}

it('writes for its owner only and leaves nothing else behind', async () => {
  await (await open()).change(adding('one'));
  expect([statSync(path).mode & 0o777, statSync(join(dir, 'var')).mode & 0o777]).toEqual([0o600, 0o700]);
  expect(readdirSync(join(dir, 'var'))).toEqual(['words.json']);
});

it('warns of a file that others may open, once until it is put right', async () => {
  await (await open()).change(adding('one'));
  for (const mode of [0o640, 0o600, 0o604]) {
    chmodSync(path, mode);
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  await vi.waitFor(() => expect(alarms).toEqual(['words_missing', 'words_exposed', 'words_exposed']));
});

it('does not start with a directory', async () => {
  path = dir;
  await expect(open()).rejects.toMatchObject({ code: 'words_unreadable' });
});

it('does not start where there can be no file', async () => {
  writeFileSync(join(dir, 'var'), 'a file where a directory should be');
  await expect(open()).rejects.toMatchObject({ code: 'words_unreadable' });
});

it('says so where it cannot be written, and stays as it is', async () => {
  const document = await open();
  writeFileSync(join(dir, 'var'), 'a file where a directory should be');
  await expect(document.change(adding('one'))).rejects.toMatchObject({ code: 'words_unwritable' });
  expect(document.current()).toEqual([]);
});

it('never goes back to what was there before its own change', async () => {
  const document = await open();
  await document.change(adding('first'));
  const told: Words[] = [];
  document.onChange((_before, after) => told.push(after));
  // A poll opens the file as it is, and has read it only after the change.
  const { promise, resolve: release } = Promise.withResolvers<void>();
  slow.path = path;
  slow.until = promise;
  utimesSync(path, 0, 0);
  await vi.waitUntil(() => slow.path === null);
  await document.change(adding('revoked'));
  release();
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(told).toEqual([['first', 'revoked']]);
});

it('follows what others put in its place, by rename and by writing over it', async () => {
  const document = await open();
  await document.change(adding('one'));
  writeFileSync(`${path}.new`, '["two"]', { mode: 0o600 });
  renameSync(`${path}.new`, path);
  await vi.waitFor(() => expect(document.current()).toEqual(['two']));
  writeFileSync(path, '["three"]');
  await vi.waitFor(() => expect(document.current()).toEqual(['three']));
  expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(['three']);
});

it('is changed where a link leads, so that what comes by swapping the link is still seen', async () => {
  for (const [version, word] of [
    ['one', 'first'],
    ['two', 'third'],
  ] as const) {
    mkdirSync(join(dir, version));
    writeFileSync(join(dir, version, 'words.json'), JSON.stringify([word]), { mode: 0o600 });
  }
  symlinkSync('one', join(dir, 'data'));
  path = join(dir, 'linked.json');
  symlinkSync(join('data', 'words.json'), path);
  const document = await open();
  await document.change(adding('second'));
  expect(lstatSync(path).isSymbolicLink()).toBe(true);
  expect(JSON.parse(readFileSync(join(dir, 'one', 'words.json'), 'utf8'))).toEqual(['first', 'second']);
  symlinkSync('two', join(dir, 'next'));
  renameSync(join(dir, 'next'), join(dir, 'data'));
  await vi.waitFor(() => expect(document.current()).toEqual(['third']));
});
