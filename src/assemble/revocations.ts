/** What is taken away, from keys, certificates or everybody: when that has its effect, and that it has one on what is running. */
import type { SharedDocument } from '../core/document/document.ts';
import type { Trust } from '../identity/trust.ts';
import type { KeyTable } from '../keys/record.ts';
import type { Lockdown } from '../lockdown/lockdown.ts';

/** Keys expire and hours end without anybody telling. */
const REVIEW_EVERY_MS = 250;
/** What runs is cut within a moment: more than this many are not being cut at once. */
const MOST_REMEMBERED = 1000;

export interface Effects {
  /** New requests are refused from now on because of something that was taken away then (milliseconds since 1970). */
  readonly refused: (what: 'key' | 'certificate' | 'lockdown', since: number) => void;
  /** Looks at what is running. */
  readonly review: () => void;
}

export interface Revocations {
  /**
   * When something was taken away, by this clock: the clock of whoever did it may be behind, but it was not before the last
   * look at the store that had not found it.
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
  /** By what is said, what can be: for as long as what runs is being cut. */
  const bounds = new Map<number, number>();
  const bounded = (said: number, notBefore: number): number => {
    const since = Math.max(said, notBefore);
    bounds.set(said, since);
    if (bounds.size > MOST_REMEMBERED) bounds.delete(bounds.keys().next().value!);
    return since;
  };
  keys.onChange((before, after) => {
    for (const said of revokedKeys(before, after)) refused('key', bounded(said, keys.lookedAt()));
    review();
  });
  lockdown.onChange((before, after) => {
    if (after.on && !before.on) refused('lockdown', bounded(Date.parse(after.since), lockdown.lookedAt()));
    review();
  });
  const timer = setInterval(review, REVIEW_EVERY_MS).unref();
  return {
    since: (said) => bounds.get(said) ?? said,
    trustChanged(before, after) {
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
