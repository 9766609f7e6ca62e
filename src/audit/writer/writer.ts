/**
 * The writer of the audit log: durable before it answers, hash-chained (chain.ts).
 *
 *   append ─► queue ─► one write, one fdatasync for all that queued meanwhile (group commit) ─► acknowledged
 *
 * What is acknowledged is on disk and stays; what fails was never written as far as anyone can tell: the file is cut
 * back to the last acknowledged record, and so are the sequence and the chain in memory.
 */
import { Denial } from '../../core/denial.ts';
import { errnoOf } from '../../core/files.ts';
import type { AuditLog, WriterOptions } from '../audit-log.ts';
import type { AuditFields } from '../format/chain.ts';
import { CHECKPOINT_EVENT } from '../format/checkpoint.ts';
import { type Admission, ORPHAN_EVENT } from './admissions.ts';
import { type Disk, SyncFailure } from './disk.ts';
import type { DirLock } from './lock.ts';
import { type Pending, Queue } from './queue.ts';
import type { Found } from './segments.ts';

const SEGMENT_BYTES = 256 * 1024 * 1024;
const RETRY_MS = 1000;
const DAY_MS = 86_400_000;

/** From the first failed write until a record is on disk again. */
interface Outage {
  readonly error: Error;
  readonly since: Date;
  /** Records that were turned away. */
  refused: number;
}

export class Writer implements AuditLog {
  readonly torn: AuditLog['torn'];
  readonly orphans: readonly Admission[];

  readonly #options: WriterOptions;
  readonly #now: () => Date;
  readonly #lock: DirLock;
  readonly #disk: Disk;
  readonly #queue: Queue;
  readonly #timers: NodeJS.Timeout[] = [];
  #chore: Promise<void> = Promise.resolve();
  #signed: Promise<unknown> = Promise.resolve();
  #flushing: Promise<void> | null = null;
  #outage: Outage | null = null;
  #recovering: Promise<void> | null = null;
  #retry: NodeJS.Timeout | undefined;
  #closing: Promise<void> | null = null;

  constructor(options: WriterOptions, lock: DirLock, disk: Disk, { end, tornBytes, admissions }: Found) {
    this.#options = options;
    this.#lock = lock;
    this.#disk = disk;
    const { instance, now = () => new Date(), segmentBytes = SEGMENT_BYTES } = options;
    this.#now = now;
    this.#queue = new Queue({ instance, now, segmentBytes }, end, admissions);
    this.orphans = admissions.list();
    this.torn = tornBytes > 0 ? { segment: disk.segment, bytes: tornBytes } : null;
    this.#timers.push(setInterval(() => this.#sign(), options.checkpointEveryMs).unref());
  }

  get failure(): Error | null {
    return this.#outage?.error ?? null;
  }

  get healthy(): boolean {
    return this.#outage === null && this.#closing === null;
  }

  async append(fields: AuditFields): Promise<number> {
    if (this.#closing) throw unavailable(new Error('The audit log is closed.'));
    try {
      if (this.#outage) throw unavailable(this.#outage.error);
      return await this.#enqueue(fields);
    } catch (error) {
      if (this.#outage) this.#outage.refused += 1;
      throw error;
    }
  }

  async appendFindings(): Promise<void> {
    const findings: AuditFields[] = this.torn ? [{ event: 'alert.torn_line', ...this.torn }] : [];
    for (const { requestId, seq } of this.orphans) findings.push({ event: ORPHAN_EVENT, requestId, admittedSeq: seq });
    await Promise.all(findings.map((fields) => this.append(fields)));
  }

  /** {@link append}s a record, and right behind it a checkpoint. Both are on disk then, whatever the durability. */
  async appendSigned(fields: AuditFields): Promise<void> {
    await Promise.all([this.append(fields), this.#sign()]);
  }

  /** Does something now, and every day until the log is closed, which waits for it. What it throws is reported. */
  async daily(work: () => Promise<void>): Promise<void> {
    const chore = () => {
      this.#chore = this.#chore.then(work).catch((error) => quietly(() => this.#options.onUpkeepFailure?.(error)));
    };
    this.#timers.push(setInterval(chore, DAY_MS).unref());
    chore();
    await this.#chore;
  }

  recover(): Promise<void> {
    this.#recovering ??= this.#tryToRecover().finally(() => {
      this.#recovering = null;
    });
    return this.#recovering;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  #enqueue(fields: AuditFields): Promise<number> {
    const appended = this.#queue.push(fields);
    this.#flushing ??= this.#flush();
    if (this.#queue.unsigned >= this.#options.checkpointEveryRecords) this.#sign();
    return appended;
  }

  /**
   * Adds a checkpoint, if anything has been added since the last one; returns when that one is on disk. It is a record
   * of the log's own: that it fails is told to whoever waits for it, and never to a request.
   */
  #sign(): Promise<unknown> {
    if (this.#queue.unsigned > 0 && !this.#outage) {
      this.#signed = this.#pushCheckpoint();
      this.#signed.catch((error) => {
        // What kept it from being written has been told already.
        if (!(error instanceof Denial)) quietly(() => this.#options.onUpkeepFailure?.(error));
      });
    }
    return this.#signed;
  }

  // Async so that whatever the signing throws becomes a rejection.
  async #pushCheckpoint(): Promise<void> {
    const { signer } = this.#options;
    const signed = this.#queue.push(({ seq, head }) => ({ event: CHECKPOINT_EVENT, ...signer(seq, head) }));
    this.#flushing ??= this.#flush();
    await signed;
  }

  /** Writes until nothing is queued. Never rejects. */
  async #flush(): Promise<void> {
    await null; // what else is appended in this turn comes along
    while (!this.#queue.empty) {
      const batch = this.#queue.batch();
      try {
        await this.#write(batch);
      } catch (error) {
        await this.#fail(error);
        continue;
      }
      this.#queue.acknowledge(batch);
      for (const { line } of batch) quietly(() => this.#options.mirror?.(line));
    }
    this.#flushing = null;
  }

  async #write(batch: readonly Pending[]): Promise<void> {
    const segment = batch[0]?.segment;
    if (segment) {
      await this.#disk.rotate(segment);
      this.#queue.startSegment();
    }
    await this.#disk.write(Buffer.concat(batch.map(({ bytes }) => bytes)), this.#queue.acknowledgedBytes);
    // What is signed is on disk in any case: a power cut must not look as if the log had been truncated.
    const signed = batch.some(({ noted }) => noted.event === CHECKPOINT_EVENT);
    if (signed || this.#options.durability === 'fsync') await this.#disk.sync();
  }

  /** Takes back what was not acknowledged, in memory and, as far as the disk lets it, in the file. */
  async #fail(thrown: unknown): Promise<void> {
    this.#queue.reject(this.#suffer(thrown));
    // After a failed sync this drops the doubtful pages, so that the next start does not take them for what is on disk.
    await this.#disk.cutBack(this.#queue.acknowledgedBytes).catch(() => {});
  }

  /** Notes a failure, and sees to it that the log is tried again where that makes sense. */
  #suffer(thrown: unknown): Error {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    const before = this.#outage;
    this.#outage = { error, since: before?.since ?? this.#now(), refused: before?.refused ?? 0 };
    if (!(error instanceof SyncFailure) && !this.#closing) {
      this.#retry = setTimeout(() => this.recover(), RETRY_MS).unref();
    }
    if (!before) quietly(() => this.#options.onFailure?.(error));
    return error;
  }

  async #tryToRecover(): Promise<void> {
    await this.#flushing;
    if (!this.#outage || this.#outage.error instanceof SyncFailure || this.#closing) return;
    clearTimeout(this.#retry);
    try {
      await this.#disk.cutBack(this.#queue.acknowledgedBytes);
      await this.#disk.sync();
    } catch (error) {
      this.#suffer(error);
      return;
    }
    // The disk is trusted again once it has taken a record, and the log tells of the time when it could not.
    const { error, since, refused } = this.#outage;
    const fields = { failedAt: since.toISOString(), reason: errnoOf(error) ?? error.name, refused };
    try {
      await this.#enqueue({ event: 'alert.audit_recovered', ...fields });
    } catch {
      await this.#flushing; // it failed as any record does: cut back, and the next attempt arranged
      return;
    }
    this.#outage = null;
    quietly(() => this.#options.onRecovery?.());
  }

  async #close(): Promise<void> {
    clearTimeout(this.#retry);
    for (const timer of this.#timers) clearInterval(timer);
    try {
      await this.#chore;
      await this.#recovering;
      await this.#flushing;
      if (!this.#outage) await this.#sign().catch(() => {});
      await this.#flushing;
      if (!this.#outage) await this.#disk.sync();
    } finally {
      await this.#disk.close();
      await this.#lock.release();
    }
  }
}

const unavailable = (cause: Error) => new Denial('audit_unavailable', { cause });

/** Runs what others have asked to be told: their faults are not the log's. */
function quietly(tell: () => void): void {
  try {
    tell();
  } catch {}
}
