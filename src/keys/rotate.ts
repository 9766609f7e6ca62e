/** How keys end: by another that takes their place, or by revocation. Nothing is stored here; see issue.ts. */
import { Fault } from '../core/fault.ts';
import { type Issued, issued, KeyInvalid } from './issue.ts';
import { endOf, type KeyRecord, type KeyRules, type KeyTable, stateOf } from './record.ts';

export interface Rotated extends Issued {
  /** The record of the key before, with its new end. */
  readonly replaced: KeyRecord;
}

/**
 * Puts a new key in the place of another: with the same scopes and limits, and a life as long as the other's was. Both
 * work until the overlap is over, so that no client has to change at a given moment.
 * @param overlapMs how long the key before goes on working, in milliseconds, unless it ends sooner; 0 ends it at once
 * @param ttlMs     how long the new one lives, in milliseconds
 * @throws Fault `key_not_found`, or `key_not_usable` if the key has been revoked or replaced, or has expired; KeyInvalid
 */
export function rotated(
  table: KeyTable,
  id: string,
  { overlapMs, ttlMs }: { readonly overlapMs: number; readonly ttlMs?: number | undefined },
  rules: Pick<KeyRules, 'maxTtlMs'>,
  now: Date = new Date(),
): Rotated {
  if (!(Number.isSafeInteger(overlapMs) && overlapMs >= 0)) {
    throw new KeyInvalid('overlap', 'use a time, or 0 to end the other key at once');
  }
  const old = found(table, id);
  const state = stateOf(old, now, rules.maxTtlMs);
  if (old.replacedBy !== undefined || state === 'revoked' || state === 'expired') {
    const why = state === 'revoked' ? 'was revoked' : state === 'expired' ? 'has expired' : 'was replaced already';
    throw new Fault('key_not_usable', `Key ${id} ${why}. Issue a new one.`, { exitCode: 1 });
  }
  const { id: _, hash, issuedAt, expiresAt, revokedAt, replacedBy, ...about } = old;
  const life = ttlMs ?? Math.min(Date.parse(expiresAt) - Date.parse(issuedAt), rules.maxTtlMs);
  const made = issued(table, about, life, rules, now);
  const end = Math.min(endOf(old, rules.maxTtlMs).getTime(), now.getTime() + overlapMs);
  const replaced = { ...old, expiresAt: new Date(end).toISOString(), replacedBy: made.record.id };
  return { ...made, table: new Map(made.table).set(id, replaced), replaced };
}

export interface Revoked {
  readonly table: KeyTable;
  readonly record: KeyRecord;
  /** Whether it had been revoked before. */
  readonly already: boolean;
}

/**
 * Revokes a key. The first revocation is the one that counts: its time is evidence.
 * @throws Fault `key_not_found`
 */
export function revoked(table: KeyTable, id: string, now: Date = new Date()): Revoked {
  const before = found(table, id);
  if (before.revokedAt !== null) return { table, record: before, already: true };
  const record = { ...before, revokedAt: now.toISOString() };
  return { table: new Map(table).set(id, record), record, already: false };
}

function found(table: KeyTable, id: string): KeyRecord {
  const record = table.get(id);
  if (!record)
    throw new Fault('key_not_found', `There is no key ${id}. "sallyport keys list" shows all.`, { exitCode: 1 });
  return record;
}
