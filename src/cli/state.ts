/** What commands that change keys or the lockdown work on: that of a gateway, by its configuration. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { type StateSettings, type StateStore, stateStore } from '../assemble/state.ts';
import { loadStateSettings } from '../config/load.ts';
import type { SharedDocument } from '../core/document/document.ts';
import { Fault } from '../core/fault.ts';
import type { KeyRules, KeyTable } from '../keys/record.ts';
import type { KeyUsage } from '../keys/usage.ts';
import type { Lockdown } from '../lockdown/lockdown.ts';

const DEFAULT_CONFIG = 'config/sallyport.yaml';
const DAY_MS = 86_400_000;

export interface Place {
  /** The configuration; undefined: `config/sallyport.yaml` if there is one, else what would be if it said nothing. */
  readonly config: string | undefined;
  /** A key file, which wins over what the configuration says. */
  readonly file: string | undefined;
}

export interface OpenState {
  readonly keys: SharedDocument<KeyTable>;
  readonly usage: SharedDocument<KeyUsage>;
  readonly rules: KeyRules;
  /** Names of the profiles that a key may carry; null where no configuration says. */
  readonly profiles: readonly string[] | null;
  /** Where the keys are, for messages: a path, or `Redis`. */
  readonly place: string;
  close(): Promise<void>;
}

/**
 * Opens the keys. Needs no secret of the gateway: whoever manages keys need not have them.
 * @throws Fault of the configuration (`config_unreadable`, `config_invalid`…), or `keys_unreadable`, `keys_invalid`
 */
export async function openStateFor({ config, file }: Place): Promise<OpenState> {
  const { keys, profiles, ...rest } = settingsOf(config);
  const { env, maxTtlDays } = keys;
  const settings: StateSettings =
    file === undefined ? { keys, ...rest } : { keys: { store: 'file', file, env, maxTtlDays }, ...rest };
  return await opening(settings, async (store, readable) => ({
    keys: readable('keys', await store.keys()),
    usage: await store.usage(),
    rules: { env, maxTtlMs: maxTtlDays * DAY_MS },
    profiles,
    place: settings.keys.store === 'file' ? settings.keys.file : 'Redis',
    close: store.close,
  }));
}

/**
 * Opens the lockdown.
 * @throws Fault of the configuration, or `lockdown_unreadable`, `lockdown_invalid`
 */
export const openLockdownFor = (
  config: string | undefined,
): Promise<Pick<OpenState, 'place' | 'close'> & { readonly lockdown: SharedDocument<Lockdown> }> => {
  const settings = settingsOf(config);
  return opening(settings, async (store, readable) => ({
    lockdown: readable('lockdown', await store.lockdown()),
    place: settings.keys.store === 'file' ? resolve(settings.stateDir) : 'Redis',
    close: store.close,
  }));
};

const settingsOf = (config: string | undefined): ReturnType<typeof loadStateSettings> =>
  loadStateSettings(config ?? (existsSync(DEFAULT_CONFIG) ? DEFAULT_CONFIG : null));

type Readable = <D extends SharedDocument<unknown>>(name: string, document: D) => D;

/** A person waits for an answer: what a gateway would wait for is a fault here. */
async function opening<T>(
  settings: StateSettings,
  open: (store: StateStore, readable: Readable) => Promise<T>,
): Promise<T> {
  const alarms: Fault[] = [];
  const store = stateStore(settings, { onAlarm: (fault) => void alarms.push(fault) });
  try {
    return await open(store, (name, document) => {
      if (document.fresh()) return document;
      const why = alarms.find(({ code }) => code === `${name}_unreachable`)?.message;
      throw new Fault(`${name}_unreadable`, why ?? 'Redis does not answer. Bring it back, or correct REDIS_URL.');
    });
  } catch (error) {
    await store.close();
    throw error;
  }
}
