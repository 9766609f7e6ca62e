/**
 * Removes what is older than it has to be kept, file by file, and leaves a signed record of what went, so that the chain
 * still holds behind the gap.
 */
import { join } from 'node:path';
import { type AuditFields, hashLine, PURGED_EVENT, parseLine, segmentFirstSeq, segmentsIn } from '../format/chain.ts';
import type { AuditFs } from './disk.ts';
import { unlessHeld } from './hold.ts';
import { firstLine, lastLine } from './segments.ts';

const DAY_MS = 86_400_000;

export interface RetentionOptions {
  readonly dir: string;
  readonly fs: AuditFs;
  readonly now: () => Date;
  /** A file goes when its last record is older than this, in days. The newest file stays. */
  readonly retainDays: number;
  /** Up to this `seq` the log says already that the records were removed. */
  readonly purgedTo: number;
  /** Every sink has the records up to this `seq`; what is behind it stays until they have it. All, if left out. */
  readonly deliveredTo?: (() => number) | undefined;
  /** Resolves when the record, and a checkpoint behind it, are on disk. */
  readonly record: (fields: AuditFields) => Promise<void>;
}

/**
 * Makes the purge of a directory. It first records what will go and then removes it, oldest file first, each removal
 * made durable before the next: a crash leaves a log that begins somewhere in what was declared removed. The next purge
 * finds that declaration and removes the rest without another. A legal hold (hold.ts) stops it before each of these
 * steps, also where more has been declared than is removed by then.
 *
 * The purge throws what the file system throws, and an Error where a file does not end as the next one begins: then
 * nothing is removed, because a log that was tampered with is evidence.
 */
export function retention(options: RetentionOptions): () => Promise<void> {
  const { dir, fs, now, retainDays, purgedTo, deliveredTo = () => Number.POSITIVE_INFINITY, record } = options;
  let declared = purgedTo;

  async function declare(due: readonly End[]): Promise<void> {
    const last = due.at(-1)!;
    await record({
      event: PURGED_EVENT,
      fromSeq: segmentFirstSeq(due[0]!.name),
      toSeq: last.lastSeq,
      head: last.head,
      files: due.map(({ name }) => name),
      reason: 'retention',
    });
    declared = last.lastSeq;
  }

  return async () => {
    const delivered = deliveredTo();
    const files = (await closedSegments(dir)).filter(({ lastSeq }) => lastSeq <= delivered);
    const left = files.filter(({ lastSeq }) => lastSeq <= declared);
    const due: End[] = [];
    for (const file of files.slice(left.length)) {
      const end = await endOf(file);
      if (!(Date.parse(end.timestamp) < now().getTime() - retainDays * DAY_MS)) break;
      due.push(end);
    }
    if (due.length > 0 && !(await unlessHeld(dir, () => declare(due)))) return;
    for (const { path } of [...left, ...due]) {
      const removed = await unlessHeld(dir, async () => {
        await fs.unlink(path);
        await fs.syncDir(dir);
      });
      if (!removed) return;
    }
  };
}

interface Segment {
  readonly name: string;
  readonly path: string;
  readonly next: string;
  readonly lastSeq: number;
}

/** A file whose last record is what the first one of the next follows. */
interface End extends Segment {
  /** Of the last record, */
  readonly timestamp: string;
  /** and its hash. */
  readonly head: string;
}

/** All files but the newest, oldest first. */
async function closedSegments(dir: string): Promise<Segment[]> {
  const names = await segmentsIn(dir);
  return names.slice(0, -1).map((name, index) => {
    const next = names[index + 1]!;
    return { name, path: join(dir, name), next: join(dir, next), lastSeq: segmentFirstSeq(next)! - 1 };
  });
}

async function endOf(segment: Segment): Promise<End> {
  const { path, next, lastSeq } = segment;
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
  return { ...segment, timestamp: record.timestamp, head };
}
