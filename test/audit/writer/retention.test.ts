/** What is old goes, what went is on record, and a crash in between changes nothing. */
import { appendFile, copyFile, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type AuditFields, hashLine, segmentFirstSeq, segmentName } from '../../../src/audit/format/chain.ts';
import { verifyAudit } from '../../../src/audit/verify/verify.ts';
import { NODE_FS } from '../../../src/audit/writer/disk.ts';
import { beginHold, endHold } from '../../../src/audit/writer/hold.ts';
import { retention } from '../../../src/audit/writer/retention.ts';
import {
  checkpointFields,
  extend,
  FaultyFs,
  publicKeyFile,
  recordsOf,
  segmentsOf,
  tempDir,
  withLog,
} from '../helpers.ts';

const DAY_MS = 86_400_000;
const START = Date.parse('2026-01-01T12:00:00Z');
const day = (number: number) => () => new Date(START + (number - 1) * DAY_MS);
const PURGED = 'audit.purged';

/** A log with a file for each of some days, of two records and a checkpoint; the first of them 1, then by 4. */
async function logOfDays(...days: number[]): Promise<string> {
  const dir = await tempDir();
  for (const number of days) {
    await withLog(dir, { now: day(number) }, async (log) => {
      await log.append({ event: 'e', day: number });
      await log.append({ event: 'e', day: number, text: 'x'.repeat(100_000) });
    });
  }
  return dir;
}
const open = (dir: string, today: number, more: Parameters<typeof withLog>[1] = {}) =>
  withLog(dir, { now: day(today), retainDays: 10, ...more }, async () => {});
const purges = async (dir: string) => (await recordsOf(dir)).filter(({ event }) => event === PURGED);
const daysLeft = async (dir: string) => [...new Set((await recordsOf(dir)).flatMap(({ day }) => day ?? []))];

async function expectSound(dir: string, purgedTo: number | null) {
  const sound = { faults: [], purgedTo, startsLate: false };
  expect(await verifyAudit([dir])).toMatchObject(sound);
  expect(await verifyAudit([dir], { publicKeyFile: await publicKeyFile() })).toMatchObject(sound);
}

describe('a purge', () => {
  test('removes the files whose last record is too old, and says so', async () => {
    const dir = await logOfDays(1, 2, 3, 4);
    const [first, second] = await segmentsOf(dir);
    const lines = (await readFile(join(dir, second!), 'utf8')).trimEnd().split('\n');
    await open(dir, 13);
    expect(await daysLeft(dir)).toEqual([3, 4]);
    expect(await purges(dir)).toMatchObject([
      { fromSeq: 1, toSeq: 7, head: hashLine(lines.at(-1)!), files: [first, second], reason: 'retention' },
    ]);
    await expectSound(dir, 7);
  });

  test.each([
    [11, 0, 1],
    [12, 1, 2],
    [13, 2, 3],
    [14, 3, 3],
    [99, 3, 3],
  ])('on day %i, at noon, takes %i of four files, and then %i: never the newest', async (today, at, after) => {
    const dir = await logOfDays(1, 2, 3, 4);
    await open(dir, today);
    expect(await daysLeft(dir)).toEqual([1, 2, 3, 4].slice(at));
    const copy = await logOfDays(1, 2, 3, 4);
    await open(copy, today, { now: () => new Date(day(today)().getTime() + 1) });
    expect(await daysLeft(copy)).toEqual([1, 2, 3, 4].slice(after));
  });

  test('leaves no hole: what stands behind a younger file waits for it', async () => {
    const dir = await logOfDays(1, 30, 2, 3, 4);
    await open(dir, 35);
    expect(await daysLeft(dir)).toEqual([30, 2, 3, 4]);
    await expectSound(dir, 3);
  });

  test('is made of nothing without a record', async () => {
    const dir = await logOfDays(1, 2);
    await open(dir, 11);
    await open(dir, 99, { retainDays: null });
    expect(await purges(dir)).toEqual([]);
    expect(await daysLeft(dir)).toEqual([1, 2]);
    await expectSound(dir, null);
  });

  test('after a purge goes on from where that one ended', async () => {
    const dir = await logOfDays(1, 2, 3, 4);
    await open(dir, 11.5);
    await open(dir, 12.5);
    const files = await segmentsOf(dir);
    expect(await purges(dir)).toMatchObject([
      { fromSeq: 1, toSeq: 3 },
      { fromSeq: 4, toSeq: 7 },
    ]);
    await expectSound(dir, 7);
    // The record of a purge goes the way of all records; the latest one stays.
    await withLog(dir, { now: day(30) }, (log) => log.append({ event: 'e' }));
    await open(dir, 60);
    expect(await purges(dir)).toMatchObject([{ fromSeq: 8 }]);
    expect((await segmentsOf(dir)).some((name) => files.includes(name))).toBe(false);
  });

  test('is on disk and signed before the first file goes, and each removal before the next', async () => {
    const dir = await logOfDays(1, 2, 3);
    const fs = new FaultyFs();
    let recorded: unknown[] | undefined;
    const [newest] = (await segmentsOf(dir)).slice(-1);
    fs.fate = (operation) => {
      if (operation === 'unlink') recorded ??= [...fs.calls];
      return 'ok';
    };
    await open(dir, 30, { fs });
    const removal = fs.calls.indexOf('unlink');
    expect(fs.calls.slice(removal)).toEqual(['unlink', 'syncDir', 'unlink', 'syncDir', 'datasync#2']);
    expect(fs.calls.slice(0, removal).slice(-2)).toEqual(['write#2', 'datasync#2']);
    expect(recorded).toHaveLength(removal + 1);
    expect(newest).toBeDefined();
    const events = (await recordsOf(dir)).map(({ event }) => event);
    expect(events.slice(-3)).toEqual(['audit.segment', PURGED, 'audit.checkpoint']);
  });

  test('of files that end with long lines', async () => {
    const dir = await tempDir();
    for (const number of [1, 2]) {
      await withLog(dir, { now: day(number) }, (log) => log.append({ event: 'e', text: 'x'.repeat(300_000) }));
      const newest = (await segmentsOf(dir)).at(-1)!;
      const text = await readFile(join(dir, newest), 'utf8');
      // Without the checkpoint, so that the long line is the last.
      await writeFile(join(dir, newest), text.slice(0, text.trimEnd().lastIndexOf('\n') + 1));
    }
    await open(dir, 30);
    expect(await purges(dir)).toMatchObject([{ fromSeq: 1, toSeq: 1 }]);
    await expectSound(dir, 1);
  });

  test('where a crash has left the newest file empty', async () => {
    const dir = await logOfDays(1);
    await writeFile(join(dir, segmentName(4)), '');
    await open(dir, 30);
    expect(await purges(dir)).toMatchObject([{ seq: 5, fromSeq: 1, toSeq: 3 }]);
    await expectSound(dir, 3);
  });
});

describe('what a sink has not got yet', () => {
  const purge = (dir: string, deliveredTo: () => number, record: (fields: AuditFields) => Promise<void>) =>
    retention({ dir, fs: NODE_FS, now: day(30), retainDays: 10, purgedTo: 0, deliveredTo, record });

  test.each([
    [2, 0, null],
    [3, 1, 3],
    [6, 1, 3],
    [7, 2, 7],
    [Number.POSITIVE_INFINITY, 3, 11],
  ])('stays: with record %d delivered %i of three old files go', async (delivered, gone, toSeq) => {
    const dir = await logOfDays(1, 2, 3, 4);
    const record = vi.fn(async () => {});
    await purge(dir, () => delivered, record)();
    expect(await daysLeft(dir)).toEqual([1, 2, 3, 4].slice(gone));
    expect(record.mock.calls).toMatchObject(toSeq === null ? [] : [[{ event: PURGED, toSeq }]]);
  });

  test('goes once every sink has it', async () => {
    const dir = await logOfDays(1, 2, 3, 4);
    let delivered = 5;
    const record = vi.fn(async () => {});
    const work = purge(dir, () => delivered, record);
    await work();
    delivered = 99;
    await work();
    expect(await daysLeft(dir)).toEqual([4]);
    expect(record.mock.calls).toMatchObject([[{ fromSeq: 1, toSeq: 3 }], [{ fromSeq: 4, toSeq: 11 }]]);
  });
});

describe('a legal hold', () => {
  const HELD = { reason: 'Smith v. Jones' };
  const hold = (dir: string) => beginHold(dir, HELD.reason, new Date(START));

  test('keeps everything, and what is too old goes once it is over', async () => {
    const dir = await logOfDays(1, 2, 3, 4);
    await hold(dir);
    await open(dir, 30);
    await open(dir, 31);
    expect(await daysLeft(dir)).toEqual([1, 2, 3, 4]);
    expect(await purges(dir)).toEqual([]);
    await expectSound(dir, null);
    await endHold(dir);
    await open(dir, 32);
    expect(await daysLeft(dir)).toEqual([4]);
    expect(await purges(dir)).toMatchObject([{ fromSeq: 1, reason: 'retention' }]);
  });

  test.each(['', 'garbage', '{}', '{"reason":7}'])('that is damaged (%j) is one', async (text) => {
    const dir = await logOfDays(1, 2);
    await writeFile(join(dir, 'hold.json'), text);
    await open(dir, 30);
    expect(await daysLeft(dir)).toEqual([1, 2]);
  });

  test('stops a purge that is declared, and under way: the log verifies, and the rest goes later', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 3 }), fc.boolean(), async (removed, restart) => {
        const dir = await logOfDays(1, 2, 3, 4, 25);
        const record = vi.fn(async () => {
          if (removed === 0) await writeFile(join(dir, 'hold.json'), JSON.stringify(HELD));
        });
        const fs = { ...NODE_FS };
        let count = 0;
        fs.unlink = async (path) => {
          await NODE_FS.unlink(path);
          // As whoever holds the lock would not: the file is there, however it came there.
          if (++count === removed) await writeFile(join(dir, 'hold.json'), JSON.stringify(HELD));
        };
        const settings = { dir, fs, now: day(30), retainDays: 10, purgedTo: 0 };
        await withLog(dir, {}, async (log) => {
          const work = retention({
            ...settings,
            record: async (fields) => {
              await log.append(fields);
              await record();
            },
          });
          await work();
          await work();
          if (!restart) {
            expect(await daysLeft(dir)).toEqual([1, 2, 3, 4, 25].slice(removed));
            await endHold(dir);
            await work();
          }
        });
        if (restart) {
          await expectSound(dir, removed === 0 ? null : 15);
          await open(dir, 30);
          expect(await daysLeft(dir)).toEqual([1, 2, 3, 4, 25].slice(removed));
          await endHold(dir);
          await open(dir, 30);
        }
        expect(await daysLeft(dir)).toEqual([25]);
        expect(await purges(dir)).toMatchObject([{ fromSeq: 1, toSeq: 15 }]);
        await expectSound(dir, 15);
      }),
      { numRuns: 12 },
    );
  });

  test('that has begun is in force: nothing is removed behind its back', async () => {
    const dir = await logOfDays(1, 2, 3, 4);
    const removing = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const fs = { ...NODE_FS };
    fs.unlink = async (path) => {
      removing.resolve();
      // A hold is asked for now: it has to wait until this file is gone.
      for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
      await NODE_FS.unlink(path);
    };
    const settings = { dir, fs, now: day(30), retainDays: 10, purgedTo: 0, record: async () => {} };
    const purge = retention(settings)();
    await removing.promise;
    let kept: number[] = [];
    void hold(dir).then(async () => {
      kept = (await daysLeft(dir)) as number[];
      begun.resolve();
    });
    await Promise.all([purge, begun.promise]);
    expect(kept.length).toBeGreaterThan(0);
    expect(await daysLeft(dir)).toEqual(kept);
  });
});

describe('every day', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] }));
  afterEach(() => void vi.useRealTimers());

  test('it is seen to, and the end of the log waits for it', async () => {
    const dir = await logOfDays(1, 2);
    let now = day(11);
    const signed = Promise.withResolvers<void>();
    const mirror = (line: string) => line.includes('audit.checkpoint') && signed.resolve();
    await withLog(dir, { now: () => now(), retainDays: 10, checkpointEveryMs: DAY_MS * 9, mirror }, async () => {
      now = day(13);
      vi.advanceTimersByTime(DAY_MS - 1);
      expect(await daysLeft(dir)).toEqual([1, 2]);
      vi.advanceTimersByTime(1);
      await signed.promise;
    });
    expect(await daysLeft(dir)).toEqual([2]);
    await expectSound(dir, 3);
  });

  test('the end of the log waits for removals that are under way', async () => {
    const dir = await logOfDays(1, 2);
    const fs = new FaultyFs();
    const started = Promise.withResolvers<void>();
    const unlink = fs.unlink.bind(fs);
    fs.unlink = async (path) => {
      started.resolve();
      for (let turn = 0; turn < 300; turn++) await new Promise(setImmediate);
      await unlink(path);
    };
    let now = day(11);
    await withLog(dir, { fs, now: () => now(), retainDays: 10, checkpointEveryMs: DAY_MS * 9 }, async () => {
      now = day(12);
      vi.advanceTimersByTime(DAY_MS);
      await started.promise;
    });
    expect(await daysLeft(dir)).toEqual([2]);
  });

  test('it is tried again, without being declared again', async () => {
    const dir = await logOfDays(1, 2);
    const fs = new FaultyFs((operation) => (operation === 'unlink' ? 'fail' : 'ok'));
    const onUpkeepFailure = vi.fn();
    const removed = Promise.withResolvers<void>();
    const more = { fs, now: day(12), retainDays: 10, checkpointEveryMs: DAY_MS * 9, onUpkeepFailure };
    await withLog(dir, more, async () => {
      expect(onUpkeepFailure).toHaveBeenCalledOnce();
      fs.fate = (operation) => {
        if (operation === 'unlink') removed.resolve();
        return 'ok';
      };
      vi.advanceTimersByTime(DAY_MS);
      await removed.promise;
    });
    expect(await daysLeft(dir)).toEqual([2]);
    expect(await purges(dir)).toHaveLength(1);
  });
});

describe('when it fails', () => {
  test('at any place, the log verifies, requests go on, and the next start ends it without a second record', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(3),
        fc.constantFrom('unlink' as const, 'syncDir' as const),
        fc.boolean(),
        async (failing, operation, records) => {
          const dir = await logOfDays(1, 2, 3, 4, 25);
          let call = 0;
          const onUpkeepFailure = vi.fn();
          const fs = new FaultyFs();
          const removing = () => fs.calls.includes('unlink');
          fs.fate = (one) => (one === operation && removing() && call++ === failing ? 'fail' : 'ok');
          await withLog(dir, { fs, now: day(30), retainDays: 10, onUpkeepFailure }, async (log) => {
            expect(log.healthy).toBe(true);
            if (records) await log.append({ event: 'e' });
          });
          expect(onUpkeepFailure).toHaveBeenCalledOnce();
          const left = (await segmentsOf(dir)).length;
          expect(left).toBe(6 - failing - (operation === 'syncDir' ? 1 : 0));
          await expectSound(dir, left === 6 ? null : 15);
          await open(dir, 30);
          expect(await segmentsOf(dir)).toHaveLength(2);
          expect(await purges(dir)).toMatchObject([{ fromSeq: 1, toSeq: 15 }]);
          await expectSound(dir, 15);
        },
      ),
      { numRuns: 12 },
    );
  });

  test('to be recorded, nothing is removed', async () => {
    const dir = await logOfDays(1, 2, 3);
    const onUpkeepFailure = vi.fn();
    const fs = new FaultyFs();
    let opened = 0;
    // The first sync is that of the start itself.
    fs.fate = (operation) => (operation === 'datasync' && opened++ > 0 ? 'fail' : 'ok');
    await open(dir, 30, { fs, onUpkeepFailure });
    expect(onUpkeepFailure).toHaveBeenCalledOnce();
    expect(fs.calls).not.toContain('unlink');
    expect(await daysLeft(dir)).toEqual([1, 2, 3]);
  });

  test.each<[string, (path: string) => Promise<unknown>]>([
    [
      'was changed at its end',
      async (path) => writeFile(path, (await readFile(path, 'utf8')).replace(/gate-1(?=[^\n]*\n$)/, 'gate-2')),
    ],
    ['was cut', async (path) => truncate(path, 300)],
    ['is empty', async (path) => truncate(path, 0)],
    ['has garbage at its end', async (path) => appendFile(path, 'garbage\n')],
    ['is gone', (path) => rm(path)],
    ['has another name', (path) => rename(path, join(path, '..', segmentName(5)))],
  ])('because a file %s, everything is kept as evidence', async (_, damage) => {
    const dir = await logOfDays(1, 2, 3, 4);
    await damage(join(dir, (await segmentsOf(dir))[1]!));
    const before = await segmentsOf(dir);
    const onUpkeepFailure = vi.fn();
    await open(dir, 30, { onUpkeepFailure });
    expect(onUpkeepFailure.mock.calls[0]?.[0].message).toMatch(/does not end as .* begins.*audit verify/);
    expect(await segmentsOf(dir)).toEqual(before);
    const texts = await Promise.all(before.map((name) => readFile(join(dir, name), 'utf8')));
    expect(texts.join()).not.toContain(PURGED);
  });
});

describe('the verifier', () => {
  test('still finds any other gap', async () => {
    const dir = await logOfDays(1, 2, 3, 4, 5);
    await open(dir, 11.5);
    await expectSound(dir, 3);
    const files = await segmentsOf(dir);
    const without = async (name: string) => {
      const copy = await tempDir();
      for (const file of await readdir(dir)) if (file !== name) await copyFile(join(dir, file), join(copy, file));
      return (await verifyAudit([copy])).faults.map(({ kind, seq, line }) => ({ kind, seq, line }));
    };
    expect(await without(files[0]!)).toEqual([{ kind: 'missing', seq: 4, line: 1 }]);
    expect(await without(files[1]!)).toEqual([{ kind: 'missing', seq: 8, line: 1 }]);
    expect(await without(files[2]!)).toEqual([{ kind: 'missing', seq: 12, line: 1 }]);
  });

  test('finds a first file that is not the one that followed', async () => {
    const dir = await logOfDays(1, 2, 3);
    await open(dir, 11.5);
    let prev = '00'.repeat(32);
    for (const name of await segmentsOf(dir)) {
      const lines = (await readFile(join(dir, name), 'utf8')).trimEnd().split('\n');
      const rewritten = lines.map((line) => {
        const forged = JSON.stringify({ ...JSON.parse(line), prev });
        prev = hashLine(forged);
        return `${forged}\n`;
      });
      await writeFile(join(dir, name), rewritten.join(''));
    }
    expect((await verifyAudit([dir])).faults).toMatchObject([
      { kind: 'changed', seq: 4, line: 1, message: expect.stringContaining('The first record does not follow') },
    ]);
  });

  test('takes a directory for all there is, and files for what they are', async () => {
    const dir = await logOfDays(1, 2, 3);
    const [first, ...rest] = await segmentsOf(dir);
    await rm(join(dir, first!));
    expect((await verifyAudit([dir])).faults).toMatchObject([{ kind: 'missing', seq: 1, line: 1 }]);
    const files = rest.map((name) => join(dir, name));
    expect(await verifyAudit(files)).toMatchObject({ faults: [], startsLate: true, purgedTo: null });
  });

  test('believes a purge only if it is signed, where signatures are looked at', async () => {
    const dir = await logOfDays(1, 2, 3);
    const [first, ...rest] = await segmentsOf(dir);
    const purged = (await readFile(join(dir, first!), 'utf8')).trimEnd().split('\n');
    await rm(join(dir, first!));
    const last = join(dir, rest.at(-1)!);
    const forge = async (key: boolean) => {
      const lines = (await readFile(last, 'utf8')).trimEnd().split('\n');
      const at = segmentFirstSeq(rest.at(-1)!)!;
      const forged = extend(lines, 1, () => ({ event: PURGED, toSeq: 3, head: hashLine(purged.at(-1)!) }), at);
      const sealed = key ? extend(forged, 1, (seq, prev) => checkpointFields(seq - 1, prev), at) : forged;
      const copy = await tempDir();
      for (const name of rest) await copyFile(join(dir, name), join(copy, name));
      await writeFile(join(copy, rest.at(-1)!), sealed.map((line) => `${line}\n`).join(''));
      return copy;
    };
    const proof = { publicKeyFile: await publicKeyFile() };
    const unsigned = await forge(false);
    expect((await verifyAudit([unsigned])).faults).toEqual([]);
    expect((await verifyAudit([unsigned], proof)).faults).toMatchObject([{ kind: 'missing', seq: 1 }]);
    expect((await verifyAudit([await forge(true)], proof)).faults).toEqual([]);
  });

  test('knows that a kept checkpoint may cover what has been purged', async () => {
    const dir = await logOfDays(1, 2, 3);
    const lines = (await readFile(join(dir, (await segmentsOf(dir))[0]!), 'utf8')).trimEnd().split('\n');
    const checkpointFile = join(await tempDir(), 'kept');
    await writeFile(checkpointFile, `${lines[2]}\n`);
    const proof = { publicKeyFile: await publicKeyFile(), checkpointFiles: [checkpointFile] };
    expect(await verifyAudit([dir], proof)).toMatchObject({ faults: [], kept: { size: 2, purged: false } });
    await open(dir, 11.5);
    expect(await verifyAudit([dir], proof)).toMatchObject({ faults: [], kept: { size: 2, purged: true } });

    // Of the last record that was purged the hash is still known.
    await writeFile(
      checkpointFile,
      JSON.stringify({ ...JSON.parse(lines[2]!), ...checkpointFields(3, hashLine(lines[2]!)) }),
    );
    expect(await verifyAudit([dir], proof)).toMatchObject({ faults: [], kept: { size: 3, purged: true } });
    await writeFile(
      checkpointFile,
      JSON.stringify({ ...JSON.parse(lines[2]!), ...checkpointFields(3, 'ab'.repeat(32)) }),
    );
    expect((await verifyAudit([dir], proof)).faults).toMatchObject([{ kind: 'rewritten', seq: 3 }]);
  });
});
