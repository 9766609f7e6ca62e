/** A document in a file, for one host, a mounted secret or a repository. */
import { open, realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Fault } from '../fault.ts';
import { errnoOf, fileFault, makePrivateDir, writeAtomic } from '../files.ts';
import { withLock } from '../lock.ts';
import { reloading } from '../reloading.ts';
import type { About, DocumentFormat, SharedDocument } from './document.ts';

export interface FileDocumentOptions {
  /** Told `NAME_missing`, `NAME_unreadable`, `NAME_invalid` or `NAME_exposed`, once for each new reason. */
  readonly onAlarm: (fault: Fault) => void;
  /** How often the file is looked at, in milliseconds; 250 unless told. */
  readonly everyMs?: number;
}

interface Found<T> {
  readonly value: T;
  readonly text: string;
  /** Mode bits of the file. */
  readonly mode: number;
}

/**
 * Opens a document in a file and follows its changes within a quarter of a second. Where there is no file it is empty.
 * @throws Fault `NAME_unreadable` or `NAME_invalid`, if that is so at the start
 */
export async function openFileDocument<T>(
  format: DocumentFormat<T>,
  path: string,
  { onAlarm, everyMs }: FileDocumentOptions,
): Promise<SharedDocument<T>> {
  const callbacks: ((before: T, after: T) => void)[] = [];
  let held: { readonly value: T; readonly text: string | null } = { value: format.empty, text: null };
  let started = false;
  let exposed = false;
  let changes = 0;

  const adopt = (value: T, text: string): void => {
    if (text === held.text) return;
    const before = held.value;
    const kept = format.keep?.(before, value) ?? value;
    if (kept !== value) onAlarm(undone(format, path));
    held = { value: kept, text };
    if (started) for (const callback of callbacks) callback(before, held.value);
  };

  const load = async (): Promise<void> => {
    let found: Found<T> | null;
    let asOf: number;
    // What was read while this process wrote may be older than what it wrote: a revoked key must not come back.
    do {
      asOf = changes;
      found = await readFileDocument(format, path);
    } while (asOf !== changes);
    if (!found) {
      if (held.text !== null) throw gone(format, path);
      if (format.missing !== null)
        onAlarm(new Fault(`${format.name}_missing`, `There is no file ${path} with ${format.what}. ${format.missing}`));
      return;
    }
    const readable = (found.mode & 0o077) !== 0;
    if (readable && !exposed) onAlarm(tooOpen(format, path));
    exposed = readable;
    adopt(found.value, found.text);
  };

  const live = await reloading([path], load, { onAlarm, ...(everyMs === undefined ? {} : { everyMs }) });
  started = true;
  let turn: Promise<unknown> = Promise.resolve();
  return {
    current: () => held.value,
    onChange: (callback) => void callbacks.push(callback),
    change(update) {
      const store = () =>
        changeFileDocument(format, path, update, {
          inForce: () => held.value,
          onStored: (value, text) => {
            changes++;
            adopt(value, text);
          },
        });
      // In their order: of many who try for a lock the last may be the first, and a command from outside never.
      const mine = turn.then(store);
      turn = mine.catch(() => {});
      return mine;
    },
    fresh: () => true,
    lookedAt: live.lookedAt,
    close: async () => live.close(),
  };
}

/**
 * What is in the file now; null if there is none.
 * @throws Fault `NAME_unreadable`, `NAME_invalid`
 */
export async function readFileDocument<T>(format: DocumentFormat<T>, path: string): Promise<Found<T> | null> {
  let text: string;
  let mode: number;
  try {
    await using handle = await open(path);
    mode = (await handle.stat()).mode;
    text = await handle.readFile('utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null;
    const remedy = 'Make it readable for the user of the gateway.';
    throw fileFault(`${format.name}_unreadable`, `the file with ${format.what},`, path, error, remedy);
  }
  return { value: format.parse(text, path), text, mode };
}

/**
 * Replaces what is in the file by what `update` makes of it, while others who do the same wait. A reader sees all of it
 * or nothing. The file is made if it is missing; mode 0600. Nothing is written where `update` returns what it was given.
 * @param inForce where there is no file, the value to start from: what a running process still holds
 * @throws as `SharedDocument.change`
 */
export async function changeFileDocument<T>(
  format: DocumentFormat<T>,
  path: string,
  update: (value: T) => T,
  {
    inForce = () => format.empty,
    onStored = () => {},
  }: { readonly inForce?: () => T; readonly onStored?: (value: T, text: string) => void } = {},
): Promise<T> {
  const writing = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      const remedy = 'Make its directory writable, or make room on the disk.';
      throw fileFault(`${format.name}_unwritable`, `the file with ${format.what},`, path, error, remedy);
    }
  };
  await writing(() => makePrivateDir(dirname(path)));
  // Through a link: a file in its place would cut off what comes by swapping the link.
  const target = await realpath(path).catch(() => path);
  const changed = await withLock(`${target}.lock`, async () => {
    // Swapped while this waited for the lock: what is written there now nobody would read.
    if ((await realpath(path).catch(() => path)) !== target) return null;
    const found = await readFileDocument(format, path);
    const before = found ? (format.keep?.(inForce(), found.value) ?? found.value) : inForce();
    const after = update(before);
    // Where nothing changes there may still be something to put back.
    const isThere = before === (found?.value ?? format.empty);
    if (after === before && isThere) return { value: before };
    const text = format.print(after);
    // What would not be read back is not written.
    const value = format.parse(text, path);
    await writing(() => writeAtomic(target, text));
    onStored(value, text);
    return { value };
  });
  return changed ? changed.value : changeFileDocument(format, path, update, { inForce, onStored });
}

const undone = ({ name, what }: About, path: string): Fault =>
  new Fault(
    `${name}_rolled_back`,
    `The file ${path} with ${what} takes something back that cannot be taken back: it is an older copy, or was made from one. What is in force stays so here. Make the lost changes again.`,
  );

const gone = ({ name, what }: About, path: string): Fault =>
  new Fault(
    `${name}_missing`,
    `The file ${path} with ${what} is gone. What it said stays in force. Put it back: to take something away is to say so.`,
  );

const tooOpen = ({ name, what }: About, path: string): Fault =>
  new Fault(`${name}_exposed`, `Others than its owner may open the file ${path} with ${what}. Run chmod 600 on it.`);
