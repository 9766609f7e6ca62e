/** Certificates with their keys, as a client shows them in a handshake: right ones, and wrong ones of every kind. */
import { KeyObject, webcrypto } from 'node:crypto';
import { openAuthority } from '../../src/identity/authority.ts';
import * as x509 from '../../src/identity/x509.ts';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const DAY_MS = 86_400_000;
export const daysFromNow = (days: number): Date => new Date(Date.now() + days * DAY_MS);

export interface Issuer {
  readonly certificate: x509.X509Certificate;
  readonly signingKey: webcrypto.CryptoKey;
}

/** What `tls.connect` takes, in PEM. */
export interface Shown {
  /** The leaf first, then what else is shown. */
  readonly cert: string;
  readonly key: string;
}

export interface Shape {
  readonly subject?: x509.JsonName;
  readonly san?: x509.JsonGeneralName[];
  /** Extended key usages; none means no such extension. */
  readonly purposes?: string[];
  readonly from?: Date;
  readonly to?: Date;
  /** Key usages, in place of those that go with `ca`. */
  readonly usages?: number;
  /** Makes it a CA: how many more CAs may follow below it, or true for any number. */
  readonly ca?: number | true;
}

/** The CA of a PKI directory. */
export async function issuerOf(dir: string): Promise<Issuer> {
  const { certificate, key } = await openAuthority(dir, new Date());
  return { certificate, signingKey: key };
}

let serials = 0x1000;

/** Issues a certificate; without an issuer it signs itself. */
export async function issue(issuer: Issuer | null, shape: Shape = {}): Promise<Issuer & Shown> {
  const { subject = [{ CN: ['app'] }], san, purposes = [x509.ExtendedKeyUsage.clientAuth], ca } = shape;
  const usages = shape.usages ?? (ca === undefined ? 0 : x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign);
  const keys = (await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;
  const certificate = await x509.X509CertificateGenerator.create({
    subject,
    issuer: issuer?.certificate.subjectName ?? subject,
    serialNumber: (serials++).toString(16),
    notBefore: shape.from ?? daysFromNow(-1),
    notAfter: shape.to ?? daysFromNow(30),
    publicKey: keys.publicKey,
    signingKey: issuer?.signingKey ?? keys.privateKey,
    signingAlgorithm: ALGORITHM,
    extensions: [
      ...(ca === undefined ? [] : [new x509.BasicConstraintsExtension(true, ca === true ? undefined : ca, true)]),
      ...(usages === 0 ? [] : [new x509.KeyUsagesExtension(usages, true)]),
      ...(purposes.length > 0 ? [new x509.ExtendedKeyUsageExtension(purposes)] : []),
      ...(san ? [new x509.SubjectAlternativeNameExtension(san)] : []),
    ],
  });
  return {
    certificate,
    signingKey: keys.privateKey,
    key: KeyObject.from(keys.privateKey).export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: `${certificate.toString('pem')}\n`,
  };
}

/** A revocation list of an issuer that revokes nothing. */
export async function emptyCrl(issuer: Issuer): Promise<string> {
  const crl = await x509.X509CrlGenerator.create({
    issuer: issuer.certificate.subjectName,
    thisUpdate: daysFromNow(-1),
    nextUpdate: daysFromNow(30),
    signingKey: issuer.signingKey,
    signingAlgorithm: ALGORITHM,
  });
  return `${x509.PemConverter.encode(crl.rawData, 'X509 CRL')}\n`;
}
