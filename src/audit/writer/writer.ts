/**
 * The writer of the audit log: durable before it answers, hash-chained (format/chain.ts).
 *
 *   append ─► queue ─► one write, one fdatasync for all that queued meanwhile (group commit) ─► acknowledged
 *
 * What is acknowledged is on disk and stays; what fails was never written as far as anyone can tell: the file is cut
 * back to the last acknowledged record, and so are the sequence and the chain in memory.
 */
import { unlessAborted } from '../../core/abort.ts';
import { Denial } from '../../core/denial.ts';
import type { AuditLog, WriterOptions } from '../audit-log.ts';
import type { AuditFields } from '../format/chain.ts';
import { CHECKPOINT_EVENT } from '../format/checkpoint.ts';
import type { Progress } from '../read/follow.ts';
import type { Admission } from './admissions.ts';
import { Checkpoints } from './checkpoints.ts';
import type { Disk } from './disk.ts';
import { Frontier } from './frontier.ts';
import { Health, Stall } from './health.ts';
import type { DirLock } from './lock.ts';
import { type Pending, Queue } from './queue.ts';
import type { Found } from './segments.ts';
import { Upkeep } from './upkeep.ts';

const SEGMENT_BYTES = 256 * 1024 * 1024;
const RETRY_MS = 1000;
const STALL_MS = 5000;

export class Writer implements AuditLog {
  readonly torn: AuditLog['torn'];
  readonly orphans: readonly Admission[];

  readonly #options: WriterOptions;
  readonly #lock: DirLock;
  readonly #disk: Disk;
  readonly #queue: Queue;
  readonly #frontier: Frontier;
  readonly #checkpoints: Checkpoints;
  readonly #health: Health;
  #upkeep: Upkeep | null = null;
  #flushing: Promise<void> | null = null;
  #recovering: Promise<void> | null = null;
  #resuming = false;
  #retry: NodeJS.Timeout | undefined;
  #closing: Promise<void> | null = null;

  constructor(options: WriterOptions, lock: DirLock, disk: Disk, { end, tornBytes, admissions }: Found) {
    this.#options = options;
    this.#lock = lock;
    this.#disk = disk;
    const { instance, now = () => new Date(), segmentBytes = SEGMENT_BYTES, stallMs = STALL_MS } = options;
    this.#queue = new Queue({ instance, now, segmentBytes }, end, admissions);
    this.#frontier = new Frontier(end.seq);
    this.orphans = admissions.list();
    this.torn = tornBytes > 0 ? { segment: disk.segment, bytes: tornBytes } : null;
    this.#health = new Health({
      now,
      stallMs,
      onFailure: (error) => quietly(() => options.onFailure?.(error)),
      onRecovery: () => quietly(() => options.onRecovery?.()),
    });
    this.#checkpoints = new Checkpoints({
      signer: options.signer,
      everyRecords: options.checkpointEveryRecords,
      everyMs: options.checkpointEveryMs,
      unsigned: () => (this.failure ? 0 : this.#queue.unsigned),
      push: (say) => this.#push(say),
      onFailure: (error) => quietly(() => options.onUpkeepFailure?.(error)),
    });
  }

  get progress(): Progress {
    return this.#frontier;
  }

  get failure(): Error | null {
    return this.#health.failure;
  }

  get healthy(): boolean {
    return this.failure === null && this.#closing === null;
  }

  get stalled(): AbortSignal {
    return this.#health.stalled;
  }

  // Async so that whatever is thrown becomes a rejection.
  async append(fields: AuditFields): Promise<number> {
    if (this.#closing) throw unavailable(new Error('The audit log is closed.'));
    if (this.failure) {
      this.#health.refuse(1);
      throw unavailable(this.failure);
    }
    const appended = this.#push(fields);
    this.#checkpoints.appended();
    return appended;
  }

  async appendSigned(fields: AuditFields): Promise<void> {
    await Promise.all([this.append(fields), this.#checkpoints.sign()]);
  }

  /** Has the log tended until it is closed, which waits for it. */
  tend(work: () => Promise<void>): Promise<void> {
    this.#upkeep = new Upkeep(work, (error) => quietly(() => this.#options.onUpkeepFailure?.(error)));
    return this.#upkeep.run();
  }

  async purge(): Promise<void> {
    await this.#upkeep?.run();
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

  #push(fields: Parameters<Queue['push']>[0]): Promise<number> {
    const pushed = this.#queue.push(fields);
    this.#flushing ??= this.#flush();
    return pushed;
  }

  /** Writes until nothing is queued. Never rejects. */
  async #flush(): Promise<void> {
    await null; // what else is appended in this turn comes along
    while (!this.#queue.empty) {
      const batch = this.#queue.batch();
      const lines = batch.map(({ line }) => line).join('\n');
      try {
        await this.#health.watch(this.#write(batch, lines));
      } catch (error) {
        await this.#fail(error);
        continue;
      }
      this.#frontier.advance(this.#queue.acknowledge(batch));
      quietly(() => this.#options.mirror?.(lines));
      for (const { line, noted } of batch) {
        if (noted.event === CHECKPOINT_EVENT) quietly(() => this.#options.onCheckpoint?.(line));
      }
      if (this.#health.isStall && !this.#resuming) this.#resume();
    }
    this.#flushing = null;
  }

  /** The disk has answered after all. The outage is over when the record of it is on disk. */
  #resume(): void {
    this.#resuming = true;
    const told = this.#queue.push(this.#health.recovery!).then(() => this.#health.recover());
    told
      .catch(() => {})
      .finally(() => {
        this.#resuming = false;
      });
  }

  async #write(batch: readonly Pending[], lines: string): Promise<void> {
    const segment = batch[0]?.segment;
    if (segment) {
      await this.#disk.rotate(segment);
      this.#queue.startSegment();
    }
    await this.#disk.write(Buffer.from(`${lines}\n`), this.#queue.acknowledgedBytes);
    // What is signed is on disk in any case: a power cut must not look as if the log had been truncated.
    const signed = batch.some(({ noted }) => noted.event === CHECKPOINT_EVENT);
    if (signed || this.#options.durability === 'fsync') await this.#disk.sync();
  }

  /** Takes back what was not acknowledged, in memory and, as far as the disk lets it, in the file. */
  async #fail(thrown: unknown): Promise<void> {
    const error = this.#suffer(thrown);
    this.#health.refuse(this.#queue.reject(error));
    // After a failed sync this drops the doubtful pages, so that the next start does not take them for what is on disk.
    await this.#disk.cutBack(this.#queue.acknowledgedBytes).catch(() => {});
  }

  /** Notes a failure, and sees to it that the log is tried again where that makes sense. */
  #suffer(thrown: unknown): Error {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    this.#health.fail(error);
    if (!this.#health.isFinal && !this.#closing) this.#retry = setTimeout(() => this.recover(), RETRY_MS).unref();
    return error;
  }

  async #tryToRecover(): Promise<void> {
    await this.#flushing;
    const { recovery, isFinal } = this.#health;
    if (!recovery || isFinal || this.#closing) return;
    clearTimeout(this.#retry);
    try {
      await this.#health.watch(this.#disk.cutBack(this.#queue.acknowledgedBytes));
      await this.#health.watch(this.#disk.sync());
    } catch (error) {
      this.#suffer(error);
      return;
    }
    try {
      // The disk is trusted again once it has taken a record, and the log tells of the time when it could not.
      await this.#push(this.#health.recovery!);
    } catch {
      await this.#flushing; // it failed as any record does: cut back, and the next attempt arranged
      return;
    }
    this.#health.recover();
  }

  async #close(): Promise<void> {
    clearTimeout(this.#retry);
    this.#checkpoints.stop();
    const { stallMs = STALL_MS } = this.#options;
    const enough = new AbortController();
    const late = setTimeout(() => enough.abort(new Stall(2 * stallMs)), 2 * stallMs);
    const end = this.#finish().catch((error) => this.failure ?? this.#suffer(error));
    // Until the disk has answered nobody else may write here: what it still does would be done to his file.
    const released = end.then(() => this.#disk.close()).then(() => this.#lock.release());
    await unlessAborted(released, AbortSignal.any([this.stalled, enough.signal])).catch(
      (error) => this.failure ?? this.#health.fail(error),
    );
    clearTimeout(late);
  }

  async #finish(): Promise<void> {
    await this.#upkeep?.stop();
    await this.#recovering;
    await this.#flushing;
    await this.#checkpoints.sign().catch(() => {});
    await this.#flushing;
    if (!this.failure) await this.#health.watch(this.#disk.sync());
  }
}

const unavailable = (cause: Error) => new Denial('audit_unavailable', { cause });

/** Runs what others have asked to be told: their faults are not the log's. */
function quietly(tell: () => void): void {
  try {
    tell();
  } catch {}
}
