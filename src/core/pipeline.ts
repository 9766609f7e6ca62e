/** Stages, and how they are put in a row. The row itself is in stages/pipeline.ts. */
import type { Denial } from './denial.ts';
import { asDenial } from './denial.ts';
import type { Arrived, Ending, Reached } from './exchange.ts';
import type { Usage } from './reply.ts';

/** What is known when an exchange is over. */
export interface Outcome {
  readonly ending: Ending;
  /** What the exchange is to be charged; null if the model was never asked. */
  readonly usage: Usage | null;
}

/**
 * Something held for the length of an exchange: a lease, a reservation. The runner's caller settles every hold
 * exactly once, in reverse order, however the exchange ends.
 */
export interface Hold {
  settle(outcome: Outcome): Promise<void> | void;
}

/** All that a stage may ask of the wire. */
export interface Io {
  /**
   * Reads the whole request body.
   * @throws Denial `body_too_large` beyond `maxBytes`, `request_timeout` if it stops arriving
   */
  readBody(maxBytes: number): Promise<Buffer>;
  /** Aborted when the client leaves, time is up, a condition lapses or the gateway drains; the reason is an {@link Interruption}. */
  readonly signal: AbortSignal;
  hold(hold: Hold): void;
  /**
   * Names a condition under which the exchange was let in. It is asked again whenever keys, certificates or the lockdown
   * change, and as time passes; once it has lapsed the exchange is broken off.
   */
  asLongAs(condition: () => Lapse | null): void;
}

/** That something is not so any more which had let an exchange in. */
export interface Lapse {
  readonly what: 'key' | 'certificate' | 'lockdown';
  /** When it was taken away, in milliseconds since 1970; null where it has run out by itself. */
  readonly since: number | null;
  /** What the client is told. */
  readonly denial: Denial;
}

/** Why an exchange was broken off from outside. The client is told `denial`, if it is still there. */
export class Interruption extends Error {
  readonly ending: Ending;
  readonly denial: Denial | null;
  /** Where a condition has lapsed: which. */
  readonly lapse: Lapse | null;
  constructor(ending: Ending, denial: Denial | null, lapse: Lapse | null = null) {
    super(`the exchange was broken off: ${ending}`);
    this.name = 'Interruption';
    this.ending = ending;
    this.denial = denial;
    this.lapse = lapse;
  }
}

/**
 * One step up the ladder. `run` is a property, not a method: methods are bivariant in TypeScript
 * and a wrong order would compile.
 */
export interface Stage<In extends Arrived, Out extends In> {
  readonly name: string;
  readonly run: (x: In, io: Io) => Promise<Out>;
}

/** Stages in a row, each taking what the one before returns. */
export interface Pipeline<Out extends Arrived> {
  readonly stages: readonly string[];
  /** Adds a stage at the end. */
  readonly through: <Next extends Out>(stage: Stage<Out, Next>) => Pipeline<Next>;
  /** Walks the stages until one refuses. Never rejects: whatever is thrown becomes a Denial. */
  readonly walk: (arrived: Arrived, io: Io) => Promise<Walk<Out>>;
}

/** How far an exchange got: all the way, or to the stage that refused. */
export type Walk<Out extends Arrived> =
  | { readonly done: Out; readonly denial: null }
  | { readonly done: Reached; readonly denial: Denial };

type AnyStage = Stage<never, never>;

function row<Out extends Arrived>(stages: readonly AnyStage[]): Pipeline<Out> {
  return {
    stages: stages.map((stage) => stage.name),
    through: (stage) => row([...stages, stage as unknown as AnyStage]),
    async walk(arrived, io) {
      let reached: Arrived = arrived;
      try {
        for (const stage of stages) {
          io.signal.throwIfAborted();
          reached = await stage.run(reached as never, io);
        }
        return { done: reached as Out, denial: null };
      } catch (thrown) {
        return { done: reached, denial: asDenial(thrown) };
      }
    },
  };
}

/** The empty pipeline: what has arrived. */
export const pipeline = (): Pipeline<Arrived> => row<Arrived>([]);
