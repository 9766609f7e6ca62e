import { Denial } from '../../core/denial.ts';
import type { SharedDocument } from '../../core/document/document.ts';
import { changing } from '../../core/document/step.ts';
import { Fault } from '../../core/fault.ts';

/** Faults that say something of the request, and not of the store. */
const REFUSALS = {
  key_not_found: { code: 'unknown_key' },
  key_not_usable: {
    code: 'conflict',
    detail: 'The key was revoked or replaced, or has expired. Issue a new one.',
  },
} as const;

/**
 * Changes a document for an operator, who is told what a person at the command line would be told by a fault.
 * @param step    as for `changing`
 * @param signal  that of the exchange: an operator who has lost the right to it changes nothing any more
 * @throws Denial what `step` throws; `unknown_key`, `conflict`; `keys_unavailable` where the store is at fault
 */
export async function changed<T, Result>(
  document: SharedDocument<T>,
  step: (value: T) => readonly [after: T, result: Result],
  signal: AbortSignal,
): Promise<Result> {
  try {
    return await changing(document, step, signal);
  } catch (error) {
    if (error instanceof Denial || !(error instanceof Fault)) throw error;
    const { code, ...detail } = Object.hasOwn(REFUSALS, error.code)
      ? REFUSALS[error.code as keyof typeof REFUSALS]
      : { code: 'keys_unavailable' as const };
    throw new Denial(code, { ...detail, cause: error });
  }
}

/**
 * What a document says, where it can be relied on: that there is nothing must not be read off a store that was never asked.
 * @throws Denial `keys_unavailable`
 */
export function reliable<T>(document: Pick<SharedDocument<T>, 'current' | 'fresh'>): T {
  if (!document.fresh()) throw new Denial('keys_unavailable', { retryAfterMs: 1000 });
  return document.current();
}
