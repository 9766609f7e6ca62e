/** What a sink is: a way to hand records to somebody else, who says when he has them. */
import type { AuditRecord } from '../format/chain.ts';

/** One record on its way out. */
export interface AuditLine {
  readonly seq: number;
  /** The line as it stands in the log, without its newline. */
  readonly text: string;
  /** The same, parsed. */
  readonly record: AuditRecord;
}

export interface Sink {
  /**
   * What the sink has learnt of its receiver and must still know after a restart, in its own words; null for nothing. It is
   * kept with the place of the sink, and put back before the first `send`.
   */
  learnt?: string | null;
  /** Most records that {@link send} takes at once. */
  readonly maxBatch: number;
  /**
   * Hands over records, in order. MUST NOT be fulfilled before the receiver has said, in whatever way its protocol has
   * for that, that it has all of them. If it is rejected, the same records are sent again later, with others perhaps:
   * the receiver gets each at least once.
   * @throws Error that says what was wrong, without a word of the records; {@link RetryAfter} if the receiver said when,
   * {@link Refused} if it does not want them
   */
  send(batch: readonly AuditLine[], signal: AbortSignal): Promise<void>;
  /** No more records are coming: what waits for others to join it need not wait any longer. */
  ending?(): void;
  close(): Promise<void>;
}

/** The receiver is there, and asked to be left alone for a while. */
export class RetryAfter extends Error {
  readonly ms: number;

  constructor(message: string, ms: number) {
    super(message);
    this.name = 'RetryAfter';
    this.ms = ms;
  }
}

/** The receiver is well, and does not want these records, however often they are sent. */
export class Refused extends Error {
  /** `seq` of those it does not want, if it has said which: it has all the others. */
  readonly seqs: readonly number[] | null;

  constructor(message: string, seqs: readonly number[] | null = null) {
    super(message);
    this.name = 'Refused';
    this.seqs = seqs;
  }
}
