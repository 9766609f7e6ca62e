import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { auditHold, auditRelease } from '../../src/cli/audit-hold.ts';
import { tempDir, withLog } from '../audit/helpers.ts';
import { listeningTerminal } from '../support/terminal.ts';

const now = () => new Date('2026-05-04T10:00:00Z');

async function logDir(): Promise<string> {
  const dir = await tempDir();
  await withLog(dir, { now }, (log) => log.append({ event: 'e' }));
  return dir;
}

test('a log is held, for another reason, and released', async () => {
  const dir = await logDir();
  const { terminal, said } = listeningTerminal();
  expect(await auditHold([dir, '--reason', 'Smith'], terminal)).toBe(0);
  expect(said.err.at(-1)).toBe(
    `Nothing is removed from ${dir} until "sallyport audit release". What is there begins with record 1, 2026-05-04T10:00:00.000Z.`,
  );
  expect(await auditHold([dir, '--reason', 'Smith and Jones'], terminal)).toBe(0);
  expect(JSON.parse(await readFile(join(dir, 'hold.json'), 'utf8'))).toMatchObject({ reason: 'Smith and Jones' });
  expect(await auditRelease([dir], terminal)).toBe(0);
  expect(said.err.at(-1)).toContain('is released (Smith and Jones)');
  await expect(auditRelease([dir], terminal)).rejects.toMatchObject({ code: 'hold_not_found', exitCode: 1 });
  expect(said.out).toEqual([]);
});

test('a damaged hold can be released', async () => {
  const dir = await logDir();
  await writeFile(join(dir, 'hold.json'), 'garbage');
  expect(await auditRelease([dir], listeningTerminal().terminal)).toBe(0);
});

test('a log whose first line is damaged can be held all the more', async () => {
  const dir = await tempDir();
  await writeFile(join(dir, 'audit-000000000001.jsonl'), 'garbage\n');
  const { terminal, said } = listeningTerminal();
  expect(await auditHold([dir, '--reason', 'x'], terminal)).toBe(0);
  expect(said.err.join()).toContain('begins with the file audit-000000000001.jsonl');
});

test('nothing that stands in a log moves the cursor', async () => {
  const dir = await tempDir();
  const prev = '0'.repeat(64);
  const record = { v: 1, seq: 1, timestamp: '\u001b[2J\nreleased', event: 'e', instance: 'i', prev };
  await writeFile(join(dir, 'audit-000000000001.jsonl'), `${JSON.stringify(record)}\n`);
  const { terminal, said } = listeningTerminal();
  expect(await auditHold([dir, '--reason', 'x'], terminal)).toBe(0);
  expect(said.err.join('')).toContain('begins with record 1, \ufffd[2J\ufffdreleased.');
});

test.each<[string, (dir: string) => string[], string]>([
  ['without a directory', () => ['--reason', 'x'], 'usage'],
  ['without a reason', (dir) => [dir], 'usage'],
  ['with an empty reason', (dir) => [dir, '--reason', ''], 'usage'],
  ['with a reason over two lines', (dir) => [dir, '--reason', 'x\ny'], 'usage'],
  ['of a directory that is not there', (dir) => [join(dir, 'none'), '--reason', 'x'], 'audit_not_found'],
  ['of a directory without a log', (dir) => [join(dir, 'empty'), '--reason', 'x'], 'audit_not_found'],
])('a hold %s is none', async (_, argv, code) => {
  const dir = await logDir();
  await mkdir(join(dir, 'empty'));
  await expect(auditHold(argv(dir), listeningTerminal().terminal)).rejects.toMatchObject({ code, exitCode: 2 });
  await expect(readFile(join(dir, 'hold.json'))).rejects.toMatchObject({ code: 'ENOENT' });
});
