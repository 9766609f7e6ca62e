/** API keys in a file, for whoever looks at them or changes them once and then ends. */
import { changeFileDocument, readFileDocument } from '../core/document/file.ts';
import type { KeyRecord } from './record.ts';
import { keyListFormat } from './store.ts';

/**
 * The keys in a file, in its order; none if there is no file.
 * @throws Fault `keys_unreadable` or `keys_invalid`
 */
export const listKeys = async (file: string): Promise<readonly KeyRecord[]> =>
  (await readFileDocument(keyListFormat, file))?.value ?? [];

/**
 * Replaces the keys in a file by what `change` makes of them, as `SharedDocument.change` does.
 * @throws Fault `keys_unreadable`, `keys_unwritable`, `keys_invalid` (also for what `change` returns), `locked`, `lock_unusable`; and whatever `change` throws
 */
export async function changeKeys(
  file: string,
  change: (keys: readonly KeyRecord[]) => readonly KeyRecord[],
): Promise<void> {
  await changeFileDocument(keyListFormat, file, change);
}
