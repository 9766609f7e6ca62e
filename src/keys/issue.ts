import { mintKey } from './format.ts';
import type { KeyRecord } from './record.ts';

/** What has to be decided about a key; everything else follows. */
export type KeyAbout = Pick<KeyRecord, 'team' | 'app' | 'env' | 'role' | 'models' | 'client' | 'hours' | 'guardrails'>;

/**
 * Makes a key and its record. The key itself is in no other place: whoever calls this is the only one to see it.
 * @param ttlMs how long it lives, in milliseconds
 */
export function newKey(about: KeyAbout, ttlMs: number, now: Date = new Date()): { key: string; record: KeyRecord } {
  const { id, key, hash } = mintKey();
  const expiresAt = new Date(now.getTime() + ttlMs).toISOString();
  return { key, record: { id, hash, ...about, issuedAt: now.toISOString(), expiresAt, revokedAt: null } };
}
