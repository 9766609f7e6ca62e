/** `sallyport audit export`: records for somebody else, in his words. */
import { CSV_HEADER, toCsv } from '../audit/read/csv.ts';
import { toEcs } from '../audit/read/ecs.ts';
import { selectBy } from '../audit/read/filter.ts';
import { toOcsf } from '../audit/read/ocsf.ts';
import { type Entry, readEntries } from '../audit/read/records.ts';
import { listFiles } from '../audit/verify/scan.ts';
import { usageFault } from './arguments.ts';
import {
  criteriaOf,
  FILTER_OPTIONS,
  FILTER_USAGE,
  parsePathArguments,
  reportGaps,
  searchFor,
} from './audit-options.ts';
import type { Terminal } from './terminal.ts';

const USAGE = `Usage: sallyport audit export --format ecs|ocsf|csv|json [PATH…=var/audit] ${FILTER_USAGE}
         [--prompt-file F] [--from TIME] [--to TIME]   (2026-01-31, or 2026-01-31T12:00:00Z; --to is the first that is left out)`;

const OPTIONS = {
  ...FILTER_OPTIONS,
  format: { type: 'string' },
  'prompt-file': { type: 'string' },
  from: { type: 'string' },
  to: { type: 'string' },
} as const;

const jsonLine = (value: unknown): string => `${JSON.stringify(value)}\n`;

/** Each record as a text that ends with its line break. */
const FORMATS: Readonly<Record<string, { header: string; format: (entry: Entry) => string }>> = {
  ecs: { header: '', format: ({ record, line }) => jsonLine(toEcs(record, line)) },
  ocsf: { header: '', format: ({ record }) => jsonLine(toOcsf(record)) },
  csv: { header: CSV_HEADER, format: ({ record }) => toCsv(record) },
  json: { header: '', format: ({ line }) => `${line.toString()}\n` },
};

/**
 * Writes records to stdout as fast as they are taken from it, in flat memory.
 * @param argv what follows `audit export`
 * @throws Fault `usage`, or one of those of `searchFor`, `listFiles` and `readEntries`
 */
export async function auditExport(argv: string[], terminal: Terminal): Promise<0> {
  const { values, paths } = parsePathArguments(argv, { options: OPTIONS, usage: USAGE });
  const { format: name = '', 'prompt-file': promptFile } = values;
  if (!Object.hasOwn(FORMATS, name)) throw usageFault('Choose a format.', USAGE);
  const { header, format } = FORMATS[name]!;
  const [from, to] = [timeOf('from', values.from), timeOf('to', values.to)];
  const search = promptFile === undefined ? undefined : await searchFor(promptFile);
  const wanted = selectBy({ ...criteriaOf(values), from, to, promptHashes: search?.hashes });
  const { files } = await listFiles(paths);

  const tally = { unreadable: 0 };
  let exported = 0;
  let text = header;
  for await (const entries of readEntries(files, tally)) {
    for (const entry of entries) {
      search?.matches(entry.record);
      if (!wanted(entry.record)) continue;
      exported += 1;
      text += format(entry);
    }
    if (text !== '' && !(await terminal.write(text))) return 0;
    text = '';
  }
  if (text !== '') await terminal.write(text);
  reportGaps(terminal, tally, search);
  terminal.err(exported === 1 ? '1 record.' : `${exported} records.`);
  return 0;
}

/** RFC 3339 with its zone, or a day of UTC. */
const TIME = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2}))?$/;

function timeOf(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const time = TIME.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time)) throw usageFault(`--${option} is no time.`, USAGE);
  return time;
}
