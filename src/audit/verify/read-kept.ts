/**
 * Finds checkpoints in the files in which they were kept: as the log gave them out (`audit.checkpoint`), or as a witness
 * did (`audit.witnessed`), among other lines or alone.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { Fault } from '../../core/fault.ts';
import { fileFault } from '../../core/files.ts';
import { isObject, type JsonObject } from '../../core/json.ts';
import { FORMAT_VERSION, isHash, MAX_LINE_BYTES, readLines } from '../format/chain.ts';
import { CHECKPOINT_EVENT } from '../format/checkpoint.ts';
import { WITNESSED_EVENT } from '../format/cosignature.ts';
import { Claims, KeptCheckpoints, type Signatories } from './kept.ts';

const LINE_BYTES = 4096;

/**
 * Finds the checkpoints in files.
 * @param report is told the bytes that were read, as they are read
 * @throws Fault `checkpoint_unusable` if a file cannot be read or has none
 */
export async function readKept(
  paths: readonly string[],
  signatories: Signatories,
  report?: (bytes: number) => void,
): Promise<KeptCheckpoints> {
  const claims = new Claims();
  const files = new Files();
  let end = 0;
  for (const path of paths) {
    const before = claims.sizes.length;
    files.add(path, end);
    try {
      for await (const { lines, torn } of readLines(path)) {
        const start = end;
        for (const line of torn ? [torn] : lines) {
          const record = read(line);
          if (record && counts(record, signatories)) claims.add(record['size'] as number, String(record['head']), end);
          // What is too long for a line comes in pieces, between which there is no newline.
          end += line.length + (line.length < MAX_LINE_BYTES ? 1 : 0);
        }
        report?.(end - start);
      }
    } catch (error) {
      throw fileFault('checkpoint_unusable', 'the checkpoints', path, error, 'Name a file that you may read.');
    }
    if (claims.sizes.length === before) throw noneIn(path, signatories);
  }
  return new KeptCheckpoints(claims, (place) => files.read(place), signatories);
}

/** @param path a file, or several */
export function noneIn(path: string, { witnesses }: Signatories): Fault {
  const what = witnesses ? 'that this witness and this public key have' : 'that this public key has';
  const events = witnesses ? 'audit.witnessed' : 'audit.checkpoint or audit.witnessed';
  return new Fault(
    'checkpoint_unusable',
    `${path} holds no checkpoint ${what} signed. Keep ${events} records as they are, one a line.`,
  );
}

/** Files as if they were one. */
class Files {
  readonly #files: { readonly path: string; readonly start: number }[] = [];

  add(path: string, start: number): void {
    this.#files.push({ path, start });
  }

  /** Reads the checkpoint that begins at this place, if it still does. */
  read(place: number): JsonObject | null {
    const { path, start } = this.#files.findLast((file) => file.start <= place)!;
    const file = openSync(path, 'r');
    try {
      const buffer = Buffer.alloc(LINE_BYTES);
      const filled = readSync(file, buffer, 0, LINE_BYTES, place - start);
      const end = buffer.indexOf('\n');
      return read(buffer.subarray(0, end < 0 ? filled : end));
    } finally {
      closeSync(file);
    }
  }
}

function read(line: Buffer): JsonObject | null {
  // Whoever keeps all that the gateway prints has a thousand other records for each of these.
  if (line.length > LINE_BYTES || !(line.includes(CHECKPOINT_EVENT) || line.includes(WITNESSED_EVENT))) return null;
  try {
    const value: unknown = JSON.parse(line.toString());
    return isObject(value) && value['v'] === FORMAT_VERSION ? value : null;
  } catch {
    return null;
  }
}

/** Whether this may be a checkpoint that counts, save for its signatures. */
function counts({ event, origin, size, head, witness }: JsonObject, { log, witnesses }: Signatories): boolean {
  const known =
    event === WITNESSED_EVENT
      ? witnesses === null || witnesses.has(String(witness))
      : event === CHECKPOINT_EVENT && witnesses === null;
  return known && log.has(String(origin)) && Number.isSafeInteger(size) && (size as number) > 0 && isHash(head);
}
