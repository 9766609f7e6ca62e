/** `sallyport audit tail`: what happened last, and what happens now. */
import { stat } from 'node:fs/promises';
import { filterBy } from '../audit/read/filter.ts';
import { follow, polling } from '../audit/read/follow.ts';
import { readEnd } from '../audit/read/last.ts';
import { oneLine } from '../audit/read/one-line.ts';
import { type Entry, entryOf } from '../audit/read/records.ts';
import { listFiles } from '../audit/verify/scan.ts';
import { usageFault } from './arguments.ts';
import { criteriaOf, FILTER_OPTIONS, FILTER_USAGE, parsePathArguments, reportGaps } from './audit-options.ts';
import type { Terminal } from './terminal.ts';

const USAGE = `Usage: sallyport audit tail [PATH…=var/audit] [--follow] [--lines N=20] ${FILTER_USAGE} [--json]`;

const OPTIONS = {
  ...FILTER_OPTIONS,
  follow: { type: 'boolean', default: false },
  lines: { type: 'string', default: '20' },
  json: { type: 'boolean', default: false },
} as const;

/** How often the log is looked at for more. */
const POLL_MS = 250;

/**
 * Prints the last records that are wanted, one a line; `--json` prints them as they stand in the log. With `--follow` those
 * that come, until SIGINT or SIGTERM, or until nobody reads any more.
 * @param argv what follows `audit tail`
 * @param signal ends it, in place of the signals of the system
 * @throws Fault `usage`, or one of those of `listFiles` and `readEnd`
 */
export async function auditTail(argv: string[], terminal: Terminal, signal?: AbortSignal): Promise<0> {
  const { values, paths } = parsePathArguments(argv, { options: OPTIONS, usage: USAGE });
  if (!/^\d{1,9}$/.test(values.lines)) throw usageFault('--lines takes a number.', USAGE);
  const { files } = await listFiles(paths);
  const [dir] = paths;
  if (values.follow && (paths.length > 1 || !(await stat(dir!)).isDirectory()))
    throw usageFault('--follow takes one directory.', USAGE);

  const stop = values.follow ? (signal ?? interruption()) : null;
  const tally = { unreadable: 0 };
  const isWanted = filterBy(criteriaOf(values));
  const wanted = ({ record }: Entry) => isWanted(record);
  const show = async (entries: readonly Entry[]): Promise<boolean> => {
    const text = entries.map(({ record, line }) => `${values.json ? line.toString() : oneLine(record)}\n`).join('');
    return text === '' || (await terminal.write(text));
  };
  const { entries, nextSeq } = await readEnd(files, Number(values.lines), wanted, tally);
  let isRead = await show(entries);
  if (stop && isRead) {
    for await (const { lines } of follow(dir!, nextSeq, polling(POLL_MS), stop)) {
      const fresh = lines.map((line) => entryOf(line, tally)).filter((entry) => entry !== null);
      isRead = await show(fresh.filter(wanted));
      if (!isRead) break;
    }
  }
  reportGaps(terminal, tally);
  return 0;
}

function interruption(): AbortSignal {
  const stop = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => stop.abort());
  return stop.signal;
}
