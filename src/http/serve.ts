/**
 * An exchange and the wire: one request comes in, walks the path (stages/pipeline.ts), is answered (send.ts), is
 * settled, and is recorded; a refusal is recorded before it is answered. Nothing else answers, cleans up or records.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Sent } from '../audit/record.ts';
import { Denial } from '../core/denial.ts';
import type { Arrived, Ending, Passage, Reached } from '../core/exchange.ts';
import { type Hold, Interruption, type Io, type Lapse, type Outcome, type Walk } from '../core/pipeline.ts';
import { arrive } from './arrive.ts';
import { discardRest, readBody } from './body.ts';
import { charge } from './charge.ts';
import { commonHeaders } from './headers.ts';
import { type LiveExchanges, liveExchanges } from './live.ts';
import type { Pass, Passed } from './passthrough.ts';
import { type Delivery, deliver, end, refusalEnding } from './send.ts';
import { turns } from './turns.ts';

export interface ServeOptions {
  readonly path: { readonly walk: (arrived: Arrived, io: Io) => Promise<Walk<Reached>> };
  /** Milliseconds: the life of an exchange that is answered here, and the arrival of its body. */
  readonly totalMs: number;
  readonly bodyMs: number;
  /** Redacts and cuts the text of an answer for the audit record; null for nothing. */
  readonly snippet: (text: string, isWhole: boolean) => string | null;
  /** Writes the closing record; false if it cannot be written. Never rejects. */
  readonly record: (x: Reached, sent: Sent) => Promise<boolean>;
  /** Takes notice that an exchange is over: metrics, operational log. */
  readonly concluded: (x: Reached, sent: Sent) => void;
  /** Hands a request that has got a passage on to its model server, which answers it. */
  readonly pass: Pass;
  /** Is told when an exchange that was broken off because of a lapse is over. */
  readonly cut: (lapse: Lapse) => void;
  /** Is told of what must not happen: a hold that cannot be settled, a fault outside the path. */
  readonly fault: (error: unknown) => void;
}

export interface Serving extends Pick<LiveExchanges, 'interrupt' | 'review' | 'running' | 'drain'> {
  /** Answers one request. With `refusal`, without walking the path. */
  readonly handle: (req: IncomingMessage, res: ServerResponse, refusal?: Denial) => Promise<void>;
}

export function serve(options: ServeOptions): Serving {
  const live = liveExchanges();
  const takeTurn = turns(options.fault);
  /** After an answer that ends the connection nobody gets a turn any more. */
  const closing = new WeakSet<Socket>();

  /**
   * The life of one exchange. It is live from here until its record is written, so that a drain waits for that too.
   * Holds are settled before the record, in reverse order. The signal is aborted last: until then it tells whether the
   * exchange was broken off, and by whom.
   */
  async function exchange(req: IncomingMessage, res: ServerResponse, refusal: Denial | null): Promise<void> {
    if (closing.has(req.socket) || req.socket.destroyed) return;
    const { broken, conditions, end: over } = live.begin(req.socket);
    const { signal } = broken;
    const timeIsUp = () => broken.abort(new Interruption('timed_out', new Denial('upstream_timeout')));
    const total = setTimeout(timeIsUp, options.totalMs);
    // `req` closes when its body has been read; only the response knows that the client has gone.
    res.once('close', () => {
      if (!res.writableFinished) broken.abort(new Interruption('client_left', null));
    });
    const holds: Hold[] = [];
    const io: Io = {
      signal,
      hold: (hold) => void holds.push(hold),
      asLongAs: (condition) => void conditions.push(condition),
      readBody: (maxBytes) => readBody(req, res, { maxBytes, deadlineMs: options.bodyMs, signal }),
    };

    try {
      const arrived = arrive(req);
      const walked = refusal ? { done: arrived, denial: refusal } : await options.path.walk(arrived, io);
      const x: Reached = walked.done;
      const passage = walked.denial ? null : (x.passage ?? null);
      // A model may take an hour to arrive; what nothing is added to any more ends by itself.
      if (passage) clearTimeout(total);
      // What is left of a body that nobody wanted must never be read as a request (RFC 9112 §9.3).
      if (!passage && !req.complete) closing.add(req.socket);
      const { denial, decided } = await onRecord(x, walked.denial, signal);
      const passed = passage && (await pass(req, res, x, passage, signal));
      if (!req.complete) closing.add(req.socket);
      const closes = closing.has(req.socket);
      const isAnswered = passed !== null && (passed.denial === null || res.headersSent);
      const delivery = isAnswered
        ? { ...NOTHING_READ, ...passed }
        : await deliver(res, x, passed?.denial ?? denial, { signal, closes, decided });
      // Unless there is nobody left to read for, or nothing that could be read.
      if (!signal.aborted) await discardRest(req);
      await end(res, signal);
      // Where the head had gone before it was clear that the connection has to end, it says otherwise.
      if (closing.has(req.socket)) req.socket.destroySoon();
      // A client can still leave, or time run out, while the last bytes wait for it to read.
      const interruption = signal.aborted ? (signal.reason as Interruption) : null;
      if (interruption?.lapse) options.cut(interruption.lapse);
      const ending = interruption && delivery.ending === 'complete' ? interruption.ending : delivery.ending;
      const whole = { ...delivery, ending, receivedBytes: passed?.receivedBytes ?? x.payload?.byteLength ?? 0 };
      await close(x, whole, holds.splice(0), { interrupted: signal.aborted, recorded: decided !== null });
    } finally {
      clearTimeout(total);
      // Only after a fault of ours is anything left here.
      await settle(holds, { ending: 'blocked', usage: null });
      // Whatever of the upstream's answer was not read is not wanted any more.
      broken.abort(OVER);
      over();
      // What could not be read came while the record was being written: nobody answers it any more.
      if (closing.has(req.socket)) req.socket.destroySoon();
    }
  }

  const pass = (
    req: IncomingMessage,
    res: ServerResponse,
    x: Reached,
    passage: Passage,
    signal: AbortSignal,
  ): Promise<Passed> =>
    options.pass(req, res, { passage, payload: x.payload ?? null }, { signal, headers: commonHeaders(x, null) });

  async function settle(holds: readonly Hold[], outcome: Outcome): Promise<void> {
    for (const hold of holds.toReversed()) {
      try {
        await hold.settle(outcome);
      } catch (error) {
        options.fault(error);
      }
    }
  }

  /**
   * Sees to it that a refusal is on record before anybody hears of it: nobody can feel his way without leaving a trace,
   * whatever happens to the gateway next. One that cannot be recorded becomes another, that says so.
   */
  async function onRecord(
    x: Reached,
    refused: Denial | null,
    signal: AbortSignal,
  ): Promise<{ denial: Denial | null; decided: Ending | null }> {
    const broken = signal.aborted && signal.reason instanceof Interruption ? signal.reason : null;
    const denial = broken ? broken.denial : refused;
    // What was admitted is on record already; and who has gone hears of nothing.
    if (!denial || x.intentSeq !== undefined) return { denial: refused, decided: null };
    const ending = broken?.ending ?? refusalEnding(denial);
    const elapsed = performance.now() - x.startMs;
    const recorded = await options.record(x, {
      ending,
      status: denial.status,
      denial,
      findings: denial.findings,
      usage: null,
      tokenSource: null,
      firstByteMs: elapsed,
      latencyMs: elapsed,
      snippet: null,
    });
    return { denial: recorded ? denial : new Denial('audit_unavailable'), decided: ending };
  }

  async function close(
    x: Reached,
    delivery: Delivery & { readonly receivedBytes: number },
    holds: readonly Hold[],
    { interrupted, recorded }: { readonly interrupted: boolean; readonly recorded: boolean },
  ): Promise<void> {
    const { usage, tokenSource } = charge(x, delivery, interrupted);
    await settle(holds, { ending: delivery.ending, usage });
    const sent: Sent = {
      ...delivery,
      usage,
      tokenSource,
      latencyMs: performance.now() - x.startMs,
      firstByteMs: delivery.firstByteAt === null ? null : delivery.firstByteAt - x.startMs,
      snippet: delivery.text === '' ? null : options.snippet(delivery.text, delivery.textIsWhole),
    };
    options.concluded(x, sent);
    if (!recorded) await options.record(x, sent);
  }

  return {
    handle: (req, res, refusal) => takeTurn(req.socket, () => exchange(req, res, refusal ?? null)),
    interrupt(socket, why) {
      const isRunning = live.interrupt(socket, why);
      // Nothing that follows on this connection can be understood.
      if (isRunning) closing.add(socket);
      return isRunning;
    },
    review: live.review,
    running: live.running,
    drain: live.drain,
  };
}

/** What is not known of an answer that went past. */
const NOTHING_READ = { findings: [], usage: null, characters: 0, text: '', textIsWhole: true };

/** Made once: a reason of its own would cost a stack trace for every request. */
const OVER = new Error('the exchange is over');
