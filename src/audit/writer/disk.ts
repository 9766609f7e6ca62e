/** The file that the log is writing. Every system call that changes a log is one of {@link AuditFs}. */
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errnoOf, PRIVATE_FILE, syncDir } from '../../core/files.ts';
import { segmentName } from '../format/chain.ts';

/** All that is asked of a file: each one system call, so that a test can make each one fail. */
export type AuditFile = Pick<FileHandle, 'datasync' | 'truncate' | 'close'> & {
  write(
    buffer: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ readonly bytesWritten: number }>;
};

export interface AuditFs {
  open(path: string, flags: 'w' | 'r+', mode: number): Promise<AuditFile>;
  unlink(path: string): Promise<void>;
  syncDir(dir: string): Promise<void>;
}

export const NODE_FS: AuditFs = { open, unlink, syncDir };

/**
 * A sync that failed. The kernel may have marked the pages clean all the same, so a second sync can succeed although
 * the data is lost: nothing that follows on this run can be believed.
 */
export class SyncFailure extends Error {
  constructor(cause: unknown) {
    const reason = errnoOf(cause) ?? String(cause);
    super(`The disk did not confirm a write (${reason}). Check it, then start the gateway again.`, { cause });
    this.name = 'SyncFailure';
  }
}

export class Disk {
  readonly #fs: AuditFs;
  readonly #dir: string;
  #segment: string;
  #file: AuditFile;

  private constructor(fs: AuditFs, dir: string, segment: string, file: AuditFile) {
    this.#fs = fs;
    this.#dir = dir;
    this.#segment = segment;
    this.#file = file;
  }

  /** Opens the newest file and cuts it to its acknowledged length; makes the first file where there is none. */
  static async open(fs: AuditFs, dir: string, newest: string | null, bytes: number): Promise<Disk> {
    const segment = newest ?? segmentName(1);
    const file = await fs.open(join(dir, segment), newest === null ? 'w' : 'r+', PRIVATE_FILE);
    const disk = new Disk(fs, dir, segment, file);
    try {
      if (newest === null) {
        await disk.#syncDir(dir);
        await disk.#syncDir(dirname(dir));
      }
      await file.truncate(bytes);
      await disk.sync();
      return disk;
    } catch (error) {
      await disk.close();
      throw error;
    }
  }

  get segment(): string {
    return this.#segment;
  }

  /** Writes all of it at `position`, however many calls the file system makes of that. */
  async write(data: Uint8Array, position: number): Promise<void> {
    for (let done = 0; done < data.length; ) {
      const { bytesWritten } = await this.#file.write(data, done, data.length - done, position + done);
      if (bytesWritten === 0) throw new Error('The file system took none of the bytes it was given.');
      done += bytesWritten;
    }
  }

  /** @throws SyncFailure, after which this object is only good for {@link cutBack} and {@link close} */
  async sync(): Promise<void> {
    await this.#file.datasync().catch((cause) => {
      throw new SyncFailure(cause);
    });
  }

  /** Goes on in a new, empty file. Until this is done, the old one stays the current one. */
  async rotate(segment: string): Promise<void> {
    await this.sync();
    // 'w' empties what an attempt that failed has left: a file of this name can hold nothing acknowledged.
    const file = await this.#fs.open(join(this.#dir, segment), 'w', PRIVATE_FILE);
    try {
      await this.#syncDir(this.#dir);
    } catch (error) {
      await file.close().catch(() => {});
      throw error;
    }
    await this.close();
    this.#file = file;
    this.#segment = segment;
  }

  /** Gives up the descriptor and cuts the file back through a new one. */
  async cutBack(bytes: number): Promise<void> {
    await this.close();
    this.#file = await this.#fs.open(join(this.#dir, this.#segment), 'r+', PRIVATE_FILE);
    await this.#file.truncate(bytes);
  }

  /** Closing confirms nothing that a sync has not: its error says nothing new. Twice is once. */
  async close(): Promise<void> {
    await this.#file.close().catch(() => {});
  }

  async #syncDir(dir: string): Promise<void> {
    await this.#fs.syncDir(dir).catch((cause) => {
      throw new SyncFailure(cause);
    });
  }
}
