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
  /** The key that takes its place, by its id, once there is one. */
  readonly replacedBy?: string | undefined;
}

/** What is remembered of a key, so that a change to any of its members is noticed. */
export interface KnownKey extends Omit<KeyFacts, 'replacedBy'> {
  readonly replacedBy?: string;
  /** Its other members by name: SHA-256 of the value as canonical JSON, hex. */
  readonly rest: Readonly<Record<string, string>>;
}

/**
 * @param key may have any other members. Of the hash of the secret, too, only a hash is kept: enough to see that the
 * key was exchanged for another under the same id
 */
export function knownKey(key: KeyFacts): KnownKey {
  const { id, team, app, env, role, expiresAt, revokedAt, replacedBy, ...others } = key;
  const rest = Object.entries(others as Record<string, Json>).map(
    ([name, value]) => [name, hash('sha256', canonicalJson(value), 'hex')] as const,
  );
  const facts = { id, team, app, env, role, expiresAt, revokedAt, rest: Object.fromEntries(rest.sort()) };
  // Left out rather than null: the digest of a key that has none is the same as before there was this member.
  return replacedBy === undefined ? facts : { ...facts, replacedBy };
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
  const isRotated = before?.replacedBy === undefined && key.replacedBy !== undefined;
  const isRevoked = (before?.revokedAt ?? null) === null && key.revokedAt !== null;
  const ends = [...(isRotated ? [rotated(key)] : []), ...(isRevoked ? [revoked(key)] : [])];
  if (!before) return [{ event: 'key.issued', ...about(key) }, ...ends];
  // A rotation makes the life of the old key shorter, never longer.
  const isCut = isRotated && Date.parse(key.expiresAt) < Date.parse(before.expiresAt);
  const told: Readonly<Record<string, boolean>> = { revokedAt: isRevoked, replacedBy: isRotated, expiresAt: isCut };
  const [was, is] = [membersOf(before), membersOf(key)];
  const changed = [...new Set([...Object.keys(was), ...Object.keys(is)])]
    .filter((name) => was[name] !== is[name] && !told[name])
    .sort();
  return [...(changed.length > 0 ? [{ event: 'key.changed' as const, ...about(key), changed }] : []), ...ends];
}

const membersOf = ({ id: _, rest, ...facts }: KnownKey): Record<string, unknown> => ({ ...rest, ...facts });

const about = ({ id, team, app, env, role, expiresAt }: KnownKey) => ({ keyId: id, team, app, env, role, expiresAt });

const revoked = (key: KnownKey): AuditEvent => ({ event: 'key.revoked', ...about(key) });

const rotated = (key: KnownKey): AuditEvent => ({
  event: 'key.rotated',
  ...about(key),
  replacedBy: String(key.replacedBy),
});
