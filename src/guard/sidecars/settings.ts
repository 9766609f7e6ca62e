import type { Kind } from '../../core/policy.ts';
import type { Direction } from '../policy.ts';

/** One side-car, as it is configured. */
export interface SidecarSettings {
  /** Part of the names of its rules: `sidecar.NAME.person`. */
  readonly name: string;
  readonly kind: 'sallyport' | 'presidio' | 'classifier';
  /** Where it is asked: `https://host/path`, `http://127.0.0.1:3000/path` or `unix:/path/to.sock:/path`. */
  readonly url: string;
  /** PEM file of the CAs that may have issued its certificate; null means those that Node knows. */
  readonly caFile: string | null;
  readonly on: readonly Direction[];
  /** Longest wait for one answer, with the wait for a free connection, in milliseconds. */
  readonly timeoutMs: number;
  readonly whenItFails: 'block' | 'flag';
  /** Findings with a lower score are none. 0 to 1. */
  readonly threshold: number;
  /** Language that Presidio is to assume, ISO 639-1. */
  readonly language: string;
  /** What its own labels mean here; see presidio.ts and classifier.ts for labels that are not named. */
  readonly labels: Readonly<Record<string, Kind | 'off'>>;
  /** Most characters of text in one request, in UTF-16 code units; null means the default of its kind. */
  readonly maxChars: number | null;
}
