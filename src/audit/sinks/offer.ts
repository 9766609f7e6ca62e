/** Offers records to a receiver, and tells a receiver that is at fault from a record that is. */

import type { AuditLine, Sink } from './sink.ts';
import { Refused } from './sink.ts';

/** A record that is refused so often is given up, provided that the receiver takes a later one. */
const TRIES = 3;
const BATCH_CHARACTERS = 1024 * 1024;

export interface OfferOptions {
  readonly sink: Sink;
  /** What is to be handed over. Whoever is told that something is settled removes it. */
  readonly lines: readonly AuditLine[];
  /** The receiver has everything up to `last`, but for those that it keeps refusing, which come before it. */
  readonly onSettled: (last: AuditLine, givenUp: readonly AuditLine[]) => void;
  readonly signal: AbortSignal;
}

/**
 * Makes the function that offers all the lines there are, in order, batch by batch.
 *
 * A batch that is refused is halved until the records are found that are to blame. Each is offered again, and given up at
 * the third refusal, but only once a later one is taken: a receiver that refuses everything is itself at fault, and then
 * the log waits as it does when the receiver is down.
 *
 * The function throws what {@link Sink.send} throws; what was settled by then stays settled.
 */
export function offerTo({ sink, lines, onSettled, signal }: OfferOptions): () => Promise<void> {
  /** How often records were refused that are still among the lines. */
  const strikes = new Map<number, number>();

  function judge(batch: readonly AuditLine[], refused: ReadonlySet<number>, refusal?: Refused): void {
    for (const { seq } of batch) {
      if (refused.has(seq)) strikes.set(seq, (strikes.get(seq) ?? 0) + 1);
      else strikes.delete(seq);
    }
    const again = batch.find(({ seq }) => refused.has(seq) && strikes.get(seq)! < TRIES);
    const last = batch.findLast(({ seq }) => !refused.has(seq) && (!again || seq < again.seq));
    if (last) {
      const givenUp = lines.filter(({ seq }) => seq < last.seq && strikes.delete(seq));
      onSettled(last, givenUp);
    }
    if (again) throw refusal;
  }

  /** @returns why not all of them are settled, if they are not */
  async function offer(batch: readonly AuditLine[]): Promise<Refused | undefined> {
    try {
      await sink.send(batch, signal);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if (!error.seqs && batch.length > 1) {
        const half = batch.length >> 1;
        const before = await offer(batch.slice(0, half));
        return (await offer(batch.slice(half))) ?? before;
      }
      judge(batch, new Set(error.seqs ?? [batch[0]!.seq]), error);
      return error;
    }
    judge(batch, new Set());
  }

  return async () => {
    let refusal: Refused | undefined;
    for (const batch of batches([...lines], sink.maxBatch)) refusal = (await offer(batch)) ?? refusal;
    if (strikes.size > 0) throw refusal;
  };
}

/** At most `most` lines each, and about a megabyte. */
function* batches(lines: readonly AuditLine[], most: number): Generator<AuditLine[]> {
  let batch: AuditLine[] = [];
  let characters = 0;
  for (const line of lines) {
    if (batch.length === most || (batch.length > 0 && characters + line.text.length > BATCH_CHARACTERS)) {
      yield batch;
      batch = [];
      characters = 0;
    }
    batch.push(line);
    characters += line.text.length;
  }
  if (batch.length > 0) yield batch;
}
