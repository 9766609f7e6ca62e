/** The bodies of the administration API: their members, and nothing else. */
import { z } from 'zod';
import { Denial } from '../core/denial.ts';
import { ROLES } from '../core/exchange.ts';
import type { JsonObject } from '../core/json.ts';
import { allOptional, limitsShape, PROFILE_NAME, someGuardrails } from '../core/policy.ts';

/** Bytes that a body of this API has at most; keys have the longest, with their networks and limits. */
export const MAX_BODY_BYTES = 64 * 1024;

const UNITS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const DURATION = /^(\d{1,6})([mhd])$/;
const duration = z.string().regex(DURATION, 'write minutes, hours or days, as in 30m, 12h or 90d');

/** `90d`, `12h` or `30m` in milliseconds; the text is one that a body was found to have. */
export function durationMs(text: string): number {
  const [, amount, unit] = DURATION.exec(text)!;
  return Number(amount) * UNITS[unit as keyof typeof UNITS];
}

const NAME = 'use 1 to 64 letters, digits, dots, hyphens or underscores';
const name = z.string(NAME).regex(/^[a-zA-Z0-9._-]{1,64}$/, NAME);
const printable = z.string().regex(/^[^\p{C}\p{Zl}\p{Zp}]{1,2048}$/u, 'use 1 to 2048 printable characters');
const SAY_WHY = 'say why in 1 to 256 printable characters';
const some = z.array(printable).min(1).max(1000);

/**
 * By the operations that have one. What only a record of a key can judge, such as hours and networks, is judged when it
 * is made.
 */
const BODIES = {
  'keys.issue': z.strictObject({
    team: name,
    app: name,
    env: name,
    role: z.enum(ROLES, `use one of ${ROLES.join(', ')}`).exactOptional(),
    models: some.exactOptional(),
    client: printable.exactOptional(),
    owner: printable.exactOptional(),
    hours: printable.exactOptional(),
    networks: some.exactOptional(),
    ttl: duration.exactOptional(),
    profile: z.string().regex(PROFILE_NAME, 'use the name of a profile').exactOptional(),
    limits: z.strictObject(allOptional(limitsShape)).exactOptional(),
    guardrails: z.strictObject(someGuardrails).exactOptional(),
  }),
  'keys.rotate': z.strictObject({ overlap: duration.exactOptional(), ttl: duration.exactOptional() }),
  'lockdown.set': z.strictObject({
    on: z.boolean(),
    reason: z
      .string(SAY_WHY)
      .regex(/^[^\p{C}\p{Zl}\p{Zp}]{1,256}$/u, SAY_WHY)
      .exactOptional(),
  }),
} as const;

export type OperationWithBody = keyof typeof BODIES;
export type BodyOf<Name extends OperationWithBody> = z.infer<(typeof BODIES)[Name]>;

export const hasBody = (operation: string): operation is OperationWithBody => Object.hasOwn(BODIES, operation);

/**
 * The members of a body, checked. Checking what was checked before gives the same.
 * @throws Denial `unknown_parameter`, `invalid_parameter`, each with `param`
 */
export function bodyOf<Name extends OperationWithBody>(operation: Name, fields: JsonObject): BodyOf<Name> {
  const { data, error } = BODIES[operation].safeParse(fields);
  if (!error) return data as BodyOf<Name>;
  throw refusalOf(error.issues[0]!);
}

/** What is wrong with a value, as a refusal that names the member and not what stood there. */
export function refusalOf({
  path,
  ...issue
}: Pick<z.core.$ZodIssue, 'path' | 'message'> & { keys?: string[] }): Denial {
  const at = path.map(String);
  if (issue.keys) return new Denial('unknown_parameter', { param: [...at, issue.keys[0]].join('.').slice(0, 200) });
  const { message } = issue;
  const detail = `${message.charAt(0).toUpperCase()}${message.slice(1)}.`;
  return new Denial('invalid_parameter', { param: at.join('.').slice(0, 200), detail });
}
