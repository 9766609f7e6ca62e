/** Keys that nobody uses: each is a way in that nobody would miss, and whose loss nobody would notice. */
import type { AuditEvent } from '../events.ts';
import { CoolDown } from './bounds.ts';
import { DAY_MS, type KeyLife, MOST_SUBJECTS, whose } from './detector.ts';

export interface KeyUse {
  readonly keys: () => ReadonlyMap<string, KeyLife>;
  /** When a key ends. */
  readonly keyEnd: (key: KeyLife) => Date;
  /** When a key was last let in; null if never. */
  readonly lastUsed: (keyId: string) => Date | null;
}

/**
 * Returns the alerts that are due, once a day for each key that is good and has not been used for so long: since it was
 * issued, if never.
 */
export function unused(unusedKeyDays: number, { keys, keyEnd, lastUsed }: KeyUse): (at: number) => AuditEvent[] {
  const coolDown = new CoolDown(DAY_MS, MOST_SUBJECTS);
  const alert = (key: KeyLife, at: number): AuditEvent[] => {
    const oldest = at - unusedKeyDays * DAY_MS;
    const isGood = key.revokedAt === null && keyEnd(key).getTime() > at;
    if (!isGood || Date.parse(key.issuedAt) > oldest) return [];
    const used = lastUsed(key.id);
    if ((used && used.getTime() > oldest) || !coolDown.start(key.id, at)) return [];
    return [{ event: 'alert.key_unused', ...whose(key), lastUsed: used?.toISOString() ?? null }];
  };
  return (at) => [...keys().values()].flatMap((key) => alert(key, at));
}
