/** The writer signs: how often, what, and without getting in the way. */
import { generateKeyPairSync } from 'node:crypto';
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { openAuditLog } from '../../../src/audit/log.ts';
import { verifyAudit } from '../../../src/audit/verify/verify.ts';
import { signerOf } from '../../../src/audit/writer/signing-key.ts';
import { FaultyFs, options, publicKeyFile, recordsOf, segmentsOf, signer, tempDir, withLog } from '../helpers.ts';

const events = async (dir: string) => (await recordsOf(dir)).map(({ event }) => event);
const CHECKPOINT = 'audit.checkpoint';

describe('a checkpoint', () => {
  test('follows after so many records, in the same write and under the same sync', async () => {
    const dir = await tempDir();
    const fs = new FaultyFs();
    await withLog(dir, { fs, checkpointEveryRecords: 3 }, async (log) => {
      fs.calls.length = 0;
      const seqs = await Promise.all([1, 2, 3, 4].map((index) => log.append({ event: 'e', index })));
      expect(seqs).toEqual([1, 2, 3, 5]);
      expect(fs.calls).toEqual(['write#1', 'datasync#1']);
      await log.append({ event: 'e' });
      await log.append({ event: 'e' });
    });
    const e = 'e';
    expect(await events(dir)).toEqual([e, e, e, CHECKPOINT, e, e, e, CHECKPOINT]);
  });

  test('is on disk before anyone sees it, also when records are only buffered', async () => {
    const fs = new FaultyFs();
    const seen: number[] = [];
    const mirror = (line: string) => {
      if (line.includes(CHECKPOINT)) seen.push(fs.calls.lastIndexOf('datasync#1') - fs.calls.lastIndexOf('write#1'));
    };
    await withLog(await tempDir(), { fs, mirror, durability: 'buffered', checkpointEveryRecords: 2 }, async (log) => {
      for (let count = 0; count < 4; count++) await log.append({ event: 'e' });
    });
    expect(seen).toEqual([1, 1]);
  });

  test('is handed to the witnesses once it is on disk, as it stands in the log', async () => {
    const dir = await tempDir();
    const handed: string[] = [];
    const onCheckpoint = (line: string) => {
      handed.push(line);
      throw new Error('is nothing to the log');
    };
    await withLog(dir, { onCheckpoint, checkpointEveryRecords: 2 }, async (log) => {
      for (let count = 0; count < 5; count++) await log.append({ event: 'e' });
    });
    const lines = (await recordsOf(dir)).filter(({ event }) => event === 'audit.checkpoint');
    expect(handed.map((line) => JSON.parse(line))).toEqual(lines);
    expect(handed).toHaveLength(3);
  });

  test('covers the record before it, and says by which key', async () => {
    const dir = await tempDir();
    await withLog(dir, {}, (log) => log.append({ event: 'e' }));
    const [, checkpoint] = await recordsOf(dir);
    expect(Object.keys(checkpoint!).join()).toBe(
      'v,seq,timestamp,event,instance,origin,size,head,keyId,signature,prev',
    );
    const { origin } = signer(0, '');
    expect(checkpoint).toMatchObject({
      seq: 2,
      size: 1,
      head: checkpoint!['prev'],
      origin,
      keyId: origin.slice(0, 16),
    });
  });

  test('is the last record of a log that was closed, and never follows another', async () => {
    const dir = await tempDir();
    await withLog(dir, { checkpointEveryRecords: 2 }, async (log) => {
      await log.append({ event: 'one' });
      await log.append({ event: 'two' });
    });
    for (let start = 0; start < 3; start++) await withLog(dir, {}, async () => {});
    expect(await events(dir)).toEqual(['one', 'two', CHECKPOINT]);
    await withLog(dir, {}, (log) => log.append({ event: 'three' }));
    expect(await events(dir)).toEqual(['one', 'two', CHECKPOINT, 'three', CHECKPOINT]);
  });

  test('is not made of nothing', async () => {
    const dir = await tempDir();
    await withLog(dir, {}, async () => {});
    expect(await recordsOf(dir)).toEqual([]);
  });

  test('also covers what a gateway that died has left unsigned', async () => {
    const dir = await tempDir();
    await withLog(dir, {}, (log) => log.append({ event: 'one' }));
    const [file] = await segmentsOf(dir);
    const text = await readFile(join(dir, file!), 'utf8');
    await writeFile(join(dir, file!), `${text.split('\n')[0]}\n`);
    await withLog(dir, {}, async () => {});
    expect(await events(dir)).toEqual(['one', CHECKPOINT]);
    await appendFile(join(dir, file!), 'torn');
    await withLog(dir, {}, async () => {});
    expect(await events(dir)).toEqual(['one', CHECKPOINT, 'alert.torn_line', CHECKPOINT]);
  });

  test('stands behind the first record of a file that it begins', async () => {
    const dir = await tempDir();
    await withLog(dir, { segmentBytes: 1 }, (log) => log.append({ event: 'e' }));
    expect(await events(dir)).toEqual(['e', 'audit.segment', CHECKPOINT]);
    const result = await verifyAudit([dir], { publicKeyFile: await publicKeyFile() });
    expect(result).toMatchObject({ signed: { checkpoints: 1, size: 2, beyond: 0 }, faults: [] });
  });
});

describe('time', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout'] }));
  afterEach(() => void vi.useRealTimers());
  const checkpointEveryMs = 5000;

  test('brings a checkpoint if something is new, and only then', async () => {
    const dir = await tempDir();
    const written = { resolve: () => {} };
    const mirror = () => written.resolve();
    await withLog(dir, { checkpointEveryMs, mirror }, async (log) => {
      await log.append({ event: 'one' });
      vi.advanceTimersByTime(checkpointEveryMs - 1);
      expect(await log.append({ event: 'two' })).toBe(2);
      const signed = new Promise<void>((resolve) => Object.assign(written, { resolve }));
      vi.advanceTimersByTime(1);
      await signed;
      vi.advanceTimersByTime(20 * checkpointEveryMs);
      expect(await log.append({ event: 'three' })).toBe(4);
    });
    expect(await events(dir)).toEqual(['one', 'two', CHECKPOINT, 'three', CHECKPOINT]);
  });

  test.each(['write', 'datasync'] as const)('brings none while the log is failed (%s)', async (failing) => {
    const dir = await tempDir();
    const fs = new FaultyFs();
    await withLog(dir, { fs, checkpointEveryMs, checkpointEveryRecords: 2 }, async (log) => {
      await log.append({ event: 'one' });
      fs.fate = (operation) => (operation === failing ? 'fail' : 'ok');
      // The second one brings a checkpoint along, which shares its fate.
      await expect(log.append({ event: 'lost' })).rejects.toMatchObject({ code: 'audit_unavailable' });
      fs.fate = () => 'ok';
      fs.calls.length = 0;
      vi.advanceTimersByTime(checkpointEveryMs);
      await Promise.resolve();
      expect(fs.calls.filter((call) => call.startsWith('write'))).toEqual([]);
      await log.recover();
    });
    expect(await events(dir)).toEqual(failing === 'write' ? ['one', 'alert.audit_recovered', CHECKPOINT] : ['one']);
  });
});

test('a checkpoint that cannot be signed hurts no request, and is reported', async () => {
  const dir = await tempDir();
  const onUpkeepFailure = vi.fn();
  const onFailure = vi.fn();
  let broken = true;
  const sign = (...end: Parameters<typeof signer>) => {
    if (broken) throw new Error('no signature today');
    return signer(...end);
  };
  const unsteady = Object.assign(sign, { origin: signer.origin });
  await withLog(dir, { signer: unsteady, checkpointEveryRecords: 2, onUpkeepFailure, onFailure }, async (log) => {
    for (let seq = 1; seq <= 3; seq++) expect(await log.append({ event: 'e' })).toBe(seq);
    expect(log.healthy).toBe(true);
    expect(onUpkeepFailure).toHaveBeenCalledWith(new Error('no signature today'));
    broken = false;
    await log.append({ event: 'e' });
  });
  expect(onFailure).not.toHaveBeenCalled();
  expect(await events(dir)).toEqual(['e', 'e', 'e', 'e', CHECKPOINT]);
});

test('a checkpoint that cannot be written at the end does not stop the end', async () => {
  const dir = await tempDir();
  const fs = new FaultyFs();
  const log = await openAuditLog(options(dir, { fs }));
  await log.append({ event: 'e' });
  fs.fate = (operation) => (operation === 'write' ? 'torn' : 'ok');
  await log.close();
  expect(await events(dir)).toEqual(['e']);
  await withLog(dir, {}, async () => {});
  expect(await events(dir)).toEqual(['e', CHECKPOINT]);
});

test('whatever is written, and however often the gateway starts: every record is signed, and no signature is idle', async () => {
  const key = await publicKeyFile();
  const runs = fc.array(fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 5 }), { minLength: 1, maxLength: 3 });
  await fc.assert(
    fc.asyncProperty(
      runs,
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 100, max: 3000 }),
      async (given, checkpointEveryRecords, segmentBytes) => {
        const dir = await tempDir();
        for (const batches of given) {
          await withLog(dir, { checkpointEveryRecords, segmentBytes, fs: new FaultyFs() }, async (log) => {
            for (const count of batches) {
              await Promise.all(Array.from({ length: count }, () => log.append({ event: 'e' })));
            }
          });
        }
        const all = await events(dir);
        const { signed, faults } = await verifyAudit([dir], { publicKeyFile: key });
        const checkpoints = all.filter((event) => event === CHECKPOINT).length;
        expect(faults).toEqual([]);
        expect(signed).toEqual({ checkpoints, size: Math.max(0, all.length - 1), beyond: 0 });
        const runsOfRecords = all.join(' ').split(CHECKPOINT).slice(0, -1);
        for (const run of runsOfRecords) {
          const records = run.split(' ').filter(Boolean);
          expect(records.length).toBeGreaterThan(0);
          // The first record of a file is of the log's own.
          const appended = records.filter((event) => event !== 'audit.segment');
          expect(appended.length).toBeLessThanOrEqual(checkpointEveryRecords);
        }
      },
    ),
    { numRuns: 40 },
  );
});

test('another key than before is said, once', async () => {
  const dir = await tempDir();
  const other = signerOf(generateKeyPairSync('ed25519').privateKey);
  for (const one of [signer, signer, other, other]) {
    await withLog(dir, { signer: one }, (log) => log.append({ event: 'e' }));
  }
  const alerts = (await recordsOf(dir)).filter(({ event }) => String(event).startsWith('alert.'));
  const [before, after] = [signer, other].map(({ origin }) => origin.slice(0, 16));
  expect(alerts).toMatchObject([{ event: 'alert.signing_key_changed', before, after }]);
});
