import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { formatLine, GENESIS, segmentName } from '../../src/audit/format/chain.ts';
import { auditExport } from '../../src/cli/audit-export.ts';
import { tempDir } from '../audit/helpers.ts';
import { EVENT_NAMES, linesOf, PROMPT, SECRET, sample } from '../audit/read/samples.ts';
import { MAIN } from '../support/program.ts';
import { listeningTerminal } from '../support/terminal.ts';

afterEach(() => vi.unstubAllEnvs());

const again = (holds: () => unknown) => vi.waitFor(holds, { timeout: 15_000, interval: 200 });

async function dirOf(...segments: string[][]): Promise<string> {
  const dir = await tempDir();
  let firstSeq = 1;
  for (const lines of segments) {
    await writeFile(join(dir, segmentName(firstSeq)), lines.map((line) => `${line}\n`).join(''));
    firstSeq += lines.length;
  }
  return dir;
}

async function run(...argv: string[]) {
  vi.stubEnv('PROMPT_HMAC_SECRET', SECRET);
  vi.stubEnv('PROMPT_HMAC_SECRET_PREVIOUS', '');
  const { terminal, said } = listeningTerminal();
  return { code: await auditExport(argv, terminal), text: said.written, err: said.err };
}

const ALL = linesOf(EVENT_NAMES.map((event) => sample(event)));

describe('sallyport audit export', () => {
  test.each(['ecs', 'ocsf', 'json', 'csv'])('%s: every record, in order', async (format) => {
    const { code, text, err } = await run('--format', format, await dirOf(ALL.slice(0, 9), ALL.slice(9)));
    expect({ code, err }).toEqual({ code: 0, err: [`${ALL.length} records.`] });
    const lines = text.trimEnd().split(format === 'csv' ? '\r\n' : '\n');
    const seqs = lines.map((line) => {
      if (format === 'csv') return Number.parseInt(line, 10);
      const { seq, event, metadata } = JSON.parse(line);
      return seq ?? event?.sequence ?? metadata.sequence;
    });
    const expected = ALL.map((_, i) => i + 1);
    expect(seqs).toEqual(format === 'csv' ? [Number.NaN, ...expected] : expected);
    if (format === 'json') expect(lines).toEqual(ALL);
  });

  test('answers what is held about a key, and about a prompt', async () => {
    const dir = await dirOf(
      linesOf([
        sample('inference.admitted'),
        sample('inference.completed', { keyId: 'other', promptHash: null, promptHashKeyId: null }),
        sample('alert.orphan'),
        sample('key.revoked'),
      ]),
    );
    const seqs = ({ text }: { text: string }) =>
      text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).seq);
    expect(seqs(await run('--format', 'json', '--key', 'k000000001', dir))).toEqual([1, 3, 4]);
    const file = join(await tempDir(), 'prompt.json');
    await writeFile(file, JSON.stringify(PROMPT));
    expect(seqs(await run('--format', 'json', '--prompt-file', file, dir))).toEqual([1, 3]);
    expect(await run('--format', 'json', '--key', 'nobody', dir)).toEqual({ code: 0, text: '', err: ['0 records.'] });
  });

  test.each([
    [
      ['--event', 'alert.*', '--key', 'k000000001'],
      ['alert.outside_hours', 'alert.unusual_rate', 'alert.guardrail_series', 'alert.key_unused', 'alert.key_expiring'],
    ],
    [['--denial', 'identity_revoked'], ['inference.denied']],
    [['--from', '2026-01-02T03:04:07Z', '--to', '2026-01-02T04:04:07.679+01:00'], ['inference.denied']],
    [['--to', '2026-01-02'], []],
    [
      ['--team', 'research', '--event', 'key.*'],
      ['key.issued', 'key.revoked', 'key.rotated', 'key.changed'],
    ],
  ])('chooses by %j', async (options, events) => {
    const { text } = await run('--format', 'json', await dirOf(ALL), ...options);
    expect(
      text
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line).event),
    ).toEqual(events.filter((name) => name !== 'alert.orphan'));
  });

  test('passes over what is no record, and says so', async () => {
    const lines = ALL.toSpliced(3, 0, 'no record');
    const { text, err } = await run('--format', 'json', await dirOf(lines));
    expect(text).toBe(ALL.map((line) => `${line}\n`).join(''));
    expect(err[0]).toBe('1 line is no record: run sallyport audit verify.');
  });

  test('stops when nobody reads any more', async () => {
    const { terminal, said } = listeningTerminal();
    let writes = 0;
    const write = async () => {
      writes += 1;
      return false;
    };
    expect(await auditExport(['--format', 'json', await dirOf(ALL, ALL, ALL)], { ...terminal, write })).toBe(0);
    expect({ writes, err: said.err }).toEqual({ writes: 1, err: [] });
  });

  test.each([
    [[]],
    [['--format', 'xml']],
    [['--format', 'toString']],
    [['--format', 'csv', '--from', 'yesterday']],
    [['--format', 'csv', '--to', '2026-13-01']],
    [['--format', 'csv', '--from', '2026-01-01T00:00:00']],
    [['--format', 'csv', '--nonsense']],
  ])('explains itself: %j', async (argv) => {
    await expect(run(...argv)).rejects.toMatchObject({ code: 'usage', message: expect.stringContaining('Usage:') });
  });
});

test('a reader that is slow is waited for, in flat memory', async () => {
  // 60 MB, in lines of 1 kB.
  const dir = join(await tempDir(), 'var/audit');
  await mkdir(dir, { recursive: true });
  const line = formatLine(
    { seq: 1, timestamp: '2026-01-02T03:04:05.678Z', instance: 'gate-1', prev: GENESIS },
    { event: 'gateway.stopped', reason: 'x'.repeat(800) },
  );
  await writeFile(join(dir, segmentName(1)), `${line}\n`.repeat(60_000));
  const child = spawn(process.execPath, [MAIN, 'audit', 'export', '--format', 'json', dir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const read = async () => Number(/^rchar: (\d+)/m.exec(await readFile(`/proc/${child.pid}/io`, 'utf8'))![1]);
  const peak = async () => Number(/^VmHWM:\s+(\d+) kB/m.exec(await readFile(`/proc/${child.pid}/status`, 'utf8'))![1]);
  // Nothing is read here: the pipe fills, and the program stands still.
  await once(child.stdout, 'readable');
  let before = -1;
  await again(async () => {
    const now = await read();
    const still = now === before;
    before = now;
    expect(still).toBe(true);
  });
  expect(before).toBeLessThan(30_000_000);
  expect(await peak()).toBeLessThan(300_000);

  // Whoever goes away ends it.
  const exited = once(child, 'exit');
  child.stdout.destroy();
  expect(await exited).toEqual([0, null]);
});
