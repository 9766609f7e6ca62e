/** `sallyport quickstart`, which is `npm start`: makes what is missing, finds a model server, and serves. */
import { mkdir, readFile } from 'node:fs/promises';
import { parseDocument } from 'yaml';
import { loadConfig, readEnvironment } from '../config/load.ts';
import type { UpstreamSettings } from '../config/schema.ts';
import { Fault } from '../core/fault.ts';
import { errnoOf, writeAtomic } from '../core/files.ts';
import { DEV_CLIENT, initPki } from '../identity/issuing.ts';
import { startRehearsal } from '../rehearsal/server.ts';
import { devKey, hmacSecret } from './dev-secrets.ts';
import { findModelServer, firstModel } from './find-model-server.ts';
import { introduction } from './introduction.ts';
import { runUntilStopped } from './serve.ts';
import type { Terminal } from './terminal.ts';

const DAY_MS = 86_400_000;
const CERTS = 'certs';
const ENV_FILE = '.env';
const EXAMPLE = 'config/sallyport.example.yaml';
const CONFIG = 'config/sallyport.yaml';
const REHEARSAL_SOCKET = 'var/rehearsal.sock';
const REHEARSAL: UpstreamSettings = {
  name: 'rehearsal',
  kind: 'llama.cpp',
  url: `unix:${REHEARSAL_SOCKET}`,
  models: ['*'],
  maxInFlight: 32,
};

export async function quickstart(argv: string[], terminal: Terminal): Promise<0 | 1> {
  if (argv.length > 0) throw new Fault('usage', 'Usage: sallyport quickstart');
  const { made } = await initPki(CERTS);
  for (const file of made) terminal.err(`made ${CERTS}/${file}`);
  await hmacSecret(ENV_FILE, terminal);

  const found = await findModelServer();
  await makeConfig(found ?? REHEARSAL, terminal);
  const config = loadConfig(CONFIG, readEnvironment(ENV_FILE));
  if (config.keys.store !== 'file')
    throw new Fault('usage', `${CONFIG} keeps the keys in Redis. Start it with "sallyport serve --config ${CONFIG}".`);
  const rules = { env: config.keys.env, maxTtlMs: config.keys.maxTtlDays * DAY_MS };
  const key = await devKey({ envFile: ENV_FILE, keysFile: config.keys.file, client: DEV_CLIENT, rules }, terminal);

  const rehearses = config.upstreams.some(({ url }) => url === REHEARSAL.url);
  await using stand = new AsyncDisposableStack();
  if (rehearses) {
    await mkdir('var', { recursive: true, mode: 0o700 });
    const rehearsal = await startRehearsal({ listen: { path: REHEARSAL_SOCKET } });
    stand.defer(() => rehearsal.close());
  }
  const model = rehearses ? 'rehearsal' : await firstModel(config.upstreams[0]!.url);
  // Awaited here: the rehearsal is closed when this scope is left.
  return await runUntilStopped(config, (port) => {
    for (const line of introduction(config, { port, key, model, certs: CERTS, rehearses, found })) terminal.out(line);
  });
}

/** Writes the configuration once; from then on it belongs to whoever edits it. */
async function makeConfig(upstream: UpstreamSettings, terminal: Terminal): Promise<void> {
  try {
    await readFile(CONFIG);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
    const document = parseDocument(await readFile(EXAMPLE, 'utf8'));
    document.set('upstreams', [upstream]);
    await writeAtomic(CONFIG, document.toString({ lineWidth: 0 }));
    terminal.err(`made ${CONFIG} from ${EXAMPLE}`);
  }
}
