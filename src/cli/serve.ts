/** `sallyport serve`: runs the gateway until it is told to stop. */
import { assemble } from '../assemble.ts';
import { loadConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import { configFile } from './arguments.ts';
import { operationalLog } from './operational-log.ts';
import type { Terminal } from './terminal.ts';
import { VERSION } from './version.ts';

const USAGE = 'Usage: sallyport serve --config FILE';

/**
 * @param argv what follows `serve` on the command line
 * @throws Fault of the configuration, or of what the gateway needs
 */
export async function serve(argv: string[], terminal: Terminal): Promise<0 | 1> {
  const config = loadConfig(configFile(argv, USAGE));
  return runUntilStopped(config, terminal);
}

/**
 * Opens the gateway, calls `opened`, and returns after SIGTERM or SIGINT has drained and closed it.
 * @returns the exit code: 1 if the end could not be recorded
 */
export async function runUntilStopped(
  config: Config,
  terminal: Terminal,
  opened: (port: number) => void = () => {},
): Promise<0 | 1> {
  const stopped = Promise.withResolvers<string>();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stopped.resolve(signal));
  const gateway = await assemble(config, { log: operationalLog(), auditOut: terminal.out, version: VERSION });
  opened(gateway.port);
  return (await gateway.stop(await stopped.promise)) ? 0 : 1;
}
