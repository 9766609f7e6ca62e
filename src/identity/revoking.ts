/** The revocation list of one's own CA. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault } from '../core/fault.ts';
import { fileFault, writeAtomic } from '../core/files.ts';
import { ALGORITHM, BACKDATE_MS, exists, openAuthority, type SigningAuthority, wholeSecond } from './authority.ts';
import { CRL_NUMBER, crlNumber, findCrl, parseCrls, type RevocationList } from './crl.ts';
import { canonicalSerial } from './serial.ts';
import {
  AuthorityKeyIdentifierExtension,
  Extension,
  PemConverter,
  type X509Certificate,
  X509CrlGenerator,
  X509CrlReason,
} from './x509.ts';

export const CRL_FILE = 'crl.pem';

interface Entry {
  readonly serialNumber: string;
  readonly revocationDate: Date;
  readonly reason?: X509CrlReason | undefined;
}

/**
 * Writes a complete list. It holds as long as the CA does: nothing here runs by itself to renew it in time, and an
 * expired list shuts every client out. What that gives up is that an old list, put back by someone who can write the
 * file, is not found out by its age.
 */
export async function writeCrl(
  dir: string,
  ca: SigningAuthority,
  entries: readonly Entry[],
  number: bigint,
  now: Date,
): Promise<void> {
  const crl = await X509CrlGenerator.create({
    issuer: ca.certificate.subjectName,
    thisUpdate: wholeSecond(now.getTime() - BACKDATE_MS),
    nextUpdate: ca.certificate.notAfter,
    // Every entry gets a reason: the library gives an entry without one an empty list of extensions, which
    // RFC 5280 §5.1 has no room for and a strict reader refuses.
    entries: entries.map((entry) => ({ ...entry, reason: entry.reason || X509CrlReason.privilegeWithdrawn })),
    extensions: [
      new Extension(CRL_NUMBER, false, derInteger(number)),
      await AuthorityKeyIdentifierExtension.create(ca.certificate.publicKey),
    ],
    signingKey: ca.key,
    signingAlgorithm: ALGORITHM,
  });
  const others = await listsOfOthers(join(dir, CRL_FILE), ca.certificate);
  await writeAtomic(join(dir, CRL_FILE), [crl.rawData, ...others].map(pemOf).join(''));
}

// The library's own label, "CRL", is not the one of RFC 7468 §7, and OpenSSL reads no other.
const pemOf = (der: ArrayBuffer): string => `${PemConverter.encode(der, 'X509 CRL')}\n`;

/** What else is in the file: while a CA is replaced, the lists of both may be. They are not this CA's to drop. */
async function listsOfOthers(path: string, ca: X509Certificate): Promise<ArrayBuffer[]> {
  if (!(await exists(path))) return [];
  const lists = parseCrls(await readFile(path, 'utf8'), path);
  const own = await Promise.all(lists.map((list) => findCrl([list], ca)));
  return lists.filter((_, index) => own[index] === null).map(({ rawData }) => rawData);
}

function derInteger(value: bigint): Uint8Array<ArrayBuffer> {
  const hex = value.toString(16);
  const digits = hex.padStart(hex.length + (hex.length % 2), '0');
  const bytes = Buffer.from(/^[89a-f]/.test(digits) ? `00${digits}` : digits, 'hex');
  return new Uint8Array([2, bytes.length, ...bytes]);
}

/**
 * The list in a directory, if the CA there has signed it.
 * @throws Fault `pki_missing`, `pki_unusable` or `crl_unusable`
 */
export async function readCrl(dir: string, ca: X509Certificate): Promise<RevocationList> {
  const path = join(dir, CRL_FILE);
  let pem: string;
  try {
    pem = await readFile(path, 'utf8');
  } catch (error) {
    throw fileFault('pki_missing', 'the revocation list', path, error, 'Put it back from a backup.');
  }
  const crl = await findCrl(parseCrls(pem, path), ca);
  if (crl) return crl;
  throw new Fault('crl_unusable', `${path} is not signed by the CA beside it. Restore the right one from a backup.`);
}

export interface Revocation {
  /** As it now stands in the list. */
  readonly serial: string;
  /** False if it was revoked before; the list is then left as it is. */
  readonly changed: boolean;
}

/**
 * Adds a serial to the list of the CA in a directory. Two at a time would lose one of the two: the caller holds a lock.
 * @param serial  hex, with or without colons
 * @throws Fault `serial_invalid`, `pki_missing`, `pki_unusable`, `pki_expired`, `crl_unusable`
 */
export async function revokeCertificate(dir: string, serial: string, now: Date = new Date()): Promise<Revocation> {
  const canonical = canonicalSerial(serial);
  if (!canonical)
    throw new Fault(
      'serial_invalid',
      `"${serial}" is no serial number. "sallyport pki status ${dir}" lists them, in hex.`,
    );
  const ca = await openAuthority(dir, now);
  const { revoked, parsed } = await readCrl(dir, ca.certificate);
  if (revoked.has(canonical)) return { serial: canonical, changed: false };
  const before = parsed.entries.map(({ serialNumber, revocationDate, reason }) => ({
    serialNumber,
    revocationDate,
    reason,
  }));
  const added = {
    serialNumber: canonical.padStart(canonical.length + (canonical.length % 2), '0'),
    revocationDate: wholeSecond(now.getTime()),
  };
  await writeCrl(dir, ca, [...before, added], crlNumber(parsed) + 1n, now);
  return { serial: canonical, changed: true };
}
