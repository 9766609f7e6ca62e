/**
 * The format of a witnessed checkpoint: an Ed25519 signature (RFC 8032) by a witness over five lines of text,
 *
 *   sallyport audit witness v1
 *   <origin>        as in the checkpoint (checkpoint.ts)
 *   <size>
 *   <head>
 *   <witnessedAt>   when the witness first saw it, RFC 3339, UTC, milliseconds
 *
 * each ended by a newline. A witness keeps such records, one a line, and hands them out: all that the checkpoint says,
 * its signature included, and the witness's own beside it.
 */
import { type KeyObject, verify } from 'node:crypto';
import type { JsonObject } from '../../core/json.ts';
import { isHash } from './chain.ts';
import type { Checkpoint, PublicKeys, Statement } from './checkpoint.ts';

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

export const WITNESSED_EVENT = 'audit.witnessed';

/** The members of a witnessed checkpoint, in this order, behind `v` and `event`. */
export interface Witnessed extends Checkpoint {
  /** The witness, by its key: as `origin`. */
  readonly witness: string;
  readonly witnessedAt: string;
  /** Base64 of 64 bytes. */
  readonly witnessSignature: string;
}

/** The bytes that a witness signs. */
export const witnessedBytes = ({ origin, size, head }: Statement, witnessedAt: string): Buffer =>
  Buffer.from(`sallyport audit witness v1\n${origin}\n${size}\n${head}\n${witnessedAt}\n`);

/**
 * Checks what a witness has signed.
 * @returns why it proves nothing, as the end of a sentence that begins with "This record of a witness", if it does not
 */
export function checkCosignature(record: JsonObject, witnesses: PublicKeys): string | null {
  const { origin, size, head, witness, witnessedAt, witnessSignature } = record;
  // What is signed is lines of text: with a newline in one of them, it could be read in two ways.
  if (
    !isHash(origin) ||
    !Number.isSafeInteger(size) ||
    (size as number) <= 0 ||
    !isHash(head) ||
    typeof witness !== 'string' ||
    typeof witnessedAt !== 'string' ||
    !TIME.test(witnessedAt) ||
    typeof witnessSignature !== 'string'
  ) {
    return 'lacks what a witnessed checkpoint says';
  }
  const key: KeyObject | undefined = witnesses.get(witness);
  if (!key) return 'was signed by another witness';
  const bytes = witnessedBytes({ origin, size: size as number, head }, witnessedAt);
  return verify(null, bytes, key, Buffer.from(witnessSignature, 'base64'))
    ? null
    : 'has a signature that does not fit it';
}
