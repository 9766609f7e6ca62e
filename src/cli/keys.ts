/** `sallyport keys`: who has a key, and what each may do. */
import type { Readable } from 'node:stream';
import { issueKey } from './keys-issue.ts';
import { listKeys } from './keys-list.ts';
import { usage } from './keys-options.ts';
import { revokeKey, rotateKey } from './keys-rotate.ts';
import { checkKey } from './keys-verify.ts';
import type { Terminal } from './terminal.ts';

type Command = (args: string[], terminal: Terminal, stdin: Readable) => Promise<0 | 1>;

const COMMANDS: Readonly<Record<string, Command>> = {
  issue: issueKey,
  rotate: rotateKey,
  revoke: revokeKey,
  list: listKeys,
  verify: checkKey,
};

/**
 * @param stdin where `keys verify` reads the key
 * @throws Fault `usage`, `key_not_found`, `key_not_usable`, or one of those of the configuration and of the store of the keys
 */
export async function keys(
  [name = '', ...rest]: string[],
  terminal: Terminal,
  stdin: Readable = process.stdin,
): Promise<0 | 1 | 2> {
  if (!Object.hasOwn(COMMANDS, name)) {
    throw usage(name === '' ? 'Say what to do with keys.' : `There is no command "keys ${name}".`);
  }
  return COMMANDS[name]!(rest, terminal, stdin);
}
