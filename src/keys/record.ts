/** What is stored of an API key, and the file that stores it: `{"version": 1, "keys": […]}`. */
import { z } from 'zod';
import { ROLES } from '../core/exchange.ts';
import { allOptional, limitsShape, PROFILE_NAME, someGuardrails } from '../core/policy.ts';
import { ID_PATTERN } from './format.ts';
import { areHours } from './hours.ts';
import { isNetwork } from './networks.ts';

const DAY_MS = 86_400_000;

/** No record may say that its key lives longer, in milliseconds. How long it really lives: {@link KeyRules}. */
export const MAX_TTL_MS = 366 * DAY_MS;

/** What holds for every key, whatever its record says. */
export interface KeyRules {
  /** Keys of other environments are refused; null: keys of all are good. */
  readonly env: string | null;
  /** A key ends so long after it was issued, in milliseconds, unless its record ends it before. */
  readonly maxTtlMs: number;
}

export const NAME_PATTERN = /^[a-zA-Z0-9._-]{1,64}$/;

const printable = z.string().regex(/^[^\p{C}\p{Zl}\p{Zp}]{1,2048}$/u, 'use 1 to 2048 printable characters');
const owner = z.string().regex(/^[^\p{C}\p{Zl}\p{Zp}]{1,256}$/u, 'use 1 to 256 printable characters');
const name = z.string().regex(NAME_PATTERN, 'use 1 to 64 letters, digits, dots, hyphens or underscores');
const id = z.string().regex(ID_PATTERN, 'use 10 digits or lower-case letters');
/** RFC 3339, in UTC. */
const time = z.iso.datetime();

/** What a key's own record may say instead of the gateway's settings. */
const limits = z.strictObject(allOptional(limitsShape));
const guardrails = z.strictObject({
  /** A profile of the configuration; what stands beside it changes the profile. */
  profile: z.string().regex(PROFILE_NAME, 'use the name of a profile: letters, digits, dots, hyphens').exactOptional(),
  ...someGuardrails,
});

export const keyRecord = z
  .strictObject({
    id,
    /** SHA-256 of the key, hex. */
    hash: z.string().regex(/^[0-9a-f]{64}$/, 'use a SHA-256 in hex'),
    team: name,
    app: name,
    env: name,
    role: z.enum(ROLES, `use one of ${ROLES.join(', ')}`),
    /** Model names; `*` stands for any run of characters. */
    models: z.array(printable).min(1),
    /** Pattern over the name of the client certificate; `*` stands for any run of characters. */
    client: printable,
    issuedAt: time,
    expiresAt: time,
    revokedAt: time.nullable(),
    /** Whom to ask about it: a person or a mailbox. */
    owner: owner.exactOptional(),
    /** Addresses and networks that it may be used from; missing: from everywhere. */
    networks: z
      .array(z.string().refine(isNetwork, 'use addresses or networks, as in 10.1.0.0/16 or 2001:db8::/32'))
      .min(1, 'name at least one address or network')
      .exactOptional(),
    /** The id of the key that takes its place. */
    replacedBy: id.exactOptional(),
    /** When it may be used; missing: at any time. */
    hours: z
      .string()
      .refine(
        areHours,
        'write days, a span and a time zone, as in "mon-fri 08:00-18:00 Europe/Berlin"; the whole day is 00:00-24:00',
      )
      .exactOptional(),
    limits: limits.exactOptional(),
    guardrails: guardrails.exactOptional(),
  })
  .refine(
    // A key that was replaced may have ended at once, by a clock that is behind the one it was issued by.
    ({ issuedAt, expiresAt, replacedBy }) => replacedBy !== undefined || Date.parse(expiresAt) > Date.parse(issuedAt),
    { path: ['expiresAt'], error: 'a key must expire after it was issued' },
  )
  .refine(({ issuedAt, expiresAt }) => Date.parse(expiresAt) - Date.parse(issuedAt) <= MAX_TTL_MS, {
    path: ['expiresAt'],
    error: 'a key may live for 366 days at most',
  });

export type KeyRecord = z.infer<typeof keyRecord>;

/** All of a record that may be shown. */
export const withoutHash = ({ hash: _, ...shown }: KeyRecord): Omit<KeyRecord, 'hash'> => shown;

/** When a key ends: as its record says, or before, if it was issued for longer than is allowed by now. */
export const endOf = ({ issuedAt, expiresAt }: Pick<KeyRecord, 'issuedAt' | 'expiresAt'>, maxTtlMs: number): Date =>
  new Date(Math.min(Date.parse(expiresAt), Date.parse(issuedAt) + maxTtlMs));

export const KEY_STATES = ['active', 'replaced', 'not yet', 'expired', 'revoked'] as const;
export type KeyState = (typeof KEY_STATES)[number];

/** Clocks of hosts that issue keys may be ahead of this one by so much: five minutes, in milliseconds. */
const CLOCK_SKEW_MS = 5 * 60_000;

export const isIssued = ({ issuedAt }: KeyRecord, now: Date): boolean =>
  Date.parse(issuedAt) <= now.getTime() + CLOCK_SKEW_MS;

/** How a key stands at a moment. One that was replaced works until its end, and is expired from then on. */
export function stateOf(key: KeyRecord, now: Date, maxTtlMs: number): KeyState {
  if (key.revokedAt !== null) return 'revoked';
  if (now >= endOf(key, maxTtlMs)) return 'expired';
  if (!isIssued(key, now)) return 'not yet';
  return key.replacedBy === undefined ? 'active' : 'replaced';
}

/** Keys by id. */
export type KeyTable = ReadonlyMap<string, KeyRecord>;

export const keysFile = z.strictObject({
  version: z.literal(1),
  keys: z.array(keyRecord).refine((keys) => new Set(keys.map(({ id }) => id)).size === keys.length, {
    error: 'two keys have the same id',
  }),
});

export const tableOf = (keys: readonly KeyRecord[]): KeyTable => new Map(keys.map((key) => [key.id, key]));
