/** `sallyport serve`: runs the gateway until it is told to stop. */
import { assemble } from '../assemble/gateway.ts';
import { checkSinkEvents } from '../audit/sinks/sinks.ts';
import { loadConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import { configFile } from './arguments.ts';
import { auditCopy } from './audit-copy.ts';
import { operationalLog } from './operational-log.ts';
import { VERSION } from './version.ts';

const USAGE = 'Usage: sallyport serve --config FILE';

/**
 * @param argv what follows `serve` on the command line
 * @throws Fault of the configuration, or of what the gateway needs
 */
export async function serve(argv: string[]): Promise<0 | 1> {
  const config = loadConfig(configFile(argv, USAGE));
  return runUntilStopped(config);
}

/**
 * Opens the gateway, calls `opened`, and returns after SIGTERM or SIGINT has drained and closed it.
 * @returns the exit code: 1 if the end could not be recorded
 * @throws Fault of what the gateway needs
 */
export async function runUntilStopped(config: Config, opened: (port: number) => void = () => {}): Promise<0 | 1> {
  checkSinkEvents(config.audit.sinks);
  const stopped = Promise.withResolvers<string>();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stopped.resolve(signal));
  const log = operationalLog();
  const copy = auditCopy(log);
  try {
    // A disk that does not answer can hold up the start for ever; whoever gives up then need not kill.
    const opening = assemble(config, { log, auditOut: copy.write, version: VERSION });
    const gateway = await Promise.race([opening, stopped.promise.then(() => null)]);
    if (!gateway) return 1;
    opened(gateway.port);
    return (await gateway.stop(await stopped.promise)) ? 0 : 1;
  } finally {
    copy.close();
  }
}
