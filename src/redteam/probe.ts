/** One attempt on the guards, and what came of it. */
import type { EndpointName } from '../core/exchange.ts';
import type { Finding } from '../core/reply.ts';

/** What a probe is made of: the dimensions that results are counted by. */
interface About {
  /** Stands for the text, however many lines are added to the suite around it. */
  readonly id: string;
  readonly family: string;
  /** The line of the suite, before values were put in and before it was disguised. */
  readonly line: string;
  readonly disguise: string;
  /** Where in the request or the answer the text stands. */
  readonly place: string;
  /** How the request is written or the answer cut into pieces. */
  readonly delivery: string;
  /** What must not go on: personal data, a credential, a system prompt, in the form in which it was sent. */
  readonly values: readonly string[];
}

/** A request. */
export interface InputProbe extends About {
  readonly direction: 'input';
  readonly endpoint: EndpointName;
  /** The body of the request, JSON. */
  readonly body: string;
}

/** An answer of a model server, with the request that it answers. */
export interface OutputProbe extends About {
  readonly direction: 'output';
  readonly endpoint: EndpointName;
  readonly body: string;
  readonly stream: boolean;
  /** What the model server sends, as it arrives. */
  readonly pieces: readonly Uint8Array[];
  /** The text as the client should get it if nothing were found in it. */
  readonly text: string;
}

export type Probe = InputProbe | OutputProbe;

/** `failed`: neither let through nor refused by a guard, which is a fault of the gateway or of the suite. */
export type Outcome = 'blocked' | 'redacted' | 'flagged' | 'passed' | 'failed';

/** What a target did with a probe. */
export interface Verdict {
  readonly outcome: Outcome;
  /** What was found, as far as the target tells. */
  readonly found: readonly Pick<Finding, 'rule' | 'kind'>[];
  /** What went on, to the model server or to the client; null if the target does not show it. */
  readonly sent: string | null;
  /** Why it failed. */
  readonly detail?: string;
}

/** What is attacked: this program's own guards, or a gateway that runs. */
export interface Target {
  readonly ask: (probe: InputProbe) => Promise<Verdict>;
  /** Null where nobody can tell the model what to answer. */
  readonly answer: ((probe: OutputProbe) => Promise<Verdict>) | null;
  /** How many probes may run at once. */
  readonly concurrency: number;
}
