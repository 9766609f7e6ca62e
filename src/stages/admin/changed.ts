import { Denial } from '../../core/denial.ts';
import type { SharedDocument } from '../../core/document/document.ts';
import { Fault } from '../../core/fault.ts';

/** Faults that say something of the request, and not of the store. */
const REFUSALS = { key_not_found: 'unknown_key', key_not_usable: 'conflict' } as const;

/**
 * Changes a document for an operator, who is told what a person at the command line would be told by a fault.
 * @throws Denial what `update` throws; `unknown_key`, `conflict`; `keys_unavailable` where the store is at fault
 */
export async function changed<T>(document: SharedDocument<T>, update: (value: T) => T): Promise<T> {
  try {
    return await document.change(update);
  } catch (error) {
    if (error instanceof Denial || !(error instanceof Fault)) throw error;
    const code = Object.hasOwn(REFUSALS, error.code)
      ? REFUSALS[error.code as keyof typeof REFUSALS]
      : 'keys_unavailable';
    throw new Denial(code, { cause: error });
  }
}
