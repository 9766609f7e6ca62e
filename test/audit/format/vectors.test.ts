/**
 * The format, frozen: a log that was written once, and must be read and written like that for ever. A change that turns
 * this test red is a new version of the format, with a new `v`.
 */
import { createPublicKey, hash, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { verifyAudit } from '../../../src/audit/verify/verify.ts';
import { PUBLIC_KEY, segmentsOf, tempDir, withLog } from '../helpers.ts';

const VECTORS = join(import.meta.dirname, '../../vectors');
const FILE = join(VECTORS, 'audit-v1.jsonl');
const KEY_FILE = join(VECTORS, 'audit-v1.pub.pem');
const text = readFileSync(FILE, 'utf8');
const lines = text.trimEnd().split('\n');

test('it is read, and every part of it holds', async () => {
  expect(await verifyAudit([FILE], { publicKeyFile: KEY_FILE, checkpointFiles: [FILE] })).toMatchObject({
    records: 11,
    firstSeq: 4,
    lastSeq: 14,
    startsLate: false,
    purgedTo: 3,
    signed: { checkpoints: 4, size: 13, beyond: 0 },
    kept: { size: 13, purged: false },
    faults: [],
  });
});

test('it is what docs/audit.md says, without a word from the program', () => {
  const key = createPublicKey(readFileSync(KEY_FILE));
  expect(key.equals(PUBLIC_KEY)).toBe(true);
  const origin = hash('sha256', key.export({ type: 'spki', format: 'der' }), 'hex');
  let before = JSON.parse(lines[0]!).prev;
  for (const [index, line] of lines.entries()) {
    const { v, seq, prev, event, size, head, keyId, signature, ...rest } = JSON.parse(line);
    expect({ v, seq, prev }).toEqual({ v: 1, seq: 4 + index, prev: before });
    before = hash('sha256', line, 'hex');
    if (event !== 'audit.checkpoint') continue;
    expect({ ...rest, size, head, keyId }).toMatchObject({
      origin,
      size: seq - 1,
      head: prev,
      keyId: origin.slice(0, 16),
    });
    const signed = Buffer.from(`sallyport audit checkpoint v1\n${origin}\n${size}\n${head}\n`);
    expect(verify(null, signed, key, Buffer.from(signature, 'base64'))).toBe(true);
  }
});

test('it is written, byte for byte', async () => {
  const dir = await tempDir();
  let time = '2026-01-01T12:00:00.000Z';
  const at = (clock: string) => {
    time = clock;
  };
  const more = { now: () => new Date(time), retainDays: 10, checkpointEveryRecords: 3 };
  await withLog(dir, more, async (log) => {
    await log.append({ event: 'gateway.started', version: '0', port: 8443 });
    at('2026-01-01T12:00:01.000Z');
    await log.append({ event: 'inference.admitted', requestId: 'r1' });
  });
  at('2026-01-02T00:00:00.000Z');
  await withLog(dir, more, async (log) => {
    at('2026-01-02T00:00:00.001Z');
    await log.append({
      event: 'inference.completed',
      requestId: 'r2',
      redactedOutput: 'Zürich "\u2028"\n💠 [EMAIL_REDACTED]',
      findings: [],
    });
    await log.append({ event: 'key.revoked', keyId: 'k', n: 1e21, none: null });
  });
  at('2026-01-12T00:00:00.000Z');
  await withLog(dir, more, async () => {});
  at('2026-01-12T00:00:00.001Z');
  await withLog(dir, more, (log) => log.append({ event: 'gateway.stopped', reason: 'SIGTERM' }));
  const texts = await Promise.all((await segmentsOf(dir)).map((name) => readFile(join(dir, name), 'utf8')));
  expect(texts.join('')).toBe(text);
});
