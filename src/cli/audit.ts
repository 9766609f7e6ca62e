/** `sallyport audit`: what may be asked of the audit log, and what keeps it. */
import { usageFault } from './arguments.ts';
import type { Terminal } from './terminal.ts';

type Command = (argv: string[], terminal: Terminal) => Promise<0 | 1 | 2>;

const USAGE = `Usage: sallyport audit verify|find|tail|export|schema|hold|release|witness …
       each explains itself when it is called wrongly`;

/** Loaded when called: a reader of the log need not wait for the server of a witness. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  verify: async () => (await import('./audit-verify.ts')).auditVerify,
  find: async () => (await import('./audit-find.ts')).auditFind,
  tail: async () => (await import('./audit-tail.ts')).auditTail,
  export: async () => (await import('./audit-export.ts')).auditExport,
  schema: async () => (await import('./audit-schema.ts')).auditSchema,
  hold: async () => (await import('./audit-hold.ts')).auditHold,
  release: async () => (await import('./audit-hold.ts')).auditRelease,
  witness: async () => (await import('./audit-witness.ts')).auditWitness,
};

/** @throws Fault `usage`, or one of the command's */
export async function audit([name = '', ...rest]: string[], terminal: Terminal): Promise<0 | 1 | 2> {
  if (!Object.hasOwn(COMMANDS, name)) {
    throw usageFault(name === '' ? 'Say what to do with the log.' : `There is no command "audit ${name}".`, USAGE);
  }
  return (await COMMANDS[name]!())(rest, terminal);
}
