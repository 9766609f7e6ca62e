/** The options that the commands for readers of the audit log share. */
import { readFile } from 'node:fs/promises';
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import type { Criteria } from '../audit/read/filter.ts';
import { printable } from '../audit/read/printable.ts';
import { type PromptSearch, promptSearch } from '../audit/read/prompt-search.ts';
import type { Tally } from '../audit/read/records.ts';
import { readEnvironment } from '../config/load.ts';
import { promptSecrets } from '../config/prompt-secrets.ts';
import { Fault } from '../core/fault.ts';
import { fileFault } from '../core/files.ts';
import { usageFault } from './arguments.ts';
import { promptsIn } from './prompt-file.ts';
import type { Terminal } from './terminal.ts';

/** Where a gateway writes its log unless told otherwise. */
const DEFAULT_PATHS = ['var/audit'];

/**
 * Reads options, and the files and directories that are looked at.
 * @throws Fault `usage`
 */
export function parsePathArguments<const Options extends ParseArgsOptionsConfig>(
  args: string[],
  { options, usage }: { readonly options: Options; readonly usage: string },
) {
  try {
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
    return { values, paths: positionals.length > 0 ? positionals : DEFAULT_PATHS };
  } catch (error) {
    throw usageFault((error as Error).message, usage);
  }
}

export const FILTER_OPTIONS = {
  key: { type: 'string' },
  team: { type: 'string' },
  event: { type: 'string' },
  denial: { type: 'string' },
} as const;

export const FILTER_USAGE = '[--key ID] [--team T] [--event GLOB] [--denial CODE]';

/** The options that were given, as criteria. */
export const criteriaOf = ({
  key,
  team,
  event,
  denial,
}: { [Name in keyof typeof FILTER_OPTIONS]?: string }): Criteria => ({
  key,
  team,
  event,
  denial,
});

/**
 * Reads a prompt, and the secrets that the gateway hashes prompts with.
 * @throws Fault `prompt_file_unusable`, `missing_secret`, `invalid_environment`, `env_file_unreadable`
 */
export async function searchFor(promptFile: string): Promise<PromptSearch> {
  let file: Buffer;
  try {
    file = await readFile(promptFile);
  } catch (error) {
    throw fileFault('prompt_file_unusable', 'the prompt file', promptFile, error, 'Name a file with the prompt.');
  }
  const { secrets, faults } = promptSecrets(readEnvironment());
  const [fault] = faults;
  if (fault) throw new Fault(fault.code, `${fault.at} ${fault.message}.`);
  return promptSearch([secrets.current, ...secrets.previous], promptsIn(file));
}

/** Says on stderr what was not looked at, so that nobody takes silence for an answer. */
export function reportGaps(terminal: Terminal, { unreadable }: Tally, search?: PromptSearch): void {
  if (unreadable > 0) {
    const what = unreadable === 1 ? '1 line is no record' : `${unreadable} lines are no records`;
    terminal.err(`${what}: run sallyport audit verify.`);
  }
  for (const [secret, records] of search?.unknown ?? []) {
    const what = records === 1 ? '1 record' : `${records} records`;
    terminal.err(
      `${what} of secret ${printable(secret)} cannot be searched: give the secret in PROMPT_HMAC_SECRET_PREVIOUS.`,
    );
  }
}
