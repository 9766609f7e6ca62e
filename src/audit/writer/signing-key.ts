/** The key that signs the log. */
import { createPublicKey, type KeyObject, sign } from 'node:crypto';
import { type Checkpoint, keyIdOf, originOf, statementBytes } from '../format/checkpoint.ts';
import { openKeyFile } from '../key-file.ts';

export { publicKeyFile } from '../key-file.ts';

export interface Signer {
  /** Signs that a log has `size` records, the last of which has the hash `head`. */
  (size: number, head: string): Checkpoint;
  /** Names the log by this key, in every checkpoint. */
  readonly origin: string;
}

/** @param privateKey Ed25519 */
export function signerOf(privateKey: KeyObject): Signer {
  const origin = originOf(createPublicKey(privateKey));
  const signed = (size: number, head: string): Checkpoint => {
    const signature = sign(null, statementBytes({ origin, size, head }), privateKey).toString('base64');
    return { origin, size, head, keyId: keyIdOf(origin), signature };
  };
  return Object.assign(signed, { origin });
}

/**
 * Opens the signing key in `file`, and makes it if there is none.
 * @throws Fault `signing_key_unusable`, `signing_key_mismatch`
 */
export const openSigner = async (file: string): Promise<Signer> => signerOf(await openKeyFile(file));
