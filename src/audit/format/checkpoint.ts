/**
 * The format of a checkpoint: an Ed25519 signature (RFC 8032) by the holder of the log's key over four lines of text,
 *
 *   sallyport audit checkpoint v1
 *   <origin>   the log, by its key: SHA-256 of the public key (SPKI, DER), hex
 *   <size>     `seq` of the last record that is covered, decimal
 *   <head>     SHA-256 of that record's line, hex
 *
 * each ended by a newline. By the chain, whoever signs the last record signs all before it. In the log a checkpoint is
 * a record like any other, right behind the one that it covers: its `size` is its own `seq` less 1, its `head` its own
 * `prev`. Shared by the writer and the verifier.
 */
import { hash, type KeyObject, verify } from 'node:crypto';
import type { JsonObject } from '../../core/json.ts';
import { isHash } from './chain.ts';

export const CHECKPOINT_EVENT = 'audit.checkpoint';

/** What is signed. */
export interface Statement {
  readonly origin: string;
  readonly size: number;
  readonly head: string;
}

/** The bytes that are signed. */
export const statementBytes = ({ origin, size, head }: Statement): Buffer =>
  Buffer.from(`sallyport audit checkpoint v1\n${origin}\n${size}\n${head}\n`);

/** Names the log that a key signs: 64 hex digits. */
export const originOf = (publicKey: KeyObject): string =>
  hash('sha256', publicKey.export({ type: 'spki', format: 'der' }), 'hex');

/** Names the key for people: the first 16 digits of its {@link originOf}. */
export const keyIdOf = (origin: string): string => origin.slice(0, 16);

/** The members of a checkpoint record that are its own, in this order. */
export interface Checkpoint extends Statement {
  readonly keyId: string;
  /** Base64 (RFC 4648 §4) of 64 bytes. */
  readonly signature: string;
}

/** Public keys by the {@link originOf} what they sign. */
export type PublicKeys = ReadonlyMap<string, KeyObject>;

/**
 * Reads a checkpoint record and checks its signature.
 * @returns why it proves nothing, as the end of a sentence that begins with "This checkpoint", if it does not
 */
export function readCheckpoint(record: JsonObject, keys: PublicKeys): Checkpoint | string {
  const { origin, size, head, keyId, signature } = record;
  // What is signed is lines of text, and what is said of it goes to a terminal: nothing but digits may be in it.
  if (
    !isHash(origin) ||
    !Number.isSafeInteger(size) ||
    (size as number) <= 0 ||
    !isHash(head) ||
    typeof signature !== 'string' ||
    keyId !== keyIdOf(origin)
  ) {
    return 'lacks what a checkpoint says';
  }
  const key = keys.get(origin);
  if (!key) return `was signed with another key (${keyId})`;
  const bytes = Buffer.from(signature, 'base64');
  const checkpoint = { origin, size: size as number, head, keyId, signature: bytes.toString('base64') };
  return verify(null, statementBytes(checkpoint), key, bytes) ? checkpoint : 'has a signature that does not fit it';
}
