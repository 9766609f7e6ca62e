/**
 * The legal hold: while `hold.json` is in the directory of a log, nothing is removed from it. Whoever begins a hold may
 * rely on it from the moment it is on disk: beginning one and removing a file exclude each other.
 */
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { errnoOf, syncDir, writeAtomic } from '../../core/files.ts';
import { withLock } from '../../core/lock.ts';
import { type Reloading, reloading } from '../../core/reloading.ts';

const POLL_MS = 1000;

const holdFile = z.strictObject({
  /** It is read on terminals, and in one line. */
  reason: z.string().regex(/^[^\p{C}\p{Zl}\p{Zp}]{1,500}$/u, 'use 1 to 500 printable characters'),
  since: z.iso.datetime(),
});

export interface Hold {
  /** Why nothing is removed. */
  readonly reason: string;
}

/** What is in force where the file cannot be read: nobody would want it to mean that there is no hold. */
const UNREADABLE: Hold = { reason: 'hold.json is there and cannot be read' };

const fileOf = (dir: string): string => join(dir, 'hold.json');
const locked = <T>(dir: string, work: () => Promise<T>): Promise<T> => withLock(`${fileOf(dir)}.lock`, work);

/** What keeps a log; null if nothing does. Never rejects: a file that is damaged, or cannot be read, is a hold. */
export async function readHold(dir: string): Promise<Hold | null> {
  try {
    const { reason } = holdFile.parse(JSON.parse(await readFile(fileOf(dir), 'utf8')));
    return { reason };
  } catch (error) {
    return errnoOf(error) === 'ENOENT' ? null : UNREADABLE;
  }
}

/** Whether a text can be the reason of a hold: 1 to 500 printable characters. */
export const isReason = (reason: string): boolean => holdFile.shape.reason.safeParse(reason).success;

/**
 * Keeps a log from now on, or from before for another reason: in between there is no moment without a hold. When this
 * returns, it survives a power cut.
 * @param reason for which {@link isReason} holds
 * @throws Fault `locked`, `lock_unusable`; whatever the file system throws
 */
export const beginHold = (dir: string, reason: string, since: Date): Promise<void> =>
  locked(dir, () => writeAtomic(fileOf(dir), `${JSON.stringify({ reason, since: since.toISOString() })}\n`));

/**
 * Lets go of a log.
 * @returns what had kept it; null if nothing had
 * @throws as {@link beginHold}
 */
export const endHold = (dir: string): Promise<Hold | null> =>
  locked(dir, async () => {
    const hold = await readHold(dir);
    await rm(fileOf(dir), { force: true });
    await syncDir(dir);
    return hold;
  });

/**
 * Does something that a hold forbids, unless there is one. None can begin meanwhile.
 * @returns whether it was done
 * @throws Fault `locked`, `lock_unusable`; whatever `work` throws
 */
export const unlessHeld = (dir: string, work: () => Promise<unknown>): Promise<boolean> =>
  locked(dir, async () => {
    if (await readHold(dir)) return false;
    await work();
    return true;
  });

/** Follows the hold of a log, and tells of every change within a second or so. */
export const watchHold = (
  dir: string,
  { onChange, everyMs = POLL_MS }: { readonly onChange: (hold: Hold | null) => void; readonly everyMs?: number },
): Promise<Reloading<Hold | null>> =>
  reloading([fileOf(dir)], () => readHold(dir), {
    onChange: (_before, after) => onChange(after),
    // Reading it never fails.
    onAlarm: () => {},
    everyMs,
  });
