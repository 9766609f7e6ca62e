/** A checkpoint among others, with the line that it was read from. */
import { isObject } from '../../core/json.ts';
import { isHash } from '../format/chain.ts';
import type { Statement } from '../format/checkpoint.ts';

/** One line that holds a checkpoint: as the log gave it out, or as a witness did. */
export interface Entry extends Statement {
  /** Without its newline. */
  readonly line: string;
}

/** What a line says; null if it holds none. */
export function readEntry(line: string): Entry | null {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return null;
  }
  if (!isObject(value)) return null;
  const { origin, size, head } = value;
  const wellFormed = isHash(origin) && isHash(head) && Number.isSafeInteger(size) && (size as number) > 0;
  return wellFormed ? { origin, size: size as number, head, line } : null;
}
