/** The operational log: JSON on stderr, for the people who run the gateway. The audit log is another thing (audit/). */
import { type Logger, pino } from 'pino';

export type { Logger } from 'pino';

/**
 * What may be said of an error. Messages of parsers and of type errors quote what they choked on, which may be a
 * prompt, a key or an answer: only those are kept that come from the system, from HTTP, or were written here.
 */
export function describeError(error: unknown): object {
  if (!(error instanceof Error)) return { type: typeof error };
  const speaks = error.constructor === Error || 'syscall' in error || QUOTES_NOTHING.has(error.name);
  return {
    type: error.name,
    ...('code' in error ? { code: error.code } : {}),
    ...(speaks ? { message: error.message } : {}),
    ...(error.cause === undefined ? {} : { cause: describeError(error.cause) }),
    at: framesOf(error),
  };
}

/** The stack without the message, which stands at its head and may have lines that look like frames. */
function framesOf({ stack = '', message }: Error): string[] {
  const start = stack.indexOf(message) + message.length;
  const lines = stack.slice(start).split('\n').slice(1, 7);
  return lines.map((line) => line.trim());
}

const QUOTES_NOTHING = new Set([
  'Denial',
  'Fault',
  'Interruption',
  'ConnectTimeoutError',
  'HeadersTimeoutError',
  'BodyTimeoutError',
  'SocketError',
  'SyncFailure',
]);

export const operationalLog = (): Logger =>
  pino(
    { base: null, timestamp: pino.stdTimeFunctions.isoTime, serializers: { err: describeError } },
    pino.destination({ fd: 2, sync: true }),
  );
