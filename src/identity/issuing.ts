/** Certificates for a host that has no other PKI: a development machine, or a small internal installation. */
import { join } from 'node:path';
import { Fault } from '../core/fault.ts';
import {
  CA_CERT,
  CA_KEY,
  createAuthority,
  exists,
  keyFits,
  openAuthority,
  readCertificate,
  readKey,
  type SigningAuthority,
  writePair,
} from './authority.ts';
import { signLeaf } from './leaf.ts';
import { CRL_FILE, writeCrl } from './revoking.ts';
import { isDnsName, parseSan } from './san.ts';
import { ExtendedKeyUsage, ExtendedKeyUsageExtension, SubjectAlternativeNameExtension } from './x509.ts';

/** The client that `initPki` makes a certificate for: its identity is this DNS name. */
export const DEV_CLIENT = 'dev-client';
export const DEFAULT_DAYS = 365;

export interface CertificateRequest {
  /** Common name, and the beginning of the file names: 1 to 64 letters, digits, dots, hyphens or underscores. */
  readonly name: string;
  readonly kind: 'client' | 'server';
  /** As {@link parseSan} reads them. By default a client's own name, and for a server this host as well. */
  readonly san?: readonly string[];
  /** Days from now; never beyond the end of the CA. */
  readonly days: number;
}

export interface Issued {
  readonly certFile: string;
  readonly keyFile: string;
  readonly serial: string;
  readonly notAfter: Date;
}

/**
 * Issues a certificate for a new key: `DIR/NAME-cert.pem` and `DIR/NAME-key.pem`.
 * @throws Fault `name_invalid`, `san_invalid`, `days_invalid`, `file_exists`, `pki_missing`, `pki_unusable`, `pki_expired`
 */
export async function issueCertificate(
  dir: string,
  request: CertificateRequest,
  now: Date = new Date(),
): Promise<Issued> {
  checkName(request.name);
  return issueAs(request.name, dir, request, await openAuthority(dir, now), now);
}

/** @throws Fault `name_invalid` */
export function checkName(name: string): void {
  if (!/^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,63}$/.test(name) || `${name}-cert.pem` === CA_CERT)
    throw new Fault(
      'name_invalid',
      `"${name}" cannot name a certificate: use 1 to 64 letters, digits, dots, hyphens or underscores.`,
    );
}

async function issueAs(
  stem: string,
  dir: string,
  { name, kind, san = defaultSan(name, kind), days }: CertificateRequest,
  ca: SigningAuthority,
  now: Date,
): Promise<Issued> {
  const names = san.map(parseSan);
  // The gateway refuses such a client (X509-SVID §2), so it is not made in the first place.
  if (names.filter(({ type }) => type === 'url').length > 1)
    throw new Fault('san_invalid', 'A certificate may carry one URI only.');

  // One purpose each: a stolen server key must not open the gateway as a client.
  const purpose = kind === 'client' ? ExtendedKeyUsage.clientAuth : ExtendedKeyUsage.serverAuth;
  const extensions = [
    new ExtendedKeyUsageExtension([purpose]),
    ...(names.length > 0 ? [new SubjectAlternativeNameExtension(names)] : []),
  ];
  const { certificate, key, serial } = await signLeaf(ca, { subject: [{ CN: [name] }], days, extensions }, now);
  const files = { cert: `${stem}-cert.pem`, key: `${stem}-key.pem` };
  await writePair(dir, files, certificate, key);
  return { certFile: join(dir, files.cert), keyFile: join(dir, files.key), serial, notAfter: certificate.notAfter };
}

function defaultSan(name: string, kind: CertificateRequest['kind']): readonly string[] {
  const own = isDnsName(name) ? [`DNS:${name}`] : [];
  return kind === 'client' ? own : [...new Set([...own, 'DNS:localhost', 'IP:127.0.0.1', 'IP:::1'])];
}

/** Which files were missing and have been made, and which were there and are left as they are. */
export interface InitReport {
  readonly made: readonly string[];
  readonly kept: readonly string[];
}

/**
 * Makes what is missing in a directory: a CA, its revocation list, a server certificate for this host and a client
 * certificate for {@link DEV_CLIENT}. What is there is checked and kept; nothing is ever overwritten.
 * @throws Fault `pki_incomplete`, `pki_missing`, `pki_unusable` or `pki_expired`, each saying which file and what to do
 */
export async function initPki(dir: string, now: Date = new Date()): Promise<InitReport> {
  const made: string[] = [];
  const kept: string[] = [];
  /** Null: everything that needs the CA's key is there, so that the key may be kept elsewhere. */
  let opened: SigningAuthority | null = null;
  const ca = async () => (opened ??= await openAuthority(dir, now));
  const ensure = async (files: readonly string[], present: boolean, make: () => Promise<unknown>) => {
    if (!present) await make();
    (present ? kept : made).push(...files);
  };

  const caPresent = await exists(join(dir, CA_CERT));
  if (!caPresent && (await exists(join(dir, CA_KEY)))) throw incomplete(dir, CA_KEY, CA_CERT);
  const caFiles = !caPresent || (await exists(join(dir, CA_KEY))) ? [CA_CERT, CA_KEY] : [CA_CERT];
  await ensure(caFiles, caPresent, async () => (opened = await createAuthority(dir, now)));
  if (caPresent) await checkPair(dir, CA_CERT, caFiles.length > 1 ? CA_KEY : null, now);

  for (const kind of ['server', 'client'] as const) {
    const [cert, key] = [`${kind}-cert.pem`, `${kind}-key.pem`];
    const name = kind === 'server' ? 'localhost' : DEV_CLIENT;
    const present = await pairPresent(dir, cert, key);
    if (present) await checkPair(dir, cert, key, now);
    await ensure([cert, key], present, async () =>
      issueAs(kind, dir, { name, kind, days: DEFAULT_DAYS }, await ca(), now),
    );
  }
  await ensure([CRL_FILE], await exists(join(dir, CRL_FILE)), async () => writeCrl(dir, await ca(), [], 1n, now));
  return { made, kept };
}

async function pairPresent(dir: string, cert: string, key: string): Promise<boolean> {
  const [hasCert, hasKey] = [await exists(join(dir, cert)), await exists(join(dir, key))];
  if (hasCert === hasKey) return hasCert;
  throw hasCert ? incomplete(dir, cert, key) : incomplete(dir, key, cert);
}

const incomplete = (dir: string, there: string, missing: string) =>
  new Fault('pki_incomplete', `${dir} has ${there} but no ${missing}. Restore the one or move the other away.`);

async function checkPair(dir: string, cert: string, key: string | null, now: Date): Promise<void> {
  const certificate = await readCertificate(join(dir, cert));
  if (key && !keyFits(certificate, await readKey(join(dir, key))))
    throw new Fault(
      'pki_unusable',
      `${key} in ${dir} is not the key of ${cert}. Restore the right one or move both away; if a renewal was interrupted, run "sallyport pki renew" again.`,
    );
  if (certificate.notAfter < now)
    throw new Fault(
      'pki_expired',
      `${join(dir, cert)} expired on ${certificate.notAfter.toISOString()}. Run "sallyport pki renew" if its CA is here, or move it and its key away to have new ones made.`,
    );
}
