import { hash } from 'node:crypto';
import type { AuditEvent } from './events.ts';

export interface TrustFacts {
  /** The text of the CA file. */
  readonly caPem: string;
  /** The text of the file with the revocation lists; null if none is configured. */
  readonly crlPem: string | null;
  readonly authorities: readonly { readonly crl: { readonly revoked: ReadonlySet<string> } | null }[];
}

/** Whose certificates a listener accepts from now on, and how many of them it does not. */
export const trustRecord = (
  { caPem, crlPem, authorities }: TrustFacts,
  listener: 'inference' | 'administration' = 'inference',
): AuditEvent => ({
  event: 'trust.loaded',
  listener,
  clientCaSha256: hash('sha256', caPem, 'hex'),
  crlSha256: crlPem === null ? null : hash('sha256', crlPem, 'hex'),
  revoked: authorities.reduce((sum, { crl }) => sum + (crl?.revoked.size ?? 0), 0),
});
