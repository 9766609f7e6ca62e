/** Arguments of commands: read as the usage says, or refused with the usage. */
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { Fault } from '../core/fault.ts';

/** A mistake in a call: exit code 2, and the usage to mend it by. */
export const usageFault = (problem: string, usage: string): Fault => new Fault('usage', `${problem}\n${usage}`);

export interface Syntax<Options> {
  readonly options: Options;
  /** Names of what must follow beside options, in order: `['DIR', 'SERIAL']`. */
  readonly operands?: readonly string[];
  readonly usage: string;
}

/** @throws Fault `usage` */
export function parseArguments<const Options extends ParseArgsOptionsConfig>(
  args: string[],
  { options, operands = [], usage }: Syntax<Options>,
) {
  try {
    const parsed = parseArgs({ args, options, allowPositionals: true });
    if (parsed.positionals.length === operands.length) return parsed;
  } catch (error) {
    throw usageFault((error as Error).message, usage);
  }
  throw usageFault(operands.length === 0 ? 'It takes options only.' : `It takes ${operands.join(' and ')}.`, usage);
}

/** `--config FILE`, which several commands need. */
export function configFile(args: string[], usage: string): string {
  const { config } = parseArguments(args, { options: { config: { type: 'string' } }, usage }).values;
  if (!config) throw usageFault('Name the configuration.', usage);
  return config;
}
