/**
 * A small document that several processes read all the time and change now and then: keys, lockdown, approvals. It is
 * kept in a file (file.ts) or in Redis (redis.ts), and behaves alike in both.
 */

/** What a document is called. */
export interface About {
  /** Begins the codes of its faults and names it in Redis: `keys`. */
  readonly name: string;
  /** As people call it, with its article: `the API keys`. */
  readonly what: string;
  /** What to do where it is missing, a sentence. Null: that it is missing is nothing to tell anybody. */
  readonly missing: string | null;
}

/** What is in a document, whatever keeps it. */
export interface DocumentFormat<T> extends About {
  /** What it says where there is none. */
  readonly empty: T;
  /**
   * @param place where the text is from, for the message
   * @throws Fault `NAME_invalid`, with nothing of the text in its message
   */
  parse(text: string, place: string): T;
  /**
   * What of the value in force a newer one cannot take back: it may have been made of an older one, by somebody who did not
   * know. Unless told, everything can.
   */
  readonly keep?: (inForce: T, newer: T) => T;
  print(value: T): string;
}

/**
 * A document as this process sees it. Once there is one, a document that is broken or gone leaves in force what it said
 * before, and raises an alarm: to revoke is to say so.
 */
export interface SharedDocument<T> {
  /** The newest value that could be read. */
  current(): T;
  /** Calls back after `current()` has become `after`. */
  onChange(callback: (before: T, after: T) => void): void;
  /**
   * Replaces it by what `update` makes of the newest one; others who do the same wait their turn or begin anew, so that
   * no change is lost. When it resolves, the change is stored and `current()` says so too.
   * @returns the value that was stored
   * @throws Fault `NAME_unreadable`, `NAME_unwritable`, `NAME_invalid`, `locked`, `lock_unusable`; and whatever `update` throws
   */
  change(update: (value: T) => T): Promise<T>;
  /**
   * Whether what it says can be relied on: false when a store that others write to has not been asked with success for so
   * many milliseconds; two seconds unless told.
   */
  fresh(withinMs?: number): boolean;
  /**
   * When the last look began that has succeeded, in milliseconds since 1970. While `onChange` calls back it is the one before the
   * look that found the change: the change is younger than that.
   */
  lookedAt(): number;
  close(): Promise<void>;
}
