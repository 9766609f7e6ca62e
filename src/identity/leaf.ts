/** What a certificate of the built-in CA is made of, be it the first one or its successor. */
import type { webcrypto } from 'node:crypto';
import { Fault } from '../core/fault.ts';
import {
  ALGORITHM,
  BACKDATE_MS,
  CA_DAYS,
  DAY_MS,
  newKeyPair,
  newSerial,
  type SigningAuthority,
  wholeSecond,
} from './authority.ts';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  type Extension,
  type JsonName,
  KeyUsageFlags,
  KeyUsagesExtension,
  type Name,
  SubjectKeyIdentifierExtension,
  type X509Certificate,
  X509CertificateGenerator,
} from './x509.ts';

export interface Leaf {
  readonly certificate: X509Certificate;
  readonly key: webcrypto.CryptoKey;
  /** As {@link newSerial} writes it. */
  readonly serial: string;
}

export interface LeafRequest {
  readonly subject: JsonName | Name;
  /** Days from now; never beyond the end of the CA. */
  readonly days: number;
  /** What it is for, and its alternative names. */
  readonly extensions: readonly Extension[];
}

/**
 * Signs a certificate for a new key.
 * @throws Fault `days_invalid`
 */
export async function signLeaf(ca: SigningAuthority, request: LeafRequest, now: Date): Promise<Leaf> {
  const { subject, days, extensions } = request;
  const notAfter = wholeSecond(now.getTime() + days * DAY_MS);
  if (!Number.isInteger(days) || days < 1 || days > CA_DAYS || notAfter > ca.certificate.notAfter) {
    const end = ca.certificate.notAfter.toISOString();
    throw new Fault('days_invalid', `Give a whole number of days, at least 1; the CA itself ends on ${end}.`);
  }
  const keys = await newKeyPair();
  const serial = newSerial();
  const certificate = await X509CertificateGenerator.create({
    subject,
    issuer: ca.certificate.subjectName,
    serialNumber: serial,
    notBefore: wholeSecond(now.getTime() - BACKDATE_MS),
    notAfter,
    publicKey: keys.publicKey,
    signingKey: ca.key,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
      await AuthorityKeyIdentifierExtension.create(ca.certificate.publicKey),
      ...extensions,
    ],
  });
  return { certificate, key: keys.privateKey, serial };
}
