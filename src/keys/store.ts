/** How API keys are stored, wherever they are: `{"version": 1, "keys": […]}`. */
import type { DocumentFormat } from '../core/document/document.ts';
import { Fault } from '../core/fault.ts';
import { type KeyRecord, type KeyTable, keysFile, tableOf } from './record.ts';

/** @throws Fault `keys_invalid` */
function parseKeys(text: string, place: string): readonly KeyRecord[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // Without the parser's own message: it quotes the text.
    throw new Fault('keys_invalid', `The API keys in ${place} are not JSON. Restore them from a backup.`);
  }
  const { data, error } = keysFile.safeParse(json);
  if (data) return data.keys;
  const lines = error.issues.map(({ path, message }) => `  ${path.join('.') || 'file'}: ${message}`);
  throw new Fault('keys_invalid', [`The API keys in ${place} cannot be used:`, ...lines].join('\n'));
}

const printKeys = (keys: readonly KeyRecord[]): string => `${JSON.stringify({ version: 1, keys }, null, 2)}\n`;

const about = {
  name: 'keys',
  what: 'the API keys',
  missing: '"sallyport keys issue" makes one.',
};

/** Nothing un-revokes a key. A table that says so was made of one from before the revocation. */
function stillRevoked(inForce: KeyTable, newer: KeyTable): KeyTable {
  const forgotten = [...inForce.values()].filter(
    ({ id, revokedAt }) => revokedAt !== null && (newer.get(id)?.revokedAt ?? null) === null,
  );
  if (forgotten.length === 0) return newer;
  const kept = new Map(newer);
  // One that is gone is kept too: it could come back by a second step.
  for (const record of forgotten)
    kept.set(record.id, { ...(newer.get(record.id) ?? record), revokedAt: record.revokedAt });
  return kept;
}

/** The keys by id. */
export const keysFormat: DocumentFormat<KeyTable> = {
  ...about,
  empty: new Map(),
  parse: (text, place) => tableOf(parseKeys(text, place)),
  keep: stillRevoked,
  print: (table) => printKeys([...table.values()]),
};

/** The keys one after the other: two with the same id are not lost here, they are refused. */
export const keyListFormat: DocumentFormat<readonly KeyRecord[]> = {
  ...about,
  empty: [],
  parse: parseKeys,
  print: printKeys,
};
