/** `sallyport lockdown`: stops inference everywhere, and lets it go on. */
import { hostname, userInfo } from 'node:os';
import { isReason, type Lockdown, switched } from '../lockdown/lockdown.ts';
import { parseArguments, usageFault } from './arguments.ts';
import { openLockdownFor } from './state.ts';
import type { Terminal } from './terminal.ts';

const USAGE = `Usage: sallyport lockdown                     shows whether it is on
       sallyport lockdown on [--reason TEXT]  stops all inference, everywhere
       sallyport lockdown off [--reason TEXT]
       each with [--config FILE] [--json]`;

const OPTIONS = {
  reason: { type: 'string' },
  config: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const;

/**
 * @param argv what follows `lockdown`
 * @throws Fault `usage`, and those of the document and the configuration
 */
export async function lockdown(argv: string[], terminal: Terminal): Promise<0> {
  const [command = '', ...rest] = argv;
  if (command === 'on' || command === 'off') return turn(command === 'on', rest, terminal);
  if (command === '' || command.startsWith('-')) return show(argv, terminal);
  throw usageFault(`There is no command "lockdown ${command}".`, USAGE);
}

async function show(argv: string[], terminal: Terminal): Promise<0> {
  const { values } = parseArguments(argv, { options: OPTIONS, usage: USAGE });
  if (values.reason !== undefined) throw usageFault('--reason: say "on" or "off" before it.', USAGE);
  const state = await openLockdownFor(values.config);
  try {
    const now = state.lockdown.current();
    if (values.json) terminal.json(now);
    else terminal.out(describe(now));
  } finally {
    await state.close();
  }
  return 0;
}

async function turn(on: boolean, argv: string[], terminal: Terminal): Promise<0> {
  const { values } = parseArguments(argv, { options: OPTIONS, usage: USAGE });
  const { reason = on ? 'no reason was given' : 'it is over', config, json } = values;
  if (!isReason(reason)) throw usageFault('--reason: use 1 to 256 printable characters.', USAGE);
  const state = await openLockdownFor(config);
  try {
    let before: Lockdown | undefined;
    const after = await state.lockdown.change((now) => {
      before = now;
      return switched(now, { on, by: whoCalls(), reason }, new Date());
    });
    if (json) terminal.json(after);
    else terminal.out(describe(after));
    if (before?.on === on) terminal.err(`It was ${on ? 'on' : 'off'} already: nothing has changed.`);
    else if (on) terminal.err('All inference stops within a second, running answers included. Administration goes on.');
    else terminal.err('Inference goes on within a second.');
    terminal.err(`This holds for every gateway that keeps its state in ${state.place}.`);
  } finally {
    await state.close();
  }
  return 0;
}

function whoCalls(): string {
  let user: string;
  try {
    user = userInfo().username;
  } catch {
    // In a container the user need not have a name.
    user = `uid-${process.getuid?.()}`;
  }
  return `${user}@${hostname()}`;
}

const describe = ({ on, since, by, reason }: Lockdown): string =>
  `The lockdown is ${on ? 'on' : 'off'}${Date.parse(since) === 0 ? '' : ` since ${since}, by ${by}: ${reason}`}.`;
