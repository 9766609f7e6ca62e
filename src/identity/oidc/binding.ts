/** Tokens that only the holder of a certificate may use (RFC 8705 §3). */
import { isObject } from '../../core/json.ts';
import { refused } from './token.ts';

const THUMBPRINT = 'x5t#S256';

/**
 * Holds a token to the certificate that it is bound to.
 * @param confirmation  its claim `cnf`, undefined if it has none
 * @param certSha256  SHA-256 of the client certificate, hex
 * @param required  whether a token has to be bound at all
 * @throws Denial `invalid_token`
 */
export function checkBinding(confirmation: unknown, certSha256: string, required: boolean): void {
  if (confirmation === undefined) {
    if (required) throw refused('not_bound');
    return;
  }
  // RFC 7800 §3.1 would have unknown members ignored. But who is bound to a key that cannot be checked here (DPoP: jkt)
  // must not be able to do without it.
  if (!isObject(confirmation) || Object.keys(confirmation).join() !== THUMBPRINT) throw refused('binding');
  const thumbprint = Buffer.from(certSha256, 'hex');
  if (thumbprint.length !== 32 || confirmation[THUMBPRINT] !== thumbprint.toString('base64url'))
    throw refused('binding');
}
