import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { segmentName } from '../../src/audit/format/chain.ts';
import { auditTail } from '../../src/cli/audit-tail.ts';
import { chainOf, tempDir, withLog } from '../audit/helpers.ts';
import { linesOf, sample } from '../audit/read/samples.ts';
import { MAIN } from '../support/program.ts';
import { listeningTerminal } from '../support/terminal.ts';

const again = (holds: () => unknown) => vi.waitFor(holds, { timeout: 15_000, interval: 20 });

async function run(...argv: string[]) {
  const { terminal, said } = listeningTerminal();
  return { code: await auditTail(argv, terminal), lines: said.written.split('\n').slice(0, -1), err: said.err };
}

const write = (dir: string, firstSeq: number, lines: string[]) =>
  writeFile(join(dir, segmentName(firstSeq)), lines.map((line) => `${line}\n`).join(''));

describe('sallyport audit tail', () => {
  test('prints the last twenty records, or as many as are asked for', async () => {
    const dir = await tempDir();
    const lines = chainOf(50);
    await write(dir, 1, lines.slice(0, 45));
    await write(dir, 46, lines.slice(45));
    expect(await run('--json', dir)).toEqual({ code: 0, lines: lines.slice(-20), err: [] });
    expect((await run('--json', '--lines', '3', dir)).lines).toEqual(lines.slice(-3));
    expect((await run('--lines', '0', dir)).lines).toEqual([]);
    expect((await run('--lines', '2', dir)).lines).toEqual([
      expect.stringMatching(/^2023-.*Z {2}test\.event .*text=record 49$/),
      expect.stringMatching(/text=record 50$/),
    ]);
  });

  test('chooses by key, team, event and denial', async () => {
    const dir = await tempDir();
    const lines = linesOf([
      sample('inference.completed'),
      sample('inference.denied', { denial: 'rate_limited', keyId: 'k2', team: 'sales' }),
      sample('key.issued'),
    ]);
    await write(dir, 1, lines);
    for (const [options, index] of [
      [['--key', 'k2'], 1],
      [['--team', 'sales'], 1],
      [['--denial', 'rate_limited'], 1],
      [['--event', 'key.*'], 2],
      [['--event', 'inference.*', '--team', 'research'], 0],
    ] as const) {
      expect((await run('--json', dir, ...options)).lines).toEqual([lines[index]]);
    }
  });

  test('passes over what is no record, and says so', async () => {
    const dir = await tempDir();
    await write(dir, 1, chainOf(4).toSpliced(2, 1, 'no record'));
    const { lines, err } = await run(dir);
    expect({ lines: lines.length, err }).toEqual({
      lines: 3,
      err: ['1 line is no record: run sallyport audit verify.'],
    });
  });

  test.each([
    [['--lines', 'all']],
    [['--lines=-1']],
    [['--nonsense']],
    [['--follow', 'package.json']],
    [['--follow', 'src', 'test']],
  ])('explains itself: %j', async (argv) => {
    await expect(run(...argv)).rejects.toMatchObject({ exitCode: 2 });
  });

  test('refuses to follow a file', async () => {
    const dir = await tempDir();
    await write(dir, 1, chainOf(1));
    await expect(run('--follow', join(dir, segmentName(1)))).rejects.toMatchObject({ code: 'usage' });
  });
});

describe('sallyport audit tail --follow', () => {
  test('goes on with what a writer adds, each record once, into the next file, until it is stopped', async () => {
    const dir = await tempDir();
    const stop = new AbortController();
    const { terminal, said } = listeningTerminal();
    const seqs = () =>
      said.written
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line).seq);
    let ended: Promise<number> | undefined;
    // Every record but a few begins a file.
    await withLog(dir, { segmentBytes: 500, checkpointEveryRecords: 4 }, async (log) => {
      for (let i = 0; i < 5; i++) await log.append(sample('gateway.stopped'));
      ended = auditTail(['--json', '--follow', '--lines', '2', dir], terminal, stop.signal);
      await again(async () => expect(seqs().length).toBeGreaterThanOrEqual(2));
      for (let i = 0; i < 20; i++) await log.append(sample('gateway.stopped'));
      await again(async () => expect(seqs().at(-1)).toBeGreaterThanOrEqual(25));
    });
    stop.abort();
    expect(await ended).toBe(0);
    const first = seqs()[0];
    expect(seqs()).toEqual(seqs().map((_, i) => first + i));
  });

  test('begins behind the last line, also of a log from which lines are gone', async () => {
    const dir = await tempDir();
    const lines = chainOf(9);
    await write(dir, 1, lines.slice(0, 6).toSpliced(2, 2));
    const stop = new AbortController();
    const { terminal, said } = listeningTerminal();
    const ended = auditTail(['--json', '--follow', '--lines', '1', dir], terminal, stop.signal);
    await again(async () => expect(said.written).not.toBe(''));
    await appendFile(
      join(dir, segmentName(1)),
      lines
        .slice(6)
        .map((line) => `${line}\n`)
        .join(''),
    );
    await again(async () => expect(said.written.split('\n')).toHaveLength(5));
    stop.abort();
    await ended;
    expect(said.written).toBe(
      lines
        .slice(5)
        .map((line) => `${line}\n`)
        .join(''),
    );
  });

  test('ends when nobody reads any more', async () => {
    const dir = await tempDir();
    const lines = chainOf(2);
    await write(dir, 1, lines.slice(0, 1));
    const { terminal } = listeningTerminal();
    const first = Promise.withResolvers<void>();
    const answers = [true, false];
    const write1 = async () => {
      first.resolve();
      return answers.shift()!;
    };
    const ended = auditTail(['--follow', dir], { ...terminal, write: write1 }, new AbortController().signal);
    await first.promise;
    await appendFile(join(dir, segmentName(1)), `${lines[1]}\n`);
    expect(await ended).toBe(0);
  });

  test.each([
    ['is interrupted', (child: ReturnType<typeof start>) => void child.kill('SIGINT')],
    ['loses its reader', (child: ReturnType<typeof start>) => void child.stdout.destroy()],
  ])('the program ends well when it %s', async (_what, end) => {
    const dir = await tempDir();
    const lines = chainOf(2);
    await write(dir, 1, lines.slice(0, 1));
    const child = start(dir);
    onTestFinished(() => void child.kill('SIGKILL'));
    let err = '';
    child.stderr.on('data', (chunk) => {
      err += chunk;
    });
    await once(createInterface({ input: child.stdout }), 'line');
    const exited = once(child, 'exit');
    end(child);
    await appendFile(join(dir, segmentName(1)), `${lines[1]}\n`);
    expect({ exit: await exited, err }).toEqual({ exit: [0, null], err: '' });
  });
});

const start = (dir: string) =>
  spawn(process.execPath, [MAIN, 'audit', 'tail', '--follow', dir], { stdio: ['ignore', 'pipe', 'pipe'] });
