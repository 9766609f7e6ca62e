/** A successor for a certificate of the built-in CA: a new key, everything else as it was. */
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault } from '../core/fault.ts';
import { syncDir } from '../core/files.ts';
import {
  CA_CERT,
  DAY_MS,
  exists,
  keyFits,
  openAuthority,
  readCertificate,
  readKey,
  type SigningAuthority,
  writePair,
} from './authority.ts';
import { checkName, type Issued } from './issuing.ts';
import { signLeaf } from './leaf.ts';
import { readCrl, revokeCertificate } from './revoking.ts';
import { serialOf } from './serial.ts';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  SubjectAlternativeNameExtension,
  type X509Certificate,
} from './x509.ts';

export interface RenewalRequest {
  /** Days from now; by default as long as the certificate before was valid, but not beyond the end of the CA. */
  readonly days?: number;
  /** Milliseconds: nothing is done for a certificate that is valid for longer. */
  readonly withinMs?: number;
  /** Puts the serial of the certificate before on the revocation list. */
  readonly revoke?: boolean;
}

export interface Renewal extends Issued {
  /** False: it was not due, and everything is left as it is. */
  readonly renewed: boolean;
  /** Serial of the certificate before; null if nothing was done. */
  readonly replaced: string | null;
}

interface Files {
  readonly cert: string;
  readonly key: string;
}

/**
 * Renews `DIR/NAME-cert.pem` and `DIR/NAME-key.pem`.
 *
 * Both successors are written beside the old files before either takes its place, by renaming: the key first, then,
 * if asked for, the revocation, then the certificate. Each file is whole at every moment. A crash in between leaves the
 * old pair, or a new key with its certificate waiting beside it; run again, that renewal is finished, and the old
 * certificate, which is still there, can still be revoked. The caller holds the lock of the revocation list.
 * @throws Fault `name_invalid`, `days_invalid`, `pki_missing`, `pki_unusable`, `pki_expired`, `pki_foreign`,
 *   `pki_revoked`, `crl_unusable`
 */
export async function renewCertificate(
  dir: string,
  name: string,
  request: RenewalRequest = {},
  now: Date = new Date(),
): Promise<Renewal> {
  checkName(name);
  const files = { cert: join(dir, `${name}-cert.pem`), key: join(dir, `${name}-key.pem`) };
  const next = { cert: `${files.cert}.next`, key: `${files.key}.next` };
  const ca = await openAuthority(dir, now);
  // Read before anything is replaced: a list that cannot be extended must not stop the renewal half-way.
  const { revoked } = await readCrl(dir, ca.certificate);
  const before = await readCertificate(files.cert);
  await checkOrigin(before, ca, files.cert);
  const key = await readKey(files.key);
  const serial = serialOf(before);
  const revokeOld = async () => void (request.revoke && (await revokeCertificate(dir, serial, now)));

  const interrupted = await waiting(next.cert);
  if (interrupted && keyFits(interrupted, key)) {
    await revokeOld();
    await place(dir, next.cert, files.cert);
    return { ...issued(interrupted, files), renewed: true, replaced: serial };
  }
  for (const leftover of [next.key, next.cert]) await rm(leftover, { force: true });
  if (!keyFits(before, key))
    throw new Fault(
      'pki_unusable',
      `${files.key} is not the key of ${files.cert}. Restore the right one from a backup.`,
    );
  // Otherwise whoever renews by the clock would let a client in again that someone has shut out.
  if (revoked.has(serial))
    throw new Fault(
      'pki_revoked',
      `${files.cert} was revoked and is not renewed. To let its holder in again, move it and its key away and issue a new one.`,
    );
  if (request.withinMs !== undefined && before.notAfter.getTime() - now.getTime() > request.withinMs)
    return { ...issued(before, files), renewed: false, replaced: null };

  const successor = await signSuccessor(before, ca, request.days, now);
  const [certName, keyName] = [`${name}-cert.pem.next`, `${name}-key.pem.next`];
  await writePair(dir, { cert: certName, key: keyName }, successor.certificate, successor.key);
  await place(dir, next.key, files.key);
  await revokeOld();
  await place(dir, next.cert, files.cert);
  return { ...issued(successor.certificate, files), renewed: true, replaced: serial };
}

function signSuccessor(before: X509Certificate, ca: SigningAuthority, days: number | undefined, now: Date) {
  const { notBefore, notAfter } = before;
  const untilCaEnds = Math.floor((ca.certificate.notAfter.getTime() - now.getTime()) / DAY_MS);
  const asBefore = Math.round((notAfter.getTime() - notBefore.getTime()) / DAY_MS);
  const kept = [ExtendedKeyUsageExtension, SubjectAlternativeNameExtension].flatMap(
    (kind) => before.getExtension<ExtendedKeyUsageExtension | SubjectAlternativeNameExtension>(kind) ?? [],
  );
  return signLeaf(
    ca,
    { subject: before.subjectName, days: days ?? Math.min(asBefore, untilCaEnds), extensions: kept },
    now,
  );
}

async function checkOrigin(certificate: X509Certificate, ca: SigningAuthority, path: string): Promise<void> {
  if (certificate.getExtension(BasicConstraintsExtension)?.ca)
    throw new Fault('pki_foreign', `${path} is a CA, and only what a CA has issued is renewed.`);
  const { publicKey } = ca.certificate;
  if (!(await certificate.verify({ publicKey, signatureOnly: true }).catch(() => false)))
    throw new Fault('pki_foreign', `${path} was not issued by ${CA_CERT} beside it. Renew it where it came from.`);
}

/** A certificate that was written but not put in place; null if there is none that can be read. */
const waiting = async (path: string): Promise<X509Certificate | null> =>
  (await exists(path)) ? readCertificate(path).catch(() => null) : null;

async function place(dir: string, from: string, to: string): Promise<void> {
  await rename(from, to);
  await syncDir(dir);
}

const issued = (certificate: X509Certificate, { cert, key }: Files): Issued => ({
  certFile: cert,
  keyFile: key,
  serial: serialOf(certificate),
  notAfter: certificate.notAfter,
});
