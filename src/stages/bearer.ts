/** What a request carries as its credential, and the key that this is, on either listener. */
import { Denial } from '../core/denial.ts';
import type { SharedDocument } from '../core/document/document.ts';
import type { Identified } from '../core/exchange.ts';
import { headerValues } from '../core/headers.ts';
import type { Io } from '../core/pipeline.ts';
import type { KeyRecord, KeyRules, KeyTable } from '../keys/record.ts';
import { standing, verifyKey } from '../keys/verify.ts';

/**
 * What runs goes on so long without anybody knowing whether its key still stands: longer than a store takes to restart, and
 * no longer than that.
 */
const RUNNING_MS = 10_000;

/** The token of `Authorization: Bearer TOKEN` (RFC 6750 §2.1); null if there is none. */
export function bearerToken(x: Identified): string | null {
  const [scheme, token, ...rest] = (headerValues(x, 'authorization')[0] ?? '').split(' ');
  return scheme?.toLowerCase() === 'bearer' && token && rest.length === 0 ? token : null;
}

/**
 * The record of the key that the request carries; the exchange goes on as long as that key would be let in.
 * @throws Denial `invalid_api_key`, one answer for every reason; `keys_unavailable`
 */
export function verifiedKey(
  x: Identified,
  io: Pick<Io, 'asLongAs'>,
  keys: Pick<SharedDocument<KeyTable>, 'current' | 'fresh'>,
  rules: KeyRules,
): KeyRecord {
  // Before the key is looked at: it must not show whether it would have been a good one.
  if (!keys.fresh()) throw new Denial('keys_unavailable', { retryAfterMs: 1000 });
  const from = { client: x.client.name, remote: x.remote };
  const verified = verifyKey(bearerToken(x), { ...from, now: x.arrivedAt }, keys.current(), rules);
  if (!verified.ok) throw new Denial('invalid_api_key', { reason: verified.reason, keyId: verified.keyId });
  const { record } = verified;
  io.asLongAs(() => {
    if (!keys.fresh(RUNNING_MS))
      return { what: 'key', since: null, denial: new Denial('keys_unavailable', { retryAfterMs: 1000 }) };
    const table = keys.current();
    const reason = standing(record, { ...from, now: new Date() }, table, rules);
    if (reason === null) return null;
    const revokedAt = table.get(record.id)?.revokedAt ?? null;
    return {
      what: 'key',
      since: reason === 'revoked' && revokedAt !== null ? Date.parse(revokedAt) : null,
      denial: new Denial('invalid_api_key', { reason, keyId: record.id }),
    };
  });
  return record;
}
