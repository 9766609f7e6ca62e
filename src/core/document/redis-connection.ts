/** The connection to Redis that all documents of a process share. */
import { connectRedis, type RedisConnection, subscribeRedis } from '../redis.ts';

/** Where it is told that a document has changed: the message is its name. */
export const CHANNEL = 'sallyport:changed';
/** How long a command may take, in milliseconds. */
const COMMAND_MS = 500;

/** What all documents of a process share: two connections, one for commands and one that hears of changes. */
export interface DocumentConnection {
  readonly send: RedisConnection['send'];
  /**
   * Calls back when a document has changed, by its name, and with null when any of them may have: after every
   * reconnection. Returns what ends that.
   */
  onNews(callback: (name: string | null) => void): () => void;
  /** Why there is no connection; null if there is one. */
  trouble(): string | null;
  /** Fulfilled once the first attempt to connect has succeeded or failed. */
  readonly tried: Promise<void>;
  close(): void;
}

/** @param url redis://, rediss:// or unix:// */
export function connectDocuments(url: string): DocumentConnection {
  const callbacks = new Set<(name: string | null) => void>();
  const tell = (name: string | null): void => {
    for (const callback of callbacks) callback(name);
  };
  const tried = Promise.withResolvers<void>();
  let trouble: string | null = null;
  const report = (error: unknown): void => {
    trouble = explain(error);
    tried.resolve();
  };
  const commands = connectRedis(url, report, COMMAND_MS);
  commands.onReady(() => {
    trouble = null;
    tried.resolve();
    tell(null);
  });
  const changes = subscribeRedis(url, CHANNEL, {
    onMessage: tell,
    onSubscribed: () => tell(null),
    // What is not heard of is found by looking; whether that works is known from the other connection.
    report: () => {},
  });
  return {
    send: commands.send,
    onNews(callback) {
      callbacks.add(callback);
      return () => void callbacks.delete(callback);
    },
    trouble: () => trouble,
    tried: tried.promise,
    close() {
      changes.close();
      commands.close();
    },
  };
}

/** Why, without what Redis quotes of the command: that may be the document. */
export function explain(error: unknown): string {
  const { message, code } = error as Error & { readonly code?: string };
  return (message || code || 'no reason is known').replace(/, with args.*/s, '');
}
