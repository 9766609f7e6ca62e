import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { segmentName } from '../../src/audit/format/chain.ts';
import { auditVerify } from '../../src/cli/audit-verify.ts';
import { chainOf, checkpointFields, extend, publicKeyFile, tempDir } from './helpers.ts';

async function run(...argv: string[]) {
  const said = { out: [] as string[], err: [] as string[], json: [] as unknown[] };
  const code = await auditVerify(argv, {
    out: (line) => said.out.push(line),
    err: (line) => said.err.push(line),
    json: (value) => said.json.push(value),
  });
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
        'checkpoint: the one kept elsewhere covers the records up to 4',
      ],
    });
    expect((await run('--json', log, '--public-key', key)).json).toMatchObject([
      { ok: true, signed: { checkpoints: 1, size: 4, beyond: 2 }, kept: null },
    ]);
    const unsigned = await run(await logOf(body), '--public-key', key);
    expect(unsigned.out[1]).toBe('signed: nothing, by 0 checkpoints; 4 records beyond the last one');

    const cut = await logOf(lines.slice(0, 2));
    const found = await run(cut, '--public-key', key, '--checkpoint', kept);
    expect(found.code).toBe(1);
    expect(found.out.at(-1)).toMatch(/:2: truncated: The log ends with record 2; .* covers 4/);
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

  test.each([[[]], [['--nonsense', 'x']], [['x', '--checkpoint', 'y']], [['x', '--public-key']]])(
    'explains itself: %j',
    async (argv) => {
      const { code, out, err } = await run(...argv);
      expect({ code, out }).toEqual({ code: 2, out: [] });
      expect(err.at(-1)).toMatch(/^Usage: /);
    },
  );
});
