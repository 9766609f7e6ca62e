import type { AuditEvent, EventName } from '../events.ts';

export type EventOf<Name extends EventName> = Extract<AuditEvent, { readonly event: Name }>;

/** Looks at an event, remembers what it needs, and returns an alert if there is reason for one. `at`: ms since 1970. */
export type Detector<Name extends EventName> = (event: EventOf<Name>, at: number) => AuditEvent | null;

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** Keys that are watched one by one. Beyond, those that were not used for the longest begin anew. */
export const MOST_KEYS = 10_000;
/** Alerts of one kind about keys, certificates or sinks, in one cool-down. */
export const MOST_SUBJECTS = 1000;

/** What alerts say of a key. */
export interface KeyFields {
  readonly keyId: string;
  readonly team: string;
  readonly app: string;
  readonly env: string;
}

/** What is known of an API key: times as in its record, RFC 3339. */
export interface KeyLife {
  readonly id: string;
  readonly team: string;
  readonly app: string;
  readonly env: string;
  readonly issuedAt: string;
  readonly expiresAt: string;
  readonly revokedAt: string | null;
  /** The key that has taken its place, by its id. */
  readonly replacedBy?: string | undefined;
  /** When it may be used; always if left out. */
  readonly hours?: string | undefined;
}

export const whose = ({ id, team, app, env }: KeyLife): KeyFields => ({ keyId: id, team, app, env });

/** Whose key it was; null if none was accepted. */
export function keyOf({
  keyId,
  team,
  app,
  env,
}: { readonly [Name in keyof KeyFields]: string | null }): KeyFields | null {
  if (keyId === null || team === null || app === null || env === null) return null;
  return { keyId, team, app, env };
}
