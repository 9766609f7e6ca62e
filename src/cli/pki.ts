/** `sallyport pki`: certificates for a host that has no other PKI. */
import { join } from 'node:path';
import type { Fault } from '../core/fault.ts';
import { withLock } from '../core/lock.ts';
import { DEFAULT_DAYS, initPki, issueCertificate } from '../identity/issuing.ts';
import { CRL_FILE, revokeCertificate } from '../identity/revoking.ts';
import { pkiStatus } from '../identity/status.ts';
import { parseArguments, usageFault } from './arguments.ts';
import type { Terminal } from './terminal.ts';

const USAGE = `Usage: sallyport pki init DIR
       sallyport pki issue DIR --name N --kind client|server [--san DNS:…|IP:…|URI:…]… [--days ${DEFAULT_DAYS}] [--json]
       sallyport pki revoke DIR SERIAL
       sallyport pki status DIR [--json]`;

const usage = (problem: string): Fault => usageFault(problem, USAGE);

const OPTIONS = {
  name: { type: 'string' },
  kind: { type: 'string' },
  san: { type: 'string', multiple: true },
  days: { type: 'string', default: String(DEFAULT_DAYS) },
  json: { type: 'boolean', default: false },
} as const;

/**
 * @param argv  what follows `pki` on the command line
 * @returns 1 if `status` found something that is not well
 * @throws Fault `usage`, or one of those of `initPki`, `issueCertificate`, `revokeCertificate` and `pkiStatus`
 */
export async function pki(argv: string[], terminal: Terminal): Promise<0 | 1 | 2> {
  const [command, ...rest] = argv;
  switch (command) {
    case 'init':
      return init(rest, terminal);
    case 'issue':
      return issue(rest, terminal);
    case 'revoke':
      return revoke(rest, terminal);
    case 'status':
      return status(rest, terminal);
    default:
      throw usage(command === undefined ? 'Say what to do.' : `There is no command "pki ${command}".`);
  }
}

async function init(args: string[], terminal: Terminal): Promise<0> {
  const dir = parseArguments(args, { options: {}, operands: ['DIR'], usage: USAGE }).positionals[0]!;
  const { made, kept } = await initPki(dir);
  for (const file of made) terminal.out(join(dir, file));
  terminal.err(`${made.length} files made, ${kept.length} kept as they are, in ${dir}.`);
  return 0;
}

async function issue(args: string[], terminal: Terminal): Promise<0> {
  const { values, positionals } = parseArguments(args, { options: OPTIONS, operands: ['DIR'], usage: USAGE });
  const { name, kind, san, days } = values;
  if (!name) throw usage('A certificate needs a --name.');
  if (kind !== 'client' && kind !== 'server') throw usage('Say --kind client or --kind server.');
  if (!/^\d{1,5}$/.test(days)) throw usage(`--days ${days}: write a number of days.`);
  const request = { name, kind, days: Number(days), ...(san ? { san } : {}) } as const;
  const issued = await issueCertificate(positionals[0]!, request);
  if (values.json) terminal.json(issued);
  else for (const file of [issued.certFile, issued.keyFile]) terminal.out(file);
  terminal.err(`Serial ${issued.serial}, valid until ${issued.notAfter.toISOString()}.`);
  return 0;
}

async function revoke(args: string[], terminal: Terminal): Promise<0> {
  const [dir, serial] = parseArguments(args, { options: {}, operands: ['DIR', 'SERIAL'], usage: USAGE })
    .positionals as [string, string];
  const revocation = await withLock(join(dir, `${CRL_FILE}.lock`), () => revokeCertificate(dir, serial));
  terminal.err(
    `Serial ${revocation.serial} ${revocation.changed ? 'is' : 'was already'} revoked in ${join(dir, CRL_FILE)}.`,
  );
  return 0;
}

async function status(args: string[], terminal: Terminal): Promise<0 | 1> {
  const { values, positionals } = parseArguments(args, {
    options: { json: OPTIONS.json },
    operands: ['DIR'],
    usage: USAGE,
  });
  const found = await pkiStatus(positionals[0]!);
  if (values.json) terminal.json(found);
  else {
    for (const { file, kind, subject, serial, notAfter, revoked } of found.certificates) {
      const end = `until ${notAfter.toISOString()}`;
      terminal.out([file, kind, subject, serial, end, ...(revoked ? ['revoked'] : [])].join('  '));
    }
    if (found.crl) {
      const { number, nextUpdate, revoked } = found.crl;
      terminal.out([CRL_FILE, `number ${number}`, `until ${nextUpdate.toISOString()}`].join('  '));
      for (const serial of revoked) terminal.out(`${CRL_FILE}  revoked  ${serial}`);
    }
  }
  for (const problem of found.problems) terminal.err(problem);
  return found.problems.length > 0 ? 1 : 0;
}
