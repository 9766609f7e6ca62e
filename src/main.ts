#!/usr/bin/env node
import type { Terminal } from './cli/terminal.ts';
import { terminal } from './cli/terminal.ts';
/** argv → command. Exit codes: 0 well, 1 the thing checked is not well, 2 usage or configuration. */
import { Fault } from './core/fault.ts';

type Command = (argv: string[], terminal: Terminal) => Promise<0 | 1 | 2>;

/** Loaded when called: `keys list` need not wait for a TLS server. */
const COMMANDS: Record<string, () => Promise<Command>> = {
  quickstart: async () => (await import('./cli/quickstart.ts')).quickstart,
  serve: async () => (await import('./cli/serve.ts')).serve,
  config: async () => (await import('./cli/config.ts')).config,
  keys: async () => (await import('./cli/keys.ts')).keys,
  pki: async () => (await import('./cli/pki.ts')).pki,
  lockdown: async () => (await import('./cli/lockdown.ts')).lockdown,
  audit: async () => (await import('./cli/audit.ts')).audit,
  redteam: async () => (await import('./cli/redteam.ts')).redteam,
};

const LINGER_MS = 2000;

const USAGE = `Usage: sallyport COMMAND

  quickstart                      everything that is missing, made; then serve
  serve --config FILE             run the gateway
  config check --config FILE      is this configuration well?
  config schema                   every setting, as JSON Schema
  keys issue|list|rotate|revoke|verify
                                  API keys
  pki init|issue|renew|revoke|status
                                  certificates, where there is no other PKI
  lockdown on|off                 stop all inference, everywhere, within a second
  audit verify PATH…              has the audit log been tampered with?
  audit find --prompt-file F      was this prompt sent, when, and by whom?
  audit tail [--follow]           what happened last, and what happens now
  audit export --format FORMAT    records as ECS, OCSF, CSV or JSON
  audit schema                    what a record may say, as JSON Schema
  audit hold|release DIR          nothing of the log is removed, until it is released
  audit witness                   keeps checkpoints, out of reach of those who run the gateway
  redteam [--target URL]          attacks on the guards, and look-alikes: what gets through?`;

async function main([name = '', ...argv]: string[]): Promise<0 | 1 | 2> {
  if (name === 'help' || name === '--help' || name === '-h') {
    terminal.out(USAGE);
    return 0;
  }
  const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!load) {
    terminal.err(name === '' ? USAGE : `There is no command "${name}".\n\n${USAGE}`);
    return 2;
  }
  const asksForHelp = argv.some((word) => word === '--help' || word === '-h');
  const isWord = (word: string): boolean => !word.startsWith('-');
  try {
    const code = await (await load())(asksForHelp ? [...argv.slice(0, 1).filter(isWord), '--help'] : argv, terminal);
    return asksForHelp ? 0 : code;
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    // No command has such an option: each says how it is called.
    if (asksForHelp && error.code === 'usage') {
      terminal.out(error.message.slice(error.message.indexOf('Usage:')));
      return 0;
    }
    terminal.err(`${error.message} (${error.code})`);
    return error.exitCode;
  }
}

const argv = process.argv.slice(2);
process.exitCode = await main(argv);
// A gateway that is closed has nothing left to do: neither a disk that does not answer nor a stdout that nobody reads must
// keep the process.
if (argv[0] === 'serve' || argv[0] === 'quickstart') setTimeout(() => process.exit(), LINGER_MS).unref();
