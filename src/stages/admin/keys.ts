/** What the keys API does. */
import { bodyOf, durationMs, refusalOf } from '../../admin/bodies.ts';
import { Denial } from '../../core/denial.ts';
import type { SharedDocument } from '../../core/document/document.ts';
import type { Entered } from '../../core/exchange.ts';
import { globMatches } from '../../core/glob.ts';
import type { Io } from '../../core/pipeline.ts';
import { type Issued, issued, type KeyAbout, KeyInvalid } from '../../keys/issue.ts';
import { type KeyRecord, type KeyRules, type KeyTable, stateOf, withoutHash } from '../../keys/record.ts';
import { revoked, rotated } from '../../keys/rotate.ts';
import { changed, reliable } from './changed.ts';

export interface KeysAdministration {
  readonly keys: SharedDocument<KeyTable>;
  readonly keyRules: KeyRules;
  readonly usage: { lastUsed(keyId: string): Date | null };
  /** Names of the profiles that a key may carry. */
  readonly profiles: readonly string[];
}

/** How long a key that was rotated goes on working, unless it is asked otherwise. */
const USUAL_OVERLAP = '24h';

/** A key as the API shows it: all but its hash, with how it stands. */
const shown = (record: KeyRecord, d: KeysAdministration) => ({
  ...withoutHash(record),
  state: stateOf(record, new Date(), d.keyRules.maxTtlMs),
  lastUsed: d.usage.lastUsed(record.id)?.toISOString() ?? null,
});

export const listKeys = (d: KeysAdministration) => ({
  keys: [...reliable(d.keys).values()].map((record) => shown(record, d)),
});

/** @throws Denial `unknown_key` */
export function getKey(id: string, d: KeysAdministration) {
  const record = reliable(d.keys).get(id);
  if (!record) throw new Denial('unknown_key');
  return shown(record, d);
}

/**
 * @returns the record, and the key itself, which is in no other place
 * @throws Denial `invalid_parameter`, `role_not_allowed`, `keys_unavailable`
 */
export function issueKey(x: Entered, d: KeysAdministration, io: Io) {
  const {
    team,
    app,
    env,
    role = 'inference',
    models = ['*'],
    client = app,
    ttl,
    profile,
    ...rest
  } = bodyOf('keys.issue', x.fields);
  if (d.keyRules.env !== null && env !== d.keyRules.env) {
    const message = 'this gateway refuses keys of other environments than its own';
    throw refusalOf({ path: ['env'], message });
  }
  if (profile !== undefined && !d.profiles.includes(profile)) {
    throw refusalOf({ path: ['profile'], message: 'use the name of a profile of the configuration' });
  }
  const { guardrails, ...members } = rest;
  const guards = { ...(profile === undefined ? {} : { profile }), ...guardrails };
  const about: KeyAbout = {
    ...members,
    ...{ team, app, env, role, models, client },
    ...(Object.keys(guards).length === 0 ? {} : { guardrails: guards }),
  };
  if (isOwn(x, about)) throw notToOneself();
  const ttlMs = ttl === undefined ? undefined : durationMs(ttl);
  return made(x, d, io, (table) => issued(table, about, ttlMs, d.keyRules));
}

/**
 * @throws Denial `unknown_key`; `conflict` if the key has ended or was replaced already; `invalid_parameter`,
 * `role_not_allowed`, `keys_unavailable`
 */
export function rotateKey(x: Entered, d: KeysAdministration, io: Io) {
  const id = x.operation.parameters['id']!;
  const { overlap = USUAL_OVERLAP, ttl } = bodyOf('keys.rotate', x.fields);
  const times = { overlapMs: durationMs(overlap), ttlMs: ttl === undefined ? undefined : durationMs(ttl) };
  return made(x, d, io, (table) => {
    // Whoever rotates a key gets to see the new one: with a role that it has not got itself, that would be a way to it.
    const old = table.get(id);
    if (old && isOwn(x, old) && !x.operator.roles.includes(old.role)) throw notToOneself();
    return rotated(table, id, times, d.keyRules);
  });
}

/** Revokes a key; one that is revoked stays as it is. @throws Denial `unknown_key`, `keys_unavailable` */
export async function revokeKey(x: Entered, d: KeysAdministration, { signal }: Io) {
  const id = x.operation.parameters['id']!;
  const step = (table: KeyTable) => {
    mustStand(x, table);
    const { table: after, record } = revoked(table, id);
    return [after, record] as const;
  };
  return shown(await changed(d.keys, step, signal), d);
}

/** Asked of the very keys that are changed: what this process knows of the operator's own may be older. */
function mustStand({ operator }: Entered, table: KeyTable): void {
  if (operator.kind === 'key' && table.get(operator.id)?.revokedAt !== null)
    throw new Denial('invalid_api_key', { reason: 'revoked', keyId: operator.id });
}

async function made(x: Entered, d: KeysAdministration, { signal }: Io, make: (table: KeyTable) => Issued) {
  const step = (table: KeyTable) => {
    mustStand(x, table);
    const issued = orRefusal(() => make(table));
    return [issued.table, issued] as const;
  };
  const { key, record } = await changed(d.keys, step, signal);
  return { key, ...shown(record, d) };
}

function orRefusal(make: () => Issued): Issued {
  try {
    return make();
  } catch (error) {
    throw error instanceof KeyInvalid ? refusalOf({ path: [error.member], message: error.hint }) : error;
  }
}

/** Whether a key would work with the certificate of whoever asks for it. */
const isOwn = (x: Entered, { client }: Pick<KeyRecord, 'client'>): boolean => globMatches(client, x.client.name);

const notToOneself = (): Denial =>
  new Denial('role_not_allowed', {
    detail: 'Nobody makes a key that works with a certificate of their own. Name another client, or ask somebody else.',
  });
