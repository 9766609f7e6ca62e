/** What both listeners are made with. */
import type { Logger } from 'pino';
import type { Evidence } from '../audit/evidence.ts';
import type { Config } from '../config/schema.ts';
import type { SharedDocument } from '../core/document/document.ts';
import type { Metrics, Part } from '../http/metrics.ts';
import type { Serving } from '../http/serve.ts';
import type { Listener } from '../http/server.ts';
import type { KeyRules, KeyTable } from '../keys/record.ts';
import type { UsageLog } from '../keys/usage.ts';
import type { GateState } from '../stages/gate.ts';
import type { Upstreams } from '../upstream/upstreams.ts';
import type { Doors } from './doors.ts';
import type { State } from './state.ts';

export interface Common {
  readonly config: Config;
  readonly log: Logger;
  /** Says on stderr and in the metrics that a part is not well. */
  readonly fault: (part: Part, error: unknown) => void;
  readonly measured: Metrics;
  readonly evidence: Evidence;
  readonly gate: GateState;
  readonly doors: Doors;
  readonly state: State;
  /** The keys, and whether they may be relied on: as the configuration decides where their store fails. */
  readonly keys: SharedDocument<KeyTable>;
  readonly keyRules: KeyRules;
  readonly usage: UsageLog;
  readonly upstreams: Upstreams;
  /** When something was taken away, by the clock of this instance (revocations.ts). */
  readonly since: (said: number) => number;
}

/** A listener, and what is going on behind it. */
export interface Opened {
  readonly listener: Listener;
  readonly serving: Serving;
}
