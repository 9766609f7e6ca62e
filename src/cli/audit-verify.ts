import { parseArgs } from 'node:util';
import { type Verification, verifyAudit } from '../audit/verify/verify.ts';
import type { Terminal } from './terminal.ts';

export const AUDIT_VERIFY_USAGE =
  'Usage: sallyport audit verify PATH… [--public-key F [--checkpoint F]] [--json]   (directories, or audit-*.jsonl files)';

/**
 * `sallyport audit verify PATH… [--public-key F [--checkpoint F]] [--json]`
 * @param argv what follows `audit verify`
 * @returns exit code: 0 all holds, 1 it does not, 2 usage
 * @throws Fault `audit_not_found`, `audit_unreadable`, `public_key_unusable`, `checkpoint_unusable`
 */
export async function auditVerify(argv: string[], terminal: Terminal): Promise<0 | 1 | 2> {
  const usage = (problem?: string): 2 => {
    if (problem) terminal.err(problem);
    terminal.err(AUDIT_VERIFY_USAGE);
    return 2;
  };
  let given: ReturnType<typeof parse>;
  try {
    given = parse(argv);
  } catch (error) {
    return usage(error instanceof Error ? error.message : String(error));
  }
  const { values, positionals: paths } = given;
  const proof = { publicKeyFile: values['public-key'], checkpointFile: values.checkpoint };
  if (paths.length === 0) return usage();
  if (proof.checkpointFile !== undefined && proof.publicKeyFile === undefined) {
    return usage('A checkpoint proves nothing without the key that it was signed with: add --public-key.');
  }

  const result = await verifyAudit(paths, proof);
  const sound = result.faults.length === 0;
  if (values.json) terminal.json({ ok: sound, ...result });
  else for (const line of [verdict(result), ...notes(result), ...faults(result)]) terminal.out(line);
  return sound ? 0 : 1;
}

const parse = (args: string[]) =>
  parseArgs({
    args,
    allowPositionals: true,
    options: {
      'public-key': { type: 'string' },
      checkpoint: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  });

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
  if (kept?.purged) {
    lines.push(`note: the checkpoint covers record ${kept.size}, which has been purged since; keep a newer one`);
  } else if (kept) lines.push(`checkpoint: the one kept elsewhere covers the records up to ${kept.size}`);
  return lines;
}

const faults = (result: Verification): string[] =>
  result.faults.map(({ file, line, kind, message }) => `${file}:${line}: ${kind}: ${message}`);

const count = (number: number, what: string): string => `${number} ${what}${number === 1 ? '' : 's'}`;
