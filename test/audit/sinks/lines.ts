/** Records on their way out, for the tests of the sinks. */
import { type AuditFields, parseLine } from '../../../src/audit/format/chain.ts';
import type { AuditLine, Sink } from '../../../src/audit/sinks/sink.ts';
import { extend } from '../helpers.ts';

/** A chain of `count` lines, as they stand in a log. */
export const linesOf = (
  count: number,
  say: (seq: number) => AuditFields = (seq) => ({ event: 'test.event', text: `record ${seq}` }),
): AuditLine[] =>
  extend([], count, say).map((text, index) => {
    const record = parseLine(Buffer.from(text));
    if (typeof record === 'string') throw new Error(record);
    return { seq: index + 1, text, record };
  });

/** Hands over all lines, and tries again for as long as it takes; returns what went wrong on the way. */
export async function persist(sink: Sink, lines: readonly AuditLine[], batch = sink.maxBatch): Promise<string[]> {
  const failures: string[] = [];
  for (let from = 0; from < lines.length; ) {
    if (failures.length > 500) throw new Error(`It never got through: ${failures.at(-1)}`);
    const next = lines.slice(from, from + batch);
    try {
      await sink.send(next, new AbortController().signal);
      from += next.length;
    } catch (error) {
      failures.push((error as Error).message);
    }
  }
  return failures;
}

/** Each text where it stands for the first time: what is left of repeats. */
export const withoutRepeats = (texts: readonly string[]): string[] => [...new Set(texts)];
