/** `sallyport audit hold|release`: keeps a log from being removed for its age, and lets go of it again. */
import { join } from 'node:path';
import { parseLine, segmentsIn } from '../audit/format/chain.ts';
import { printable } from '../audit/read/printable.ts';
import { beginHold, endHold, isReason } from '../audit/writer/hold.ts';
import { firstLine } from '../audit/writer/segments.ts';
import { Fault } from '../core/fault.ts';
import { parseArguments, usageFault } from './arguments.ts';
import type { Terminal } from './terminal.ts';

const AUDIT_HOLD_USAGE = 'Usage: sallyport audit hold DIR --reason TEXT';
const AUDIT_RELEASE_USAGE = 'Usage: sallyport audit release DIR';

/**
 * `sallyport audit hold DIR --reason TEXT`
 * @param argv what follows `audit hold`
 * @throws Fault `usage`, `audit_not_found`, `locked`, `lock_unusable`
 */
export async function auditHold(argv: string[], terminal: Terminal): Promise<0> {
  const { values, positionals } = parseArguments(argv, {
    options: { reason: { type: 'string' } },
    operands: ['DIR'],
    usage: AUDIT_HOLD_USAGE,
  });
  const { reason } = values;
  if (reason === undefined) throw usageFault('Say why: --reason TEXT.', AUDIT_HOLD_USAGE);
  if (!isReason(reason)) throw usageFault('--reason: use 1 to 500 printable characters.', AUDIT_HOLD_USAGE);
  const dir = positionals[0]!;
  await beginningOf(dir);
  await beginHold(dir, reason, new Date());
  // Looked at again: what was removed in the last moment before the hold is not kept by it.
  const since = await beginningOf(dir);
  terminal.err(`Nothing is removed from ${dir} until "sallyport audit release". What is there begins with ${since}.`);
  return 0;
}

/**
 * `sallyport audit release DIR`
 * @param argv what follows `audit release`
 * @throws Fault `usage`, `audit_not_found`, `hold_not_found` (exit code 1), `locked`, `lock_unusable`
 */
export async function auditRelease(argv: string[], terminal: Terminal): Promise<0> {
  const { positionals } = parseArguments(argv, { options: {}, operands: ['DIR'], usage: AUDIT_RELEASE_USAGE });
  const dir = positionals[0]!;
  await beginningOf(dir);
  const hold = await endHold(dir);
  if (!hold) throw new Fault('hold_not_found', `There is no legal hold on ${dir}.`, { exitCode: 1 });
  terminal.err(`${dir} is released (${hold.reason}). What is older than audit.retainDays will be removed.`);
  return 0;
}

/** The first record of a log, for people. A hold on a directory without a log would be a mistake that nobody notices. */
async function beginningOf(dir: string): Promise<string> {
  const [name] = await segmentsIn(dir).catch(() => []);
  if (name === undefined) {
    throw new Fault('audit_not_found', `There is no audit log in ${dir}. Name the audit.dir of the configuration.`);
  }
  const line = await firstLine(join(dir, name));
  const record = line && parseLine(line);
  return record === null || typeof record === 'string'
    ? `the file ${name}`
    : `record ${record.seq}, ${printable(record.timestamp)}`;
}
