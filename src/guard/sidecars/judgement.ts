/** What a side-car is asked to judge, and what it says. */
import type { Kind } from '../../core/policy.ts';
import type { Direction } from '../policy.ts';

export interface Text {
  /** Which text it is: `messages.2.content`. */
  readonly channel: string;
  readonly text: string;
}

/** For whom. */
export interface Asked {
  readonly requestId: string;
  readonly direction: Direction;
  readonly signal: AbortSignal;
}

/** Something a side-car saw. */
export interface SidecarMatch {
  /** Index in the texts that were judged. */
  readonly text: number;
  /** `sidecar.NAME.person` */
  readonly rule: string;
  readonly kind: Kind;
  /** What stands in its place: `[PERSON_REDACTED]`. */
  readonly label: string;
  /** Offsets in UTF-16 code units of that text, `end` excluded; never through a surrogate pair. */
  readonly start: number;
  readonly end: number;
}
