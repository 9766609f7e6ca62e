/** `sallyport keys verify`: which key this is, and whether it would be let in. */
import type { Readable } from 'node:stream';
import { endOf, type KeyRules, stateOf } from '../keys/record.ts';
import { examineKey, type Reason } from '../keys/verify.ts';
import { parseArguments } from './arguments.ts';
import { PLACE, USAGE, withKeys } from './keys-options.ts';
import type { Terminal } from './terminal.ts';

const OPTIONS = {
  ...PLACE,
  client: { type: 'string' },
  remote: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const;

/** Longer than any key. */
const MOST_CHARS = 4096;

/**
 * The key comes from stdin: arguments are in the list of processes, for everybody on the host to read.
 * @returns 0 if it would be let in, 1 if not
 * @throws Fault `usage`, or one of the store's
 */
export async function checkKey(args: string[], terminal: Terminal, stdin: Readable): Promise<0 | 1> {
  const { client, remote, json, ...place } = parseArguments(args, { options: OPTIONS, usage: USAGE }).values;
  return withKeys(place, async ({ keys, rules }) => {
    const presented = await keyIn(stdin);
    const now = new Date();
    const circumstances = { client: client ?? '', remote: remote ?? '', now };
    const { record, reasons } = examineKey(presented === '' ? null : presented, circumstances, keys.current(), rules);
    const unasked: readonly Reason[] = [
      ...(client === undefined ? ['other_client' as const] : []),
      ...(remote === undefined ? ['other_network' as const] : []),
    ];
    // Where the secret is not right there is no key to say more about.
    const found = record ? reasons.filter((reason) => !unasked.includes(reason)) : reasons.slice(0, 1);
    const state = record && stateOf(record, now, rules.maxTtlMs);

    if (json) terminal.json({ good: found.length === 0, id: record?.id ?? null, state, reasons: found });
    else {
      if (record) {
        const { id, team, app, env, role } = record;
        terminal.out(
          `Key ${id}: ${state}, ${team}/${app} in ${env}, role ${role}, until ${endOf(record, rules.maxTtlMs).toISOString()}.`,
        );
      }
      for (const reason of found) terminal.out(`Refused: ${said(reason, rules)}`);
      if (found.length === 0 && unasked.length > 0)
        terminal.err(
          'Not asked: the client certificate (--client) and the address (--remote) where they are not named.',
        );
    }
    return found.length === 0 ? 0 : 1;
  });
}

async function keyIn(stdin: Readable): Promise<string> {
  let text = '';
  for await (const chunk of stdin) {
    text += String(chunk);
    if (text.length > MOST_CHARS) break;
  }
  return text.trim();
}

const SAID: Readonly<Record<Exclude<Reason, 'other_environment'>, string>> = {
  no_key: 'there is no key on stdin.',
  malformed: 'this is no key of Sallyport, or a part of it is missing or mistyped.',
  unknown: 'there is no such key.',
  wrong: 'there is a key with this id, but its secret is another.',
  revoked: 'it was revoked.',
  expired: 'it has expired.',
  not_yet: 'it was issued in the future. Compare the clocks.',
  other_client: 'it belongs to another client certificate.',
  other_network: 'it may not be used from that address.',
  outside_hours: 'it may not be used at this hour.',
};

const said = (reason: Reason, { env }: KeyRules): string =>
  reason === 'other_environment' ? `this instance takes keys of ${env} only (keys.env).` : SAID[reason];
