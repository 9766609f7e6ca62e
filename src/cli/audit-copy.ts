/** The copy of the audit log on stdout. It never holds up the gateway: what a reader misses is in the files. */
import { Fault } from '../core/fault.ts';
import { type BoundedOutput, boundedOutput } from './bounded-output.ts';
import type { Logger } from './operational-log.ts';

/** About 8 MiB: several thousand requests. */
const MOST_WAITING = 8 * 1024 * 1024;

export interface AuditCopy {
  /** Prints acknowledged lines, separated by newlines, all of them or none. */
  readonly write: (lines: string) => void;
  /** Says what is missing still. */
  close(): void;
}

/** @param log is told when records begin to be missing, and which ones were when it goes on */
export function auditCopy(
  log: Pick<Logger, 'error' | 'warn'>,
  output: BoundedOutput = boundedOutput(process.stdout, MOST_WAITING),
): AuditCopy {
  let missing: { readonly records: number; readonly first: string; readonly last: string } | null = null;

  function sayWhatIsMissing(): void {
    if (!missing) return;
    const { records, first, last } = missing;
    const [fromSeq, toSeq] = [seqOf(first), seqOf(last)];
    const message = `${records} records are missing on stdout, seq ${fromSeq} to ${toSeq}: take them from the files`;
    log.warn({ part: 'audit', records, fromSeq, toSeq }, message);
    missing = null;
  }

  return {
    write(lines) {
      if (output(`${lines}\n`)) {
        sayWhatIsMissing();
        return;
      }
      const all = lines.split('\n');
      if (!missing) log.error({ part: 'audit', err: stuck() }, 'fault in audit');
      missing = {
        records: (missing?.records ?? 0) + all.length,
        first: missing?.first ?? all[0]!,
        last: all.at(-1)!,
      };
    },
    close: sayWhatIsMissing,
  };
}

const stuck = (): Fault =>
  new Fault(
    'stdout_stuck',
    'Nobody reads stdout: records are not printed there until somebody does. They are in the files of the log.',
  );

const seqOf = (line: string): number => JSON.parse(line).seq;
