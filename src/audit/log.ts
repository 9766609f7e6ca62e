/** The audit log of a gateway: finds where it ended, takes the directory, and opens it for writing (writer.ts). */
import { chmod } from 'node:fs/promises';
import { errnoOf, makePrivateDir, PRIVATE_DIR } from '../core/files.ts';
import type { AuditLog, WriterOptions } from './audit-log.ts';
import { type AuditFs, Disk, NODE_FS } from './writer/disk.ts';
import { lockDir } from './writer/lock.ts';
import { retention } from './writer/retention.ts';
import { findEnd } from './writer/segments.ts';
import { Writer } from './writer/writer.ts';

export type { AuditLog } from './audit-log.ts';
export type { AuditFields } from './format/chain.ts';

export interface AuditLogOptions extends WriterOptions {
  /** Made if it is missing; one gateway at a time. */
  readonly dir: string;
  /** Days that a file is kept after its last record; null keeps all of them. */
  readonly retainDays: number | null;
  readonly fs?: AuditFs;
}

/**
 * Opens the log of a directory: locks it, checks the newest file, cuts off a torn last line and records that
 * (`alert.torn_line`), records every orphan (`alert.orphan`), and removes what need not be kept any longer.
 *
 * @throws Fault `audit_log_damaged` (exit code 1), `audit_dir_in_use`, `audit_dir_path_too_long`, `audit_dir_unlockable`
 * @throws Denial `audit_unavailable` if those first records cannot be written
 */
export async function openAuditLog(options: AuditLogOptions): Promise<AuditLog> {
  const { dir, retainDays, fs = NODE_FS, now = () => new Date() } = options;
  await makePrivateDir(dir);
  // A directory that someone else owns (a mounted volume) keeps its mode; the files in it are private all the same.
  await chmod(dir, PRIVATE_DIR).catch((error) => {
    if (errnoOf(error) !== 'EPERM') throw error;
  });
  const lock = await lockDir(dir);
  try {
    const found = await findEnd(dir);
    // Syncs too: lines that the last run wrote but did not live to sync are about to be built upon.
    const disk = await Disk.open(fs, dir, found.newest, found.end.bytes);
    const log = new Writer(options, lock, disk, found);
    await log.appendFindings().catch(async (error) => {
      await log.close();
      throw error;
    });
    if (retainDays !== null) {
      const record = log.appendSigned.bind(log);
      await log.daily(retention({ dir, fs, now, retainDays, purgedTo: found.purgedTo, record }));
    }
    return log;
  } catch (error) {
    await lock.release();
    throw error;
  }
}
