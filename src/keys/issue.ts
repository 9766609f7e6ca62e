/** New keys. What is made here is not stored yet: each function takes the keys as they are and returns them as they will be. */
import type { SharedDocument } from '../core/document/document.ts';
import { changing } from '../core/document/step.ts';
import { Fault } from '../core/fault.ts';
import { mintKey } from './format.ts';
import { type KeyRecord, type KeyRules, type KeyTable, keyRecord } from './record.ts';

/** What has to be decided about a key; everything else follows. */
export type KeyAbout = Omit<KeyRecord, 'id' | 'hash' | 'issuedAt' | 'expiresAt' | 'revokedAt' | 'replacedBy'>;

/** How long a key lives unless somebody asks for something else: 90 days, in milliseconds. */
export const USUAL_TTL_MS = 90 * 86_400_000;

export interface Issued {
  /** The keys with the new one among them. */
  readonly table: KeyTable;
  /** The key itself. It is in no other place: whoever asked for it is the only one to see it. */
  readonly key: string;
  readonly record: KeyRecord;
}

/** That something was asked for which no key can have. */
export class KeyInvalid extends Fault {
  /** What is wrong: a member of the record, such as `role`; `ttl` or `overlap`. */
  readonly member: string;
  /** What to do about it, without a full stop. */
  readonly hint: string;
  constructor(member: string, hint: string) {
    super('key_invalid', `There can be no such key: ${member}: ${hint}.`);
    this.name = 'KeyInvalid';
    this.member = member;
    this.hint = hint;
  }
}

/**
 * Makes a key and its record.
 * @param ttlMs how long it lives, in milliseconds
 */
export function newKey(about: KeyAbout, ttlMs: number, now: Date = new Date()): { key: string; record: KeyRecord } {
  const { id, key, hash } = mintKey();
  const expiresAt = new Date(now.getTime() + ttlMs).toISOString();
  return { key, record: { ...about, id, hash, issuedAt: now.toISOString(), expiresAt, revokedAt: null } };
}

/**
 * Adds a new key to a table.
 * @param ttlMs how long it lives, in milliseconds; undefined: 90 days, or as long as the rules allow if that is less
 * @throws KeyInvalid  what would not be read again is not made
 */
export function issued(
  table: KeyTable,
  about: KeyAbout,
  ttlMs: number | undefined,
  { maxTtlMs }: Pick<KeyRules, 'maxTtlMs'>,
  now: Date = new Date(),
): Issued {
  const life = ttlMs ?? Math.min(USUAL_TTL_MS, maxTtlMs);
  if (!(Number.isSafeInteger(life) && life > 0 && life <= maxTtlMs)) {
    throw new KeyInvalid('ttl', `a key lives for ${daysIn(maxTtlMs)} at most (keys.maxTtlDays)`);
  }
  // There are 36^10 ids. That two are alike is next to impossible, and would put one key in the place of another.
  let made = newKey(about, life, now);
  while (table.has(made.record.id)) made = newKey(about, life, now);
  const { data: record, error } = keyRecord.safeParse(made.record);
  if (error) {
    const [issue] = error.issues;
    // What zod says of a member that nobody knows names it, and stands at no path.
    throw new KeyInvalid(String(issue?.path[0] ?? 'key'), issue?.message ?? 'it cannot be stored');
  }
  return { table: new Map(table).set(record.id, record), key: made.key, record };
}

/**
 * Stores what a step makes of the newest keys.
 * @param step {@link issued}, rotated or revoked (rotate.ts)
 * @returns what the step that was stored has returned
 * @throws Fault  those of the document, and those of the step
 */
export const stored = <Result extends { readonly table: KeyTable }>(
  keys: Pick<SharedDocument<KeyTable>, 'change'>,
  step: (table: KeyTable) => Result,
): Promise<Result> =>
  changing(keys, (table) => {
    const result = step(table);
    return [result.table, result];
  });

const daysIn = (ms: number): string => {
  const days = Math.round((ms / 86_400_000) * 100) / 100;
  return days === 1 ? '1 day' : `${days} days`;
};
