/** A log on disk, a receiver that does as it is told, and a delivery between them in which no time passes. */
import { appendFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { onTestFinished, vi } from 'vitest';
import type { AuditEvent } from '../../../src/audit/events.ts';
import { hashLine, segmentName } from '../../../src/audit/format/chain.ts';
import { type Delivery, type DeliveryOptions, deliver } from '../../../src/audit/sinks/deliver.ts';
import type { AuditLine, Sink } from '../../../src/audit/sinks/sink.ts';
import { Refused } from '../../../src/audit/sinks/sink.ts';
import { Frontier } from '../../../src/audit/writer/frontier.ts';
import type { Fault } from '../../../src/core/fault.ts';
import { extend, tempDir } from '../helpers.ts';

export interface LogOnDisk {
  readonly dir: string;
  readonly progress: Frontier;
  readonly lines: readonly string[];
  /** Adds acknowledged records, `event` by their number; in a new file if `rotate`. */
  add(count: number, eventOf?: (seq: number) => string, rotate?: boolean): Promise<void>;
}

export async function logOnDisk(dir?: string, firstSeq = 1, prev?: string): Promise<LogOnDisk> {
  const place = dir ?? (await tempDir());
  await mkdir(place, { recursive: true });
  const progress = new Frontier(firstSeq - 1);
  let lines: string[] = [];
  let segment = firstSeq;
  return {
    dir: place,
    progress,
    get lines() {
      return lines;
    },
    async add(count, eventOf = () => 'test.event', rotate = false) {
      const before = lines.length;
      if (rotate) segment = firstSeq + before;
      lines = extend(lines, count, (seq) => ({ event: eventOf(seq), text: `record ${seq}` }), firstSeq, prev);
      const text = lines.slice(before).map((line) => `${line}\n`);
      await appendFile(join(place, segmentName(segment)), text.join(''));
      progress.advance(firstSeq + lines.length - 1);
    },
  };
}

/** A log of which these lines are damaged, in one file or in files of 500; with `end`, a sound record stands behind them. */
export async function damagedLog(
  count: number,
  damaged: (seq: number) => boolean,
  rotate = false,
  end = true,
): Promise<LogOnDisk> {
  const log = await logOnDisk();
  const size = rotate ? 500 : count;
  for (let from = 1; from <= count; from += size) {
    await log.add(Math.min(size, count - from + 1), (seq) => `${seq} `.padEnd(600, 'x'), rotate && from > 1);
    const texts = log.lines.slice(from - 1).map((line, i) => (damaged(from + i) ? 'x'.repeat(line.length) : line));
    await writeFile(join(log.dir, segmentName(from)), texts.map((text) => `${text}\n`).join(''));
  }
  if (end) await log.add(1);
  return log;
}

export interface Receiver extends Sink {
  /** What it has taken, in the order in which it came. */
  readonly taken: AuditLine[];
  readonly attempts: number[][];
  closed: boolean;
  /** What it does with a batch; taking it is what happens if it returns. */
  behave: (batch: readonly AuditLine[], signal: AbortSignal) => void | Promise<void>;
}

export function receiver(maxBatch = 500, behave: Receiver['behave'] = () => {}): Receiver {
  const taken: AuditLine[] = [];
  const attempts: number[][] = [];
  return {
    maxBatch,
    taken,
    attempts,
    closed: false,
    behave,
    async send(batch, signal) {
      attempts.push(batch.map(({ seq }) => seq));
      try {
        await this.behave(batch, signal);
      } catch (error) {
        // One that says which it refuses has the others.
        const refused = error instanceof Refused ? error.seqs : null;
        if (refused) taken.push(...batch.filter(({ seq }) => !refused.includes(seq)));
        throw error;
      }
      taken.push(...batch);
    },
    async close() {
      this.closed = true;
    },
  };
}

export const hang = (_batch: unknown, signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));

export interface Delivering {
  readonly delivery: Delivery;
  readonly raised: AuditEvent[];
  readonly faults: Fault[];
  /** How long it rested, each time. */
  readonly rests: number[];
  /** Resolves when everything acknowledged has been delivered. */
  done(): Promise<void>;
}

/** Random is 1: each rest is as long as it may be. It lasts for one turn of the event loop. */
export async function delivering(log: LogOnDisk, sink: Sink, more: Partial<DeliveryOptions> = {}): Promise<Delivering> {
  const raised: AuditEvent[] = [];
  const faults: Fault[] = [];
  const rests: number[] = [];
  const delivery = await deliver(sink, {
    name: 'siem',
    events: ['*'],
    dir: log.dir,
    progress: log.progress,
    raise: (event) => raised.push(event),
    fault: (fault) => faults.push(fault),
    random: () => 1,
    pause: async (ms) => {
      rests.push(ms);
      await turn();
    },
    ...more,
  });
  onTestFinished(() => delivery.close(0));
  const done = () => vi.waitUntil(() => delivery.status().backlog === 0, { timeout: 15_000, interval: 2 });
  return { delivery, raised, faults, rests, done: async () => void (await done()) };
}

/** The first time that each record came. */
export const firsts = (taken: readonly AuditLine[]): number[] => [...new Set(taken.map(({ seq }) => seq))];
export const upTo = (last: number, first = 1): number[] =>
  Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i);
export const headOf = (log: LogOnDisk): string => hashLine(log.lines.at(-1)!);
