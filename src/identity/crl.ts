/** Certificate revocation lists (RFC 5280 §5), as far as a gateway with its own CA needs them. */
import { Fault } from '../core/fault.ts';
import { ISSUING_DISTRIBUTION_POINT, scopeOf } from './crl-scope.ts';
import { serialOf } from './serial.ts';
import { type Extension, PemConverter, type X509Certificate, X509Crl } from './x509.ts';

export const CRL_NUMBER = '2.5.29.20';

export interface RevocationList {
  /** Serials that are revoked, as {@link canonicalSerial} writes them. */
  readonly revoked: ReadonlySet<string>;
  readonly thisUpdate: Date;
  /** From here on the list says nothing any more: whoever issues it may know of revocations that it does not have. */
  readonly nextUpdate: Date;
  /** Where the list says that it is published, as `inScope` takes it; empty if it does not say. */
  readonly scope: readonly Buffer[];
  readonly parsed: X509Crl;
}

/**
 * The lists in a PEM file, unverified: only good for {@link findCrl}.
 * @throws Fault `crl_unusable` if there is none, or one that cannot be parsed
 */
export function parseCrls(pem: string, path: string): readonly X509Crl[] {
  try {
    const blocks = PemConverter.decodeWithHeaders(pem).filter(({ type }) => /^(X509 )?CRL$/.test(type));
    if (blocks.length > 0) return blocks.map(({ rawData }) => new X509Crl(rawData));
  } catch (cause) {
    throw new Fault('crl_unusable', `The revocation list ${path} cannot be parsed. Fetch it again from the CA.`, {
      cause,
    });
  }
  throw new Fault('crl_unusable', `There is no certificate revocation list in PEM form in ${path}.`);
}

/**
 * The list that a CA has signed; null if there is none among them. An unsigned "list" must not be able to bring a
 * revoked client back, so the signature decides, not the issuer's name.
 * @throws Fault `crl_unusable` if the list uses what this reader does not understand
 */
export async function findCrl(lists: readonly X509Crl[], ca: X509Certificate): Promise<RevocationList | null> {
  let newest: X509Crl | null = null;
  for (const parsed of lists) {
    // Of several the newest counts, wherever it stands in the file: an older one knows of fewer revocations.
    if ((await signedBy(parsed, ca)) && (!newest || isNewer(parsed, newest))) newest = parsed;
  }
  return newest && read(newest);
}

/** By their numbers (RFC 5280 §5.2.3), and where these are equal by their times. */
export const isNewer = (a: X509Crl, b: X509Crl): boolean =>
  crlNumber(a) === crlNumber(b) ? a.thisUpdate > b.thisUpdate : crlNumber(a) > crlNumber(b);

async function signedBy(crl: X509Crl, ca: X509Certificate): Promise<boolean> {
  try {
    return await crl.verify({ publicKey: ca.publicKey });
  } catch {
    // Signed with another kind of key than this CA's, or damaged: either way not this CA's list.
    return false;
  }
}

function read(parsed: X509Crl): RevocationList {
  // A critical extension changes what a list means: it covers only some certificates, or only what is new since
  // another. Whoever does not know it must not use the list (RFC 5280 §5.2, §5.3).
  const critical = ({ critical }: Extension) => critical;
  const distributionPoint = parsed.getExtension(ISSUING_DISTRIBUTION_POINT);
  const scope = distributionPoint ? scopeOf(distributionPoint.value) : [];
  const unknown = parsed.extensions.filter(({ type }) => type !== ISSUING_DISTRIBUTION_POINT).some(critical);
  if (scope === null || unknown || parsed.entries.some((entry) => entry.extensions.some(critical)))
    throw new Fault('crl_unusable', 'The revocation list is partial or indirect. Configure a complete one.');
  // RFC 5280 §5.1.2.5 demands nextUpdate; without it, a stale list could be passed off as the newest for ever.
  if (!parsed.nextUpdate)
    throw new Fault('crl_unusable', 'The revocation list does not say until when it holds (nextUpdate).');
  const revoked = new Set(parsed.entries.map(serialOf));
  return { revoked, thisUpdate: parsed.thisUpdate, nextUpdate: parsed.nextUpdate, scope, parsed };
}

/** The number of a list (RFC 5280 §5.2.3), which grows with every new one; 0 if it has none. */
export function crlNumber(crl: X509Crl): bigint {
  const extension = crl.getExtension(CRL_NUMBER);
  if (!extension) return 0n;
  // The value is a DER INTEGER of at most 20 octets: a tag, a length of one octet, the number.
  return BigInt(`0x0${Buffer.from(extension.value).subarray(2).toString('hex')}`);
}
