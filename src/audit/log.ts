/** The audit log of a gateway: finds where it ended, takes the directory, and opens it for writing (writer.ts). */
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf, makePrivateDir, PRIVATE_DIR } from '../core/files.ts';
import type { AuditLog, WriterOptions } from './audit-log.ts';
import type { AuditFields } from './format/chain.ts';
import { keyIdOf } from './format/checkpoint.ts';
import { ORPHAN_EVENT } from './writer/admissions.ts';
import { type AuditFs, Disk, NODE_FS } from './writer/disk.ts';
import { keepTail } from './writer/hole.ts';
import { lockDir } from './writer/lock.ts';
import { retention } from './writer/retention.ts';
import { type Found, findEnd } from './writer/segments.ts';
import { Writer } from './writer/writer.ts';

export type { AuditLog } from './audit-log.ts';

export interface AuditLogOptions extends WriterOptions {
  /** Made if it is missing; one gateway at a time. */
  readonly dir: string;
  /** Days that a file is kept after its last record; null keeps all of them. */
  readonly retainDays: number | null;
  /** Files stay until everyone who reads behind the log has what is in them: up to this `seq`. All, if left out. */
  readonly deliveredTo?: () => number;
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
  const { dir, retainDays, deliveredTo, fs = NODE_FS, now = () => new Date() } = options;
  await makePrivateDir(dir);
  // A directory that someone else owns (a mounted volume) keeps its mode; the files in it are private all the same.
  await chmod(dir, PRIVATE_DIR).catch((error) => {
    if (errnoOf(error) !== 'EPERM') throw error;
  });
  const lock = await lockDir(dir);
  try {
    const found = await findEnd(dir);
    if (found.hasHole) await keepTail(join(dir, found.newest!), found.end.bytes);
    // Syncs too: lines that the last run wrote but did not live to sync are about to be built upon.
    const disk = await Disk.open(fs, dir, found.newest, found.end.bytes);
    const log = new Writer(options, lock, disk, found);
    await Promise.all(findings(found, options).map((fields) => log.append(fields))).catch(async (error) => {
      await log.close();
      throw error;
    });
    if (retainDays !== null) {
      const record = log.appendSigned.bind(log);
      await log.tend(retention({ dir, fs, now, retainDays, purgedTo: found.purgedTo, deliveredTo, record }));
    }
    return log;
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** What the log has to say of the state in which it was found. */
function findings({ newest, tornBytes, admissions, origin }: Found, { signer }: AuditLogOptions): AuditFields[] {
  const fields: AuditFields[] = [];
  if (tornBytes > 0) fields.push({ event: 'alert.torn_line', segment: newest, bytes: tornBytes });
  if (origin !== null && origin !== signer.origin) {
    fields.push({ event: 'alert.signing_key_changed', before: keyIdOf(origin), after: keyIdOf(signer.origin) });
  }
  for (const { requestId, seq } of admissions.list()) {
    fields.push({ event: ORPHAN_EVENT, requestId, admittedSeq: seq });
  }
  return fields;
}
