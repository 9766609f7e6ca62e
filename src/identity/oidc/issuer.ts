/** From an access token to the person it stands for. */
import { Denial } from '../../core/denial.ts';
import type { Role } from '../../core/exchange.ts';
import type { Fault } from '../../core/fault.ts';
import { checkBinding } from './binding.ts';
import { fetchKeys } from './fetch-keys.ts';
import { openKeyRing } from './key-ring.ts';
import { rolesOf } from './roles.ts';
import { type Claims, readHeader, verifyToken } from './token.ts';

/** As `admin.oidc` in the configuration, which explains each. */
export interface IssuerSettings {
  readonly issuer: string;
  readonly audience: string;
  readonly jwksUrl: string | null;
  readonly caFile: string | null;
  readonly clockSkewSeconds: number;
  readonly roleClaim: string;
  readonly roles: Readonly<Record<string, Role>>;
  readonly requireBoundTokens: boolean;
}

export interface Person {
  /** `sub`: what the issuer calls them. */
  readonly id: string;
  /** None if no value of the claim stands for one: they are known, and may do nothing. */
  readonly roles: readonly Role[];
  /** When the token lapses, skew included, in milliseconds since 1970: what runs by then has lost its leave. */
  readonly expiresAt: number;
}

export interface Issuer {
  /**
   * @param token  what follows `Bearer `
   * @param client  the certificate of the connection, `certSha256` in hex
   * @throws Denial `invalid_token`, with a reason of token.ts; `issuer_unavailable` if nobody can tell
   */
  person(token: string, client: { readonly certSha256: string }): Promise<Person>;
  /** Whether tokens can be checked. */
  ready(): boolean;
  close(): void;
}

export interface IssuerOptions {
  /** `oidc_unreachable`, `oidc_invalid` or `oidc_ca_unusable`, once per outage. */
  readonly onFault: (fault: Fault) => void;
  /** Milliseconds since 1970; the clock of this host. */
  readonly now?: () => number;
}

/** Returns at once; the keys are fetched meanwhile. */
export function openIssuer(settings: IssuerSettings, { onFault, now = Date.now }: IssuerOptions): Issuer {
  const ring = openKeyRing({ fetch: (signal) => fetchKeys(settings, signal), onFault, now });

  async function claimsOf(token: string): Promise<Claims> {
    const shown = readHeader(token);
    const known = await ring.keys();
    try {
      return await verifyToken(token, shown, known, settings, now());
    } catch (error) {
      if (!(error instanceof Denial && error.reason === 'unknown_key')) throw error;
      return verifyToken(token, shown, await ring.newerThan(known), settings, now());
    }
  }

  return {
    async person(token, { certSha256 }) {
      const claims = await claimsOf(token);
      checkBinding(claims['cnf'], certSha256, settings.requireBoundTokens);
      return {
        id: claims.sub,
        roles: rolesOf(claims, settings.roleClaim, settings.roles),
        expiresAt: (claims.exp + settings.clockSkewSeconds) * 1000,
      };
    },
    ready: ring.ready,
    close: ring.close,
  };
}
