/** What a power cut leaves of a batch that was not synced: blocks that were never written, between others that were. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { segmentName } from '../../../src/audit/format/chain.ts';
import { openAuditLog } from '../../../src/audit/log.ts';
import { verifyAudit } from '../../../src/audit/verify/verify.ts';
import { check, extend, options, publicKeyFile, saidIn, tempDir, withLog } from '../helpers.ts';

const BLOCK = 4096;

/** A log of some synced records, and the bytes of a batch behind them. */
async function crashed(batchRecords: number) {
  const dir = await tempDir();
  const file = join(dir, segmentName(1));
  await withLog(dir, {}, async (log) => {
    for (let count = 0; count < 12; count++) await log.append({ event: 'synced', text: 'x'.repeat(100 * count) });
  });
  const synced = await readFile(file);
  const chain = synced.toString().trimEnd().split('\n');
  const batch = extend(chain, batchRecords, (seq) => ({ event: 'lost', text: `${seq} `.repeat(90) })).slice(
    chain.length,
  );
  return { dir, file, synced, records: chain.length, batch: Buffer.from(batch.map((line) => `${line}\n`).join('')) };
}

/** The file with the blocks of it that were not written: zeros, save for what was synced before. */
function image(synced: Buffer, batch: Buffer, lost: (block: number) => boolean): Buffer {
  const whole = Buffer.concat([synced, batch]);
  for (let at = 0; at < whole.length; at += BLOCK) {
    if (lost(at / BLOCK)) whole.fill(0, Math.max(at, synced.length), Math.min(at + BLOCK, whole.length));
  }
  return whole;
}

test('whatever blocks of it were written: the start goes on, and what was synced is all there', async () => {
  const key = await publicKeyFile();
  await check<[number, number, number]>(
    [fc.integer({ min: 1, max: 120 }), fc.nat(), fc.nat()],
    async (batchRecords, mask, cut) => {
      const { dir, file, synced, batch } = await crashed(batchRecords);
      const written = image(synced, batch, (block) => ((mask >> (block % 31)) & 1) === 1);
      await writeFile(file, written.subarray(0, synced.length + (cut % (batch.length + 1))));
      await withLog(dir, {}, (log) => log.append({ event: 'after' }));
      expect((await readFile(file)).subarray(0, synced.length).equals(synced)).toBe(true);
      expect((await verifyAudit([dir], { publicKeyFile: key })).faults).toEqual([]);
    },
  );
});

test('what is cut off with a hole in it is said, and kept', async () => {
  const { dir, file, synced, batch, records } = await crashed(60);
  const written = image(synced, batch, (block) => block === Math.ceil(synced.length / BLOCK));
  await writeFile(file, written);
  await withLog(dir, {}, (log) => log.append({ event: 'after' }));
  const said = await saidIn(dir);
  const [torn] = said.filter(({ event }) => event === 'alert.torn_line');
  const kept = await readFile(`${file}.${written.length - Number(torn!['bytes'])}.torn`);
  expect(torn).toMatchObject({ segment: segmentName(1), bytes: kept.length });
  // Sound lines before the hole stay.
  expect(torn!['seq']).toBeGreaterThan(records + 1);
  expect(written.subarray(written.length - kept.length).equals(kept)).toBe(true);
});

test('a block that is lost in what was written over a longer time is damage', async () => {
  const dir = await tempDir();
  let seconds = 0;
  const now = () => new Date(Date.UTC(2026, 0, 1) + 1000 * seconds++);
  await withLog(dir, { now, checkpointEveryRecords: 1000 }, async (log) => {
    for (let count = 0; count < 40; count++) await log.append({ event: 'synced', text: 'x'.repeat(300) });
  });
  const file = join(dir, segmentName(1));
  const whole = await readFile(file);
  await writeFile(file, whole.fill(0, BLOCK, BLOCK + 512));
  await expect(openAuditLog(options(dir))).rejects.toMatchObject({ code: 'audit_log_damaged' });
});

describe('is damage, not a hole', () => {
  /** Where the next block begins. */
  const nextBlock = (offset: number) => (Math.floor(offset / 512) + 1) * 512;
  test.each<[string, (whole: Buffer, synced: number) => void]>([
    ['zeros in a line that was followed by another batch', (whole) => void whole.fill(0, 10, 40)],
    ['zeros that no block begins or ends with', (whole, synced) => void whole.fill(0, synced + 3, synced + 90)],
    [
      'zeros that end with a block, and begin within one',
      (whole, synced) => void whole.fill(0, synced + 3, nextBlock(synced)),
    ],
    [
      'zeros that begin with a block, and end within one',
      (whole, synced) => void whole.fill(0, nextBlock(synced), nextBlock(synced) + 90),
    ],
    [
      'another byte, in a line before a hole',
      (whole, synced) =>
        void whole.fill(0x20, synced + 20, synced + 21).fill(0, nextBlock(synced + 1024), nextBlock(synced + 1536)),
    ],
    ['another byte', (whole, synced) => void whole.fill(0x20, synced + 20, synced + 21)],
  ])('%s', async (_what, spoil) => {
    const { dir, file, synced, batch } = await crashed(9);
    const whole = Buffer.concat([synced, batch]);
    spoil(whole, synced.length);
    await writeFile(file, whole);
    await expect(openAuditLog(options(dir))).rejects.toMatchObject({ code: 'audit_log_damaged' });
    expect((await readFile(file)).equals(whole)).toBe(true);
  });
});
