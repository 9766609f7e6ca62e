/**
 * What an answer says of what was done to it: `input=clean, output=redacted;findings=2`, a dictionary of RFC 9651. On a
 * stream the second part is only known at its end, and follows there in a comment.
 */
import type { Finding } from './reply.ts';

export const GUARD_HEADER = 'x-sallyport-guard';

/** The gravest first. */
const STATES: readonly (readonly [Finding['action'], string])[] = [
  ['block', 'blocked'],
  ['redact', 'redacted'],
  ['pseudonymise', 'pseudonymised'],
  ['flag', 'flagged'],
];

/** One member of the dictionary: the gravest thing that was done, and how many findings there were. */
export function guardNote(direction: Finding['direction'], findings: readonly Finding[]): string {
  const own = findings.filter((finding) => finding.direction === direction);
  const [, state] = STATES.find(([action]) => own.some((finding) => finding.action === action)) ?? [null, 'clean'];
  return `${direction}=${state}${own.length > 0 ? `;findings=${own.length}` : ''}`;
}
