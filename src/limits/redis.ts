/** A connection to Redis that answers in time or fails: a limit must not turn into a queue. */
import { Redis } from 'ioredis';
import type { RedisReply } from 'rate-limit-redis';

/** A decision has to fall within 50 ms; this leaves room for making it. */
const COMMAND_TIMEOUT_MS = 40;

export interface RedisConnection {
  /** Sends one command; rejects at once while there is no connection, and after 40 ms in any case. */
  readonly send: (...command: string[]) => Promise<RedisReply>;
  /** Called now and after every reconnection. */
  onReady(callback: () => void): void;
  /** Tells whoever watches over the limits. */
  report(error: unknown): void;
  readonly connected: () => boolean;
  close(): void;
}

/**
 * Rejects when a reply is not there in time. The clock looks once more at what has arrived before it decides (ioredis'
 * own does not): on a busy machine a reply can wait in the socket longer than Redis took for it.
 */
const inTime = <T>(reply: Promise<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    const late = () => reject(new Error(`Redis did not answer within ${COMMAND_TIMEOUT_MS} ms`));
    const timer = setTimeout(() => setImmediate(late), COMMAND_TIMEOUT_MS);
    reply.finally(() => clearTimeout(timer)).then(resolve, reject);
  });

/** @param report is told of every fault; it may be called often */
export function connectRedis(url: string, report: (error: unknown) => void): RedisConnection {
  const redis = new Redis(url.replace(/^unix:\/\//, ''), {
    // The defaults queue commands while disconnected and retry each twenty times: callers would wait for seconds.
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    connectTimeout: 1000,
    // A Redis that is frozen keeps its connections: without this nobody would notice that it is not there.
    socketTimeout: 1000,
    retryStrategy: (attempt) => Math.min(attempt * 100, 1000),
  });
  redis.on('error', report);
  return {
    send: (command, ...args) => inTime(redis.call(command!, ...args) as Promise<RedisReply>),
    onReady(callback) {
      redis.on('ready', callback);
      if (redis.status === 'ready') callback();
    },
    report,
    connected: () => redis.status === 'ready',
    close: () => redis.disconnect(),
  };
}
