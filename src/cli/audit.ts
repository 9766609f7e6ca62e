/** `sallyport audit verify`: what may be asked about the audit log. */
import { Fault } from '../core/fault.ts';
import { AUDIT_VERIFY_USAGE, auditVerify } from './audit-verify.ts';
import type { Terminal } from './terminal.ts';

export async function audit([command, ...rest]: string[], terminal: Terminal): Promise<0 | 1 | 2> {
  if (command === 'verify') return auditVerify(rest, terminal);
  throw new Fault('usage', AUDIT_VERIFY_USAGE);
}
