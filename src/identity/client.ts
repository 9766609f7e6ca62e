/** From the certificate that TLS has verified to the client it names: everything that TLS does not check. */
import { createHash, X509Certificate as NativeCertificate } from 'node:crypto';
import type { ClientIdentity } from '../core/exchange.ts';
import { type ClientName, clientName } from './name.ts';
import { canonicalSerial } from './serial.ts';
import type { Authority, Trust } from './trust.ts';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  X509Certificate,
} from './x509.ts';

/** Every reason to refuse a certificate, and the denial that the client reads. Reasons are for the audit log. */
export const REASONS = {
  no_certificate: 'tls_client_required',
  unreadable: 'tls_client_required',
  duplicate_extension: 'tls_client_required',
  is_a_ca: 'tls_client_required',
  not_for_clients: 'tls_client_required',
  two_common_names: 'tls_client_required',
  two_uris: 'tls_client_required',
  no_name: 'tls_client_required',
  bad_name: 'tls_client_required',
  unknown_issuer: 'tls_client_required',
  not_yet_valid: 'identity_revoked',
  expired: 'identity_revoked',
  issuer_expired: 'identity_revoked',
  crl_expired: 'identity_revoked',
  revoked: 'identity_revoked',
} as const;

export type Reason = keyof typeof REASONS;

export type Identification =
  | { readonly ok: true; readonly client: ClientIdentity }
  | { readonly ok: false; readonly code: (typeof REASONS)[Reason]; readonly reason: Reason };

/** What can be said of a certificate once and for all, under one trust. */
interface Verified {
  readonly client: ClientIdentity;
  readonly serial: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly authority: Authority;
}

const refuse = (reason: Reason): Identification => ({ ok: false, code: REASONS[reason], reason });

/**
 * Who a certificate stands for. Names and signature are worked out once per certificate; validity and revocation are
 * judged at every call, because a connection may outlive both.
 * @param der  the leaf, as the handshake showed it; null if it showed none
 */
export function clientIdentity(der: Uint8Array | null, trust: Trust, now: Date = new Date()): Identification {
  if (!der) return refuse('no_certificate');
  const verified = verifiedOnce(der, trust);
  if (typeof verified === 'string') return refuse(verified);
  const reason = lapse(verified, now);
  return reason ? refuse(reason) : { ok: true, client: verified.client };
}

function lapse({ serial, notBefore, notAfter, authority }: Verified, now: Date): Reason | null {
  if (now < notBefore) return 'not_yet_valid';
  if (now > notAfter) return 'expired';
  if (now < authority.notBefore || now > authority.notAfter) return 'issuer_expired';
  if (!authority.crl) return null;
  if (now >= authority.crl.nextUpdate) return 'crl_expired';
  return authority.crl.revoked.has(serial) ? 'revoked' : null;
}

const MEMO_SIZE = 4096;
/** Per trust, so that new CA or revocation files start from nothing; in order of use, so that the oldest go first. */
const memos = new WeakMap<Trust, Map<string, Verified | Reason>>();

function verifiedOnce(der: Uint8Array, trust: Trust): Verified | Reason {
  const certSha256 = createHash('sha256').update(der).digest('hex');
  const memo = memos.get(trust) ?? new Map<string, Verified | Reason>();
  memos.set(trust, memo);
  const known = memo.get(certSha256);
  const verified = known ?? verify(der, certSha256, trust);
  memo.delete(certSha256);
  memo.set(certSha256, verified);
  if (memo.size > MEMO_SIZE) memo.delete(memo.keys().next().value!);
  return verified;
}

function verify(der: Uint8Array, certSha256: string, trust: Trust): Verified | Reason {
  try {
    const certificate = new X509Certificate(new Uint8Array(der));
    const native = new NativeCertificate(der);
    // Two parsers look at these bytes. They must have read all of them, or they may have read different things.
    if (!native.raw.equals(der)) return 'unreadable';
    const name = unfit(certificate) ?? clientName(certificate);
    if (typeof name === 'string') return name;
    // Node accepts a leaf under any intermediate CA that a listed one has issued; here the issuer itself is listed.
    const authority = trust.authorities.find(
      ({ certificate: ca }) => native.checkIssued(ca) && native.verify(ca.publicKey),
    );
    if (!authority) return 'unknown_issuer';
    return verified(certificate, { ...name, certSha256 }, authority);
  } catch {
    return 'unreadable';
  }
}

const verified = (certificate: X509Certificate, client: ClientName & { certSha256: string }, authority: Authority) => ({
  client,
  serial: canonicalSerial(certificate.serialNumber) ?? certificate.serialNumber,
  notBefore: certificate.notBefore,
  notAfter: certificate.notAfter,
  authority,
});

/** Why a certificate cannot be a client's, whatever it is called. */
function unfit(certificate: X509Certificate): Reason | null {
  const types = certificate.extensions.map(({ type }) => type);
  // RFC 5280 §4.2: never twice. Which of the two counts would depend on who reads.
  if (new Set(types).size !== types.length) return 'duplicate_extension';
  // A leaf may sign neither certificates nor revocation lists (X509-SVID §4.3).
  const signer = KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign;
  const usages = certificate.getExtension(KeyUsagesExtension)?.usages ?? 0;
  if (certificate.getExtension(BasicConstraintsExtension)?.ca || usages & signer) return 'is_a_ca';
  const purposes = certificate.getExtension(ExtendedKeyUsageExtension)?.usages;
  return purposes && !purposes.includes(ExtendedKeyUsage.clientAuth) ? 'not_for_clients' : null;
}
