/** How far a sink has got, in a file of its own, so that it goes on there after a restart. */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { errnoOf, writeAtomic } from '../../core/files.ts';
import { HASH } from '../format/chain.ts';

/** Up to where a receiver has the records. */
export interface Place {
  /** `seq` of the record that is sent next. */
  readonly next: number;
  /** Hash of the line before that: in another log the next record will not name it. */
  readonly head: string;
}

export interface Cursor {
  /** Null for a sink that has not been sent anything yet. */
  readonly place: Place | null;
  /** What the sink had learnt (sink.ts) when it came to this place. */
  readonly learnt: string | null;
  /** `seq` of the last record that is confirmed, and will be known to be after a crash. */
  readonly saved: number;
  /** Comes to the file within `everyMs`. A crash before that repeats records, and does not lose any. */
  move(place: Place, learnt?: string | null): void;
  /** Writes the file a last time. Never rejects. */
  close(): Promise<void>;
}

export interface CursorOptions {
  /** Called once for each time that the file begins to be unusable. What was moved is written later. */
  readonly onFailure: (error: unknown) => void;
  /** A save costs two fsyncs, on the disk that requests wait for. 1000 ms. */
  readonly everyMs?: number;
}

const content = z.object({
  v: z.literal(1),
  next: z.int().min(1),
  head: z.string().regex(HASH),
  learnt: z.string().exactOptional(),
});

/** Opens the cursor in a file. One that cannot be used is reported, and the sink begins anew. */
export async function openCursor(file: string, { onFailure, everyMs = 1000 }: CursorOptions): Promise<Cursor> {
  const found = await read(file).catch((error) => {
    onFailure(error);
    return null;
  });
  let place: Place | null = found && { next: found.next, head: found.head };
  let learnt = found?.learnt ?? null;
  let written = place;
  let well = true;
  let due: NodeJS.Timeout | undefined;
  let saving = Promise.resolve();

  const save = () => {
    due = undefined;
    saving = saving.then(async () => {
      const now = place;
      if (now === written) return;
      try {
        await writeAtomic(file, `${JSON.stringify({ v: 1, ...now, ...(learnt === null ? {} : { learnt }) })}\n`);
        written = now;
        well = true;
      } catch (error) {
        if (well) onFailure(error);
        well = false;
        due ??= setTimeout(save, everyMs).unref();
      }
    });
  };
  return {
    get place() {
      return place;
    },
    get learnt() {
      return learnt;
    },
    get saved() {
      return (written?.next ?? 1) - 1;
    },
    move(to, known = null) {
      place = to;
      learnt = known;
      due ??= setTimeout(save, everyMs).unref();
    },
    async close() {
      clearTimeout(due);
      save();
      await saving;
      clearTimeout(due);
    },
  };
}

async function read(file: string): Promise<z.infer<typeof content> | null> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null;
    throw error;
  }
  return content.parse(JSON.parse(text));
}
