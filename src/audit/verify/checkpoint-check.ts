/** What the signatures in a log prove, and whether it agrees with a checkpoint that was kept elsewhere. */
import { createPublicKey, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Fault } from '../../core/fault.ts';
import { fileFault } from '../../core/files.ts';
import { type Purge, parseLine, readLines } from '../format/chain.ts';
import { CHECKPOINT_EVENT, originOf, type PublicKeys, readCheckpoint, type Statement } from '../format/checkpoint.ts';
import { MAX_PIECES, type Sighting } from './scan.ts';

export type CheckpointFaultKind = 'bad_checkpoint' | 'truncated' | 'rewritten' | 'missing';

export interface CheckpointFinding {
  /** Number of the line in the whole log, from 0. */
  readonly line: number;
  readonly seq: number;
  readonly kind: CheckpointFaultKind;
  readonly message: string;
}

/** The part of a log that was found, and what its beginning is known to follow. */
export interface Extent {
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly lines: number;
  readonly purge: Purge | null;
}

const PUBLIC_KEY = /-----BEGIN PUBLIC KEY-----[^-]*-----END PUBLIC KEY-----/g;

/**
 * Reads the public keys in a PEM file: more than one if the log was signed with one after the other.
 * @throws Fault `public_key_unusable`
 */
export async function readPublicKeys(file: string): Promise<PublicKeys> {
  let keys: KeyObject[];
  try {
    keys = ((await readFile(file, 'utf8')).match(PUBLIC_KEY) ?? []).map((pem) => createPublicKey(pem));
  } catch (error) {
    throw fileFault('public_key_unusable', 'the public key', file, error, 'Copy it again from beside the signing key.');
  }
  if (keys.length === 0 || keys.some(({ asymmetricKeyType }) => asymmetricKeyType !== 'ed25519')) {
    throw new Fault(
      'public_key_unusable',
      `${file} is not an Ed25519 public key in PEM. Give the .pub.pem file that lies beside the signing key.`,
    );
  }
  return new Map(keys.map((key) => [originOf(key), key]));
}

/**
 * Reads the largest checkpoint in a file of audit records that one of the keys has signed.
 * @throws Fault `checkpoint_unusable`
 */
export async function readKeptCheckpoint(file: string, keys: PublicKeys): Promise<Statement> {
  let largest: Statement | null = null;
  try {
    for await (const { lines, torn } of readLines(file)) {
      for (const line of torn ? [torn] : lines) {
        const record = parseLine(line);
        if (typeof record === 'string' || record.event !== CHECKPOINT_EVENT) continue;
        const checkpoint = readCheckpoint(record, keys);
        if (typeof checkpoint !== 'string' && checkpoint.size > (largest?.size ?? 0)) largest = checkpoint;
      }
    }
  } catch (error) {
    throw fileFault('checkpoint_unusable', 'the checkpoint', file, error, 'Name a file that you may read.');
  }
  if (largest) return largest;
  throw new Fault(
    'checkpoint_unusable',
    `${file} holds no checkpoint that this public key has signed. Keep audit.checkpoint records as they are, one a line.`,
  );
}

export class CheckpointCheck {
  readonly #keys: PublicKeys;
  readonly #kept: Statement | null;
  readonly #bad: CheckpointFinding[] = [];
  #good = 0;
  #size = 0;
  /** Where a record with the number that the kept checkpoint covers stands, or the one that it covers, if it is there. */
  #counterpart: { readonly line: number; readonly agrees: boolean } | null = null;

  constructor(keys: PublicKeys, kept: Statement | null) {
    this.#keys = keys;
    this.#kept = kept;
  }

  /** Sound checkpoints so far. */
  get good(): number {
    return this.#good;
  }

  /** `seq` of the last record that one of them covers; 0 if there is none. */
  get size(): number {
    return this.#size;
  }

  /** Takes notice of the next record of the log. */
  note({ record, bytes, hash, line }: Sighting): void {
    if (record.seq === this.#kept?.size && !this.#counterpart?.agrees) {
      this.#counterpart = { line, agrees: hash === this.#kept.head };
    }
    if (record.event !== CHECKPOINT_EVENT) return;
    const { v, seq, timestamp, event, instance, prev } = record;
    const read = readCheckpoint(record, this.#keys);
    let flaw = typeof read === 'string' ? read : null;
    if (typeof read !== 'string') {
      const { origin, size, head, keyId, signature } = read;
      const own = { v, seq, timestamp, event, instance, origin, size, head, keyId, signature, prev };
      if (size !== seq - 1 || head !== prev) flaw = 'does not stand behind the record that it covers';
      else if (!Buffer.from(JSON.stringify(own)).equals(bytes)) flaw = 'was altered beside what is signed';
      else {
        this.#good += 1;
        this.#size = Math.max(this.#size, size);
      }
    }
    if (flaw === null || this.#bad.length >= MAX_PIECES) return;
    this.#bad.push({ line, seq, kind: 'bad_checkpoint', message: `This checkpoint ${flaw}.` });
  }

  /**
   * Everything that is wrong.
   * @param extent null if the log was not read to its end: then there is nothing to compare the kept checkpoint with
   */
  findings(extent: Extent | null): readonly CheckpointFinding[] {
    const verdict = this.#kept && extent && this.#compare(this.#kept, extent);
    return verdict ? [...this.#bad, verdict] : this.#bad;
  }

  #compare({ size: seq, head }: Statement, { firstSeq, lastSeq, lines, purge }: Extent): CheckpointFinding | null {
    const kept = 'the checkpoint that was kept elsewhere';
    if (this.#counterpart) {
      const message = `Record ${seq} is not the one that ${kept} covers: it or one before it was replaced.`;
      return this.#counterpart.agrees ? null : { line: this.#counterpart.line, seq, kind: 'rewritten', message };
    }
    if (lastSeq < seq) {
      const message = `The log ends with record ${lastSeq}; ${kept} covers ${seq}: what followed was cut off.`;
      return { line: Math.max(0, lines - 1), seq: lastSeq + 1, kind: 'truncated', message };
    }
    // Between the first and the last record, the chain itself shows that one is missing.
    if (seq > firstSeq) return null;
    if (purge && purge.toSeq >= seq) {
      const message = `Record ${seq} was purged, and is not the one that ${kept} covers.`;
      return purge.toSeq > seq || purge.head === head ? null : { line: 0, seq, kind: 'rewritten', message };
    }
    const message = `Record ${seq}, which ${kept} covers, is not in these files.`;
    return { line: 0, seq, kind: 'missing', message };
  }
}
