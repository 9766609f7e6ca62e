/** Logs as a gateway makes them in the course of time, and what someone can do to them who has all of its secrets. */
import { createPublicKey, generateKeyPairSync, hash, type KeyObject, sign } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { type AuditFields, formatLine, GENESIS, hashLine, segmentName } from '../../../src/audit/format/chain.ts';
import { type Verification, verifyAudit } from '../../../src/audit/verify/verify.ts';
import { checkpointFields, PRIVATE_KEY } from '../helpers.ts';

const newKey = () => generateKeyPairSync('ed25519').privateKey;
/** The log was signed with one after the other. */
export const KEYS = [PRIVATE_KEY, newKey()] as const;
export const WITNESS = newKey();
export const STRANGER = newKey();

export const pem = (...keys: readonly KeyObject[]): string =>
  keys.map((key) => createPublicKey(key).export({ type: 'spki', format: 'pem' })).join('');

export interface File {
  readonly firstSeq: number;
  readonly lines: readonly string[];
}

export interface History {
  /** What is on disk. */
  readonly files: readonly File[];
  /** All that ever was, by `seq` less 1. */
  readonly ever: readonly string[];
  /** Every checkpoint that was given out. */
  readonly checkpoints: readonly string[];
  /** `seq` of the record that declares a purge; null if nothing was purged. */
  readonly purge: number | null;
}

export interface Plan {
  readonly size: number;
  readonly every: number;
  readonly lengths: readonly number[];
  readonly purged: number;
  readonly newKeyAt: number;
}

export const plans: fc.Arbitrary<Plan> = fc
  .record({
    size: fc.integer({ min: 24, max: 70 }),
    every: fc.integer({ min: 2, max: 9 }),
    lengths: fc.array(fc.integer({ min: 4, max: 15 }), { maxLength: 5 }),
    purged: fc.nat(2),
    newKeyAt: fc.integer({ min: 1, max: 70 }),
  })
  // Where a file begins there is no checkpoint, and that may be wherever there should be one.
  .filter((plan) => historyOf({ ...plan, purged: 0 }).checkpoints.length > 0);

/** @param said marks the records: two logs that say something else have nothing in common */
export function historyOf({ size, every, lengths, purged, newKeyAt }: Plan, said = 'record'): History {
  const starts = [1];
  for (const length of lengths) if (starts.at(-1)! + length + 4 <= size) starts.push(starts.at(-1)! + length);
  const left = starts[purged] ?? 1;
  const purge = left > 1 ? left + 1 : null;
  const ever: string[] = [];
  for (let seq = 1; seq <= size; seq++) {
    const prev = headOf(ever);
    const key = KEYS[seq < newKeyAt ? 0 : 1];
    ever.push(
      lineOf(
        seq,
        prev,
        seq > 1 && starts.includes(seq)
          ? { event: 'audit.segment', open: [] }
          : seq === purge
            ? { event: 'audit.purged', fromSeq: 1, toSeq: left - 1, head: hashLine(ever[left - 2]!) }
            : seq % every === 0 || seq - 1 === purge
              ? checkpointFields(seq - 1, prev, key)
              : { event: 'test.event', text: `${said} ${seq}` },
      ),
    );
  }
  const files = starts
    .map((firstSeq, index) => ({ firstSeq, lines: ever.slice(firstSeq - 1, (starts[index + 1] ?? size + 1) - 1) }))
    .filter(({ firstSeq }) => firstSeq >= left);
  return { files, ever, checkpoints: ever.filter(isCheckpoint), purge };
}

export const headOf = (lines: readonly string[]): string => (lines.length > 0 ? hashLine(lines.at(-1)!) : GENESIS);
export const isCheckpoint = (line: string): boolean => line.includes('"event":"audit.checkpoint"');
export const sizeOf = (line: string): number => JSON.parse(line).size;
export const seqOf = (line: string): number => JSON.parse(line).seq;

export const lineOf = (seq: number, prev: string, fields: AuditFields): string =>
  formatLine({ seq, timestamp: new Date(1_700_000_000_000 + seq).toISOString(), instance: 'gate-1', prev }, fields);

/** Chains lines anew, with numbers without gaps, and signs the checkpoints among them: no secret is missing for that. */
export function resigned(lines: readonly string[], firstSeq: number, prev: string): string[] {
  const forged: string[] = [];
  for (const line of lines) {
    const { v, seq: _, timestamp, instance, prev: __, ...fields } = JSON.parse(line);
    const before = forged.length > 0 ? headOf(forged) : prev;
    const seq = firstSeq + forged.length;
    const key = fields.keyId === checkpointFields(1, '', KEYS[1])['keyId'] ? KEYS[1] : KEYS[0];
    forged.push(lineOf(seq, before, isCheckpoint(line) ? checkpointFields(seq - 1, before, key) : fields));
  }
  return forged;
}

/** What a witness hands out for a checkpoint, by the letter of the format. */
export function witnessed(checkpoint: string, key = WITNESS, witnessedAt = '2026-01-02T03:04:05.678Z'): string {
  const { origin, size, head, keyId, signature } = JSON.parse(checkpoint);
  const witness = hash('sha256', createPublicKey(key).export({ type: 'spki', format: 'der' }), 'hex');
  const text = `sallyport audit witness v1\n${origin}\n${size}\n${head}\n${witnessedAt}\n`;
  const witnessSignature = sign(null, Buffer.from(text), key).toString('base64');
  const own = { origin, size, head, keyId, signature, witness, witnessedAt, witnessSignature };
  return JSON.stringify({ v: 1, event: 'audit.witnessed', ...own });
}

export const flat = (files: readonly File[]): string[] => files.flatMap(({ lines }) => lines);

/** Puts other lines into the same files: as many as before, and what is left over into the last. */
export function refill(files: readonly File[], lines: readonly string[]): File[] {
  let from = 0;
  return files.flatMap(({ firstSeq, lines: before }, index) => {
    const to = index === files.length - 1 ? lines.length : from + before.length;
    const own = lines.slice(from, to);
    from = to;
    return own.length > 0 || index === 0 ? [{ firstSeq, lines: own }] : [];
  });
}

/** Changes one line, or makes it several or none, in the file in which it is. */
export function edit(files: readonly File[], at: number, change: (line: string) => readonly string[]): File[] {
  let from = 0;
  return files.map((file) => {
    const index = at - from;
    from += file.lines.length;
    if (index < 0 || index >= file.lines.length) return file;
    return { ...file, lines: file.lines.toSpliced(index, 1, ...change(file.lines[index]!)) };
  });
}

/** `file:line` of the line with this number in the whole log, from 0. */
export function placeOf(files: readonly File[], at: number): string {
  let from = 0;
  for (const { firstSeq, lines } of files) {
    if (at < from + lines.length) return `${segmentName(firstSeq)}:${at - from + 1}`;
    from += lines.length;
  }
  return `behind the end`;
}

export interface Proofs {
  /** Lines of one file each; none: signatures only. */
  readonly kept?: readonly (readonly string[])[];
  readonly witness?: KeyObject;
}

/** Verifies what is on disk, as a directory, with the keys. */
export async function verifyFiles(files: readonly File[], { kept = [], witness }: Proofs = {}): Promise<Verification> {
  const dir = await mkdtemp(join(tmpdir(), 'sallyport-history-'));
  try {
    const log = join(dir, 'log');
    await mkdir(log);
    const keep = async (name: string, lines: readonly string[]) => {
      await writeFile(join(dir, name), lines.map((line) => `${line}\n`).join(''));
      return join(dir, name);
    };
    for (const { firstSeq, lines } of files) await keep(`log/${segmentName(firstSeq)}`, lines);
    const checkpointFiles = await Promise.all(kept.map((lines, index) => keep(`kept-${index}`, lines)));
    const publicKeyFile = await keep('key.pub.pem', [pem(...KEYS)]);
    const witnessKeyFile = witness && (await keep('witness.pub.pem', [pem(witness)]));
    return await verifyAudit([log], { publicKeyFile, checkpointFiles, witnessKeyFile });
  } finally {
    await rm(dir, { recursive: true });
  }
}

/** Faults as `kind file:line`. */
export const briefly = ({ faults }: Verification): string[] =>
  faults.map(({ kind, file, line }) => `${kind} ${file.slice(file.lastIndexOf('/') + 1)}:${line}`);
