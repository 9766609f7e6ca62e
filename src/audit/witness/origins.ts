/** The logs of which a witness has ever kept a checkpoint: a history that is missing then has been lost, or taken away. */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { Fault } from '../../core/fault.ts';
import { errnoOf, writeAtomic } from '../../core/files.ts';
import { isHash } from '../format/chain.ts';

const content = z.array(z.string().refine(isHash));

export interface Origins {
  has(origin: string): boolean;
  /** Notes a log; it is on disk when this returns. */
  add(origin: string): Promise<void>;
}

/**
 * Opens the list; it is made with the first log.
 * @throws Fault `witness_state_damaged` (exit code 1); whatever the file system throws
 */
export async function openOrigins(path: string): Promise<Origins> {
  const known = new Set(await read(path));
  let last: Promise<void> = Promise.resolve();
  const write = async (origin: string): Promise<void> => {
    if (known.has(origin)) return;
    await writeAtomic(path, `${JSON.stringify([...known, origin])}\n`);
    known.add(origin);
  };
  return {
    has: (origin) => known.has(origin),
    add(origin) {
      // One after the other: each writes the whole list.
      const added = last.then(() => write(origin));
      last = added.catch(() => {});
      return added;
    },
  };
}

async function read(path: string): Promise<string[]> {
  try {
    return content.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (cause) {
    if (errnoOf(cause) === 'ENOENT') return [];
    if (!(cause instanceof SyntaxError || cause instanceof z.ZodError)) throw cause;
    const message = `${path} is not the list of the logs that this witness knows. Restore it from a backup.`;
    throw new Fault('witness_state_damaged', message, { cause, exitCode: 1 });
  }
}
