/** `sallyport config check|schema`: what may be configured, and whether a file does. */
import { checkSinkEvents } from '../audit/sinks/sinks.ts';
import { loadConfig } from '../config/load.ts';
import { settingsSchema } from '../config/schema.ts';
import { configFile, usageFault } from './arguments.ts';
import type { Terminal } from './terminal.ts';

const USAGE = 'Usage: sallyport config check --config FILE\n       sallyport config schema';

export async function config(argv: string[], terminal: Terminal): Promise<0> {
  const [command, ...rest] = argv;
  switch (command) {
    case 'check': {
      const file = configFile(rest, USAGE);
      checkSinkEvents(loadConfig(file).audit.sinks);
      terminal.out(`${file} is well.`);
      return 0;
    }
    case 'schema':
      terminal.json(settingsSchema());
      return 0;
    default:
      throw usageFault('Say what to do with the configuration.', USAGE);
  }
}
