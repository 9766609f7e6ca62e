/** The keys that signatures are checked with. */
import { createPublicKey, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Fault } from '../../core/fault.ts';
import { fileFault } from '../../core/files.ts';
import { originOf, type PublicKeys } from '../format/checkpoint.ts';

const PUBLIC_KEY = /-----BEGIN PUBLIC KEY-----[^-]*-----END PUBLIC KEY-----/g;

/**
 * Reads the public keys in a PEM file: more than one if a log was signed with one after the other, or if there are
 * several witnesses.
 * @throws Fault `public_key_unusable`
 */
export async function readPublicKeys(file: string): Promise<PublicKeys> {
  let keys: KeyObject[];
  try {
    keys = ((await readFile(file, 'utf8')).match(PUBLIC_KEY) ?? []).map((pem) => createPublicKey(pem));
  } catch (error) {
    throw fileFault('public_key_unusable', 'the public key', file, error, 'Copy it again from beside the signing key.');
  }
  if (keys.length === 0 || keys.some(({ asymmetricKeyType }) => asymmetricKeyType !== 'ed25519')) {
    throw new Fault(
      'public_key_unusable',
      `${file} is not an Ed25519 public key in PEM. Give the .pub.pem file that lies beside the signing key.`,
    );
  }
  return new Map(keys.map((key) => [originOf(key), key]));
}
