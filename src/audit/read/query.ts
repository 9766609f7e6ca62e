/** Reads of a log what an auditor asks for, while the gateway writes it: line by line, in flat memory. */
import { join } from 'node:path';
import { errnoOf } from '../../core/files.ts';
import { parseLine, segmentFirstSeq, segmentsIn } from '../format/chain.ts';
import { firstLine } from '../writer/segments.ts';
import { type Criteria, filterBy } from './filter.ts';
import { follow, type Progress } from './follow.ts';
import { unreadable } from './records.ts';

/** Milliseconds by which records may be out of order, as a clock was put back: beyond, they may be missed. */
const DISORDER_MS = 86_400_000;

export interface Query extends Pick<Criteria, 'event' | 'requestId' | 'client' | 'from' | 'to'> {
  /** The API key of the request, by its id. */
  readonly keyId?: string | undefined;
  /** `seq` of the first record that may be wanted; the oldest there is, if left out. */
  readonly fromSeq?: number | undefined;
  /** Most lines. */
  readonly limit: number;
}

/**
 * Finds the records that meet all that is asked, oldest first: their lines byte for byte, without newlines. What is no
 * record is passed over, and so is what retention has removed by then.
 * @param upTo `seq` of the last record to look at: what lies beyond the last acknowledged one may yet be taken back
 * @throws Fault `audit_unreadable`
 */
export async function* queryRecords(dir: string, query: Query, upTo: number): AsyncGenerator<string> {
  const { keyId, fromSeq = 1, from = -Infinity, to = Infinity, limit } = query;
  const wanted = filterBy({ ...query, key: keyId });
  const isPattern = query.event?.includes('*');
  const mayBeWanted = mentioning([keyId, query.requestId, query.client, isPattern ? undefined : query.event]);
  const end = new AbortController();
  const progress: Progress = { seq: upTo, beyond: async () => end.abort() };
  let left = limit;
  try {
    const start = Math.max(fromSeq, from === -Infinity ? 1 : await fileBefore(dir, from - DISORDER_MS));
    for await (const { lines } of follow(dir, start, progress, end.signal)) {
      if (left <= 0 || timeOf(lines[0]!) >= to + DISORDER_MS) return;
      const found = lines.filter((line) => mayBeWanted(line) && isWanted(line)).slice(0, left);
      left -= found.length;
      yield* found.map((line) => line.toString());
    }
  } catch (error) {
    throw unreadable(dir, error);
  }

  function isWanted(line: Buffer): boolean {
    const record = parseLine(line);
    return typeof record !== 'string' && wanted(record);
  }
}

/** Whether the bytes of a line contain all these values: that is several times as fast as parsing it. */
function mentioning(values: readonly (string | undefined)[]): (line: Buffer) => boolean {
  const given = values.filter((value) => value !== undefined).map((value) => Buffer.from(JSON.stringify(value)));
  return (line) => given.every((value) => line.includes(value));
}

/** `seq` of the first record of the newest file that begins before a moment: nothing in those before it is newer. */
async function fileBefore(dir: string, moment: number): Promise<number> {
  for (const name of (await segmentsIn(dir)).reverse()) {
    const line = await firstLine(join(dir, name)).catch((error) => {
      // Removed a moment ago.
      if (errnoOf(error) === 'ENOENT') return null;
      throw error;
    });
    if (line && timeOf(line) < moment) return segmentFirstSeq(name)!;
  }
  return 1;
}

/** When a record was made, in milliseconds since 1970; NaN if the line is none. */
function timeOf(line: Buffer): number {
  const record = parseLine(line);
  return typeof record === 'string' ? Number.NaN : Date.parse(record.timestamp);
}
