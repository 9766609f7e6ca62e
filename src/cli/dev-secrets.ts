/** The secrets of a development host, kept in `.env`: made once, found again at the next start. */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { readEnvironment } from '../config/load.ts';
import { errnoOf, writeAtomic } from '../core/files.ts';
import { changeKeys, listKeys } from '../keys/file-store.ts';
import { type KeyAbout, newKey } from '../keys/issue.ts';
import { type KeyRules, tableOf } from '../keys/record.ts';
import { verifyKey } from '../keys/verify.ts';
import type { Terminal } from './terminal.ts';

const HEADER = '# Secrets of this host, made by "npm start". Not for version control.\n';
const API_KEY = 'SALLYPORT_API_KEY';

/** Makes PROMPT_HMAC_SECRET unless there is one. */
export async function hmacSecret(envFile: string, terminal: Terminal): Promise<void> {
  if (readEnvironment(envFile)['PROMPT_HMAC_SECRET']) return;
  await setVariable(envFile, 'PROMPT_HMAC_SECRET', randomBytes(32).toString('hex'));
  terminal.err(`made PROMPT_HMAC_SECRET in ${envFile}`);
}

export interface DevKey {
  readonly envFile: string;
  readonly keysFile: string;
  /** The name of the certificate that it works with. */
  readonly client: string;
  readonly rules: KeyRules;
}

/**
 * An API key that works with the development certificate: the one in `.env` if it still does, else a new one.
 * @returns the key itself
 */
export async function devKey({ envFile, keysFile, client, rules }: DevKey, terminal: Terminal): Promise<string> {
  const known = readEnvironment(envFile)[API_KEY];
  const circumstances = { client, remote: '127.0.0.1', now: new Date() };
  if (known && verifyKey(known, circumstances, tableOf(await listKeys(keysFile)), rules).ok) return known;
  const env = rules.env ?? 'dev';
  const about: KeyAbout = { team: 'dev', app: client, env, role: 'inference', models: ['*'], client };
  const { key, record } = newKey(about, rules.maxTtlMs);
  await changeKeys(keysFile, (keys) => [...keys, record]);
  await setVariable(envFile, API_KEY, key);
  terminal.err(`made an API key for ${client} (${API_KEY} in ${envFile})`);
  return key;
}

/** Sets one variable of the file and leaves everything else in it as it is. */
async function setVariable(envFile: string, name: string, value: string): Promise<void> {
  const before = await readFile(envFile, 'utf8').catch((error) => {
    if (errnoOf(error) === 'ENOENT') return HEADER;
    throw error;
  });
  const lines = before.split('\n').filter((line) => line !== '' && !line.startsWith(`${name}=`));
  await writeAtomic(envFile, `${[...lines, `${name}=${value}`].join('\n')}\n`);
}
