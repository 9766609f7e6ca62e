/** What a sink has to hand over next: read behind the writer of the log, chosen by event, and kept until it is done. */
import { GENESIS, hashLine, parseLine } from '../format/chain.ts';
import { follow, type Progress, type Stretch } from '../read/follow.ts';
import type { Place } from './cursor.ts';
import type { AuditLine } from './sink.ts';

/** Lines are taken in until there are so many of them, or so many characters. */
const ENOUGH_LINES = 500;
const ENOUGH_CHARACTERS = 1024 * 1024;

export interface OutboxOptions {
  readonly dir: string;
  readonly progress: Progress;
  /** Where to begin; null means with the oldest record there is. */
  readonly from: Place | null;
  readonly wants: (event: string) => boolean;
  /** Everything before this place is done, or is not wanted. */
  readonly onPlace: (place: Place) => void;
  /** These records will not come: they are not in the log any more, or cannot be read. */
  readonly onLost: (fromSeq: number, toSeq: number) => void;
  /** This is not the log that `from` is of. The outbox begins with the oldest record there is. */
  readonly onForeign: () => void;
  readonly signal: AbortSignal;
}

export interface Outbox {
  /** What is to be handed over, in order. */
  readonly lines: readonly AuditLine[];
  /**
   * Takes in what has come; waits only if there is nothing to be handed over. Returns early when `signal` is aborted.
   * @throws what {@link follow} throws; the next call tries again
   */
  fill(): Promise<void>;
  /** Everything up to this line is done. */
  done(line: AuditLine): void;
  /** After `signal` was aborted. */
  close(): Promise<void>;
}

export function openOutbox({ dir, progress, from, wants, onPlace, onLost, onForeign, signal }: OutboxOptions): Outbox {
  const lines: AuditLine[] = [];
  /** Where the log is read on; null at its beginning, whatever number that has. */
  let end: Place | null = from;
  /** Whether it is known that the log is the one that `from` is of. */
  let recognised = from === null;
  let source = follow(dir, end?.next ?? 1, progress, signal);
  let coming: Promise<IteratorResult<Stretch>> | undefined;
  /** The last records that were read are lost. They are told as one range, and until then the place stays before them. */
  let lost: { readonly from: number; readonly to: number } | null = null;

  function lose(from: number, to: number): void {
    lost = { from: lost?.from ?? from, to };
  }

  function tellLost(): void {
    if (lost) onLost(lost.from, lost.to);
    lost = null;
  }

  async function startAt(place: Place | null): Promise<void> {
    coming = undefined;
    await source.return(undefined);
    end = place;
    source = follow(dir, place?.next ?? 1, progress, signal);
  }

  async function startOver(): Promise<void> {
    recognised = true;
    onForeign();
    await startAt(null);
  }

  async function take({ firstSeq, lines: read }: Stretch): Promise<void> {
    const first = parseLine(read[0]!);
    const prev = typeof first === 'string' ? null : first.prev;
    if (!recognised && prev !== null && firstSeq === end?.next && prev !== end.head) return startOver();
    recognised = true;
    if (end === null) onPlace({ next: firstSeq, head: prev ?? GENESIS });
    else if (firstSeq > end.next) lose(end.next, firstSeq - 1);
    for (const [index, line] of read.entries()) {
      const seq = firstSeq + index;
      const record = parseLine(line);
      if (typeof record === 'string') {
        lose(seq, seq);
        continue;
      }
      tellLost();
      if (wants(record.event)) lines.push({ seq, text: line.toString(), record });
    }
    end = { next: firstSeq + read.length, head: hashLine(read.at(-1)!) };
    if (end.next > progress.seq) tellLost();
    if (lines.length === 0 && !lost) onPlace(end);
  }

  return {
    lines,
    async fill() {
      // A log with fewer records than the cursor has seen.
      if (!recognised && end !== null && end.next > progress.seq + 1) await startOver();
      try {
        while (lines.length < ENOUGH_LINES && charactersIn(lines) < ENOUGH_CHARACTERS) {
          coming ??= source.next();
          // It may fail while nobody is waiting for it.
          coming.catch(() => {});
          const got = await (lines.length === 0 ? coming : Promise.race([coming, undefined]));
          if (!got || got.done) return;
          coming = undefined;
          await take(got.value);
        }
      } catch (error) {
        tellLost();
        if (lines.length === 0 && end) onPlace(end);
        await startAt(end);
        throw error;
      }
    },
    done(line) {
      lines.splice(0, lines.findIndex(({ seq }) => seq === line.seq) + 1);
      onPlace(lines.length === 0 && !lost ? end! : { next: line.seq + 1, head: hashLine(line.text) });
    },
    close: async () => {
      await source.return(undefined);
    },
  };
}

const charactersIn = (lines: readonly AuditLine[]): number => lines.reduce((sum, { text }) => sum + text.length, 0);
