/** The operational log: JSON on stderr, for the people who run the gateway. The audit log is another thing (audit/). */
import { type Logger, pino } from 'pino';
import { type BoundedOutput, boundedOutput } from './bounded-output.ts';

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
  'Stall',
]);

/** About 1 MiB. */
const MOST_WAITING = 1024 * 1024;

/** Where nobody reads it, lines are left out, and it says how many: a gateway must not stop for want of a reader. */
export function operationalLog(output: BoundedOutput = boundedOutput(process.stderr, MOST_WAITING)): Logger {
  let missing = 0;
  const log = pino(
    { base: null, timestamp: pino.stdTimeFunctions.isoTime, serializers: { err: describeError } },
    {
      write(line) {
        if (!output(line)) {
          missing += 1;
        } else if (missing > 0) {
          const lines = missing;
          missing = 0;
          log.warn({ lines }, 'lines are missing here: nobody read them');
        }
      },
    },
  );
  return log;
}
