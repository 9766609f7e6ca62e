/** What a certificate calls its holder. */
import type { ClientIdentity } from '../core/exchange.ts';
import { SubjectAlternativeNameExtension, type X509Certificate } from './x509.ts';

export type ClientName = Pick<ClientIdentity, 'name' | 'kind'>;

// The alternative names are IA5 strings (RFC 5280 §4.2.1.6): anything but printable ASCII is a trick or an accident.
const USABLE: Record<ClientIdentity['kind'], RegExp> = {
  uri: /^[a-z][a-z0-9+.-]{0,31}:[\x21-\x7e]{1,2015}$/i,
  dns: /^[\x21-\x7e]{1,253}$/,
  // No control, formatting, private or unassigned characters, no line breaks, no space at either end: what a person
  // reads in the audit log is what was compared.
  cn: /^(?!\s)[^\p{C}\p{Zl}\p{Zp}]{1,255}(?<!\s)$/u,
};

/**
 * The name to go by: the URI, else the first DNS name, else the common name. All names of these kinds must be usable,
 * and where there may be only one, there is only one.
 */
export function clientName(
  certificate: X509Certificate,
): ClientName | 'two_common_names' | 'two_uris' | 'no_name' | 'bad_name' {
  const alternatives = certificate.getExtension(SubjectAlternativeNameExtension)?.names.items ?? [];
  const valuesOf = (type: string) => alternatives.filter((item) => item.type === type).map(({ value }) => value);
  const names = { uri: valuesOf('url'), dns: valuesOf('dns'), cn: certificate.subjectName.getField('CN') };

  if (names.cn.length > 1) return 'two_common_names';
  // X509-SVID §2: exactly one URI.
  if (names.uri.length > 1) return 'two_uris';
  for (const kind of ['uri', 'dns', 'cn'] as const)
    if (names[kind].some((name) => !USABLE[kind].test(name))) return 'bad_name';

  const kind = (['uri', 'dns', 'cn'] as const).find((kind) => names[kind].length > 0);
  if (!kind) return 'no_name';
  const name = names[kind][0]!;
  // A wildcard names no single client. A common name that looks like a URI would pass for one: CAs that are strict
  // about alternative names are often lax about the common name.
  if (name.includes('*') || (kind === 'cn' && name.includes('://'))) return 'bad_name';
  return { name, kind };
}
