/**
 * Which requests were let through to the model and have no closing record yet. What is left of them when a log is
 * opened are orphans: the gateway died while the model was at work.
 */
import { isObject } from '../../core/json.ts';

/** An `inference.admitted` record. */
export interface Admission {
  readonly requestId: string;
  /** `seq` of that record. */
  readonly seq: number;
}

/** First record of every segment but the first: carries the open admissions over, so that one file tells all. */
export const SEGMENT_EVENT = 'audit.segment';
export const ORPHAN_EVENT = 'alert.orphan';

/** What this file has to know of a record. */
export interface Noted {
  readonly seq: number;
  readonly event: string;
  readonly requestId?: unknown;
  readonly open?: unknown;
}

export class Admissions {
  readonly #open: Map<string, number>;

  constructor(open: Iterable<Admission> = []) {
    this.#open = new Map(Array.from(open, ({ requestId, seq }) => [requestId, seq]));
  }

  /** Takes notice of the next record of the log. */
  note({ seq, event, requestId, open }: Noted): void {
    if (event === SEGMENT_EVENT && Array.isArray(open)) {
      for (const one of open) {
        if (isObject(one)) this.#open.set(String(one['requestId']), Number(one['seq']));
      }
    }
    if (typeof requestId !== 'string') return;
    if (event === 'inference.admitted') this.#open.set(requestId, seq);
    else if (event === 'inference.completed' || event === ORPHAN_EVENT) this.#open.delete(requestId);
  }

  /** In the order in which they were admitted. */
  list(): Admission[] {
    return Array.from(this.#open, ([requestId, seq]) => ({ requestId, seq }));
  }
}
