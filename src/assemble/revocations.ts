/** What is taken away, from keys, certificates or everybody: when that has its effect, and that it has one on what is running. */
import type { SharedDocument } from '../core/document/document.ts';
import type { Trust } from '../identity/trust.ts';
import type { KeyTable } from '../keys/record.ts';
import type { Lockdown } from '../lockdown/lockdown.ts';

/** Keys expire and hours end without anybody telling. */
const REVIEW_EVERY_MS = 250;
export interface Effects {
  /** New requests are refused from now on because of something that was taken away then (milliseconds since 1970). */
  readonly refused: (what: 'key' | 'certificate' | 'lockdown', since: number) => void;
  /** Looks at what is running. */
  readonly review: () => void;
}

export interface Revocations {
  /**
   * When something was taken away that is known since the last change, by this clock: the clock of whoever did it may be
   * behind, but it was not before the last look at the store that had not found it.
   */
  since(said: number): number;
  /** To be called when other CAs or revocation lists are in force. */
  trustChanged(before: Trust, after: Trust): void;
  close(): void;
}

/** Follows keys and lockdown, and is told of trust: whatever changes, what is running is looked at, at once. */
export function followRevocations(
  keys: Pick<SharedDocument<KeyTable>, 'onChange' | 'lookedAt'>,
  lockdown: Pick<SharedDocument<Lockdown>, 'onChange' | 'lookedAt'>,
  { refused, review }: Effects,
): Revocations {
  let notBefore = 0;
  const since = (said: number): number => Math.max(said, notBefore);
  keys.onChange((before, after) => {
    notBefore = keys.lookedAt();
    for (const said of revokedKeys(before, after)) refused('key', since(said));
    review();
  });
  lockdown.onChange((before, after) => {
    notBefore = lockdown.lookedAt();
    if (after.on && !before.on) refused('lockdown', since(Date.parse(after.since)));
    review();
  });
  const timer = setInterval(review, REVIEW_EVERY_MS).unref();
  return {
    since,
    trustChanged(before, after) {
      notBefore = 0;
      for (let left = newlyRevoked(before, after); left > 0; left--) refused('certificate', after.changedAt);
      review();
    },
    close: () => clearInterval(timer),
  };
}

/** When the keys were revoked that were good before. */
const revokedKeys = (before: KeyTable, after: KeyTable): number[] =>
  [...after.values()].flatMap(({ id, revokedAt }) =>
    revokedAt !== null && before.get(id)?.revokedAt === null ? [Date.parse(revokedAt)] : [],
  );

/** How many certificates are on the lists now and were not before. */
function newlyRevoked(before: Trust, after: Trust): number {
  const known = new Set(before.authorities.flatMap(({ crl }) => [...(crl?.revoked ?? [])]));
  return after.authorities.flatMap(({ crl }) => [...(crl?.revoked ?? [])]).filter((serial) => !known.has(serial))
    .length;
}
