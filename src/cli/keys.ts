/** `sallyport keys`: issue, list and revoke API keys. */
import { ROLES, type Role } from '../core/exchange.ts';
import { Fault } from '../core/fault.ts';
import { changeKeys, listKeys } from '../keys/file-store.ts';
import { newKey } from '../keys/issue.ts';
import { type KeyRecord, keyRecord, MAX_TTL_MS } from '../keys/record.ts';
import { isActive } from '../keys/verify.ts';
import { parseArguments, usageFault } from './arguments.ts';
import type { Terminal } from './terminal.ts';

const USAGE = `Usage: sallyport keys issue --team T --app A --env E [--role R] [--models a,b] [--client PATTERN] [--ttl 90d]
                            [--hours "mon-fri 08:00-18:00 Europe/Berlin"] [--profile NAME] [--json]
       sallyport keys list [--json]
       sallyport keys revoke ID
       each with [--file var/keys.json]: the keys.file of the configuration`;

const usage = (problem: string): Fault => usageFault(problem, USAGE);

const OPTIONS = {
  team: { type: 'string' },
  app: { type: 'string' },
  env: { type: 'string' },
  role: { type: 'string', default: 'inference' },
  models: { type: 'string', default: '*' },
  client: { type: 'string' },
  ttl: { type: 'string', default: '90d' },
  hours: { type: 'string' },
  profile: { type: 'string' },
  json: { type: 'boolean', default: false },
  file: { type: 'string', default: 'var/keys.json' },
} as const;

/**
 * @throws Fault `usage`, `key_not_found`, or one of those of `changeKeys`
 */
export async function keys([command, ...rest]: string[], terminal: Terminal): Promise<0 | 1 | 2> {
  switch (command) {
    case 'issue':
      return issue(rest, terminal);
    case 'list':
      return list(rest, terminal);
    case 'revoke':
      return revoke(rest, terminal);
    default:
      throw usage(command === undefined ? 'Say what to do with keys.' : `There is no command "keys ${command}".`);
  }
}

/** `90d`, `12h` or `30m` in milliseconds. */
function parseTtl(text: string): number {
  const [, amount, unit] = /^(\d{1,9})([mhd])$/.exec(text) ?? [];
  const ttl = Number(amount) * { m: 60_000, h: 3_600_000, d: 86_400_000 }[(unit ?? 'm') as 'm' | 'h' | 'd'];
  if (ttl > 0 && ttl <= MAX_TTL_MS) return ttl;
  throw usage(`--ttl ${text}: write minutes, hours or days as in 30m, 12h or 90d; 90 days at most.`);
}

async function issue(args: string[], terminal: Terminal): Promise<0> {
  const { values } = parseArguments(args, { options: OPTIONS, usage: USAGE });
  const { team, app, env } = values;
  if (!team || !app || !env) throw usage('A key needs --team, --app and --env.');
  const about = {
    team,
    app,
    env,
    role: values.role as Role,
    models: values.models.split(','),
    // The app's own certificate and no other: a key that works everywhere has to be asked for by name.
    client: values.client ?? app,
    ...(values.hours === undefined ? {} : { hours: values.hours }),
    ...(values.profile === undefined ? {} : { guardrails: { profile: values.profile } }),
  };
  const { key, record } = newKey(about, parseTtl(values.ttl));
  const { error } = keyRecord.safeParse(record);
  if (error) {
    const [issue] = error.issues;
    const hint = issue?.path[0] === 'role' ? `use one of ${ROLES.join(', ')}` : issue?.message;
    throw usage(`--${issue?.path[0]?.toString()}: ${hint}.`);
  }
  await changeKeys(values.file, (existing) => [...existing, record]);

  if (values.json) {
    const { hash: _, ...shown } = record;
    terminal.json({ key, ...shown });
  } else terminal.out(key);
  terminal.err(`Key ${record.id} for ${team}/${app} in ${env}, role ${record.role}, until ${record.expiresAt}.`);
  terminal.err(`Models: ${record.models.join(', ')}.`);
  terminal.err(`It works only with a client certificate that is named ${describe(record.client)}.`);
  if (record.hours) terminal.err(`Its hours are ${record.hours}: at other times it works, and raises an alert.`);
  if (values.profile !== undefined)
    terminal.err(`Its guards are those of the profile ${values.profile}, which the configuration must have.`);
  terminal.err('It is shown this once and stored nowhere; the gateway keeps its hash.');
  if (record.role !== ('inference' satisfies Role))
    terminal.err(`No route of this version asks for the role ${record.role} yet.`);
  return 0;
}

const describe = (pattern: string): string =>
  pattern === '*' ? 'anything at all (*)' : pattern.includes('*') ? `like ${pattern}` : `exactly ${pattern}`;

const stateOf = (record: KeyRecord, now: Date): 'active' | 'expired' | 'revoked' =>
  record.revokedAt ? 'revoked' : isActive(record, now) ? 'active' : 'expired';

async function list(args: string[], terminal: Terminal): Promise<0> {
  const { json, file } = parseArguments(args, {
    options: { json: OPTIONS.json, file: OPTIONS.file },
    usage: USAGE,
  }).values;
  const now = new Date();
  const rows = (await listKeys(file)).map((record) => {
    const { hash: _, ...shown } = record;
    return { ...shown, state: stateOf(record, now) };
  });
  if (json) {
    terminal.json(rows);
    return 0;
  }
  if (rows.length === 0) terminal.err(`There are no keys in ${file}. "sallyport keys issue" makes one.`);
  for (const { id, state, team, app, env, role, models, client, expiresAt } of rows)
    terminal.out([id, state.padEnd(7), `${team}/${app}/${env}`, role, models.join(','), client, expiresAt].join('  '));
  return 0;
}

async function revoke(args: string[], terminal: Terminal): Promise<0> {
  const { values, positionals } = parseArguments(args, {
    options: { file: OPTIONS.file },
    operands: ['ID'],
    usage: USAGE,
  });
  const id = positionals[0]!;
  const { file } = values;
  let before: KeyRecord | undefined;
  await changeKeys(file, (existing) => {
    before = existing.find((record) => record.id === id);
    if (!before) throw new Fault('key_not_found', `There is no key ${id} in ${file}.`, { exitCode: 1 });
    // The first revocation is the one that counts: its time is evidence.
    const revokedAt = before.revokedAt ?? new Date().toISOString();
    return existing.map((record) => (record.id === id ? { ...record, revokedAt } : record));
  });
  terminal.err(before?.revokedAt ? `Key ${id} was revoked on ${before.revokedAt}.` : `Key ${id} is revoked.`);
  return 0;
}
