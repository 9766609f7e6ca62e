/** `sallyport keys rotate` and `keys revoke`. */
import { stored } from '../keys/issue.ts';
import { stateOf, withoutHash } from '../keys/record.ts';
import { revoked, rotated } from '../keys/rotate.ts';
import { parseArguments } from './arguments.ts';
import { explain } from './keys-issue.ts';
import { PLACE, parseSpan, USAGE, withKeys } from './keys-options.ts';
import type { Terminal } from './terminal.ts';

const ROTATE = {
  ...PLACE,
  overlap: { type: 'string', default: '24h' },
  ttl: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const;

/** @throws Fault `usage`, `key_not_found`, `key_not_usable`, or one of the store's */
export async function rotateKey(args: string[], terminal: Terminal): Promise<0> {
  const { values, positionals } = parseArguments(args, { options: ROTATE, operands: ['ID'], usage: USAGE });
  const overlapMs = parseSpan('overlap', values.overlap);
  const ttlMs = values.ttl === undefined ? undefined : parseSpan('ttl', values.ttl);
  return withKeys(values, async ({ keys, rules }) => {
    const { key, record, replaced } = await stored(keys, (table) =>
      rotated(table, positionals[0]!, { overlapMs, ttlMs }, rules),
    );
    const { id, expiresAt } = replaced;
    if (values.json) terminal.json({ key, ...withoutHash(record), replaces: { id, expiresAt } });
    else terminal.out(key);
    terminal.err(`Key ${record.id} takes the place of ${id}, until ${record.expiresAt}.`);
    const hasEnded = stateOf(replaced, new Date(), rules.maxTtlMs) === 'expired';
    terminal.err(hasEnded ? `Key ${id} has ended.` : `Key ${id} works until ${expiresAt}.`);
    explain(record, rules.env, terminal);
    return 0;
  });
}

/** @throws Fault `usage`, `key_not_found`, or one of the store's */
export async function revokeKey(args: string[], terminal: Terminal): Promise<0> {
  const { values, positionals } = parseArguments(args, { options: PLACE, operands: ['ID'], usage: USAGE });
  return withKeys(values, async ({ keys, rules }) => {
    const { table, record, already } = await stored(keys, (table) => revoked(table, positionals[0]!));
    terminal.err(already ? `Key ${record.id} was revoked on ${record.revokedAt}.` : `Key ${record.id} is revoked.`);
    const heir = table.get(record.replacedBy ?? '');
    if (heir && ['active', 'not yet', 'replaced'].includes(stateOf(heir, new Date(), rules.maxTtlMs)))
      terminal.err(`Key ${heir.id}, which took its place, still works.`);
    return 0;
  });
}
