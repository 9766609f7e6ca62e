/** When each key was last used: seen here, and shared with everyone who reads the same document. */
import { z } from 'zod';
import type { DocumentFormat, SharedDocument } from '../core/document/document.ts';
import { Fault } from '../core/fault.ts';
import { jsonOrNull } from '../core/json.ts';
import { ID_PATTERN } from './format.ts';

/** Times by the id of the key; RFC 3339, in UTC. */
export type KeyUsage = ReadonlyMap<string, string>;

const usageFile = z.strictObject({
  version: z.literal(1),
  lastUsed: z.record(z.string().regex(ID_PATTERN), z.iso.datetime()),
});

/**
 * What cannot be read counts as empty, and is written over: nobody must be kept from revoking a key, nor a gateway from
 * its start, by a file that is made anew from what is seen.
 */
export const usageFormat: DocumentFormat<KeyUsage> = {
  name: 'key_usage',
  what: 'the last use of the API keys',
  missing: null,
  empty: new Map(),
  parse: (text) => new Map(Object.entries(usageFile.safeParse(jsonOrNull(text)).data?.lastUsed ?? {})),
  print: (usage) => `${JSON.stringify({ version: 1, lastUsed: Object.fromEntries(usage) }, null, 2)}\n`,
};

export interface UsageLog {
  /** Notes that a key was used. Neither waits nor fails. */
  saw(id: string, at: Date): void;
  /** The last use that is known: what others have written, and what this process saw. */
  lastUsed(id: string): Date | null;
  /** Writes what was seen since the last time. Never rejects: a fault is told, and what was seen is kept for the next time. */
  flush(): Promise<void>;
  /** Writes for the last time. The document itself stays open. */
  close(): Promise<void>;
}

export interface UsageOptions {
  /** Whether there is such a key still: what is known of others is forgotten. */
  readonly exists: (id: string) => boolean;
  /** Told once when the document cannot be written, and again only after it could be in between. */
  readonly onFault: (fault: Fault) => void;
  readonly now?: () => Date;
  /** How often it is written, in milliseconds. */
  readonly everyMs?: number;
}

/** Remembers when keys are used, and writes it into the document once a minute. */
export function usageLog(
  document: Pick<SharedDocument<KeyUsage>, 'current' | 'change'>,
  { exists, onFault, now = () => new Date(), everyMs = 60_000 }: UsageOptions,
): UsageLog {
  /** Milliseconds since 1970 by id: what is not in the document yet. */
  const seen = new Map<string, number>();
  let failing = false;
  let writing = Promise.resolve();

  const write = async (): Promise<void> => {
    if (seen.size === 0) return;
    const batch = new Map(seen);
    try {
      await document.change((stored) => merged(stored, batch, { exists, now: now().getTime() }));
      // Seen again in the meantime: that is for the next time.
      for (const [id, at] of batch) if (seen.get(id) === at) seen.delete(id);
      failing = false;
    } catch (error) {
      if (!failing) onFault(error instanceof Fault ? error : unwritable(error));
      failing = true;
    }
  };
  const flush = (): Promise<void> => {
    writing = writing.then(write);
    return writing;
  };
  const timer = setInterval(flush, everyMs).unref();

  return {
    saw: (id, at) => void seen.set(id, Math.max(seen.get(id) ?? 0, at.getTime())),
    lastUsed(id) {
      const latest = Math.max(seen.get(id) ?? 0, timeOf(document.current().get(id)));
      return latest === 0 ? null : new Date(Math.min(latest, now().getTime()));
    },
    flush,
    close() {
      clearInterval(timer);
      return flush();
    },
  };
}

const timeOf = (time: string | undefined): number => (time === undefined ? 0 : Date.parse(time));

const unwritable = (cause: unknown): Fault =>
  new Fault(
    'key_usage_unwritable',
    'The last use of the API keys cannot be written. Requests are served all the same.',
    {
      cause,
    },
  );

/** The later time of each key counts; but none that is still to come, or a clock that was ahead would hide that a key is unused. */
function merged(
  stored: KeyUsage,
  seen: ReadonlyMap<string, number>,
  { exists, now }: { readonly exists: (id: string) => boolean; readonly now: number },
): KeyUsage {
  const ids = [...new Set([...stored.keys(), ...seen.keys()])].filter(exists).sort();
  const latest = (id: string) => Math.max(seen.get(id) ?? 0, timeOf(stored.get(id)));
  return new Map(ids.map((id) => [id, new Date(Math.min(latest(id), now)).toISOString()]));
}
