/**
 * What was last recorded of things that operators change, with the gateway or behind its back: the keys, the lockdown and
 * the legal hold. It is kept in a file, so that a change made while the gateway was down is recorded at the next start.
 * The file is written after the records are on disk: a crash in between has them recorded twice, never not at all.
 */
import { readFile } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { ROLES } from '../core/exchange.ts';
import { Fault } from '../core/fault.ts';
import { errnoOf, writeAtomic } from '../core/files.ts';
import type { AuditEvent } from './events.ts';
import { type KeyFacts, type KnownKeys, keyChanges, keysRecord, knownKey } from './key-changes.ts';

const knownFile = z.strictObject({
  version: z.literal(1),
  keys: z.array(
    z.strictObject({
      id: z.string(),
      team: z.string(),
      app: z.string(),
      env: z.string(),
      role: z.enum(ROLES),
      expiresAt: z.iso.datetime(),
      revokedAt: z.iso.datetime().nullable(),
      rest: z.record(z.string(), z.string()),
      replacedBy: z.string().exactOptional(),
    }),
  ),
  hold: z.strictObject({ reason: z.string() }).nullable(),
  // Earlier versions knew of none.
  lockdown: z
    .strictObject({ on: z.boolean(), since: z.string(), by: z.string(), reason: z.string() })
    .nullable()
    .default(null),
});

/** Whether all inference is stopped, since when (RFC 3339), by whom and why. */
export interface LockdownFacts {
  readonly on: boolean;
  readonly since: string;
  readonly by: string;
  readonly reason: string;
}

interface State {
  readonly keys: KnownKeys;
  readonly hold: { readonly reason: string } | null;
  /** Null as long as there has been none. */
  readonly lockdown: LockdownFacts | null;
}

const NOTHING: State = { keys: new Map(), hold: null, lockdown: null };

export interface Known {
  /**
   * Records what is different about the keys from what was last recorded: `key.issued`, `key.rotated`, `key.revoked`,
   * `key.changed`; and, the first time and after every change, which keys there are: `keys.loaded`.
   * To be called at the start and whenever they change; calls are worked off one after the other.
   * @throws what `append` throws, or the file system: then {@link retry} has to be called
   */
  observeKeys(keys: ReadonlyMap<string, KeyFacts>): Promise<void>;
  /** The same for the legal hold: `audit.held`, `audit.released`. */
  observeHold(hold: State['hold']): Promise<void>;
  /** The same for the lockdown: `lockdown.on`, also for another reason or anew, and `lockdown.off`. */
  observeLockdown(lockdown: LockdownFacts): Promise<void>;
  /** Does what could not be done before; nothing if there is nothing. To be called every few seconds. */
  retry(): Promise<void>;
}

export interface KnownOptions {
  readonly append: (event: AuditEvent) => Promise<unknown>;
  /** The log has no records yet: that there is no file is as it should be. */
  readonly logIsNew: boolean;
  /** Told `known_missing` or `known_unreadable`: everything is recorded as if it were new. */
  readonly fault: (fault: Fault) => void;
}

/** @param file made when something is first recorded; mode 0600 */
export async function openKnown(file: string, { append, logIsNew, fault }: KnownOptions): Promise<Known> {
  const found = await read(file, logIsNew, fault);
  let recorded = found ?? NOTHING;
  let wanted = recorded;
  let saved = found && textOf(found);
  let behind = false;
  /** Until then what is known of the keys is of another run. */
  let keysObserved = false;
  /** Which keys the log says there are, on this run. */
  let announced: string | null = null;
  let turn: Promise<void> = Promise.resolve();

  async function record(target: State): Promise<void> {
    const events = changes(recorded, target);
    const loaded = keysObserved ? keysRecord(target.keys) : null;
    if (loaded && loaded.keysSha256 !== announced) events.push(loaded);
    await Promise.all(events.map(append));
    announced = loaded?.keysSha256 ?? null;
    recorded = target;
    const text = textOf(target);
    if (text !== saved) await writeAtomic(file, text);
    saved = text;
    behind = false;
  }
  function observe(target: State): Promise<void> {
    wanted = target;
    const mine = turn.then(() => record(target));
    turn = mine.catch(() => {
      behind = true;
    });
    return mine;
  }
  return {
    observeKeys(keys) {
      keysObserved = true;
      return observe({ ...wanted, keys: new Map([...keys.values()].map((key) => [key.id, knownKey(key)])) });
    },
    observeHold: (hold) => observe({ ...wanted, hold: hold && { reason: hold.reason } }),
    observeLockdown: ({ on, since, by, reason }) => observe({ ...wanted, lockdown: { on, since, by, reason } }),
    retry: async () => {
      if (behind) await observe(wanted);
    },
  };
}

const changes = (before: State, after: State): AuditEvent[] => [
  ...keyChanges(before.keys, after.keys),
  ...holdChanges(before.hold, after.hold),
  ...lockdownChanges(before.lockdown, after.lockdown),
];

function holdChanges(before: State['hold'], after: State['hold']): AuditEvent[] {
  if (before?.reason === after?.reason) return [];
  return [after ? { event: 'audit.held', reason: after.reason } : { event: 'audit.released', reason: before!.reason }];
}

function lockdownChanges(before: State['lockdown'], after: State['lockdown']): AuditEvent[] {
  if (!after || isDeepStrictEqual(before, after)) return [];
  // Where nothing is known of before, that there is none is what was to be expected.
  if (!before && !after.on) return [];
  const { on, ...about } = after;
  return [{ event: on ? 'lockdown.on' : 'lockdown.off', ...about }];
}

const textOf = ({ keys, hold, lockdown }: State): string =>
  `${JSON.stringify({ version: 1, keys: [...keys.values()], hold, lockdown } satisfies z.input<typeof knownFile>)}\n`;

async function read(file: string, logIsNew: boolean, fault: KnownOptions['fault']): Promise<State | null> {
  const anew = 'Every key, a lockdown and a legal hold are recorded as if they were new.';
  try {
    const { keys, hold, lockdown } = knownFile.parse(JSON.parse(await readFile(file, 'utf8')));
    return { keys: new Map(keys.map((key) => [key.id, key])), hold, lockdown };
  } catch (cause) {
    if (errnoOf(cause) !== 'ENOENT') {
      // Without the parser's own message: it quotes the text.
      fault(new Fault('known_unreadable', `${file}, which says what was recorded, cannot be read. ${anew}`));
    } else if (!logIsNew) {
      fault(new Fault('known_missing', `${file}, which says what was recorded, is gone. ${anew}`));
    }
    return null;
  }
}
