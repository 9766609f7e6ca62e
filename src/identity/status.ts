/** What is in a PKI directory, for `pki status`. */
import { hash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault } from '../core/fault.ts';
import { fileFault } from '../core/files.ts';
import { CA_CERT, DAY_MS, exists, keyFits, readCertificate, readKey } from './authority.ts';
import { crlNumber } from './crl.ts';
import { clientName } from './name.ts';
import { CRL_FILE, readCrl } from './revoking.ts';
import { serialOf } from './serial.ts';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type X509Certificate,
} from './x509.ts';

export interface CertificateStatus {
  readonly file: string;
  readonly kind: 'ca' | 'client' | 'server' | 'other';
  readonly subject: string;
  /** What the gateway calls this client, unless its settings say otherwise; null for what is no client. */
  readonly name: string | null;
  /** SHA-256 of the certificate, hex: what the audit log has of it. */
  readonly sha256: string;
  readonly serial: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly revoked: boolean;
  /** What keeps it from being used, in words; null if nothing does. A missing key is no problem: it may be elsewhere. */
  readonly problem: string | null;
  /** What will keep it from being used before long, in words; null if nothing will. */
  readonly warning: string | null;
}

export interface PkiStatus {
  readonly certificates: readonly CertificateStatus[];
  readonly crl: {
    readonly number: string;
    readonly thisUpdate: Date;
    readonly nextUpdate: Date;
    readonly revoked: readonly string[];
  } | null;
  /** Everything that is not well, a sentence each. */
  readonly problems: readonly string[];
  /** Everything that will not be well before long, a sentence each. It still works today. */
  readonly warnings: readonly string[];
}

const WARN_MS = 14 * DAY_MS;

/**
 * Looks at every `*-cert.pem` of a directory and at its revocation list. What cannot be read is a problem, not a fault.
 * @throws Fault `pki_missing` if the directory cannot be listed
 */
export async function pkiStatus(dir: string, now: Date = new Date()): Promise<PkiStatus> {
  let names: string[];
  try {
    names = (await readdir(dir)).filter((name) => name.endsWith('-cert.pem')).sort();
  } catch (error) {
    throw fileFault('pki_missing', 'the directory', dir, error, 'Run "sallyport pki init DIR" first.');
  }
  const problems: string[] = [];
  const warnings: string[] = [];
  const noted = async <T>(work: Promise<T>): Promise<T | null> => {
    try {
      return await work;
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      problems.push(error.message);
      return null;
    }
  };

  const ca = await noted(readCertificate(join(dir, CA_CERT)));
  const list = ca && (await noted(readCrl(dir, ca)));
  if (list && list.nextUpdate <= now)
    problems.push(`${join(dir, CRL_FILE)} held until ${list.nextUpdate.toISOString()}.`);

  const certificates: CertificateStatus[] = [];
  for (const name of names) {
    const certificate = name === CA_CERT ? ca : await noted(readCertificate(join(dir, name)));
    if (!certificate) continue;
    const problem = await problemOf(certificate, join(dir, name.replace(/-cert\.pem$/, '-key.pem')), now);
    if (problem) problems.push(`${join(dir, name)}: ${problem}.`);
    const serial = serialOf(certificate);
    const revoked = list?.revoked.has(serial) ?? false;
    const warning = problem || revoked ? null : warningOf(certificate, now);
    if (warning) warnings.push(`${join(dir, name)}: ${warning}.`);
    const kind = kindOf(certificate);
    certificates.push({
      file: name,
      kind,
      subject: certificate.subject,
      name: kind === 'client' ? nameOf(certificate) : null,
      sha256: hash('sha256', Buffer.from(certificate.rawData), 'hex'),
      serial,
      notBefore: certificate.notBefore,
      notAfter: certificate.notAfter,
      revoked,
      problem,
      warning,
    });
  }
  const crl = list && {
    number: crlNumber(list.parsed).toString(),
    thisUpdate: list.thisUpdate,
    nextUpdate: list.nextUpdate,
    revoked: [...list.revoked],
  };
  return { certificates, crl, problems, warnings };
}

async function problemOf(certificate: X509Certificate, keyFile: string, now: Date): Promise<string | null> {
  if (certificate.notAfter < now) return `it expired on ${certificate.notAfter.toISOString()}`;
  if (!(await exists(keyFile))) return null;
  const key = await readKey(keyFile).catch(() => null);
  if (key && keyFits(certificate, key)) return null;
  const interrupted = await exists(keyFile.replace(/-key\.pem$/, '-cert.pem.next'));
  return `the key beside it is not its own${interrupted ? '; a renewal was interrupted: run "sallyport pki renew" again' : ''}`;
}

/** Those that do not live long from the start are warned about in the last third of their life, not all of it. */
function warningOf({ notBefore, notAfter }: X509Certificate, now: Date): string | null {
  const span = Math.min(WARN_MS, (notAfter.getTime() - notBefore.getTime()) / 3);
  return notAfter.getTime() - now.getTime() < span ? `it expires on ${notAfter.toISOString()}` : null;
}

/** All kinds of names count, as they do unless the settings say otherwise. */
const ALL_NAMES = { names: ['uri', 'dns', 'cn'], trustDomain: null } as const;
function nameOf(certificate: X509Certificate): string | null {
  const found = clientName(certificate, ALL_NAMES);
  return typeof found === 'string' ? null : found.name;
}

function kindOf(certificate: X509Certificate): CertificateStatus['kind'] {
  if (certificate.getExtension(BasicConstraintsExtension)?.ca) return 'ca';
  const purposes = certificate.getExtension(ExtendedKeyUsageExtension)?.usages ?? [];
  if (purposes.includes(ExtendedKeyUsage.clientAuth)) return 'client';
  return purposes.includes(ExtendedKeyUsage.serverAuth) ? 'server' : 'other';
}
