/**
 * A file of checkpoints of one log, one a line, each larger than the one before: so only the newest is kept in memory,
 * and the others are found by bisection, however many there are.
 */
import { constants, createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { Fault } from '../../core/fault.ts';
import { errnoOf, PRIVATE_FILE, syncDir } from '../../core/files.ts';
import type { Statement } from '../format/checkpoint.ts';
import { type Entry, readEntry } from './entry.ts';
import { examine, readAt, WINDOW_BYTES } from './examine.ts';
import { judge, type Verdict } from './rule.ts';

const NEWLINE = 0x0a;
/** Unlike 'a+' it makes no file. */
const APPEND_EXISTING = constants.O_RDWR | constants.O_APPEND;

/** Calls must not overlap, but for {@link History.stream}. */
export class History {
  readonly path: string;
  readonly #file: FileHandle;
  #length: number;
  #newest: Entry | null;
  /** What the next line must begin with, because it was not possible to take back half of one. */
  #seal = '';
  #broken: Error | null = null;

  private constructor(path: string, file: FileHandle, length: number, newest: Entry | null) {
    this.path = path;
    this.#file = file;
    this.#length = length;
    this.#newest = newest;
  }

  /**
   * Opens a history, or begins it: its directory must be there. What is kept is never cut: a line that was left
   * unfinished is ended, and counts if it is whole. What is found is on disk when this returns.
   * @param check is told of the newest entry, or null for a file that is missing or has none, before anything is
   * changed; what it throws leaves everything as it is
   * @throws Fault `witness_state_damaged` (exit code 1) for what is no history, which is left as it is; whatever the file
   * system throws
   */
  static async open(path: string, check: (newest: Entry | null) => void = () => {}): Promise<History> {
    const existing = await openExisting(path);
    if (existing === null) check(null);
    const file = existing ?? (await open(path, 'a+', PRIVATE_FILE));
    try {
      const stats = await file.stat();
      const found = stats.isFile() ? await examine(file, stats.size) : null;
      if (found === null) throw damaged(path);
      check(found.newest);
      if (found.isUnfinished) await file.appendFile('\n');
      if (stats.size === 0) await syncDir(dirname(path));
      await file.datasync();
      return new History(path, file, stats.size + (found.isUnfinished ? 1 : 0), found.newest);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  get newest(): Entry | null {
    return this.#newest;
  }

  /** Why nothing can be added until the next start; null while all is well. */
  get broken(): Error | null {
    return this.#broken;
  }

  /** What the rule says of a checkpoint, and the entry that it says so by: the one of that size, else the newest. */
  async judge(offered: Statement): Promise<{ verdict: Verdict; by: Entry | null }> {
    const newest = this.#newest;
    const same = newest === null || offered.size > newest.size ? null : await this.find(offered.size);
    return { verdict: judge(offered, newest, same), by: same ?? newest };
  }

  /** The entry of a size, if there is one. */
  async find(size: number): Promise<Entry | null> {
    if (this.#newest?.size === size) return this.#newest;
    let [low, high] = [0, this.#length];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const found = await this.#from(middle, high);
      if (found === null || found.entry.size > size) high = middle;
      else if (found.entry.size < size) low = found.end;
      else return found.entry;
    }
    return null;
  }

  /**
   * Adds a line. The promise MUST NOT be fulfilled before it is on stable storage; if it is rejected, the line is not
   * part of the history. After a failed sync there is no way on but a new start (writer/disk.ts says why).
   */
  async append(entry: Entry): Promise<void> {
    if (this.#broken) throw this.#broken;
    const bytes = Buffer.from(`${this.#seal}${entry.line}\n`);
    try {
      await this.#file.appendFile(bytes);
    } catch (error) {
      await this.#takeBack();
      throw error;
    }
    try {
      await this.#file.datasync();
    } catch (cause) {
      this.#broken = new Error(`The disk did not confirm a write (${errnoOf(cause)}). Check it, then start again.`, {
        cause,
      });
      await this.#takeBack();
      throw this.#broken;
    }
    this.#length += bytes.length;
    this.#seal = '';
    this.#newest = entry;
  }

  /** All lines that are kept, as they stand. */
  stream(): Readable {
    return this.#length === 0 ? Readable.from([]) : createReadStream(this.path, { end: this.#length - 1 });
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  /** The first entry whose line begins at `from` or later, and before `high`. */
  async #from(from: number, high: number): Promise<{ entry: Entry; end: number } | null> {
    let at = from;
    if (from > 0) {
      // A line begins behind a newline.
      const before = await this.#window(from - 1);
      const newline = before.indexOf(NEWLINE);
      if (newline < 0) return null;
      at = from + newline;
    }
    while (at < high) {
      const window = await this.#window(at);
      const newline = window.indexOf(NEWLINE);
      if (newline < 0) return null;
      const entry = readEntry(window.toString('utf8', 0, newline));
      if (entry) return { entry, end: at + newline + 1 };
      at += newline + 1;
    }
    return null;
  }

  async #window(position: number): Promise<Buffer> {
    return readAt(this.#file, position, Math.min(WINDOW_BYTES, this.#length - position));
  }

  async #takeBack(): Promise<void> {
    try {
      await this.#file.truncate(this.#length);
    } catch {
      this.#seal = '\n';
      const { size } = await this.#file.stat().catch((error) => {
        this.#broken = error;
        throw error;
      });
      this.#length = size;
    }
  }
}

async function openExisting(path: string): Promise<FileHandle | null> {
  try {
    return await open(path, APPEND_EXISTING);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null;
    throw error;
  }
}

const damaged = (path: string): Fault =>
  new Fault(
    'witness_state_damaged',
    `${path} is not a file of checkpoints. It was left as it is. If it is the right one, keep it as evidence, and restore it from a backup; else name another.`,
    { exitCode: 1 },
  );
