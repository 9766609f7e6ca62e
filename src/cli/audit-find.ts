/** `sallyport audit find`: was this prompt sent, when, and by whom? */
import { oneLine } from '../audit/read/one-line.ts';
import { printable } from '../audit/read/printable.ts';
import { readEntries } from '../audit/read/records.ts';
import { listFiles } from '../audit/verify/scan.ts';
import { usageFault } from './arguments.ts';
import { parsePathArguments, reportGaps, searchFor } from './audit-options.ts';
import type { Terminal } from './terminal.ts';

const USAGE = 'Usage: sallyport audit find --prompt-file F [PATH…=var/audit] [--json]';

const OPTIONS = { 'prompt-file': { type: 'string' }, json: { type: 'boolean', default: false } } as const;

/**
 * Prints the records of a prompt; `--json` prints them as they stand in the log. The prompt itself is never printed.
 * @param argv what follows `audit find`
 * @returns exit code: 0 found, 1 not found
 * @throws Fault `usage`, or one of those of `searchFor`, `listFiles` and `readEntries`
 */
export async function auditFind(argv: string[], terminal: Terminal): Promise<0 | 1> {
  const { values, paths } = parsePathArguments(argv, { options: OPTIONS, usage: USAGE });
  const promptFile = values['prompt-file'];
  if (promptFile === undefined) throw usageFault('Name the file with the prompt.', USAGE);
  const search = await searchFor(promptFile);
  const { files } = await listFiles(paths);
  const tally = { unreadable: 0 };
  let found = 0;
  for await (const entries of readEntries(files, tally)) {
    let text = '';
    for (const { record, line } of entries) {
      if (!search.matches(record)) continue;
      found += 1;
      text += values.json
        ? `${line.toString()}\n`
        : `${record.seq}  ${oneLine(record)}  secret ${printable(String(record['promptHashKeyId']))}\n`;
    }
    if (text !== '' && !(await terminal.write(text))) return 0;
  }
  reportGaps(terminal, tally, search);
  if (found > 0) return 0;
  terminal.err('No record is of this prompt.');
  return 1;
}
