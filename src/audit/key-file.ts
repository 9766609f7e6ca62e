/**
 * Ed25519 keys in files: the one that signs a log, and the one of a witness. Each is made at the first start; its public
 * half lies beside it, for those who verify.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { link, readFile, unlink, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Fault } from '../core/fault.ts';
import { errnoOf, fileFault, makePrivateDir, PRIVATE_FILE, syncDir, writeAtomic } from '../core/files.ts';

const PUBLIC_FILE = 0o644;

/** Where the public key of a private one lies: `key.pub.pem` beside `key.pem`. */
export const publicKeyFile = (file: string): string => `${file.replace(/\.pem$/, '')}.pub.pem`;

/**
 * Opens the private key in `file` (Ed25519, PKCS#8, PEM, mode 0600) and makes it if there is none, with its
 * {@link publicKeyFile} (SPKI, PEM).
 * @throws Fault `signing_key_unusable`, `signing_key_mismatch`
 */
export async function openKeyFile(file: string): Promise<KeyObject> {
  const pem = (await read(file)) ?? (await make(file));
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch (cause) {
    throw unusable(file, 'It is not a private key in PEM without a passphrase', cause);
  }
  if (key.asymmetricKeyType !== 'ed25519')
    throw unusable(file, `It is not an Ed25519 key but ${key.asymmetricKeyType}`);
  await publish(createPublicKey(key), publicKeyFile(file), file);
  return key;
}

const unusable = (file: string, why: string, cause?: unknown): Fault =>
  new Fault(
    'signing_key_unusable',
    `Cannot sign with ${file}. ${why}. Restore it from a backup; if nothing was ever signed with it, remove it, and the next start makes a new one.`,
    { cause },
  );

const cannotUse = (file: string, error: unknown): Fault =>
  fileFault('signing_key_unusable', 'the signing key', file, error, 'Make it and its directory accessible.');

const read = (file: string): Promise<string | null> =>
  readFile(file, 'utf8').catch((error) => {
    if (errnoOf(error) === 'ENOENT') return null;
    throw cannotUse(file, error);
  });

/** Never in place of a key, and never half of one: of two that start together, one makes it and the other reads it. */
async function make(file: string): Promise<string> {
  const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
  const temporary = `${file}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    await makePrivateDir(dirname(file));
    await writeFile(temporary, pem, { flag: 'wx', mode: PRIVATE_FILE, flush: true });
    await link(temporary, file);
    await syncDir(dirname(file));
    return pem;
  } catch (error) {
    const other = errnoOf(error) === 'EEXIST' ? await read(file) : null;
    if (other === null) throw cannotUse(file, error);
    return other;
  } finally {
    await unlink(temporary).catch(() => {});
  }
}

async function publish(publicKey: KeyObject, file: string, privateFile: string): Promise<void> {
  const present = await read(file);
  if (present === null) {
    const pem = publicKey.export({ type: 'spki', format: 'pem' });
    await writeAtomic(file, pem, PUBLIC_FILE).catch((error) => {
      throw cannotUse(file, error);
    });
  } else if (!isKey(present, publicKey)) {
    throw new Fault(
      'signing_key_mismatch',
      `${file} is not the public key of ${privateFile}. Find out which of the two was replaced: reviewers check signatures with the public one. Restore that one, or remove the public key to have it written anew.`,
    );
  }
}

function isKey(pem: string, key: KeyObject): boolean {
  try {
    return createPublicKey(pem).equals(key);
  } catch {
    return false;
  }
}
