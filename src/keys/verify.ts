/** Whether a presented key is good, in a time that does not tell why it is not. */
import { timingSafeEqual } from 'node:crypto';
import { globMatches } from '../core/glob.ts';
import { hashKey, mintKey, parseKey } from './format.ts';
import { withinHours } from './hours.ts';
import { withinNetworks } from './networks.ts';
import { endOf, isIssued, type KeyRecord, type KeyRules, type KeyTable } from './record.ts';

/** Why a key is refused. For the audit log and the command line only: whoever presents it is told nothing of this. */
export const REASONS = [
  'no_key',
  'malformed',
  'unknown',
  'wrong',
  'revoked',
  'expired',
  'not_yet',
  'other_environment',
  'other_client',
  'other_network',
  'outside_hours',
] as const;
export type Reason = (typeof REASONS)[number];

export interface Circumstances {
  /** The name of the verified client certificate. */
  readonly client: string;
  /** Address of the peer. */
  readonly remote: string;
  readonly now: Date;
}

export type Verdict =
  | { readonly ok: true; readonly record: KeyRecord }
  /** `keyId` only where the secret itself was right: else anybody could put any id on record. */
  | { readonly ok: false; readonly reason: Reason; readonly keyId: string | null };

export interface Examination {
  /** All that speaks against the key, in the order of {@link REASONS}; nothing: it is good. */
  readonly reasons: readonly Reason[];
  /** The record of the key; null unless its secret is right. */
  readonly record: KeyRecord | null;
}

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
  issuedAt: '2000-01-01T00:00:00.000Z',
  expiresAt: '2000-01-02T00:00:00.000Z',
  revokedAt: null,
};

/** Stand in for what a record does not limit, for the same reason. */
const ALWAYS = 'mon-sun 00:00-24:00 UTC';
const ANYWHERE = ['0.0.0.0/0', '::/0'];

/**
 * Whether a key lets its bearer in. Why it does not shows in the verdict, and not in the time it took: every call parses
 * one key, hashes one key, compares one hash, and asks all the questions.
 * @param presented what came after `Bearer `; null if nothing did
 */
export function verifyKey(
  presented: string | null,
  circumstances: Circumstances,
  keys: KeyTable,
  rules: KeyRules,
): Verdict {
  const { reasons, record } = examineKey(presented, circumstances, keys, rules);
  const [reason] = reasons;
  return reason === undefined && record
    ? { ok: true, record }
    : { ok: false, reason: reason ?? 'wrong', keyId: record?.id ?? null };
}

/** All that speaks against a key: {@link verifyKey}, for whoever may know. */
export function examineKey(
  presented: string | null,
  circumstances: Circumstances,
  keys: KeyTable,
  rules: KeyRules,
): Examination {
  // A malformed key is not hashed itself: it could be as long as a header may be.
  const parsed = parseKey(presented ?? DECOY.key);
  const record = keys.get(parsed?.id ?? DECOY.id) ?? DECOY_RECORD;
  const digest = hashKey(parsed && presented !== null ? presented : DECOY.key);
  const isRight = timingSafeEqual(Buffer.from(digest, 'hex'), Buffer.from(record.hash, 'hex'));
  const isKnown = record !== DECOY_RECORD;
  const reasons = holding([
    ['no_key', presented === null],
    ['malformed', parsed === null],
    ['unknown', !isKnown],
    ['wrong', !isRight],
    ...questions(record, circumstances, rules),
  ]);
  return { reasons, record: isRight && isKnown ? record : null };
}

/**
 * Why a key that was verified before would not be let in now as what it was; null if it would. A key that is gone counts
 * as revoked.
 * Asked four times a second for every request that runs: it computes no hash.
 * @param record as it was when the key was verified
 */
export function standing(
  record: Pick<KeyRecord, 'id' | 'hash' | 'role'>,
  circumstances: Circumstances,
  keys: KeyTable,
  rules: KeyRules,
): Reason | 'other_role' | null {
  const current = keys.get(record.id);
  if (!current) return 'revoked';
  if (current.hash !== record.hash) return 'wrong';
  if (current.role !== record.role) return 'other_role';
  return holding(questions(current, circumstances, rules))[0] ?? null;
}

type Question = readonly [reason: Reason, holds: boolean];

const holding = (questions: readonly Question[]): Reason[] =>
  questions.filter(([, holds]) => holds).map(([reason]) => reason);

/** What is asked of every key whose secret is right. Each is asked whatever the others say. */
function questions(
  record: KeyRecord,
  { client, remote, now }: Circumstances,
  { env, maxTtlMs }: KeyRules,
): readonly Question[] {
  const isInside = withinNetworks(record.networks ?? ANYWHERE, remote);
  return [
    ['revoked', record.revokedAt !== null],
    ['expired', now >= endOf(record, maxTtlMs)],
    ['not_yet', !isIssued(record, now)],
    ['other_environment', env !== null && record.env !== env],
    ['other_client', !globMatches(record.client, client)],
    ['other_network', !isInside && record.networks !== undefined],
    ['outside_hours', !withinHours(record.hours ?? ALWAYS, now)],
  ];
}
