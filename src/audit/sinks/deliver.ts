/**
 * Hands the records of a log to one sink: in order, each at least once, for as long as it takes. The log on disk is the
 * queue, so a receiver that is down costs requests nothing, and a crash loses nothing.
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { within } from '../../core/abort.ts';
import { Fault } from '../../core/fault.ts';
import { anyGlobMatches } from '../../core/glob.ts';
import type { AuditEvent } from '../events.ts';
import type { Progress } from '../read/follow.ts';
import { backOff } from './backoff.ts';
import { openCursor } from './cursor.ts';
import { offerTo } from './offer.ts';
import { openOutbox } from './outbox.ts';
import type { Sink } from './sink.ts';

export interface DeliveryOptions {
  readonly name: string;
  /** Patterns of the events that are sent; `*` stands for any characters. */
  readonly events: readonly string[];
  /** Of the log. The cursor is kept in `sinks/` below it. */
  readonly dir: string;
  readonly progress: Progress;
  /** Adds an alert to the log. */
  readonly raise: (event: AuditEvent) => void;
  /** Told when something begins to go wrong, not at every attempt. */
  readonly fault: (error: Fault) => void;
  /** From 0 to 1. */
  readonly random?: () => number;
  /** Resolves after so many milliseconds, or when `signal` is aborted. */
  readonly pause?: (ms: number, signal: AbortSignal) => Promise<void>;
}

export interface SinkStatus {
  readonly name: string;
  /** Acknowledged records that the receiver has not confirmed, those behind them that it is not to be sent included. */
  readonly backlog: number;
  /** When the first record that waits was made; null if none is known to wait. */
  readonly oldest: string | null;
  /** Up to this `seq` the receiver has everything that it is to have. */
  readonly delivered: number;
}

export interface Delivery {
  status(): SinkStatus;
  /** As `delivered`, and on disk: a crash does not take it back. */
  readonly saved: number;
  /** Goes on for at most `withinMs` milliseconds while something is left, then saves the cursor and closes the sink. */
  close(withinMs: number): Promise<void>;
}

/** Begins to deliver; the promise is fulfilled once it is known where. */
export async function deliver(sink: Sink, options: DeliveryOptions): Promise<Delivery> {
  const { name, events, dir, progress, raise, fault, random = Math.random, pause = rest } = options;
  const stop = new AbortController();
  const told = new Set<string>();
  let failures = 0;
  let resting: AbortController | null = null;
  let whenDelivered: { readonly seq: number; readonly resolve: () => void } | null = null;

  const file = join(dir, 'sinks', `${name}.json`);
  const cursor = await openCursor(file, {
    onFailure: (cause) => fault(cursorFault(name, `${file} cannot be used: ${(cause as Error).message}`, cause)),
  });
  sink.learnt = cursor.learnt;
  const delivered = (): number => (cursor.place?.next ?? 1) - 1;
  const outbox = openOutbox({
    dir,
    progress,
    from: cursor.place,
    wants: (event) => anyGlobMatches(events, event),
    onPlace(place) {
      cursor.move(place, sink.learnt);
      if (whenDelivered && delivered() >= whenDelivered.seq) whenDelivered.resolve();
    },
    onLost,
    onForeign: () => fault(cursorFault(name, `${file} was made for another log`)),
    signal: stop.signal,
  });

  function onLost(fromSeq: number, toSeq: number): void {
    raise({ event: 'alert.sink_gap', sink: name, fromSeq, toSeq });
  }

  const offerAll = offerTo({
    sink,
    lines: outbox.lines,
    onSettled(last, givenUp) {
      failures = 0;
      told.clear();
      for (const { seq, record } of givenUp) {
        // If it does not take this alert, that is not one more of them.
        if (record.event !== 'alert.sink_gap') onLost(seq, seq);
      }
      outbox.done(last);
    },
    signal: stop.signal,
  });

  async function run(): Promise<void> {
    while (!stop.signal.aborted) {
      try {
        await outbox.fill();
        await offerAll();
      } catch (error) {
        if (stop.signal.aborted) return;
        failures += 1;
        report(error as Error);
        resting = new AbortController();
        await pause(backOff(failures, error, random()), AbortSignal.any([stop.signal, resting.signal]));
      }
    }
  }

  /** One failure alone is nothing: a connection that was closed while it was idle, or a receiver that is a bit slow. */
  function report(error: Error): void {
    if (failures < 2 || told.has(error.message)) return;
    told.add(error.message);
    const message = `The sink "${name}" does not take records: ${error.message.replace(/\.$/, '')}. They wait in the log, and are sent when it does.`;
    fault(new Fault('sink_failed', message, { cause: error }));
  }

  const running = run();
  return {
    status: () => ({
      name,
      backlog: Math.max(0, progress.seq - delivered()),
      oldest: outbox.lines[0]?.record.timestamp ?? null,
      delivered: delivered(),
    }),
    get saved() {
      return cursor.saved;
    },
    async close(withinMs) {
      const seq = progress.seq;
      sink.ending?.();
      if (delivered() < seq) {
        const { promise, resolve } = Promise.withResolvers<void>();
        whenDelivered = { seq, resolve };
        resting?.abort(); // one more attempt, now
        await within(withinMs, promise);
      }
      stop.abort();
      await running;
      await outbox.close();
      await cursor.close();
      await sink.close();
    },
  };
}

const cursorFault = (name: string, what: string, cause?: unknown): Fault =>
  new Fault('sink_cursor_unusable', `${what}. The sink "${name}" may be sent records again.`, { cause });

const rest = (ms: number, signal: AbortSignal): Promise<void> => sleep(ms, undefined, { signal }).catch(() => {});
