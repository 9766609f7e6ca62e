/**
 * Durable appends of the audit log against the bare limit of the same disk: the same bytes in the same groups, with one
 * write and one fdatasync for each, and nothing else. Both alternate within one run; what counts is the ratio.
 */
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { openAuditLog } from '../src/audit/log.ts';
import { admittedRecord } from '../src/audit/record.ts';
import { signerOf } from '../src/audit/writer/signing-key.ts';
import type { Reserved } from '../src/core/exchange.ts';

const ROUNDS = 5;
const ROUND_MS = 1000;

/** A record of the size that the gateway writes. */
const record = admittedRecord({
  id: '0197f1f2-7c1b-7000-8000-000000000000',
  remote: '10.0.0.7',
  key: { id: 'k3j9x0a1b2', team: 'search', app: 'assistant', env: 'production' },
  client: { name: 'spiffe://internal/search/assistant', certSha256: 'ab'.repeat(32) },
  endpoint: 'chat.completions',
  model: 'qwen3-30b-a3b',
  upstream: 'gpu-1',
  stream: true,
  promptHash: 'cd'.repeat(32),
  promptHashKeyId: '01234567',
  findings: [],
} as unknown as Reserved);

/** Records a second, by so many that are appended at once. */
async function appends(dir: string, atOnce: number): Promise<number> {
  const log = await openAuditLog({
    dir,
    instance: 'bench',
    durability: 'fsync',
    signer: signerOf(generateKeyPairSync('ed25519').privateKey),
    checkpointEveryRecords: 1000,
    checkpointEveryMs: 60_000,
    retainDays: null,
  });
  let done = 0;
  const end = performance.now() + ROUND_MS;
  const client = async () => {
    for (; performance.now() < end; done += 1) await log.append(record);
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: atOnce }, client));
  const seconds = (performance.now() - start) / 1000;
  await log.close();
  return done / seconds;
}

/** Lines a second of the same length in groups of the same size. */
async function bare(dir: string, atOnce: number): Promise<number> {
  const line = JSON.stringify({
    ...record,
    v: 1,
    seq: 1,
    timestamp: new Date(),
    instance: 'bench',
    prev: 'a'.repeat(64),
  });
  const group = Buffer.from(`${line}\n`.repeat(atOnce));
  await using file = await open(join(dir, `bare-${atOnce}`), 'w');
  let done = 0;
  const start = performance.now();
  for (let at = 0; performance.now() < start + ROUND_MS; at += group.length, done += atOnce) {
    await file.write(group, 0, group.length, at);
    await file.datasync();
  }
  return done / ((performance.now() - start) / 1000);
}

const median = (values: number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;

/** Says, for each number of appends at once, both rates and their ratio, medians of five rounds, on the disk of `parent`. */
export async function auditBench(say: (line: string) => void, parent: string): Promise<void> {
  const dir = await mkdtemp(join(parent, '.bench-audit-'));
  try {
    for (const atOnce of [1, 8, 64, 256]) {
      const rates: { ours: number; limit: number }[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        rates.push({ limit: await bare(dir, atOnce), ours: await appends(join(dir, `log-${atOnce}`), atOnce) });
      }
      const ratio = median(rates.map(({ ours, limit }) => ours / limit));
      const of = (which: 'ours' | 'limit') => Math.round(median(rates.map((rate) => rate[which])));
      say(
        `${atOnce} at once: ${of('ours')} durable records/s, bare group commit ${of('limit')}/s: ${(100 * ratio).toFixed(0)} %`,
      );
    }
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
