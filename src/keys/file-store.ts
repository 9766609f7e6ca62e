/** API keys in a file, for one host, a mounted secret or a repository: read by the gateway, changed by the CLI. */
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Fault } from '../core/fault.ts';
import { errnoOf, fileFault, makePrivateDir, writeAtomic } from '../core/files.ts';
import { withLock } from '../core/lock.ts';
import { reloading } from '../core/reloading.ts';
import { type KeyRecord, type KeyTable, keysFile, tableOf } from './record.ts';

export interface KeyStore {
  /** The keys as of now. */
  table(): KeyTable;
  /** Calls back whenever the table has changed. */
  onChange(callback: (before: KeyTable, after: KeyTable) => void): void;
  close(): void;
}

/**
 * Opens a key file and follows its changes within a quarter of a second. A missing file means no keys, and an alarm.
 * Once there are keys, a file that is broken or gone leaves them in force and raises an alarm: to revoke is to say so.
 * @param onAlarm  told `keys_missing`, `keys_unreadable`, `keys_invalid` or `keys_exposed`
 * @throws Fault `keys_unreadable` or `keys_invalid`, if that is so at the start
 */
export async function openKeyStore(
  file: string,
  { onAlarm, everyMs }: { readonly onAlarm: (fault: Fault) => void; readonly everyMs?: number },
): Promise<KeyStore> {
  const callbacks: ((before: KeyTable, after: KeyTable) => void)[] = [];
  let started = false;
  let exposed = false;

  const load = async (): Promise<KeyTable> => {
    const found = await readKeys(file);
    if (!found) {
      const missing = new Fault('keys_missing', `There is no key file ${file}. "sallyport keys issue" makes one.`);
      if (started) throw missing;
      onAlarm(missing);
    }
    const readable = found !== null && (found.mode & 0o077) !== 0;
    if (readable && !exposed)
      onAlarm(new Fault('keys_exposed', `Others than its owner may open the key file ${file}. Run chmod 600 on it.`));
    exposed = readable;
    return tableOf(found?.keys ?? []);
  };

  const live = await reloading([file], load, {
    onAlarm,
    onChange: (before, after) => {
      for (const callback of callbacks) callback(before, after);
    },
    ...(everyMs === undefined ? {} : { everyMs }),
  });
  started = true;
  return { table: live.current, onChange: (callback) => void callbacks.push(callback), close: live.close };
}

/**
 * The keys in a file and the file's mode; null if there is no file.
 * @throws Fault `keys_unreadable` or `keys_invalid`
 */
async function readKeys(file: string): Promise<{ keys: readonly KeyRecord[]; mode: number } | null> {
  let text: string;
  let mode: number;
  try {
    await using handle = await open(file);
    mode = (await handle.stat()).mode;
    text = await handle.readFile('utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null;
    throw fileFault('keys_unreadable', 'the key file', file, error, 'Make it readable for the user of the gateway.');
  }
  return { keys: parseKeys(text, file), mode };
}

function parseKeys(text: string, file: string): readonly KeyRecord[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // Without the parser's own message: it quotes the text.
    throw new Fault('keys_invalid', `The key file ${file} is not JSON. Restore it from a backup.`);
  }
  const { data, error } = keysFile.safeParse(json);
  if (data) return data.keys;
  const lines = error.issues.map(({ path, message }) => `  ${path.join('.') || 'file'}: ${message}`);
  throw new Fault('keys_invalid', [`The key file ${file} cannot be used:`, ...lines].join('\n'));
}

/** The keys in a file, in its order; none if there is no file. */
export const listKeys = async (file: string): Promise<readonly KeyRecord[]> => (await readKeys(file))?.keys ?? [];

/**
 * Replaces the keys in a file by what `change` makes of them. Others who do the same wait their turn, so that no change
 * is lost, and a reader sees all of it or nothing. The file is made if it is missing; mode 0600.
 * @throws Fault `keys_unreadable`, `keys_invalid` (also for what `change` returns), `locked`, `lock_unusable`; and whatever `change` throws
 */
export async function changeKeys(
  file: string,
  change: (keys: readonly KeyRecord[]) => readonly KeyRecord[],
): Promise<void> {
  await makePrivateDir(dirname(file));
  await withLock(`${file}.lock`, async () => {
    const text = `${JSON.stringify({ version: 1, keys: change(await listKeys(file)) }, null, 2)}\n`;
    // What the gateway would not read back is not written.
    parseKeys(text, file);
    await writeAtomic(file, text);
  });
}
