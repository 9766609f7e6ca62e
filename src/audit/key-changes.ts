/** What the records say of API keys: who was given one, who lost it, and whose may do something else than before. */
import { hash } from 'node:crypto';
import type { Role } from '../core/exchange.ts';
import { canonicalJson, type Json } from '../core/json.ts';
import type { AuditEvent } from './events.ts';

/** What a record may say of a key. */
export interface KeyFacts {
  readonly id: string;
  readonly team: string;
  readonly app: string;
  readonly env: string;
  readonly role: Role;
  readonly expiresAt: string;
  readonly revokedAt: string | null;
}

/** What is remembered of a key, so that a change to any of its members is noticed. */
export interface KnownKey extends KeyFacts {
  /** Its other members by name: SHA-256 of the value as canonical JSON, hex. */
  readonly rest: Readonly<Record<string, string>>;
}

/**
 * @param key may have any other members. Of the hash of the secret, too, only a hash is kept: enough to see that the
 * key was exchanged for another under the same id
 */
export function knownKey(key: KeyFacts): KnownKey {
  const { id, team, app, env, role, expiresAt, revokedAt, ...others } = key;
  const rest = Object.entries(others as Record<string, Json>).map(
    ([name, value]) => [name, hash('sha256', canonicalJson(value), 'hex')] as const,
  );
  return { id, team, app, env, role, expiresAt, revokedAt, rest: Object.fromEntries(rest.sort()) };
}

/** That these are the keys: a digest of all that is remembered of them, so that a change without its records shows. */
export const keysRecord = (keys: KnownKeys): Extract<AuditEvent, { event: 'keys.loaded' }> => ({
  event: 'keys.loaded',
  keys: keys.size,
  keysSha256: hash('sha256', canonicalJson([...keys.values()].sort(byId) as unknown as Json), 'hex'),
});
const byId = (a: KnownKey, b: KnownKey): number => (a.id < b.id ? -1 : 1);

/** Keys by id. */
export type KnownKeys = ReadonlyMap<string, KnownKey>;

/** What happened between two states of the key table. A key that is gone counts as revoked. */
export const keyChanges = (before: KnownKeys, after: KnownKeys): AuditEvent[] => [
  ...[...before.values()].filter(({ id, revokedAt }) => revokedAt === null && !after.has(id)).map(revoked),
  ...[...after.values()].flatMap((key) => changesOf(before.get(key.id), key)),
];

function changesOf(before: KnownKey | undefined, key: KnownKey): AuditEvent[] {
  if (!before) return [{ event: 'key.issued', ...about(key) }, ...(key.revokedAt === null ? [] : [revoked(key)])];
  const isRevoked = before.revokedAt === null && key.revokedAt !== null;
  const [was, is] = [membersOf(before), membersOf(key)];
  const changed = [...new Set([...Object.keys(was), ...Object.keys(is)])]
    .filter((name) => was[name] !== is[name] && !(isRevoked && name === 'revokedAt'))
    .sort();
  return [
    ...(changed.length > 0 ? [{ event: 'key.changed' as const, ...about(key), changed }] : []),
    ...(isRevoked ? [revoked(key)] : []),
  ];
}

const membersOf = ({ id: _, rest, ...facts }: KnownKey): Record<string, unknown> => ({ ...rest, ...facts });

const about = ({ id, team, app, env, role, expiresAt }: KnownKey) => ({ keyId: id, team, app, env, role, expiresAt });

const revoked = (key: KnownKey): AuditEvent => ({ event: 'key.revoked', ...about(key) });
