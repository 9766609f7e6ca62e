/**
 * Removes what is older than it has to be kept, file by file, and leaves a signed record of what went, so that the chain
 * still holds behind the gap.
 */
import { join } from 'node:path';
import {
  type AuditFields,
  type AuditRecord,
  hashLine,
  PURGED_EVENT,
  parseLine,
  segmentFirstSeq,
} from '../format/chain.ts';
import type { AuditFs } from './disk.ts';
import { firstLine, lastLine, segmentsIn } from './segments.ts';

const DAY_MS = 86_400_000;

export interface RetentionOptions {
  readonly dir: string;
  readonly fs: AuditFs;
  readonly now: () => Date;
  /** A file goes when its last record is older than this, in days. The newest file stays. */
  readonly retainDays: number;
  /** Up to this `seq` the log says already that the records were removed. */
  readonly purgedTo: number;
  /** Resolves when the record, and a checkpoint behind it, are on disk. */
  readonly record: (fields: AuditFields) => Promise<void>;
}

/**
 * Makes the purge of a directory. It first records what will go and then removes it, oldest file first, each removal
 * made durable before the next: a crash leaves a log that begins somewhere in what was declared removed. The next purge
 * finds that declaration and removes the rest without another.
 *
 * The purge throws what the file system throws, and an Error where a file does not end as the next one begins: then
 * nothing is removed, because a log that was tampered with is evidence.
 */
export function retention({ dir, fs, now, retainDays, purgedTo, record }: RetentionOptions): () => Promise<void> {
  let declared = purgedTo;
  return async () => {
    const names = await segmentsIn(dir);
    const files = names.slice(0, -1).map((name, index) => {
      const next = names[index + 1]!;
      return { name, path: join(dir, name), next: join(dir, next), lastSeq: segmentFirstSeq(next)! - 1 };
    });
    const left = files.filter(({ lastSeq }) => lastSeq <= declared);
    const due: typeof files = [];
    let head = '';
    for (const file of files.slice(left.length)) {
      const end = await endOf(file);
      if (!(Date.parse(end.record.timestamp) < now().getTime() - retainDays * DAY_MS)) break;
      due.push(file);
      head = end.head;
    }
    const last = due.at(-1);
    if (last) {
      await record({
        event: PURGED_EVENT,
        fromSeq: segmentFirstSeq(due[0]!.name),
        toSeq: last.lastSeq,
        head,
        files: due.map(({ name }) => name),
        reason: 'retention',
      });
      declared = last.lastSeq;
    }
    for (const { path } of [...left, ...due]) {
      await fs.unlink(path);
      await fs.syncDir(dir);
    }
  };
}

interface Segment {
  readonly path: string;
  readonly next: string;
  readonly lastSeq: number;
}

/** The last record of a file, which the first one of the next must follow. */
async function endOf({ path, next, lastSeq }: Segment): Promise<{ record: AuditRecord; head: string }> {
  const [line, following] = await Promise.all([lastLine(path), firstLine(next)]);
  const record = line && parseLine(line);
  const head = line ? hashLine(line) : '';
  // A newest file that is still empty says nothing yet; the log has found out at its start what it follows.
  const after = following && parseLine(following);
  const prev = after === null ? head : typeof after === 'string' ? null : after.prev;
  if (record === null || typeof record === 'string' || record.seq !== lastSeq || prev !== head) {
    throw new Error(
      `${path} does not end as ${next} begins. It is kept, with all that follow: run "sallyport audit verify".`,
    );
  }
  return { record, head };
}
