import { parseArgs } from 'node:util';
import { printable } from '../audit/read/printable.ts';
import type { VerifyProgress } from '../audit/verify/progress.ts';
import { type Verification, verifyAudit } from '../audit/verify/verify.ts';
import type { Terminal } from './terminal.ts';

const USAGE = `Usage: sallyport audit verify PATH… [--public-key F [--checkpoint F]… [--witness-key F]] [--json]
  PATH            a directory, or audit-*.jsonl files
  --public-key F  the log's public key: checks the signatures, too
  --checkpoint F  checkpoints that were kept elsewhere: the log must agree with all of them
  --witness-key F a witness's public key: only checkpoints that it has signed count`;

const PROGRESS_MS = 100;

/**
 * `sallyport audit verify PATH… [--public-key F [--checkpoint F]… [--witness-key F]] [--json]`
 * @param argv what follows `audit verify`
 * @returns exit code: 0 all holds, 1 it does not, 2 usage
 * @throws Fault `audit_not_found`, `audit_unreadable`, `public_key_unusable`, `checkpoint_unusable`
 */
export async function auditVerify(argv: string[], terminal: Terminal): Promise<0 | 1 | 2> {
  const usage = (problem?: string): 2 => {
    if (problem) terminal.err(problem);
    terminal.err(USAGE);
    return 2;
  };
  let given: ReturnType<typeof parse>;
  try {
    given = parse(argv);
  } catch (error) {
    return usage(error instanceof Error ? error.message : String(error));
  }
  const { values, positionals: paths } = given;
  const { 'public-key': publicKeyFile, checkpoint: checkpointFiles, 'witness-key': witnessKeyFile } = values;
  if (paths.length === 0) return usage();
  if (checkpointFiles !== undefined && publicKeyFile === undefined) {
    return usage('A checkpoint proves nothing without the key that it was signed with: add --public-key.');
  }
  if (witnessKeyFile !== undefined && checkpointFiles === undefined) {
    return usage('A witness vouches for the checkpoints that it has handed out: add --checkpoint.');
  }

  const result = await verifyAudit(
    paths,
    { publicKeyFile, checkpointFiles, witnessKeyFile },
    values.json ? undefined : speedometer((line) => terminal.progress(line)),
  ).finally(() => {
    if (!values.json) terminal.progress(null);
  });
  const sound = result.faults.length === 0;
  if (values.json) terminal.json({ ok: sound, ...result });
  else for (const line of [verdict(result), ...notes(result), ...faults(result)]) terminal.out(printable(line));
  return sound ? 0 : 1;
}

const parse = (args: string[]) =>
  parseArgs({
    args,
    allowPositionals: true,
    options: {
      'public-key': { type: 'string' },
      checkpoint: { type: 'string', multiple: true },
      'witness-key': { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  });

/** Says how it goes, the first time at once and then now and then. */
function speedometer(show: (line: string) => void): (progress: VerifyProgress) => void {
  const what = { checkpoints: 'reading checkpoints', log: 'verifying', damage: 'looking at the damage' };
  let step: VerifyProgress['step'] | null = null;
  let since = 0;
  let shown = 0;
  return (progress) => {
    const now = performance.now();
    if (progress.step !== step) since = now;
    else if (now - shown < PROGRESS_MS) return;
    ({ step } = progress);
    shown = now;
    const { bytes, totalBytes, lines } = progress;
    // A log that is written meanwhile has grown beyond what it was.
    const percent = Math.min(100, Math.floor((100 * bytes) / Math.max(1, totalBytes)));
    const speed = lines > 0 && now > since ? `, ${Math.round((1000 * lines) / (now - since))} records/s` : '';
    show(`${what[step]}: ${percent} %${speed}`);
  };
}

function verdict({ records, segments, firstSeq, lastSeq, head, faults }: Verification): string {
  const range = firstSeq === null ? '' : `, seq ${firstSeq} to ${lastSeq}, head ${head}`;
  const state = faults.length === 0 ? 'OK' : 'DAMAGED';
  return `${state}: ${count(records, 'record')} in ${count(segments, 'file')}${range}`;
}

/** How far what was said reaches. */
function notes({ startsLate, purgedTo, firstSeq, signed, kept }: Verification): string[] {
  const lines: string[] = [];
  if (startsLate) {
    lines.push(`note: the log begins with record ${firstSeq}; what was before it has not been checked`);
  }
  if (purgedTo !== null) lines.push(`purged: the log records that everything up to record ${purgedTo} was removed`);
  if (signed) {
    const reach = signed.size === 0 ? 'nothing' : `up to record ${signed.size}`;
    const by = count(signed.checkpoints, 'checkpoint');
    lines.push(`signed: ${reach}, by ${by}; ${count(signed.beyond, 'record')} beyond the last one`);
  }
  if (kept) {
    const witnessed = kept.witness === null ? '' : `, witnessed ${kept.witnessedAt} by ${kept.witness}`;
    const were = kept.compared === 1 ? 'was' : 'were';
    const newest = `the newest covers the records up to ${kept.size}${witnessed}`;
    lines.push(`kept: ${count(kept.compared, 'checkpoint')} ${were} compared with the log; ${newest}`);
  }
  if (kept?.purged) lines.push(`note: record ${kept.size} has been purged since; keep newer checkpoints`);
  return lines;
}

const faults = (result: Verification): string[] =>
  result.faults.map(({ file, line, kind, message }) => `${file}:${line}: ${kind}: ${message}`);

const count = (number: number, what: string): string => `${number} ${what}${number === 1 ? '' : 's'}`;
