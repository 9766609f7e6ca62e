/**
 * What a witness has refused, kept as evidence: two checkpoints of one size with different heads, both signed with the
 * log's key, prove that whoever holds that key has told two stories.
 */
import { open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errnoOf, PRIVATE_FILE, syncDir } from '../../core/files.ts';
import { isObject } from '../../core/json.ts';
import type { Checkpoint } from '../format/checkpoint.ts';
import type { Entry } from './entry.ts';
import type { Refusal } from './rule.ts';

/** Of each log and reason, so many are kept, the first: a flood can neither fill the disk nor wash them out. */
const MOST = 100;

/** A checkpoint that a witness has refused. */
export interface Conflict {
  readonly reason: Refusal;
  readonly offered: Checkpoint;
  /** The line of the witness that speaks against it. */
  readonly known: Entry;
}

export interface Refusals {
  /** Keeps it, unless it has been kept before or there are enough; it is on disk when this returns. */
  keep(conflict: Conflict, at: Date): Promise<void>;
}

/** Opens the file of what was refused; it is made with the first. */
export async function openRefusals(path: string): Promise<Refusals> {
  /** Sizes and heads, by reason and log. */
  const kept = new Map<string, Set<string>>();
  const kindOf = (reason: unknown, { origin }: Named): Set<string> => {
    const kind = `${reason} ${origin}`;
    const those = kept.get(kind) ?? new Set();
    kept.set(kind, those);
    return those;
  };
  const text = await readFile(path, 'utf8').catch((error) => {
    if (errnoOf(error) === 'ENOENT') return '';
    throw error;
  });
  for (const line of text.split('\n')) {
    const value = parse(line);
    if (!isObject(value) || !isObject(value['offered'])) continue;
    kindOf(value['reason'], value['offered']).add(nameOf(value['offered']));
  }
  return {
    async keep({ reason, offered, known }, at) {
      const those = kindOf(reason, offered);
      if (those.has(nameOf(offered)) || those.size >= MOST) return;
      const file = await open(path, 'a', PRIVATE_FILE);
      try {
        const refusedAt = at.toISOString();
        const line = JSON.stringify({
          v: 1,
          event: 'audit.witness_refused',
          reason,
          refusedAt,
          offered,
          known: parse(known.line),
        });
        // The newline before it ends what a crash has left unfinished.
        await file.appendFile(`\n${line}\n`);
        await file.sync();
      } finally {
        await file.close();
      }
      await syncDir(dirname(path));
      // Not before: what could not be written is written when it is offered again.
      those.add(nameOf(offered));
    },
  };
}

interface Named {
  readonly origin?: unknown;
  readonly size?: unknown;
  readonly head?: unknown;
}
const nameOf = ({ size, head }: Named): string => `${size} ${head}`;

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
