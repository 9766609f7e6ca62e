/** What is stored of an API key, and the file that stores it: `{"version": 1, "keys": […]}`. */
import { z } from 'zod';
import { ROLES } from '../core/exchange.ts';
import { allOptional, limitsShape, PROFILE_NAME, someGuardrails } from '../core/policy.ts';
import { ID_PATTERN } from './format.ts';
import { areHours } from './hours.ts';

/** No key lives longer: 90 days, in milliseconds. */
export const MAX_TTL_MS = 90 * 86_400_000;

export const NAME_PATTERN = /^[a-zA-Z0-9._-]{1,64}$/;

const printable = z.string().regex(/^[^\p{C}\p{Zl}\p{Zp}]{1,2048}$/u, 'use 1 to 2048 printable characters');
const name = z.string().regex(NAME_PATTERN, 'use 1 to 64 letters, digits, dots, hyphens or underscores');
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
    id: z.string().regex(ID_PATTERN, 'use 10 digits or lower-case letters'),
    /** SHA-256 of the key, hex. */
    hash: z.string().regex(/^[0-9a-f]{64}$/, 'use a SHA-256 in hex'),
    team: name,
    app: name,
    env: name,
    role: z.enum(ROLES),
    /** Model names; `*` stands for any run of characters. */
    models: z.array(printable).min(1),
    /** Pattern over the name of the client certificate; `*` stands for any run of characters. */
    client: printable,
    issuedAt: time,
    expiresAt: time,
    revokedAt: time.nullable(),
    /** When it is expected to be used. At other times it works all the same, and raises an alert. */
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
  .refine(({ issuedAt, expiresAt }) => Date.parse(expiresAt) > Date.parse(issuedAt), {
    path: ['expiresAt'],
    error: 'a key must expire after it was issued',
  })
  .refine(({ issuedAt, expiresAt }) => Date.parse(expiresAt) - Date.parse(issuedAt) <= MAX_TTL_MS, {
    path: ['expiresAt'],
    error: 'a key may live for 90 days at most',
  });

export type KeyRecord = z.infer<typeof keyRecord>;

/** Keys by id. */
export type KeyTable = ReadonlyMap<string, KeyRecord>;

export const keysFile = z.strictObject({
  version: z.literal(1),
  keys: z.array(keyRecord).refine((keys) => new Set(keys.map(({ id }) => id)).size === keys.length, {
    error: 'two keys have the same id',
  }),
});

export const tableOf = (keys: readonly KeyRecord[]): KeyTable => new Map(keys.map((key) => [key.id, key]));
