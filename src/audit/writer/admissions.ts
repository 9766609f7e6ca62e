/**
 * Which requests were let through, to the model or to be administered, and have no closing record yet. What is left of
 * them when a log is opened are orphans: the gateway died while they were at work.
 */
import { isObject } from '../../core/json.ts';

/** An `inference.admitted` or `admin.admitted` record. */
export interface Admission {
  readonly requestId: string;
  /** `seq` of that record. */
  readonly seq: number;
}

/** First record of every segment but the first: carries the open admissions over, so that one file tells all. */
export const SEGMENT_EVENT = 'audit.segment';
export const ORPHAN_EVENT = 'alert.orphan';

const INTENTS: ReadonlySet<string> = new Set(['inference.admitted', 'admin.admitted']);
const ENDS: ReadonlySet<string> = new Set(['inference.completed', 'admin.completed', ORPHAN_EVENT]);

/** Whether a record says that a request is let through, */
export const isIntent = (event: string): boolean => INTENTS.has(event);
/** and whether it closes one that was. */
export const isEnd = (event: string): boolean => ENDS.has(event);

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
    if (isIntent(event)) this.#open.set(requestId, seq);
    else if (isEnd(event)) this.#open.delete(requestId);
  }

  /** In the order in which they were admitted. */
  list(): Admission[] {
    return Array.from(this.#open, ([requestId, seq]) => ({ requestId, seq }));
  }
}
