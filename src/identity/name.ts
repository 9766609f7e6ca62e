/** What a certificate calls its holder. */
import type { ClientIdentity } from '../core/exchange.ts';
import { claimsSpiffe, trustDomainOf } from './spiffe.ts';
import { KeyUsageFlags, KeyUsagesExtension, SubjectAlternativeNameExtension, type X509Certificate } from './x509.ts';

export type ClientName = Pick<ClientIdentity, 'name' | 'kind'>;

export interface NameRules {
  /** Which kinds count: the first of them that the certificate has. */
  readonly names: readonly ClientIdentity['kind'][];
  /** The certificate must have a SPIFFE ID of this trust domain, whichever name counts; null: it need not have one. */
  readonly trustDomain: string | null;
}

// The alternative names are IA5 strings (RFC 5280 §4.2.1.6): anything but printable ASCII is a trick or an accident.
const USABLE: Record<ClientIdentity['kind'], RegExp> = {
  uri: /^(?=.{1,2048}$)[a-z][a-z0-9+.-]{0,31}:[\x21-\x7e]+$/i,
  // No colon and no slash: keys are bound to names, not to kinds, so a DNS name must not pass for a URI.
  dns: /^[a-z0-9_*.-]{1,253}$/i,
  // No control, formatting, private or unassigned characters, no line breaks, no space at either end: what a person
  // reads in the audit log is what was compared.
  cn: /^(?!\s)[^\p{C}\p{Zl}\p{Zp}]{1,255}(?<!\s)$/u,
};

/**
 * The name to go by. Kinds that do not count are as if they were not there, except that names of every kind must be
 * usable, and that there is only one where there may be only one: a certificate that is wrong in one place is not
 * believed in another.
 */
export function clientName(
  certificate: X509Certificate,
  rules: NameRules,
): ClientName | 'two_common_names' | 'two_uris' | 'no_name' | 'bad_name' | 'bad_spiffe_id' | 'other_trust_domain' {
  const alternatives = certificate.getExtension(SubjectAlternativeNameExtension)?.names.items ?? [];
  const valuesOf = (type: string) => alternatives.filter((item) => item.type === type).map(({ value }) => value);
  const names = { uri: valuesOf('url'), dns: valuesOf('dns'), cn: certificate.subjectName.getField('CN') };

  if (names.cn.length > 1) return 'two_common_names';
  // X509-SVID §2: exactly one URI.
  if (names.uri.length > 1) return 'two_uris';
  const spiffe = names.uri.find(claimsSpiffe);
  const trustDomain = spiffe === undefined ? null : trustDomainOf(spiffe);
  if (spiffe !== undefined && (trustDomain === null || !maySign(certificate))) return 'bad_spiffe_id';
  for (const kind of ['uri', 'dns', 'cn'] as const)
    if (names[kind].some((name) => !USABLE[kind].test(name))) return 'bad_name';
  if (rules.trustDomain !== null && trustDomain !== rules.trustDomain) return 'other_trust_domain';

  const kind = rules.names.find((kind) => names[kind].length > 0);
  if (!kind) return 'no_name';
  const name = names[kind][0]!;
  // A wildcard names no single client. A common name that looks like a URI would pass for one: CAs that are strict
  // about alternative names are often lax about the common name.
  if (name.includes('*') || (kind === 'cn' && name.includes('://'))) return 'bad_name';
  return { name, kind };
}

/** X509-SVID §4.3: the key of a leaf is for digital signatures. (That it signs no certificates holds for every client.) */
function maySign(certificate: X509Certificate): boolean {
  const usages = certificate.getExtension(KeyUsagesExtension)?.usages;
  return usages === undefined || (usages & KeyUsageFlags.digitalSignature) !== 0;
}
