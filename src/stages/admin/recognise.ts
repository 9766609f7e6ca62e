import { Denial } from '../../core/denial.ts';
import type { SharedDocument } from '../../core/document/document.ts';
import type { Identified, Operator, Recognised, Role } from '../../core/exchange.ts';
import type { Io, Stage } from '../../core/pipeline.ts';
import type { KeyRules, KeyTable } from '../../keys/record.ts';
import { bearerToken, verifiedKey } from '../bearer.ts';

/** Checks access tokens of people. */
export interface Issuer {
  /**
   * @param client hex, SHA-256 of the certificate that the token may be bound to (RFC 8705 §3)
   * @throws Denial `invalid_token`, `issuer_unavailable`
   */
  person(token: string, client: { readonly certSha256: string }): Promise<Person>;
}
interface Person {
  readonly id: string;
  readonly roles: readonly Role[];
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

export interface Recognition {
  readonly keys: Pick<SharedDocument<KeyTable>, 'current' | 'fresh'>;
  readonly keyRules: KeyRules;
  /** Null: nobody comes with a token. */
  readonly issuer: Issuer | null;
}

/** No access token begins so: those are `eyJ…`, and base64url has the underscore only where the issuer put it. */
const KEY_PREFIX = 'sp_';

/** A key, or a token, and that it belongs to this client. Whoever it is stays only as long as that is so. */
export const recognise = (d: Recognition): Stage<Identified, Recognised> => ({
  name: 'recognise',
  run: async (x, io) => {
    const token = bearerToken(x);
    const isToken = d.issuer !== null && token !== null && !token.startsWith(KEY_PREFIX);
    return { ...x, operator: isToken ? await byToken(x, io, d.issuer, token) : byKey(x, io, d) };
  },
});

function byKey(x: Identified, io: Io, { keys, keyRules }: Recognition): Operator {
  const { id, role, team, app, env } = verifiedKey(x, io, keys, keyRules);
  return { kind: 'key', id, roles: [role], team, app, env };
}

async function byToken(x: Identified, io: Io, issuer: Issuer, token: string): Promise<Operator> {
  const { id, roles, expiresAt } = await issuer.person(token, x.client);
  io.asLongAs(() =>
    Date.now() < expiresAt
      ? null
      : { what: 'key', since: null, denial: new Denial('invalid_token', { reason: 'expired' }) },
  );
  return { kind: 'person', id, roles, team: null, app: null, env: null };
}
