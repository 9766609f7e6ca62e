/**
 * Adds records to a Redis stream. A batch is one transaction, so it is in the stream as a whole or not at all, and is
 * repeated only if the answer was lost. IDs are left to Redis: made from `seq`, they would turn away a repeat, but also,
 * without anybody noticing, the records of a second gateway or of a new log on the same stream.
 */
import { readFile } from 'node:fs/promises';
import { Redis } from 'ioredis';
import { fileFault } from '../../core/files.ts';
import { SteadyConnector } from '../../core/redis-connector.ts';
import type { AuditLine, Sink } from './sink.ts';

export interface RedisSinkOptions {
  /** redis://, rediss:// or unix:// */
  readonly url: string;
  /** CAs of the receiver, PEM, read for each connection to a rediss:// URL; null means those that Node knows. */
  readonly caFile: string | null;
  /** Key of the stream. */
  readonly stream: string;
  /** About how many entries the stream keeps; null: all of them. */
  readonly maxLen: number | null;
  /** 500. */
  readonly maxBatch?: number;
  /** For a batch, connecting included. 10 seconds. */
  readonly timeoutMs?: number;
}

export function openRedisSink(options: RedisSinkOptions): Sink {
  const { url, caFile, stream, maxLen, maxBatch = 500, timeoutMs = 10_000 } = options;
  let connection: Connection | null = null;
  const drop = () => {
    connection?.redis.disconnect();
    // What still waits to be sent must not reach Redis after the same records have been sent again.
    connection?.redis.stream?.destroy();
    connection = null;
  };
  return {
    maxBatch,
    async send(batch, signal) {
      const ca = caFile === null || connection?.redis.status === 'ready' ? null : await readCas(caFile);
      const deadline = AbortSignal.timeout(timeoutMs);
      try {
        await unlessAborted(AbortSignal.any([signal, deadline]), async () => {
          if (connection?.redis.status !== 'ready') {
            drop();
            connection = open(url, ca);
            await connection.redis.connect();
          }
          await add(connection.redis, stream, maxLen, batch);
        });
      } catch (error) {
        const reason = deadline.aborted ? `no answer within ${timeoutMs} ms` : explain(connection?.fault ?? error);
        drop();
        // No cause: the errors of ioredis carry the command, and with it the records.
        throw new Error(`Redis stream ${stream}: ${reason}`);
      }
    },
    close: async () => drop(),
  };
}

interface Connection {
  readonly redis: Redis;
  /** Why it failed: ioredis tells its callers no more than that it is closed. */
  fault: unknown;
}

/** @throws Fault `sink_file_unreadable` */
async function readCas(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    const remedy = 'Restore it; the records are sent then.';
    throw fileFault('sink_file_unreadable', 'the CAs of a sink', file, error, remedy);
  }
}

function open(url: string, ca: Buffer | null): Connection {
  const redis = new Redis(url.replace(/^unix:\/\//, ''), {
    ...(ca ? { tls: { ca } } : {}),
    lazyConnect: true,
    Connector: SteadyConnector,
    // Whoever sends tries again, with the records in their order; nothing is queued or repeated here.
    retryStrategy: null,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    // It asks for INFO, which a user who may do no more than XADD is refused.
    enableReadyCheck: false,
    disableClientInfo: true,
  });
  const connection: Connection = { redis, fault: null };
  redis.on('error', (error) => {
    connection.fault = error;
  });
  return connection;
}

async function add(redis: Redis, stream: string, maxLen: number | null, batch: readonly AuditLine[]): Promise<void> {
  const limit = maxLen === null ? [] : ['MAXLEN', '~', maxLen];
  const transaction = redis.multi();
  for (const { seq, text, record } of batch) {
    transaction.call('XADD', stream, ...limit, '*', 'seq', seq, 'event', record.event, 'line', text);
  }
  const results = await transaction.exec();
  const [failure] = (results ?? []).flatMap(([error]) => error ?? []);
  if (failure) throw failure;
  if (results?.length !== batch.length) throw new Error('the transaction was not carried out');
}

/** Says why, without what Redis quotes of the command. */
function explain(error: unknown): string {
  const { message, previousErrors } = error as Error & { previousErrors?: readonly Error[] };
  return (previousErrors?.[0]?.message ?? message).replace(/, with args.*/s, '');
}

async function unlessAborted(signal: AbortSignal, work: () => Promise<void>): Promise<void> {
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  signal.addEventListener('abort', () => aborted.reject(signal.reason), { once: true });
  await Promise.race([work(), aborted.promise]);
}
