import { execFile } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { SharedDocument } from '../../src/core/document/document.ts';
import { openFileDocument } from '../../src/core/document/file.ts';
import type { Fault } from '../../src/core/fault.ts';
import { changeKeys, listKeys } from '../../src/keys/file-store.ts';
import type { KeyTable } from '../../src/keys/record.ts';
import { keysFormat } from '../../src/keys/store.ts';
import { makeKey } from './make.ts';

let dir: string;
let file: string;
let store: SharedDocument<KeyTable> | null = null;
let alarms: string[] = [];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'keys-'));
  file = join(dir, 'var', 'keys.json');
  alarms = [];
});
afterEach(async () => {
  await store?.close();
  store = null;
  rmSync(dir, { recursive: true });
});

const start = async (everyMs = 5) => {
  store = await openFileDocument(keysFormat, file, { onAlarm: ({ code }: Fault) => alarms.push(code), everyMs });
  return store;
};
const ids = () => [...store!.current().keys()];
const add = (record = makeKey().record) => changeKeys(file, (keys) => [...keys, record]);

describe('reading', () => {
  it('begins with no keys where there is no file, says so, and takes the first ones', async () => {
    await start();
    expect([ids(), alarms]).toEqual([[], ['keys_missing']]);
    const { id, record } = makeKey();
    await add(record);
    await vi.waitFor(() => expect(ids()).toEqual([id]));
    expect(alarms).toEqual(['keys_missing']);
  });

  it('tells what changed', async () => {
    const { id, record } = makeKey();
    await add(record);
    const changes: [KeyTable, KeyTable][] = [];
    (await start()).onChange((before, after) => changes.push([before, after]));
    const revokedAt = '2026-06-01T00:00:00.000Z';
    await changeKeys(file, (keys) => keys.map((key) => ({ ...key, revokedAt })));
    await vi.waitFor(() => expect(store!.current().get(id)?.revokedAt).toBe(revokedAt));
    expect(changes.map(([before, after]) => [before.get(id)?.revokedAt, after.get(id)?.revokedAt])).toEqual([
      [null, revokedAt],
    ]);
  });

  it('takes over a change within a second by itself', async () => {
    await add();
    store = await openFileDocument(keysFormat, file, { onAlarm: () => {} });
    const changed = new Promise<void>((resolve) => store!.onChange(() => resolve()));
    await add();
    const began = performance.now();
    await changed;
    expect(performance.now() - began).toBeLessThan(1000);
  });

  it('keeps the keys when the new file is broken or gone, says so once each, and recovers', async () => {
    const { id, record } = makeKey();
    await add(record);
    const good = readFileSync(file);
    await start();
    writeFileSync(file, '{"version": 1, "keys": [');
    await vi.waitFor(() => expect(alarms).toEqual(['keys_invalid']));
    rmSync(file);
    await vi.waitFor(() => expect(alarms).toEqual(['keys_invalid', 'keys_missing']));
    expect(ids()).toEqual([id]);
    const second = makeKey();
    writeFileSync(file, good, { mode: 0o600 });
    await add(second.record);
    await vi.waitFor(() => expect(ids()).toEqual([id, second.id]));
    expect(alarms).toHaveLength(2);
  });

  it('warns of a file that others may open', async () => {
    await add();
    chmodSync(file, 0o640);
    await start();
    expect([ids().length, alarms]).toEqual([1, ['keys_exposed']]);
  });

  it.each([
    ['no JSON', 'sp_secret_looking_text', 'keys_invalid'],
    ['another shape', '{"version": 1, "keys": [{"id": "sp_secret"}]}', 'keys_invalid'],
  ])('does not start with a file of %s, and does not quote it', async (_, text, code) => {
    await add();
    writeFileSync(file, text);
    await expect(start()).rejects.toMatchObject({ code, message: expect.not.stringContaining('secret') });
  });

  it('does not start with a directory', async () => {
    file = dir;
    await expect(start()).rejects.toMatchObject({ code: 'keys_unreadable' });
  });

  it('looks no more once it is closed', async () => {
    await add();
    await (await start()).close();
    const before = store!.current();
    await add();
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(store!.current()).toBe(before);
  });
});

describe('changing', () => {
  it('writes for its owner only and leaves nothing else behind', async () => {
    await add();
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(join(dir, 'var')).mode & 0o777).toBe(0o700);
    expect(readdirSync(join(dir, 'var'))).toEqual(['keys.json']);
  });

  it('loses nothing among many at once', async () => {
    const made = Array.from({ length: 20 }, () => makeKey());
    await Promise.all(made.map(({ record }) => add(record)));
    const found = (await listKeys(file)).map(({ id }) => id);
    expect(found.sort()).toEqual(made.map(({ id }) => id).sort());
  });

  it('loses nothing among several processes', async () => {
    const source = (path: string) => JSON.stringify(pathToFileURL(join(import.meta.dirname, path)));
    const script = `
      import { changeKeys } from ${source('../../src/keys/file-store.ts')};
      import { makeKey } from ${source('make.ts')};
      for (let i = 0; i < 5; i++) await changeKeys(process.argv[1], (keys) => [...keys, makeKey().record]);`;
    const run = () => promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script, file]);
    await Promise.all([run(), run(), run()]);
    expect(await listKeys(file)).toHaveLength(15);
  });

  it('writes nothing that could not be read again', async () => {
    await add();
    const before = readFileSync(file);
    await expect(add({ ...makeKey().record, team: 'no such name' })).rejects.toMatchObject({ code: 'keys_invalid' });
    expect(readFileSync(file)).toEqual(before);
    expect(existsSync(`${file}.lock`)).toBe(false);
  });

  it('does not write over a file that it cannot read', async () => {
    await add();
    renameSync(file, `${file}.kept`);
    writeFileSync(file, 'nonsense');
    await expect(add()).rejects.toMatchObject({ code: 'keys_invalid' });
    expect(readFileSync(file, 'utf8')).toBe('nonsense');
  });
});
