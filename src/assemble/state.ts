/** What instances share and administration changes: keys, their last use, lockdown and approvals; in files or in Redis. */
import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';
import { type Approvals, approvalsFormat } from '../admin/approvals.ts';
import type { Config } from '../config/schema.ts';
import type { DocumentFormat, SharedDocument } from '../core/document/document.ts';
import { openFileDocument } from '../core/document/file.ts';
import { openRedisDocument } from '../core/document/redis.ts';
import { connectDocuments } from '../core/document/redis-connection.ts';
import { Fault } from '../core/fault.ts';
import { fileFault, makePrivateDir } from '../core/files.ts';
import type { KeyTable } from '../keys/record.ts';
import { keysFormat } from '../keys/store.ts';
import { type KeyUsage, usageFormat } from '../keys/usage.ts';
import { type Lockdown, lockdownFormat } from '../lockdown/lockdown.ts';

export type StateSettings = Pick<Config, 'keys' | 'stateDir' | 'redisUrl'>;

/** Opens one document after the other, as they are asked for. */
export interface StateStore {
  keys(): Promise<SharedDocument<KeyTable>>;
  usage(): Promise<SharedDocument<KeyUsage>>;
  lockdown(): Promise<SharedDocument<Lockdown>>;
  approvals(): Promise<SharedDocument<Approvals>>;
  /** Closes all that were opened. */
  close(): Promise<void>;
}

export interface State {
  readonly keys: SharedDocument<KeyTable>;
  readonly usage: SharedDocument<KeyUsage>;
  readonly lockdown: SharedDocument<Lockdown>;
  readonly approvals: SharedDocument<Approvals>;
  close(): Promise<void>;
}

/** @param onAlarm told what is the matter with a document; its code begins with the name of the document */
export interface StateOptions {
  readonly onAlarm: (fault: Fault) => void;
}

/**
 * The files of `keys.file` and `stateDir`, or one Redis for everything.
 * @throws Fault `redis_url_missing`
 */
export function stateStore({ keys, stateDir, redisUrl }: StateSettings, { onAlarm }: StateOptions): StateStore {
  const opened = new AsyncDisposableStack();
  const open = opener(keys.store === 'redis' ? { redisUrl } : null, onAlarm, opened);
  return {
    keys: () => open(keysFormat, keys.store === 'file' ? keys.file : ''),
    usage: () => open(usageFormat, join(stateDir, 'key-usage.json')),
    lockdown: () => open(lockdownFormat, join(stateDir, 'lockdown.json')),
    approvals: () => open(approvalsFormat, join(stateDir, 'approvals.json')),
    close: () => opened.disposeAsync(),
  };
}

type Opener = <T>(format: DocumentFormat<T>, path: string) => Promise<SharedDocument<T>>;

function opener(
  redis: { readonly redisUrl: string | null } | null,
  onAlarm: (fault: Fault) => void,
  opened: AsyncDisposableStack,
): Opener {
  const kept = <T>(document: SharedDocument<T>): SharedDocument<T> => {
    opened.defer(() => document.close());
    return document;
  };
  if (!redis) return async (format, path) => kept(await openFileDocument(format, path, { onAlarm }));
  if (redis.redisUrl === null)
    throw new Fault('redis_url_missing', 'keys.store: redis needs REDIS_URL. Set it in the environment or in .env.');
  const connection = connectDocuments(redis.redisUrl);
  opened.defer(() => connection.close());
  return async (format) => kept(await openRedisDocument(format, connection, { onAlarm }));
}

/** Found out now, and not in the emergency in which somebody locks inference down. */
async function mustBeWritable(dir: string, { onAlarm }: StateOptions): Promise<void> {
  try {
    await makePrivateDir(dir);
    await access(dir, constants.W_OK);
  } catch (error) {
    const remedy = 'Make it writable for the user of the gateway: until then no lockdown can be stored.';
    onAlarm(fileFault('state_unwritable', 'the directory of the state (stateDir)', dir, error, remedy));
  }
}

/**
 * Opens everything that a gateway needs.
 * @throws Fault of a document that is not well at the start
 */
export async function openState(settings: StateSettings, options: StateOptions): Promise<State> {
  if (settings.keys.store === 'file') await mustBeWritable(settings.stateDir, options);
  const store = stateStore(settings, options);
  try {
    const [keys, usage, lockdown, approvals] = await Promise.all([
      store.keys(),
      store.usage(),
      store.lockdown(),
      store.approvals(),
    ]);
    return { keys, usage, lockdown, approvals, close: store.close };
  } catch (error) {
    await store.close();
    throw error;
  }
}
