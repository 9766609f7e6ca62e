/**
 * What an access token has to be before anything in it counts (RFC 7519, RFC 9068), with the mistakes of RFC 8725 in
 * mind. Whose keys count, and for how long, is for key-ring.ts to say.
 */
import {
  decodeProtectedHeader,
  errors,
  type JWTPayload,
  type JWTVerifyOptions,
  type JWTVerifyResult,
  jwtVerify,
} from 'jose';
import { Denial } from '../../core/denial.ts';
import type { KeySet } from './fetch-keys.ts';

/** Every reason to refuse a token. For the audit record: the client reads the same sentence whatever it is. */
export type Reason =
  | 'malformed'
  | 'algorithm'
  | 'critical'
  | 'not_access_token'
  | 'unknown_key'
  | 'unusable_key'
  | 'signature'
  | 'issuer'
  | 'audience'
  | 'lifetime'
  | 'expired'
  | 'not_yet'
  | 'subject'
  | 'binding'
  | 'not_bound';

/** Without a cause: the errors of jose hold what the token claims. */
export const refused = (reason: Reason): Denial => new Denial('invalid_token', { reason });

/** Who may have made a token, for whom, and how far the clocks may differ. */
export interface Expected {
  readonly issuer: string;
  readonly audience: string;
  readonly clockSkewSeconds: number;
}

export interface Claims extends JWTPayload {
  readonly sub: string;
  readonly aud: string | string[];
  readonly exp: number;
}

/** Whoever has the public key could make a token with any other: HS256 would take it for a shared secret. */
const ALGORITHMS = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
];
/** All the headers of a request together may not have more (Node's `maxHeaderSize`). */
const MAX_CHARS = 16 * 1024;
/** Three parts of base64url without padding (RFC 7515 §7.1): a decoder may be more lenient, and read what others do not. */
const COMPACT = /^[\w-]+\.[\w-]+\.[\w-]+$/;
/** OpenID Connect Core §2 allows 255 characters of ASCII. It goes into the audit log, where nothing may hide. */
const SUBJECT = /^[!-~]([ -~]{0,254}[!-~])?$/;
/** So many keys are tried for one token: an issuer that publishes hundreds could be used to keep the gateway busy. */
const MOST_KEYS = 16;

/** What a token says of itself before its signature is checked. */
export interface Shown {
  /** Whether its header calls it an access token (RFC 9068 §2.1). */
  readonly declared: boolean;
}

/**
 * Reads the header of a token. It follows nothing that it finds there: `jku`, `jwk`, `x5u` and `x5c` would have the
 * token bring its own key (RFC 8725 §3.10).
 * @throws Denial `invalid_token`
 */
export function readHeader(token: string): Shown {
  if (token.length > MAX_CHARS || !COMPACT.test(token)) throw refused('malformed');
  const { alg, kid, typ, crit } = headerOf(token);
  if (typeof alg !== 'string' || !ALGORITHMS.includes(alg)) throw refused('algorithm');
  // RFC 7515 §4.1.11: what is critical has to be understood, and there is no extension that makes sense here.
  if (crit !== undefined) throw refused('critical');
  if (kid !== undefined && typeof kid !== 'string') throw refused('malformed');
  const type = typeof typ === 'string' ? typ.toLowerCase().replace(/^application\//, '') : typ;
  // RFC 8725 §3.11: logout tokens, security events and proofs of possession have types of their own.
  if (type !== undefined && type !== 'jwt' && type !== 'at+jwt') throw refused('not_access_token');
  return { declared: type === 'at+jwt' };
}

function headerOf(token: string): Record<string, unknown> {
  try {
    return decodeProtectedHeader(token);
  } catch {
    throw refused('malformed');
  }
}

/**
 * Checks signature, issuer, audience, times and subject of a token, and that it is an access token.
 * @throws Denial `invalid_token`
 */
export async function verifyToken(
  token: string,
  shown: Shown,
  keys: KeySet,
  { issuer, audience, clockSkewSeconds }: Expected,
  nowMs: number,
): Promise<Claims> {
  const { payload } = await verifyWithAny(token, keys, {
    algorithms: ALGORITHMS,
    issuer,
    audience,
    clockTolerance: clockSkewSeconds,
    currentDate: new Date(nowMs),
  }).catch((error: unknown) => {
    throw refused(reasonOf(error));
  });
  const { exp, iat, sub } = payload;
  // JSON.parse reads 1e999 as Infinity: a token without end.
  if (!Number.isFinite(exp)) throw refused('lifetime');
  if (iat !== undefined && iat > nowMs / 1000 + clockSkewSeconds) throw refused('not_yet');
  if (typeof sub !== 'string' || !SUBJECT.test(sub)) throw refused('subject');
  if (!isAccessToken(payload, shown, audience)) throw refused('not_access_token');
  return payload as Claims;
}

/** One id may name several keys, and a token need not name any (RFC 7515 §4.1.4): then each is tried that fits `alg`. */
async function verifyWithAny(token: string, keys: KeySet, options: JWTVerifyOptions): Promise<JWTVerifyResult> {
  try {
    return await jwtVerify(token, keys, options);
  } catch (several) {
    if (!(several instanceof errors.JWKSMultipleMatchingKeys)) throw several;
    let tried = 0;
    for await (const key of several) {
      if (++tried > MOST_KEYS) break;
      try {
        return await jwtVerify(token, key, options);
      } catch (error) {
        // Of what it claims nothing is read before a key has fitted.
        if (isAboutClaims(error)) throw error;
      }
    }
    throw new errors.JWSSignatureVerificationFailed();
  }
}

const isAboutClaims = (error: unknown): boolean =>
  error instanceof errors.JWTExpired ||
  error instanceof errors.JWTClaimValidationFailed ||
  error instanceof errors.JWTInvalid;

/** Claims that only an ID token has (OpenID Connect Core §2, §3.3.2.11). */
const OF_ID_TOKENS = ['nonce', 'at_hash', 'c_hash', 's_hash'];

/**
 * An ID token tells a client who has logged in, and travels where an access token never would: through browsers, into
 * logs. It must not open anything here. Few issuers write `at+jwt`, so this goes by what else can be told.
 */
function isAccessToken(payload: JWTPayload, { declared }: Shown, audience: string): boolean {
  // A logout token, or another security event (RFC 8417 §2.2).
  if ('events' in payload) return false;
  // Keycloak puts what it is into a claim: Bearer, ID, Refresh, Offline, Logout, DPoP.
  if ('typ' in payload) return payload['typ'] === 'Bearer';
  if (declared) return true;
  // Dex makes both kinds alike. What another client has asked for with this gateway as its audience is meant for it.
  const onBehalf = typeof payload['azp'] === 'string' && payload['azp'] !== audience;
  return onBehalf || !OF_ID_TOKENS.some((claim) => claim in payload);
}

const CLAIMS: Readonly<Record<string, Reason>> = { iss: 'issuer', aud: 'audience', nbf: 'not_yet' };

function reasonOf(error: unknown): Reason {
  if (error instanceof errors.JWTExpired) return 'expired';
  if (error instanceof errors.JWTClaimValidationFailed) {
    const aboutTimes = ['exp', 'nbf', 'iat'].includes(error.claim);
    if (aboutTimes && error.reason !== 'check_failed') return 'lifetime';
    return CLAIMS[error.claim] ?? 'malformed';
  }
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'signature';
  if (error instanceof errors.JWKSNoMatchingKey) return 'unknown_key';
  if (error instanceof errors.JWTInvalid || error instanceof errors.JWSInvalid) return 'malformed';
  // The issuer publishes a key under this id that is broken, too short, or not public at all.
  return 'unusable_key';
}
