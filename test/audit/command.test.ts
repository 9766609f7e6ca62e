import { generateKeyPairSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { segmentName } from '../../src/audit/format/chain.ts';
import { auditVerify } from '../../src/cli/audit-verify.ts';
import { terminal } from '../../src/cli/terminal.ts';
import { listeningTerminal } from '../support/terminal.ts';
import { chainOf, checkpointFields, extend, publicKeyFile, tempDir } from './helpers.ts';
import { witnessed } from './verify/history.ts';

async function run(...argv: string[]) {
  const { terminal, said } = listeningTerminal();
  const code = await auditVerify(argv, terminal);
  return { code, ...said };
}

async function logOf(lines: string[], firstSeq = 1): Promise<string> {
  const file = join(await tempDir(), segmentName(firstSeq));
  await writeFile(file, lines.map((line) => `${line}\n`).join(''));
  return file;
}

describe('sallyport audit verify', () => {
  test('says in a line that all is well', async () => {
    const { code, out, err } = await run(await logOf(chainOf(3)));
    expect({ code, err }).toEqual({ code: 0, err: [] });
    expect(out).toEqual([expect.stringMatching(/^OK: 3 records in 1 file, seq 1 to 3, head [0-9a-f]{64}$/)]);
  });

  test('says that it has not seen the beginning', async () => {
    const { code, out } = await run(await logOf(chainOf(3, 7), 7));
    expect(code).toBe(0);
    expect(out[1]).toBe('note: the log begins with record 7; what was before it has not been checked');
  });

  test('names each damaged line', async () => {
    const file = await logOf(chainOf(5).toSpliced(2, 1));
    const { code, out } = await run(file);
    expect(code).toBe(1);
    expect(out[0]).toMatch(/^DAMAGED: 4 records/);
    expect(out.slice(1)).toEqual([`${file}:3: missing: Record 3 is missing before this line.`]);
  });

  test('speaks JSON', async () => {
    const file = await logOf(chainOf(5).toSpliced(2, 1));
    const { code, out, json } = await run('--json', file);
    expect({ code, out }).toEqual({ code: 1, out: [] });
    expect(json).toMatchObject([{ ok: false, records: 4, faults: [{ file, line: 3, seq: 3, kind: 'missing' }] }]);
  });

  test('says how far signatures reach, and what a kept checkpoint says', async () => {
    const body = chainOf(4);
    const signed = extend(body, 1, (seq, prev) => checkpointFields(seq - 1, prev));
    const lines = extend(signed, 2, (seq) => ({ event: 'e', text: `${seq}` }));
    const log = await logOf(lines);
    const key = await publicKeyFile();
    const kept = join(await tempDir(), 'kept.jsonl');
    await writeFile(kept, `${signed[4]}\n`);

    const { code, out } = await run(log, '--public-key', key, '--checkpoint', kept);
    expect({ code, notes: out.slice(1) }).toEqual({
      code: 0,
      notes: [
        'signed: up to record 4, by 1 checkpoint; 2 records beyond the last one',
        'kept: 1 checkpoint was compared with the log; the newest covers the records up to 4',
      ],
    });
    expect((await run('--json', log, '--public-key', key)).json).toMatchObject([
      { ok: true, signed: { checkpoints: 1, size: 4, beyond: 2 }, kept: null },
    ]);
    const unsigned = await run(await logOf(body), '--public-key', key);
    expect(unsigned).toMatchObject({ code: 1, out: { length: 3 } });
    expect(unsigned.out[1]).toBe('signed: nothing, by 0 checkpoints; 4 records beyond the last one');
    expect(unsigned.out[2]).toMatch(/:1: unsigned: There is no sound checkpoint among these records/);

    const cut = await logOf(lines.slice(0, 2));
    const found = await run(cut, '--public-key', key, '--checkpoint', kept);
    expect(found.code).toBe(1);
    expect(found.out.at(-1)).toMatch(/:2: truncated: The log ends with record 2; .* covers 4/);
  });

  test('says who witnessed the newest checkpoint, and when', async () => {
    const lines = extend(chainOf(4), 1, (seq, prev) => checkpointFields(seq - 1, prev));
    const [first, second] = [join(await tempDir(), 'first'), join(await tempDir(), 'second')];
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const witness = join(await tempDir(), 'witness.pub.pem');
    await writeFile(witness, publicKey.export({ type: 'spki', format: 'pem' }));
    await writeFile(first, `${witnessed(lines[4]!, privateKey)}\n`);
    await writeFile(second, `${witnessed(lines[4]!, privateKey)}\n`);
    const proof = ['--public-key', await publicKeyFile(), '--checkpoint', first, '--checkpoint', second];
    const { code, out } = await run(await logOf(lines), ...proof, '--witness-key', witness);
    expect({ code, note: out.at(-1) }).toEqual({
      code: 0,
      note: expect.stringMatching(
        /^kept: 1 checkpoint was compared with the log; the newest covers the records up to 4, witnessed 2026-01-02T03:04:05\.678Z by [0-9a-f]{16}$/,
      ),
    });
  });

  test('shows how it goes, and takes that back before it says the result; not beside JSON', async () => {
    const file = await logOf(chainOf(5).toSpliced(2, 1));
    expect((await run(file)).progress).toEqual([
      expect.stringMatching(/^verifying: 100 %(, \d+ records\/s)?$/),
      expect.stringMatching(/^looking at the damage: 100 %(, \d+ records\/s)?$/),
      null,
    ]);
    expect((await run(file, '--json')).progress).toEqual([]);
    const { terminal, said } = listeningTerminal();
    await expect(auditVerify(['/nowhere/at/all'], terminal)).rejects.toMatchObject({ code: 'audit_unreadable' });
    expect(said.progress).toEqual([null]);
  });

  test.each([
    [true, 'half way', '\r\x1b[2Khalf way'],
    [true, 'x'.repeat(300), `\r\x1b[2K${'x'.repeat(79)}`],
    [true, null, '\r\x1b[2K'],
    [false, 'half way', ''],
  ])('of which only a person sees something (terminal: %s, %j)', (isTTY, line, expected) => {
    let written = '';
    const write = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
      written += text;
      return true;
    });
    const before = Object.getOwnPropertyDescriptors(process.stderr);
    Object.defineProperty(process.stderr, 'isTTY', { value: isTTY, configurable: true });
    Object.defineProperty(process.stderr, 'columns', { value: 80, configurable: true });
    try {
      terminal.progress(line);
    } finally {
      for (const name of ['isTTY', 'columns'] as const) {
        Reflect.deleteProperty(process.stderr, name);
        if (before[name]) Object.defineProperty(process.stderr, name, before[name]);
      }
      write.mockRestore();
    }
    expect(written).toBe(expected);
  });

  test('repeats nothing that would move the cursor, whatever is in the log and whatever a file is called', async () => {
    const evil = '\u001b[2J\u001b[H\u001b[32mOK\n'.padEnd(64, 'x');
    const lines = extend(chainOf(2), 1, (seq, prev) => ({
      ...checkpointFields(seq - 1, prev),
      origin: evil,
      keyId: evil.slice(0, 16),
    }));
    const file = join(await tempDir(), 'copy\nOK: 9 records\u001b[2J.jsonl');
    await writeFile(file, lines.map((line) => `${line}\n`).join(''));
    const { code, out } = await run(file, '--public-key', await publicKeyFile());
    expect({ code, faults: out.slice(2) }).toEqual({
      code: 1,
      faults: [
        expect.stringMatching(/copy\ufffdOK: 9 records\ufffd\[2J\.jsonl:1: unsigned: /),
        expect.stringMatching(/:3: bad_checkpoint: This checkpoint lacks what a checkpoint says\.$/),
      ],
    });
    expect(out.join('')).not.toMatch(/\p{Cc}/u);
  });

  test('says what was purged', async () => {
    const purge = (head: string) => ({ event: 'audit.purged', fromSeq: 1, toSeq: 6, head });
    const lines = extend(chainOf(3, 7, 'ab'.repeat(32)), 1, () => purge('ab'.repeat(32)), 7);
    const { code, out } = await run(await logOf(lines, 7));
    expect({ code, note: out[1] }).toEqual({
      code: 0,
      note: 'purged: the log records that everything up to record 6 was removed',
    });
  });

  test.each([
    [[]],
    [['--nonsense', 'x']],
    [['x', '--checkpoint', 'y']],
    [['x', '--public-key']],
    [['x', '--public-key', 'y', '--witness-key', 'z']],
  ])('explains itself: %j', async (argv) => {
    const { code, out, err } = await run(...argv);
    expect({ code, out }).toEqual({ code: 2, out: [] });
    expect(err.at(-1)).toMatch(/^Usage: /);
  });
});
