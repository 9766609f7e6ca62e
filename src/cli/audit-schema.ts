/** `sallyport audit schema`: what a record may say, for whoever has to read it. */
import { auditLineSchema } from '../audit/events.ts';
import { parseArguments } from './arguments.ts';
import type { Terminal } from './terminal.ts';

const USAGE = 'Usage: sallyport audit schema';

/** @throws Fault `usage` */
export async function auditSchema(argv: string[], terminal: Terminal): Promise<0> {
  parseArguments(argv, { options: {}, usage: USAGE });
  terminal.json(auditLineSchema());
  return 0;
}
