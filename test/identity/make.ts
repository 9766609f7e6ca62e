/** Certificates of every shape, good and bad, made on the spot. */
import { webcrypto } from 'node:crypto';
import type { IdentityRules } from '../../src/identity/client.ts';
import * as x509 from '../../src/identity/x509.ts';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
export const NOW = new Date('2026-06-01T12:00:00Z');
export const day = (days: number): Date => new Date(NOW.getTime() + days * 86_400_000);
export const at = (text: string): Date => new Date(text);

/** The rules of a configuration that says nothing about them. */
export const RULES: IdentityRules = { names: ['uri', 'dns', 'cn'], trustDomain: null, requireClientAuth: true };

type Algorithm = webcrypto.EcKeyGenParams & { hash: string };

export const makeKeys = (algorithm: webcrypto.AlgorithmIdentifier = ALGORITHM) =>
  webcrypto.subtle.generateKey(algorithm as Algorithm, true, ['sign', 'verify']) as Promise<webcrypto.CryptoKeyPair>;

export interface MadeAuthority {
  readonly certificate: x509.X509Certificate;
  readonly keys: webcrypto.CryptoKeyPair;
  readonly pem: string;
  readonly algorithm: webcrypto.AlgorithmIdentifier;
}

export interface LeafShape {
  readonly subject?: x509.JsonName;
  readonly san?: x509.JsonGeneralName[];
  readonly purposes?: string[];
  readonly isCa?: boolean;
  readonly usages?: number;
  readonly serial?: string;
  readonly notBefore?: Date;
  readonly notAfter?: Date;
  readonly more?: x509.Extension[];
  /** Of its key. */
  readonly algorithm?: webcrypto.AlgorithmIdentifier;
}

export async function makeAuthority(
  name = 'Test CA',
  {
    notBefore = day(-100),
    notAfter = day(1000),
    parent = null as MadeAuthority | null,
    isCa = true,
    algorithm = ALGORITHM as webcrypto.AlgorithmIdentifier,
    /** Those of the CA that it renews. */
    keys: kept = null as webcrypto.CryptoKeyPair | null,
  } = {},
): Promise<MadeAuthority> {
  const keys = kept ?? (await makeKeys(algorithm));
  const certificate = await x509.X509CertificateGenerator.create({
    subject: [{ CN: [name] }],
    issuer: parent?.certificate.subjectName ?? [{ CN: [name] }],
    serialNumber: '01',
    notBefore,
    notAfter,
    publicKey: keys.publicKey,
    signingKey: (parent?.keys ?? keys).privateKey,
    signingAlgorithm: parent?.algorithm ?? algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(isCa, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
    ],
  });
  return { certificate, keys, pem: certificate.toString('pem'), algorithm };
}

export async function makeLeaf(ca: MadeAuthority, shape: LeafShape = {}): Promise<x509.X509Certificate> {
  const { subject = [{ CN: ['app'] }], san, purposes = [x509.ExtendedKeyUsage.clientAuth], isCa, usages } = shape;
  return x509.X509CertificateGenerator.create({
    subject,
    issuer: ca.certificate.subjectName,
    serialNumber: shape.serial ?? '0a0b',
    notBefore: shape.notBefore ?? day(-1),
    notAfter: shape.notAfter ?? day(30),
    publicKey: (await makeKeys(shape.algorithm)).publicKey,
    signingKey: ca.keys.privateKey,
    signingAlgorithm: ca.algorithm,
    extensions: [
      ...(isCa === undefined ? [] : [new x509.BasicConstraintsExtension(isCa, undefined, true)]),
      ...(usages === undefined ? [] : [new x509.KeyUsagesExtension(usages, true)]),
      ...(purposes.length > 0 ? [new x509.ExtendedKeyUsageExtension(purposes)] : []),
      ...(san ? [new x509.SubjectAlternativeNameExtension(san)] : []),
      ...(shape.more ?? []),
    ],
  });
}

export const derOf = (certificate: x509.X509Certificate): Uint8Array => new Uint8Array(certificate.rawData);

export async function makeCrl(
  ca: MadeAuthority,
  serials: readonly string[] = [],
  shape: { thisUpdate?: Date; nextUpdate?: Date | null; more?: x509.Extension[] } = {},
): Promise<string> {
  const { thisUpdate = day(-1), nextUpdate = day(10), more = [] } = shape;
  const crl = await x509.X509CrlGenerator.create({
    issuer: ca.certificate.subjectName,
    thisUpdate,
    ...(nextUpdate ? { nextUpdate } : {}),
    entries: serials.map((serialNumber) => ({ serialNumber, revocationDate: day(-1), reason: 1 })),
    extensions: more,
    signingKey: ca.keys.privateKey,
    signingAlgorithm: ca.algorithm,
  });
  return `${x509.PemConverter.encode(crl.rawData, 'X509 CRL')}\n`;
}
