import { chownSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeAtomic } from '../../src/core/files.ts';

const NOBODY = 65_534;
let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'files-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

it('replaces a file as a whole, for its owner only, and makes what is missing above it', async () => {
  const path = join(dir, 'a', 'b', 'file');
  await writeAtomic(path, 'one');
  await writeAtomic(path, 'two');
  expect(readFileSync(path, 'utf8')).toBe('two');
  expect([statSync(path).mode & 0o777, statSync(join(dir, 'a')).mode & 0o777]).toEqual([0o600, 0o700]);
});

describe.runIf(process.geteuid?.() === 0)('what root writes', () => {
  beforeEach(() => chownSync(dir, NOBODY, NOBODY));
  const ownerOf = (...path: string[]) => statSync(join(dir, ...path)).uid;

  it('belongs to whom the directory belongs, new directories too', async () => {
    await writeAtomic(join(dir, 'var', 'keys', 'file'), 'text');
    expect([ownerOf('var'), ownerOf('var', 'keys'), ownerOf('var', 'keys', 'file')]).toEqual([NOBODY, NOBODY, NOBODY]);
  });

  it('belongs to whom the file belonged that it replaces', async () => {
    writeFileSync(join(dir, 'file'), 'old');
    chownSync(join(dir, 'file'), NOBODY - 1, NOBODY - 1);
    await writeAtomic(join(dir, 'file'), 'new');
    expect(ownerOf('file')).toBe(NOBODY - 1);
  });
});
