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
  /** Without its newline. */
  readonly line: string;
  /** Where the log stands after it. */
  readonly end: End;
  readonly noted: Noted;
  /** Name of the file that begins with this record; null if it goes into the one before. */
  readonly segment: string | null;
  readonly resolve: (seq: number) => void;
  readonly reject: (denial: Denial) => void;
}

/** The log came back after an outage, and says so. */
export const RECOVERED_EVENT = 'alert.audit_recovered';

/** Records that nobody asked for: that they are turned away is no loss to count. */
const OWN: readonly string[] = [SEGMENT_EVENT, CHECKPOINT_EVENT, RECOVERED_EVENT];

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

  /** The moment of the last record, in both forms: printing one costs as much as hashing a line. */
  #moment = { ms: Number.NaN, timestamp: '', day: 0 };

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
    const now = this.#now();
    const { seq, bytes, day } = this.#tail;
    const full = bytes > 0 && (bytes >= this.#options.segmentBytes || day !== now.day);
    const fresh = bytes === 0 && seq > 0;
    if (full || fresh) {
      const admissions = new Admissions(this.#admissions.list());
      for (const { noted } of this.#pending) admissions.note(noted);
      // It shares the fate of the record that follows, whose caller hears of it.
      this.#add({ event: SEGMENT_EVENT, open: admissions.list() }, now, full).catch(() => {});
    }
    return this.#add(typeof fields === 'function' ? fields(this.#tail) : fields, now, false);
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

  /** @returns `seq` of the last record of the batch */
  acknowledge(batch: readonly Pending[]): number {
    this.#pending.splice(0, batch.length);
    for (const { end, noted, resolve } of batch) {
      this.#acknowledged = end;
      this.#admissions.note(noted);
      resolve(end.seq);
    }
    return this.#acknowledged.seq;
  }

  /**
   * Gives up all that is queued: the next record takes the place of the first of them.
   * @returns how many there were, the log's own not counted
   */
  reject(cause: Error): number {
    this.#tail = this.#acknowledged;
    const rejected = this.#pending.splice(0);
    for (const { reject } of rejected) reject(new Denial('audit_unavailable', { cause }));
    return rejected.filter(({ noted }) => !OWN.includes(noted.event)).length;
  }

  #now(): { readonly timestamp: string; readonly day: number } {
    const now = this.#options.now();
    const ms = now.getTime();
    if (ms !== this.#moment.ms) this.#moment = { ms, timestamp: now.toISOString(), day: dayOf(now) };
    return this.#moment;
  }

  #add(
    fields: AuditFields,
    { timestamp, day }: { readonly timestamp: string; readonly day: number },
    newSegment: boolean,
  ): Promise<number> {
    const { instance } = this.#options;
    const before = this.#tail;
    const seq = before.seq + 1;
    const line = formatLine({ seq, timestamp, instance, prev: before.head }, fields);
    const bytes = Buffer.byteLength(line) + 1;
    if (bytes > MAX_LINE_BYTES) throw new RangeError(`An audit record of ${bytes} bytes is too long.`);
    const end = {
      seq,
      head: hashLine(line),
      bytes: (newSegment ? 0 : before.bytes) + bytes,
      day,
      checkpoint: fields.event === CHECKPOINT_EVENT ? seq : before.checkpoint,
    };
    this.#tail = end;
    const noted = { seq, event: fields.event, requestId: fields['requestId'] };
    const segment = newSegment ? segmentName(seq) : null;
    return new Promise((resolve, reject) => {
      this.#pending.push({ line, end, noted, segment, resolve, reject });
    });
  }
}
