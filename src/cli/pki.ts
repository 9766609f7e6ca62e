/** `sallyport pki`: certificates for a host that has no other PKI. */
import { join } from 'node:path';
import type { Fault } from '../core/fault.ts';
import { withLock } from '../core/lock.ts';
import { DEFAULT_DAYS, initPki, issueCertificate } from '../identity/issuing.ts';
import { type RenewalRequest, renewCertificate } from '../identity/renewing.ts';
import { CRL_FILE, revokeCertificate } from '../identity/revoking.ts';
import { pkiStatus } from '../identity/status.ts';
import { parseArguments, usageFault } from './arguments.ts';
import type { Terminal } from './terminal.ts';

const USAGE = `Usage: sallyport pki init DIR
       sallyport pki issue DIR --name N --kind client|server [--san DNS:…|IP:…|URI:…]… [--days ${DEFAULT_DAYS}] [--json]
       sallyport pki renew DIR NAME [--days N] [--within 30d] [--revoke] [--json]
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

const RENEW_OPTIONS = {
  days: { type: 'string' },
  within: { type: 'string' },
  revoke: { type: 'boolean', default: false },
  json: OPTIONS.json,
} as const;

const DAY_MS = 86_400_000;

/**
 * @param argv  what follows `pki` on the command line
 * @returns 1 if `status` found something that is not well
 * @throws Fault `usage`, or one of those of `initPki`, `issueCertificate`, `renewCertificate`, `revokeCertificate` and
 *   `pkiStatus`
 */
export async function pki(argv: string[], terminal: Terminal): Promise<0 | 1 | 2> {
  const [command, ...rest] = argv;
  switch (command) {
    case 'init':
      return init(rest, terminal);
    case 'issue':
      return issue(rest, terminal);
    case 'renew':
      return renew(rest, terminal);
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
  const request = { name, kind, days: parseDays(days), ...(san ? { san } : {}) } as const;
  const issued = await issueCertificate(positionals[0]!, request);
  if (values.json) terminal.json(issued);
  else for (const file of [issued.certFile, issued.keyFile]) terminal.out(file);
  terminal.err(`Serial ${issued.serial}, valid until ${issued.notAfter.toISOString()}.`);
  return 0;
}

function parseDays(text: string): number {
  if (!/^\d{1,5}$/.test(text)) throw usage(`--days ${text}: write a number of days.`);
  return Number(text);
}

/** @returns milliseconds */
function parseWithin(text: string): number {
  const [, amount, unit] = /^(\d{1,5})([hd])$/.exec(text) ?? [];
  if (!amount) throw usage(`--within ${text}: write hours or days, as in 12h or 30d.`);
  return Number(amount) * (unit === 'h' ? 3_600_000 : DAY_MS);
}

async function renew(args: string[], terminal: Terminal): Promise<0> {
  const { values, positionals } = parseArguments(args, {
    options: RENEW_OPTIONS,
    operands: ['DIR', 'NAME'],
    usage: USAGE,
  });
  const [dir, name] = positionals as [string, string];
  const { days, within, revoke, json } = values;
  const request: RenewalRequest = {
    revoke,
    ...(days === undefined ? {} : { days: parseDays(days) }),
    ...(within === undefined ? {} : { withinMs: parseWithin(within) }),
  };
  const renewal = await withCrlLock(dir, () => renewCertificate(dir, name, request));
  if (json) terminal.json(renewal);
  else if (renewal.renewed) for (const file of [renewal.certFile, renewal.keyFile]) terminal.out(file);
  const end = `valid until ${renewal.notAfter.toISOString()}`;
  terminal.err(
    renewal.renewed
      ? `Serial ${renewal.serial} in place of ${renewal.replaced}${revoke ? ', which is revoked' : ''}; ${end}.`
      : `Serial ${renewal.serial} is left as it is, ${end}.`,
  );
  return 0;
}

/** Whoever writes the list holds it, so that no revocation is lost among several. */
const withCrlLock = <T>(dir: string, work: () => Promise<T>): Promise<T> =>
  withLock(join(dir, `${CRL_FILE}.lock`), work);

async function revoke(args: string[], terminal: Terminal): Promise<0> {
  const [dir, serial] = parseArguments(args, { options: {}, operands: ['DIR', 'SERIAL'], usage: USAGE })
    .positionals as [string, string];
  const revocation = await withCrlLock(dir, () => revokeCertificate(dir, serial));
  const { certificates } = await pkiStatus(dir);
  if (!certificates.some((one) => one.serial === revocation.serial))
    terminal.err(`No certificate in ${dir} has this serial: compare it, unless the certificate is elsewhere.`);
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
    for (const { file, kind, subject, name, serial, notAfter, revoked } of found.certificates) {
      const end = `until ${notAfter.toISOString()}`;
      terminal.out([file, kind, name ?? subject, serial, end, ...(revoked ? ['revoked'] : [])].join('  '));
    }
    if (found.crl) {
      const { number, nextUpdate, revoked } = found.crl;
      terminal.out([CRL_FILE, `number ${number}`, `until ${nextUpdate.toISOString()}`].join('  '));
      for (const serial of revoked) terminal.out(`${CRL_FILE}  revoked  ${serial}`);
    }
  }
  for (const sentence of [...found.problems, ...found.warnings]) terminal.err(sentence);
  return found.problems.length > 0 ? 1 : 0;
}
