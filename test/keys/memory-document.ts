import type { SharedDocument } from '../../src/core/document/document.ts';

export interface MemoryDocument<T> extends SharedDocument<T> {
  /** What `change` rejects with, while it is set. */
  broken: Error | null;
  isFresh: boolean;
  /** How often it was changed. */
  changes: number;
  closed: boolean;
}

/** A document that is kept nowhere. Like one in Redis it may ask for an update twice: `again` updates begin anew. */
export function memoryDocument<T>(value: T, { again = 0 }: { readonly again?: number } = {}): MemoryDocument<T> {
  let current = value;
  const callbacks: ((before: T, after: T) => void)[] = [];
  const document: MemoryDocument<T> = {
    broken: null,
    isFresh: true,
    changes: 0,
    closed: false,
    current: () => current,
    onChange: (callback) => void callbacks.push(callback),
    async change(update) {
      await Promise.resolve();
      if (document.broken) throw document.broken;
      for (let i = 0; i < again; i++) update(current);
      const before = current;
      current = update(current);
      document.changes += 1;
      for (const callback of callbacks) callback(before, current);
      return current;
    },
    fresh: () => document.isFresh,
    lookedAt: () => Date.now(),
    close: async () => {
      document.closed = true;
    },
  };
  return document;
}
