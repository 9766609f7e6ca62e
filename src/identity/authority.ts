/** A small certificate authority of one's own: the key that signs, and the certificate that says so. */
import { createPrivateKey, createPublicKey, KeyObject, randomBytes, webcrypto } from 'node:crypto';
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault } from '../core/fault.ts';
import { errnoOf, fileFault, makePrivateDir, PRIVATE_FILE } from '../core/files.ts';
import {
  BasicConstraintsExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from './x509.ts';

export const CA_CERT = 'internal-ca-cert.pem';
export const CA_KEY = 'internal-ca-key.pem';

/** ECDSA on P-256 with SHA-256: what every TLS stack of the last decade speaks, and cheap to sign with. */
export const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

export const DAY_MS = 86_400_000;
export const CA_DAYS = 3650;
/** Certificates are valid from a little before they were made: the clock of whoever checks them may be behind. */
export const BACKDATE_MS = 5 * 60_000;

export interface SigningAuthority {
  readonly certificate: X509Certificate;
  readonly key: webcrypto.CryptoKey;
}

export const newKeyPair = () =>
  webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']) as Promise<webcrypto.CryptoKeyPair>;

/** 128 bits, of which the first two are fixed: the number is positive (RFC 5280 §4.1.2.2) and always as long. */
export function newSerial(): string {
  const bytes = randomBytes(16);
  bytes[0] = (bytes[0]! & 0x3f) | 0x40;
  return bytes.toString('hex');
}

/** X.509 knows no fractions of a second. */
export const wholeSecond = (ms: number): Date => new Date(Math.floor(ms / 1000) * 1000);

export const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/**
 * Writes a new private key and its certificate, as PKCS#8 and PEM, mode 0600.
 * @throws Fault `file_exists`: nothing that is there is overwritten
 */
export async function writePair(
  dir: string,
  names: { readonly cert: string; readonly key: string },
  certificate: X509Certificate,
  key: webcrypto.CryptoKey,
): Promise<void> {
  await makePrivateDir(dir);
  const pem = KeyObject.from(key).export({ type: 'pkcs8', format: 'pem' });
  await writeNew(join(dir, names.key), pem);
  try {
    await writeNew(join(dir, names.cert), `${certificate.toString('pem')}\n`);
  } catch (error) {
    // A key without its certificate would be in the way of the next attempt.
    await rm(join(dir, names.key), { force: true });
    throw error;
  }
}

const alreadyThere = (path: string) =>
  new Fault('file_exists', `${path} exists and is not overwritten. Choose another name, or move it away first.`);

async function writeNew(path: string, content: string | Buffer): Promise<void> {
  try {
    await writeFile(path, content, { flag: 'wx', mode: PRIVATE_FILE, flush: true });
  } catch (error) {
    throw errnoOf(error) === 'EEXIST'
      ? alreadyThere(path)
      : fileFault('pki_unwritable', 'the file', path, error, 'Make the directory writable.');
  }
}

/** Makes a CA that may issue leaves and revocation lists, and no further CA. Valid for ten years. */
export async function createAuthority(dir: string, now: Date): Promise<SigningAuthority> {
  const keys = await newKeyPair();
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: [{ CN: ['Sallyport internal CA'] }],
    serialNumber: newSerial(),
    notBefore: wholeSecond(now.getTime() - BACKDATE_MS),
    notAfter: wholeSecond(now.getTime() + CA_DAYS * DAY_MS),
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  await writePair(dir, { cert: CA_CERT, key: CA_KEY }, certificate, keys.privateKey);
  return { certificate, key: keys.privateKey };
}

/** @throws Fault `pki_missing` if it does not exist, `pki_unusable` if it cannot be read */
export async function readCertificate(path: string): Promise<X509Certificate> {
  try {
    return new X509Certificate(await readFile(path, 'utf8'));
  } catch (error) {
    throw pkiFault(
      'the certificate',
      path,
      error,
      'Run "sallyport pki init DIR" first, or name the directory that has it.',
    );
  }
}

/** @throws Fault `pki_missing` if it does not exist, `pki_unusable` if it cannot be read */
export async function readKey(path: string): Promise<KeyObject> {
  try {
    return createPrivateKey(await readFile(path));
  } catch (error) {
    throw pkiFault('the private key', path, error, 'Put it back, or run the command where it is kept.');
  }
}

function pkiFault(what: string, path: string, error: unknown, remedy: string): Fault {
  return fileFault(errnoOf(error) === 'ENOENT' ? 'pki_missing' : 'pki_unusable', what, path, error, remedy);
}

/** Whether a private key belongs to a certificate. */
export const keyFits = (certificate: X509Certificate, key: KeyObject): boolean =>
  createPublicKey(key).export({ type: 'spki', format: 'der' }).equals(Buffer.from(certificate.publicKey.rawData));

/**
 * Opens the CA in a directory for signing.
 * @throws Fault `pki_missing`, `pki_unusable` or `pki_expired`
 */
export async function openAuthority(dir: string, now: Date): Promise<SigningAuthority> {
  const path = join(dir, CA_CERT);
  const certificate = await readCertificate(path);
  const key = await readKey(join(dir, CA_KEY));
  if (!keyFits(certificate, key))
    throw new Fault(
      'pki_unusable',
      `${CA_KEY} in ${dir} is not the key of ${CA_CERT}. Restore the pair from a backup.`,
    );
  if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1' || !certificate.getExtension(BasicConstraintsExtension)?.ca)
    throw new Fault('pki_unusable', `${path} is not a CA with a P-256 key. Use the tools of the CA that made it.`);
  if (certificate.notAfter < now)
    throw new Fault('pki_expired', `The CA ${path} has expired. Move the directory away and run "sallyport pki init".`);
  return { certificate, key: key.toCryptoKey(ALGORITHM, false, ['sign']) };
}
