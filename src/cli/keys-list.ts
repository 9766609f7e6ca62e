/** `sallyport keys list`: every key, how it stands, and what somebody should look at. */
import { endOf, type KeyRecord, type KeyState, stateOf, withoutHash } from '../keys/record.ts';
import { parseArguments } from './arguments.ts';
import { PLACE, USAGE, withKeys } from './keys-options.ts';
import type { Terminal } from './terminal.ts';

const DAY_MS = 86_400_000;
/** What is issued for a short time and rotated in time must not be a warning all its life. */
const SOON_DAYS = 14;
const LAST_PART = 1 / 3;
const UNUSED_DAYS = 30;

interface Row {
  readonly record: KeyRecord;
  readonly state: KeyState;
  readonly age: number;
  /** Until it ends, in milliseconds; negative once it has. */
  readonly restMs: number;
  readonly lastUsed: Date | null;
}

/** @throws Fault `usage`, or one of the store's */
export async function listKeys(args: string[], terminal: Terminal): Promise<0> {
  const options = { ...PLACE, json: { type: 'boolean', default: false } } as const;
  const { values } = parseArguments(args, { options, usage: USAGE });
  return withKeys(values, async ({ keys, usage, rules, place }) => {
    const now = new Date();
    const rows = [...keys.current().values()].map((record): Row => {
      const used = usage.current().get(record.id);
      return {
        record,
        state: stateOf(record, now, rules.maxTtlMs),
        age: days(now.getTime() - Date.parse(record.issuedAt)),
        restMs: endOf(record, rules.maxTtlMs).getTime() - now.getTime(),
        lastUsed: used === undefined ? null : new Date(used),
      };
    });
    if (values.json) terminal.json(rows.map(asJson));
    else {
      if (rows.length === 0)
        terminal.err(
          `There are no keys in ${place}. "sallyport keys issue" makes one; if there were some, put them back first.`,
        );
      for (const row of rows) terminal.out(asLine(row, now));
    }
    for (const row of rows) for (const warning of warnings(row, now, rules.maxTtlMs)) terminal.err(warning);
    return 0;
  });
}

const days = (ms: number): number => Math.max(0, Math.floor(ms / DAY_MS));

const hasEnded = ({ state }: Row): boolean => state === 'revoked' || state === 'expired';

const asJson = (row: Row) => ({
  ...withoutHash(row.record),
  state: row.state,
  ageDays: row.age,
  expiresInDays: hasEnded(row) ? null : days(row.restMs),
  lastUsed: row.lastUsed?.toISOString() ?? null,
});

/** What somebody has written freely, the owner, comes last. */
function asLine(row: Row, now: Date): string {
  const { id, team, app, env, role, models, client, owner } = row.record;
  return [
    id,
    row.state.padEnd(8),
    `${team}/${app}/${env}`,
    role,
    models.join(','),
    client,
    `${row.age}d old`,
    hasEnded(row) ? 'ended' : `ends in ${days(row.restMs)}d`,
    row.lastUsed ? `used ${days(now.getTime() - row.lastUsed.getTime())}d ago` : 'never used',
    owner ?? '-',
  ].join('  ');
}

function warnings({ record, state, restMs, lastUsed }: Row, now: Date, maxTtlMs: number): string[] {
  if (state !== 'active') return [];
  const { id, team, app, env, owner, issuedAt } = record;
  const name = `Key ${id} (${team}/${app}/${env}${owner === undefined ? '' : `, ${owner}`})`;
  const end = endOf(record, maxTtlMs);
  const isSoon = restMs <= Math.min(SOON_DAYS * DAY_MS, (end.getTime() - Date.parse(issuedAt)) * LAST_PART);
  const idle = days(now.getTime() - (lastUsed?.getTime() ?? Date.parse(issuedAt)));
  return [
    ...(isSoon
      ? [`Warning: ${name} ends on ${end.toISOString()}. "sallyport keys rotate ${id}" makes the next one.`]
      : []),
    ...(idle >= UNUSED_DAYS
      ? [
          `Warning: ${name} has ${lastUsed ? `not been used for ${idle} days` : 'never been used'}. Revoke it if nobody needs it.`,
        ]
      : []),
  ];
}
