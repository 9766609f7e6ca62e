/** `sallyport keys issue`. */
import type { Role } from '../core/exchange.ts';
import { issued, type KeyAbout, KeyInvalid, stored } from '../keys/issue.ts';
import { type KeyRecord, withoutHash } from '../keys/record.ts';
import { parseArguments } from './arguments.ts';
import { PLACE, parseSpan, USAGE, usage, withKeys } from './keys-options.ts';
import type { Terminal } from './terminal.ts';

const OPTIONS = {
  ...PLACE,
  team: { type: 'string' },
  app: { type: 'string' },
  env: { type: 'string' },
  role: { type: 'string', default: 'inference' },
  models: { type: 'string', default: '*' },
  client: { type: 'string' },
  owner: { type: 'string' },
  networks: { type: 'string' },
  hours: { type: 'string' },
  profile: { type: 'string' },
  ttl: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const;

/** @throws Fault `usage`, or one of the store's */
export async function issueKey(args: string[], terminal: Terminal): Promise<0> {
  const { values } = parseArguments(args, { options: OPTIONS, usage: USAGE });
  const { team, app, env, owner, networks, hours, profile } = values;
  if (!team || !app || !env) throw usage('A key needs --team, --app and --env.');
  const about: KeyAbout = {
    team,
    app,
    env,
    // Checked with everything else before it is stored.
    role: values.role as Role,
    models: values.models.split(','),
    // The app's own certificate and no other: a key that works everywhere has to be asked for by name.
    client: values.client ?? app,
    ...(owner === undefined ? {} : { owner }),
    ...(networks === undefined ? {} : { networks: networks.split(',') }),
    ...(hours === undefined ? {} : { hours }),
    ...(profile === undefined ? {} : { guardrails: { profile } }),
  };
  const ttlMs = values.ttl === undefined ? undefined : parseSpan('ttl', values.ttl);
  return withKeys(values, async ({ keys, rules, profiles }) => {
    if (profile !== undefined && profiles && !profiles.includes(profile))
      throw new KeyInvalid('guardrails', `use a profile of the configuration; it has ${profiles.join(', ') || 'none'}`);
    const { key, record } = await stored(keys, (table) => issued(table, about, ttlMs, rules));
    if (values.json) terminal.json({ key, ...withoutHash(record) });
    else terminal.out(key);
    terminal.err(`Key ${record.id} for ${team}/${app} in ${env}, role ${record.role}, until ${record.expiresAt}.`);
    explain(record, rules.env, terminal);
    return 0;
  });
}

/** Says what a new key does, and what it does not. */
export function explain(record: KeyRecord, env: string | null, terminal: Terminal): void {
  terminal.err(`Models: ${record.models.join(', ')}.`);
  terminal.err(`It works only with a client certificate that is named ${describe(record.client)}.`);
  if (record.networks) terminal.err(`It works only from ${record.networks.join(', ')}.`);
  if (record.hours) terminal.err(`It works only in its hours: ${record.hours}.`);
  if (record.guardrails?.profile !== undefined)
    terminal.err(
      `Its guards are those of the profile ${record.guardrails.profile}, which the configuration must have.`,
    );
  if (record.role !== 'inference')
    terminal.err(`The role ${record.role} works on the administration listener, and nowhere else.`);
  if (env !== null && record.env !== env)
    terminal.err(`Warning: this instance takes keys of ${env} only (keys.env), and will refuse it.`);
  terminal.err('It is shown this once and stored nowhere; the gateway keeps its hash.');
}

const describe = (pattern: string): string =>
  pattern === '*' ? 'anything at all (*)' : pattern.includes('*') ? `like ${pattern}` : `exactly ${pattern}`;
