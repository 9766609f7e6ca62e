/** From the certificate that TLS has verified to the client it names: everything that TLS does not check. */
import { createHash, X509Certificate as NativeCertificate } from 'node:crypto';
import type { ClientIdentity } from '../core/exchange.ts';
import { inScope } from './crl-scope.ts';
import { type ClientName, clientName, type NameRules } from './name.ts';
import { serialOf } from './serial.ts';
import type { Authority, Trust } from './trust.ts';
import {
  BasicConstraintsExtension,
  CRLDistributionPointsExtension,
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
  bad_spiffe_id: 'tls_client_required',
  other_trust_domain: 'tls_client_required',
  unknown_issuer: 'tls_client_required',
  not_yet_valid: 'identity_revoked',
  expired: 'identity_revoked',
  issuer_expired: 'identity_revoked',
  crl_expired: 'identity_revoked',
  other_crl: 'identity_revoked',
  revoked: 'identity_revoked',
} as const;

export type Reason = keyof typeof REASONS;

export interface IdentityRules extends NameRules {
  /** Whether a certificate without any extended key usage is refused. One that has some needs `clientAuth` in any case. */
  readonly requireClientAuth: boolean;
}

export type Identification =
  | { readonly ok: true; readonly client: ClientIdentity }
  | {
      readonly ok: false;
      readonly code: (typeof REASONS)[Reason];
      readonly reason: Reason;
      /** Its name, where a listed CA has issued it and it is no longer good, or not yet; null where nobody vouches for it. */
      readonly name: string | null;
    };

/** What can be said of a certificate once and for all, under one trust and one set of rules. */
interface Verified {
  readonly client: ClientIdentity;
  readonly serial: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** More than one where a CA was renewed and kept its key. */
  readonly authorities: readonly Authority[];
  /** Whether the certificate itself names another revocation list than the one there is. */
  readonly otherCrl: boolean;
}

const refuse = (reason: Reason, name: string | null = null): Identification => ({
  ok: false,
  code: REASONS[reason],
  reason,
  name,
});

/**
 * Who a certificate stands for. Names and signature are worked out once per certificate; validity and revocation are
 * judged at every call, because a connection may outlive both.
 * @param der    the leaf, as the handshake showed it; null if it showed none
 * @param rules  the same object at every call, for what was worked out is remembered under it
 */
export function clientIdentity(
  der: Uint8Array | null,
  trust: Trust,
  rules: IdentityRules,
  now: Date = new Date(),
): Identification {
  if (!der) return refuse('no_certificate');
  const verified = verifiedOnce(der, trust, rules);
  if (typeof verified === 'string') return refuse(verified);
  const reason = lapse(verified, now);
  return reason ? refuse(reason, verified.client.name) : { ok: true, client: verified.client };
}

function lapse({ serial, notBefore, notAfter, authorities, otherCrl }: Verified, now: Date): Reason | null {
  if (now < notBefore) return 'not_yet_valid';
  if (now > notAfter) return 'expired';
  const authority = authorities.find((ca) => now >= ca.notBefore && now <= ca.notAfter);
  if (!authority) return 'issuer_expired';
  if (!authority.crl) return null;
  if (now >= authority.crl.nextUpdate) return 'crl_expired';
  if (authority.crl.revoked.has(serial)) return 'revoked';
  return otherCrl ? 'other_crl' : null;
}

/** As many as there can be connections. */
const MEMO_SIZE = 10_000;
/** A connection shows the same bytes at every look. */
const digests = new WeakMap<Uint8Array, string>();

type Memo = Map<string, Verified | Reason>;
/** Per trust, so that new CA or revocation files start from nothing; in order of use, so that the oldest go first. */
const memos = new WeakMap<Trust, WeakMap<IdentityRules, Memo>>();

function memoOf(trust: Trust, rules: IdentityRules): Memo {
  const byRules = memos.get(trust) ?? new WeakMap<IdentityRules, Memo>();
  memos.set(trust, byRules);
  const memo = byRules.get(rules) ?? new Map<string, Verified | Reason>();
  byRules.set(rules, memo);
  return memo;
}

function verifiedOnce(der: Uint8Array, trust: Trust, rules: IdentityRules): Verified | Reason {
  const certSha256 = digests.get(der) ?? createHash('sha256').update(der).digest('hex');
  digests.set(der, certSha256);
  const memo = memoOf(trust, rules);
  const verified = memo.get(certSha256) ?? verify(der, certSha256, trust, rules);
  memo.delete(certSha256);
  memo.set(certSha256, verified);
  if (memo.size > MEMO_SIZE) memo.delete(memo.keys().next().value!);
  return verified;
}

function verify(der: Uint8Array, certSha256: string, trust: Trust, rules: IdentityRules): Verified | Reason {
  try {
    const certificate = new X509Certificate(new Uint8Array(der));
    const native = new NativeCertificate(der);
    // Two parsers look at these bytes. They must have read all of them, or they may have read different things.
    if (!native.raw.equals(der)) return 'unreadable';
    const name = unfit(certificate, rules.requireClientAuth) ?? clientName(certificate, rules);
    if (typeof name === 'string') return name;
    // Node accepts a leaf under any intermediate CA that a listed one has issued; here the issuer itself is listed.
    const authorities = trust.authorities.filter(
      ({ certificate: ca }) => native.checkIssued(ca) && native.verify(ca.publicKey),
    );
    if (authorities.length === 0) return 'unknown_issuer';
    return verified(certificate, { ...name, certSha256 }, authorities);
  } catch {
    return 'unreadable';
  }
}

const verified = (
  certificate: X509Certificate,
  client: ClientName & { certSha256: string },
  authorities: readonly Authority[],
): Verified => ({
  client,
  serial: serialOf(certificate),
  notBefore: certificate.notBefore,
  notAfter: certificate.notAfter,
  authorities,
  otherCrl: !inScope(
    certificate.getExtension(CRLDistributionPointsExtension)?.value ?? null,
    authorities[0]?.crl?.scope ?? [],
  ),
});

/** Why a certificate cannot be a client's, whatever it is called. */
function unfit(certificate: X509Certificate, requireClientAuth: boolean): Reason | null {
  const types = certificate.extensions.map(({ type }) => type);
  // RFC 5280 §4.2: never twice. Which of the two counts would depend on who reads.
  if (new Set(types).size !== types.length) return 'duplicate_extension';
  // A leaf may sign neither certificates nor revocation lists (X509-SVID §4.3).
  const signer = KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign;
  const usages = certificate.getExtension(KeyUsagesExtension)?.usages ?? 0;
  if (certificate.getExtension(BasicConstraintsExtension)?.ca || usages & signer) return 'is_a_ca';
  const purposes = certificate.getExtension(ExtendedKeyUsageExtension)?.usages;
  // anyExtendedKeyUsage does not count: RFC 5280 §4.2.1.12 leaves that to whoever asks for a particular purpose.
  const forClients = purposes ? purposes.includes(ExtendedKeyUsage.clientAuth) : !requireClientAuth;
  return forClients ? null : 'not_for_clients';
}
