/** Whether a presented key is good, in a time that does not tell why it is not. */
import { timingSafeEqual } from 'node:crypto';
import { globMatches } from '../core/glob.ts';
import { hashKey, mintKey, parseKey } from './format.ts';
import type { KeyRecord, KeyTable } from './record.ts';

/** Stands in for what was not presented, or is not known, so that there is the same work to do. */
const DECOY = mintKey();
const DECOY_RECORD: KeyRecord = {
  id: DECOY.id,
  hash: '0'.repeat(64),
  team: 'none',
  app: 'none',
  env: 'none',
  role: 'inference',
  models: ['none'],
  client: 'none',
  issuedAt: '2000-01-01T00:00:00Z',
  expiresAt: '2000-01-02T00:00:00Z',
  revokedAt: null,
};

/**
 * The record of a presented key; null if the key is missing, malformed, unknown, wrong, expired, revoked or another
 * client's. Which of these it was shows neither in the answer nor in the time it took: every call parses one key,
 * hashes one key, compares one hash, and asks all the questions.
 * @param presented   what came after `Bearer `; null if nothing did
 * @param clientName  the name of the verified client certificate
 */
export function verifyKey(
  presented: string | null,
  clientName: string,
  keys: KeyTable,
  now: Date = new Date(),
): KeyRecord | null {
  // A malformed key is not hashed itself: it could be as long as a header may be.
  const parsed = parseKey(presented ?? DECOY.key);
  const record = keys.get(parsed?.id ?? DECOY.id) ?? DECOY_RECORD;
  const digest = hashKey(parsed && presented ? presented : DECOY.key);
  const answers = [
    timingSafeEqual(Buffer.from(digest, 'hex'), Buffer.from(record.hash, 'hex')),
    record !== DECOY_RECORD,
    isActive(record, now),
    globMatches(record.client, clientName),
  ];
  return answers.every(Boolean) ? record : null;
}

/** Whether a key is neither revoked nor expired. */
export const isActive = ({ revokedAt, expiresAt }: KeyRecord, now: Date): boolean =>
  revokedAt === null && now.getTime() < Date.parse(expiresAt);
