/** Connections to Redis that answer in time or fail: whoever asks must not be kept in a queue. */
import { Redis } from 'ioredis';
import type { RedisReply } from 'rate-limit-redis';
import { SteadyConnector } from './redis-connector.ts';

/** A decision about a limit has to fall within 50 ms; this leaves room for making it. */
const COMMAND_TIMEOUT_MS = 40;
/** How often a subscription is asked whether it is still there. */
const PING_MS = 2000;

export interface RedisConnection {
  /** Sends one command; rejects at once while there is no connection, and when the answer is late. */
  readonly send: (...command: string[]) => Promise<RedisReply>;
  /** Called now and after every reconnection. */
  onReady(callback: () => void): void;
  /** Tells whoever watches over the connection. */
  report(error: unknown): void;
  readonly connected: () => boolean;
  close(): void;
}

/**
 * Rejects when a reply is not there in time. The clock looks once more at what has arrived before it decides (ioredis'
 * own does not): on a busy machine a reply can wait in the socket longer than Redis took for it.
 */
const inTime = <T>(reply: Promise<T>, timeoutMs: number): Promise<T> =>
  new Promise((resolve, reject) => {
    const late = () => reject(new Error(`Redis did not answer within ${timeoutMs} ms`));
    const timer = setTimeout(() => setImmediate(late), timeoutMs);
    reply.finally(() => clearTimeout(timer)).then(resolve, reject);
  });

function connect(url: string, report: (error: unknown) => void): Redis {
  const redis = new Redis(url.replace(/^unix:\/\//, ''), {
    Connector: SteadyConnector,
    // The defaults queue commands while disconnected and retry each twenty times: callers would wait for seconds.
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    // Whoever subscribes does so again himself, to know when.
    autoResubscribe: false,
    // Nobody needs to know, and a user of Redis with few rights may not say it.
    disableClientInfo: true,
    connectTimeout: 1000,
    // A Redis that is frozen keeps its connections: without this nobody would notice that it is not there. It runs only
    // while an answer is awaited, so an idle subscription is not cut.
    socketTimeout: 1000,
    retryStrategy: (attempt) => Math.min(attempt * 50, 250),
  });
  redis.on('error', report);
  return redis;
}

/**
 * @param report is told of every fault; it may be called often
 * @param timeoutMs how long a command may take, 40 ms unless told
 */
export function connectRedis(
  url: string,
  report: (error: unknown) => void,
  timeoutMs: number = COMMAND_TIMEOUT_MS,
): RedisConnection {
  const redis = connect(url, report);
  return {
    send: (command, ...args) => inTime(redis.call(command!, ...args) as Promise<RedisReply>, timeoutMs),
    onReady(callback) {
      redis.on('ready', callback);
      if (redis.status === 'ready') callback();
    },
    report,
    connected: () => redis.status === 'ready',
    close: () => redis.disconnect(),
  };
}

export interface RedisSubscription {
  close(): void;
}

/**
 * Listens to a channel, on a connection of its own. Messages that are sent while there is no connection are lost:
 * `onSubscribed` is called each time after which none is.
 * @param report is told of every fault; it may be called often
 */
export function subscribeRedis(
  url: string,
  channel: string,
  on: {
    readonly onMessage: (message: string) => void;
    readonly onSubscribed: () => void;
    readonly report: (error: unknown) => void;
  },
): RedisSubscription {
  const redis = connect(url, on.report);
  let subscribed = false;
  const subscribe = async (): Promise<void> => {
    await redis.subscribe(channel);
    subscribed = true;
    on.onSubscribed();
  };
  redis.on('ready', () => void subscribe().catch(on.report));
  redis.on('close', () => {
    subscribed = false;
  });
  redis.on('message', (_channel, message) => on.onMessage(message));
  // Nothing arrives on a connection that was cut without a word, so there has to be an answer to miss. A subscription that
  // was refused is asked for again.
  const timer = setInterval(() => {
    if (redis.status === 'ready') void (subscribed ? redis.ping() : subscribe()).catch(on.report);
  }, PING_MS).unref();
  return {
    close() {
      clearInterval(timer);
      redis.disconnect();
    },
  };
}
