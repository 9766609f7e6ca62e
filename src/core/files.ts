/** The few things done to files that must be done the same way everywhere. */
import { randomBytes } from 'node:crypto';
import { chown, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { Fault } from './fault.ts';

export const PRIVATE_FILE = 0o600;
export const PRIVATE_DIR = 0o700;

/** Makes a directory, and those above it, readable by its owner only. Made by root, they belong to whom the place belongs. */
export const makePrivateDir = async (dir: string): Promise<void> => {
  const first = await mkdir(dir, { recursive: true, mode: PRIVATE_DIR });
  if (first === undefined || process.geteuid?.() !== 0) return;
  const { uid, gid } = await stat(dirname(first));
  for (let made = resolve(dir); made.length >= resolve(first).length; made = dirname(made))
    await chown(made, uid, gid).catch(() => {});
};

/** Makes what was done to the entries of a directory (create, rename, unlink) survive a power cut. */
export async function syncDir(dir: string): Promise<void> {
  const handle = await open(dir, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Replaces a file as a whole: a reader sees the old content or the new, and a power cut leaves one of the two.
 * The directory is made if it is missing. Mode 0600 unless told. Written by root, it belongs to whoever the file or else the directory
 * belongs to: a gateway that runs as somebody else could not read what a command of root has revoked.
 */
export async function writeAtomic(
  path: string,
  content: string | Uint8Array,
  mode: number = PRIVATE_FILE,
): Promise<void> {
  const dir = dirname(path);
  await makePrivateDir(dir);
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    const handle = await open(temporary, 'wx', mode);
    try {
      await handle.writeFile(content);
      if (process.geteuid?.() === 0) {
        const { uid, gid } = await stat(path).catch(() => stat(dir));
        // Without the capability it stays root's, and whoever reads it says that he cannot.
        await handle.chown(uid, gid).catch(() => {});
      }
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncDir(dir);
}

/** `error.code` of a failed system call, such as `ENOENT`; undefined for anything else. */
export const errnoOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;

/**
 * Says that a file cannot be used, and why.
 * @param remedy a sentence that says what to do about it
 */
export function fileFault(code: string, what: string, path: string, error: unknown, remedy: string): Fault {
  const reason =
    { ENOENT: 'it does not exist', EACCES: 'permission is denied', EISDIR: 'it is a directory' }[
      errnoOf(error) ?? ''
    ] ?? (error instanceof Error ? error.message : String(error));
  return new Fault(code, `Cannot use ${what} ${path}: ${reason}. ${remedy}`, { cause: error });
}
