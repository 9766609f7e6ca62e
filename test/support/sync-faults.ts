/**
 * Loaded into a gateway before its own code (`NODE_OPTIONS=--import=…`): makes fdatasync of this one process fail or
 * wait, as files in the directory SYNC_FAULTS say. `fail`: EIO. `hold`: waits until that file is gone, and makes
 * `holding` to tell that somebody waits.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

const path = (name: string) => join(process.env['SYNC_FAULTS'] ?? '', name);

const handle = await open('/dev/null');
const prototype = Object.getPrototypeOf(handle) as FileHandle;
await handle.close();

const { datasync } = prototype;
prototype.datasync = async function (this: FileHandle) {
  while (existsSync(path('hold'))) {
    writeFileSync(path('holding'), '');
    await wait(10);
  }
  if (existsSync(path('fail'))) throw Object.assign(new Error('EIO: i/o error'), { code: 'EIO', syscall: 'fdatasync' });
  await datasync.call(this);
};
