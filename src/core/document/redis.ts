/** A document in Redis, for many instances: a hash `sallyport:NAME` with its version and its text. */
import { Fault } from '../fault.ts';
import type { DocumentFormat, SharedDocument } from './document.ts';
import { CHANNEL, type DocumentConnection, explain } from './redis-connection.ts';
import { gone, missing, rolledBack, unreachable } from './redis-faults.ts';

export { connectDocuments, type DocumentConnection } from './redis-connection.ts';

/** Behind the messages of the channel, which are lost while there is no connection. */
const POLL_MS = 500;
/** A value that was read longer ago than this may have been changed by somebody since. */
const FRESH_MS = 2000;
/** A change begins no new attempt after this: with its two commands it is over within two seconds. */
const ATTEMPTS_MS = 1000;

/**
 * Stores what was made of one version, unless there is another by now. Told first and stored then, which nobody can see
 * because a script is atomic: where Redis forbids to tell, nothing is stored.
 */
const STORE = `
if (redis.call('HGET', KEYS[1], 'version') or '') ~= ARGV[1] then return 0 end
redis.call('PUBLISH', ARGV[4], ARGV[5])
redis.call('HSET', KEYS[1], 'version', ARGV[2], 'text', ARGV[3])
return 1`;

export interface RedisDocumentOptions {
  /** Told `NAME_missing`, `NAME_invalid`, `NAME_rolled_back` or `NAME_unreachable`, once for each new reason. */
  readonly onAlarm: (fault: Fault) => void;
  /** Milliseconds since 1970: versions are times, so that a Redis that lost them all does not use one twice. */
  readonly now?: () => number;
}

/** `version` null: there is no such document. */
interface Stored {
  readonly version: number | null;
  readonly text: string;
}

/**
 * Opens a document in Redis and follows its changes: at once by a message, within half a second by looking. A Redis that
 * cannot be reached does not stop the start: until it has been read the document is empty, and not fresh.
 * @throws Fault `NAME_invalid`, if that is so at the start
 */
export async function openRedisDocument<T>(
  format: DocumentFormat<T>,
  connection: DocumentConnection,
  { onAlarm, now = Date.now }: RedisDocumentOptions,
): Promise<SharedDocument<T>> {
  const { name, what } = format;
  const key = `sallyport:${name}`;
  const callbacks: ((before: T, after: T) => void)[] = [];
  let value = format.empty;
  /** The version in force; null until one has been read. */
  let version: number | null = null;
  /** When Redis was last asked with success, on the clock of `performance`. */
  let askedAt = Number.NEGATIVE_INFINITY;
  let told: string | null = null;
  let started = false;
  let closed = false;

  const fresh = (withinMs: number = FRESH_MS): boolean => performance.now() - askedAt <= withinMs;
  const alarm = (fault: Fault, reason = fault.message): void => {
    if (reason !== told) onAlarm(fault);
    told = reason;
  };
  const adopt = (after: T, newer: number): void => {
    const before = value;
    value = format.keep?.(before, after) ?? after;
    version = newer;
    if (started) for (const callback of callbacks) callback(before, value);
  };

  const versionIn = (text: unknown): number => {
    if (typeof text === 'string' && /^\d{1,15}$/.test(text)) return Number(text);
    throw new Fault(
      `${name}_invalid`,
      `The version of ${what} in Redis (${key}) is no number. Restore it from a backup.`,
    );
  };
  const read = async (): Promise<Stored> => {
    const [found, text] = (await connection.send('HMGET', key, 'version', 'text')) as unknown as (string | null)[];
    return found == null && text == null
      ? { version: null, text: '' }
      : { version: versionIn(found), text: text ?? '' };
  };
  /**
   * Takes over what is newer than what is in force.
   * @returns what is to be told about what is not newer; null if all is well
   * @throws Fault `NAME_invalid`
   */
  const consider = (stored: Stored): Fault | null => {
    if (stored.version === null) return version === null ? missing(format) : gone(format);
    // A replica that took over without the last changes, an old copy that was restored: a revoked key must not come back.
    if (version !== null && stored.version < version) return rolledBack(format);
    if (stored.version === version) return null;
    const newer = format.parse(stored.text, `Redis (${key})`);
    adopt(newer, stored.version);
    // Somebody has made it of an older version.
    return value === newer ? null : rolledBack(format);
  };

  const lookOnce = async (): Promise<void> => {
    const asOf = version;
    const began = performance.now();
    let fault: Fault | null;
    try {
      const found = await connection.send('HGET', key, 'version');
      const stored = found !== null && versionIn(found) === asOf ? { version: asOf, text: '' } : await read();
      if (closed) return;
      // A change of this process has overtaken the answer.
      if (version !== asOf) {
        again = true;
        return;
      }
      fault = consider(stored);
    } catch (error) {
      if (closed) return;
      if (!(error instanceof Fault)) {
        // The very first answer of a busy machine may be late: that is no outage yet.
        const isSlow = !started && connection.trouble() === null;
        // In every outage the reasons change: refused, late, closed.
        if (!fresh() && !isSlow)
          alarm(unreachable(format, version !== null, connection.trouble() ?? explain(error)), 'unreachable');
        return;
      }
      if (!started) throw error;
      fault = error;
      // It answers, with nothing that can be used: and if nothing could be before, there is nothing to rely on.
      if (version === null) return alarm(fault);
    }
    askedAt = began;
    if (fault) alarm(fault);
    else told = null;
  };
  let looking: Promise<void> | null = null;
  let again = false;
  /** Whoever asks while somebody looks already is answered by a look that begins afterwards. */
  const look = (): Promise<void> => {
    again = true;
    looking ??= (async () => {
      try {
        while (again && !closed) {
          again = false;
          await lookOnce();
        }
      } finally {
        looking = null;
      }
    })();
    return looking;
  };

  /** Whether Redis says what is in force: it may have lost it, or be of somebody who did not know. */
  const isThere = (stored: Stored): boolean =>
    stored.version === version && (version === null || stored.text === format.print(value));

  const replace = async (update: (value: T) => T, deadline: number): Promise<T> => {
    for (;;) {
      const stored = await read().catch((error) => {
        throw error instanceof Fault ? error : unanswered('unreadable', 'read', error);
      });
      consider(stored);
      const before = value;
      const after = update(before);
      if (after === before && isThere(stored)) return before;
      const text = format.print(after);
      // What would not be read back is not written.
      const kept = format.parse(text, 'what was to be stored');
      const newer = Math.max(now(), (stored.version ?? 0) + 1, (version ?? 0) + 1);
      const command = ['EVAL', STORE, '1', key, String(stored.version ?? ''), String(newer), text, CHANNEL, name];
      const done = await connection.send(...command).catch((error) => {
        throw unanswered('unwritable', 'change', error);
      });
      if (done === 1) {
        if (version === null || newer > version) adopt(kept, newer);
        return kept;
      }
      if (performance.now() > deadline) throw new Fault('locked', `Others keep changing ${what} in Redis. Try again.`);
    }
  };
  const unanswered = (code: string, verb: string, error: unknown): Fault => {
    const why = connection.trouble() ?? explain(error);
    const remedy = 'See to it, then look whether the change was stored before you make it again.';
    // No cause: the errors of ioredis carry the command, and with it the document.
    return new Fault(`${name}_${code}`, `Cannot ${verb} ${what} in Redis: ${why}. ${remedy}`);
  };

  let turn: Promise<unknown> = Promise.resolve();
  const ended = connection.onNews((changed) => {
    if (changed === null || changed === name) look().catch(() => {});
  });
  await connection.tried;
  try {
    const deadline = performance.now() + FRESH_MS;
    do await look();
    while (!fresh() && connection.trouble() === null && performance.now() < deadline);
  } catch (error) {
    ended();
    throw error;
  }
  started = true;
  const timer = setInterval(() => void look(), POLL_MS).unref();

  return {
    current: () => value,
    onChange: (callback) => void callbacks.push(callback),
    change(update) {
      const deadline = performance.now() + ATTEMPTS_MS;
      const mine = turn.then(() => replace(update, deadline));
      turn = mine.catch(() => {});
      return mine;
    },
    fresh,
    lookedAt: () => Date.now() - (performance.now() - askedAt),
    async close() {
      closed = true;
      clearInterval(timer);
      ended();
      await turn;
    },
  };
}
