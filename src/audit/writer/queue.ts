/**
 * Records on their way to the disk: each has its place in the chain from the moment it is appended, and gives it back
 * if it cannot be written.
 */
import { Denial } from '../../core/denial.ts';
import { type AuditFields, formatLine, hashLine, MAX_LINE_BYTES, segmentName } from '../format/chain.ts';
import { CHECKPOINT_EVENT } from '../format/checkpoint.ts';
import { Admissions, type Noted, SEGMENT_EVENT } from './admissions.ts';
import { dayOf, type End } from './segments.ts';

export interface Pending {
  readonly line: string;
  readonly bytes: Buffer;
  /** Where the log stands after it. */
  readonly end: End;
  readonly noted: Noted;
  /** Name of the file that begins with this record; null if it goes into the one before. */
  readonly segment: string | null;
  readonly resolve: (seq: number) => void;
  readonly reject: (denial: Denial) => void;
}

export interface QueueOptions {
  readonly instance: string;
  readonly now: () => Date;
  readonly segmentBytes: number;
}

export class Queue {
  readonly #options: QueueOptions;
  readonly #admissions: Admissions;
  readonly #pending: Pending[] = [];
  /** The end of what is acknowledged, and the end of what is queued after it. */
  #acknowledged: End;
  #tail: End;

  /** @param end where the log ends, with `admissions` open */
  constructor(options: QueueOptions, end: End, admissions: Admissions) {
    this.#options = options;
    this.#admissions = admissions;
    this.#acknowledged = end;
    this.#tail = end;
  }

  /** Bytes of the current file that hold acknowledged records. */
  get acknowledgedBytes(): number {
    return this.#acknowledged.bytes;
  }

  get empty(): boolean {
    return this.#pending.length === 0;
  }

  /** Records after the last checkpoint, those that are queued included. */
  get unsigned(): number {
    return this.#tail.seq - this.#tail.checkpoint;
  }

  /**
   * Queues a record, and before it, where a file begins, the record that every file but the first begins with.
   * @param fields what the record says, or how to say it of the record that it comes to stand behind
   */
  push(fields: AuditFields | ((before: End) => AuditFields)): Promise<number> {
    const timestamp = this.#options.now();
    const { seq, bytes, day } = this.#tail;
    const full = bytes > 0 && (bytes >= this.#options.segmentBytes || day !== dayOf(timestamp));
    const fresh = bytes === 0 && seq > 0;
    if (full || fresh) {
      const admissions = new Admissions(this.#admissions.list());
      for (const { noted } of this.#pending) admissions.note(noted);
      // It shares the fate of the record that follows, whose caller hears of it.
      this.#add({ event: SEGMENT_EVENT, open: admissions.list() }, timestamp, full).catch(() => {});
    }
    return this.#add(typeof fields === 'function' ? fields(this.#tail) : fields, timestamp, false);
  }

  /** All that is queued and goes into one file. It stays queued until it is acknowledged or rejected. */
  batch(): readonly Pending[] {
    const boundary = this.#pending.findIndex(({ segment }, index) => index > 0 && segment !== null);
    return this.#pending.slice(0, boundary < 0 ? undefined : boundary);
  }

  /** The current file is a new, empty one. */
  startSegment(): void {
    this.#acknowledged = { ...this.#acknowledged, bytes: 0 };
  }

  acknowledge(batch: readonly Pending[]): void {
    this.#pending.splice(0, batch.length);
    for (const { end, noted, resolve } of batch) {
      this.#acknowledged = end;
      this.#admissions.note(noted);
      resolve(end.seq);
    }
  }

  /** Gives up all that is queued: the next record takes the place of the first of them. */
  reject(cause: Error): void {
    this.#tail = this.#acknowledged;
    for (const { reject } of this.#pending.splice(0)) reject(new Denial('audit_unavailable', { cause }));
  }

  #add(fields: AuditFields, timestamp: Date, newSegment: boolean): Promise<number> {
    const { instance } = this.#options;
    const before = this.#tail;
    const seq = before.seq + 1;
    const line = formatLine({ seq, timestamp, instance, prev: before.head }, fields);
    const bytes = Buffer.from(`${line}\n`);
    if (bytes.length > MAX_LINE_BYTES) throw new RangeError(`An audit record of ${bytes.length} bytes is too long.`);
    const end = {
      seq,
      head: hashLine(line),
      bytes: (newSegment ? 0 : before.bytes) + bytes.length,
      day: dayOf(timestamp),
      checkpoint: fields.event === CHECKPOINT_EVENT ? seq : before.checkpoint,
    };
    this.#tail = end;
    const noted = { seq, event: fields.event, requestId: fields['requestId'] };
    const segment = newSegment ? segmentName(seq) : null;
    return new Promise((resolve, reject) => {
      this.#pending.push({ line, bytes, end, noted, segment, resolve, reject });
    });
  }
}
