/** What the rest of the gateway sees of its audit log. */

import type { AuditFields } from './format/chain.ts';
import type { Progress } from './read/follow.ts';
import type { Admission } from './writer/admissions.ts';
import type { Signer } from './writer/signing-key.ts';

export interface AuditLog {
  /**
   * Adds a record and returns its `seq`. Records get their place in the order of the calls, and say what `fields`
   * said at the time of the call.
   *
   * The promise MUST NOT be fulfilled before the record, and every record before it, is on stable storage (with
   * durability `buffered`: handed to the operating system). If it is rejected, the record is not part of the log.
   *
   * @throws Denial `audit_unavailable` if it could not be written, or the log is failed or closed
   */
  append(fields: AuditFields): Promise<number>;
  /** How far the log is acknowledged: what lies beyond may yet be taken back. */
  readonly progress: Progress;
  /**
   * Aborted, with the Denial `audit_unavailable`, once the disk has not answered for some seconds. What waits for an
   * {@link append} may give up then; the record can still become part of the log. Another signal once it has answered.
   */
  readonly stalled: AbortSignal;
  /** Why the log refuses records; null while it is well. After the end: why its end may not be on disk. */
  readonly failure: Error | null;
  readonly healthy: boolean;
  /** The unfinished line that was cut off at the start. */
  readonly torn: { readonly segment: string; readonly bytes: number } | null;
  /** Requests that were admitted and never closed before the start. */
  readonly orphans: readonly Admission[];
  /**
   * Tries to bring a failed log back, as the log itself does every second. After a failed fdatasync there is no way
   * back but a new start: the kernel may have dropped what it could not write and call the next sync a success.
   */
  recover(): Promise<void>;
  /** Removes what need not be kept any longer, as the log itself does at its start and every hour. Never rejects. */
  purge(): Promise<void>;
  /** Adds a record, and right behind it a checkpoint. Both are on disk then, whatever the durability. */
  appendSigned(fields: AuditFields): Promise<void>;
  /**
   * Writes what is queued, signs the end, syncs, and releases the directory. Never rejects: {@link failure} tells, and a
   * disk that does not answer is not waited for.
   */
  close(): Promise<void>;
}

export interface WriterOptions {
  /** Name of this gateway, in every record. */
  readonly instance: string;
  /** `fsync`: acknowledged means on disk. `buffered`: acknowledged means given to the kernel; a power cut loses it. */
  readonly durability: 'fsync' | 'buffered';
  /** Receives acknowledged lines, separated by newlines, as they come. What it throws is ignored: it is a copy. */
  readonly mirror?: (lines: string) => void;
  /** Receives the line of each checkpoint, without its newline, once it is on disk. What it throws is ignored. */
  readonly onCheckpoint?: (line: string) => void;
  /** The log has failed and refuses records from now on. */
  readonly onFailure?: (error: Error) => void;
  /** The log takes records again. */
  readonly onRecovery?: () => void;
  /** Something beside writing records failed: signing them, or removing old files. It will be tried again. */
  readonly onUpkeepFailure?: (error: Error) => void;
  /** Signs the checkpoints. */
  readonly signer: Signer;
  /** A checkpoint follows at the latest after so many records, */
  readonly checkpointEveryRecords: number;
  /** and after so many milliseconds, if there is a record to be signed. */
  readonly checkpointEveryMs: number;
  readonly now?: () => Date;
  /** Milliseconds that the disk may take for one write. 5 seconds. */
  readonly stallMs?: number;
  /** A file that has grown beyond this is followed by a new one, as at the first record of a UTC day. 256 MiB. */
  readonly segmentBytes?: number;
}
