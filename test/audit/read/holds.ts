import { isDeepStrictEqual } from 'node:util';

/** Whether a value of a record stands anywhere in what it was exported as, also in the other units and spellings of exports. */
export function holds(exported: unknown, value: unknown): boolean {
  if (value === null || isDeepStrictEqual(exported, value)) return true;
  if (typeof value === 'number' && exported === value * 1_000_000) return true;
  if (typeof value === 'string') {
    if (exported === value.toUpperCase()) return true;
    if (typeof exported === 'number' && exported === Date.parse(value)) return true;
  }
  return typeof exported === 'object' && exported !== null && Object.values(exported).some((it) => holds(it, value));
}
