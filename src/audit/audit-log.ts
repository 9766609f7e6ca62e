/** What the rest of the gateway sees of its audit log. */

import type { AuditFields } from './format/chain.ts';
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
  /** Why the log refuses records; null while it is well. */
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
  /** Writes what is queued, signs the end, syncs, and releases the directory. */
  close(): Promise<void>;
}

export interface WriterOptions {
  /** Name of this gateway, in every record. */
  readonly instance: string;
  /** `fsync`: acknowledged means on disk. `buffered`: acknowledged means given to the kernel; a power cut loses it. */
  readonly durability: 'fsync' | 'buffered';
  /** Receives each acknowledged line, without its newline. What it throws is ignored: it is a copy. */
  readonly mirror?: (line: string) => void;
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
  /** A file that has grown beyond this is followed by a new one, as at the first record of a UTC day. 256 MiB. */
  readonly segmentBytes?: number;
}
