/** What holds for every text of an answer, in JSON and in streams alike. */
import { Denial } from '../core/denial.ts';
import { collect, type Finding } from '../core/reply.ts';
import type { Guard } from '../guard/guard.ts';
import { mapArguments } from '../openai/texts.ts';

export interface OutputRules {
  readonly guard: Guard;
  /** Longest text of one choice, in UTF-16 code units; null means no limit. */
  readonly maxChars: number | null;
  /** The model as the client asked for it. */
  readonly model: string;
}

/** The limit is on what the model says, not on what it thinks or calls. */
export const limitFor = (field: string, { maxChars }: OutputRules): number | null =>
  field === 'content' || field === 'text' ? maxChars : null;

/** Cuts a text to `left` characters, never through a surrogate pair; null means no limit. */
export function cut(text: string, left: number | null): string {
  if (left === null || text.length <= left) return text;
  const end = left > 0 && isHighSurrogate(text.charCodeAt(left - 1)) ? left - 1 : left;
  return text.slice(0, end);
}

const isHighSurrogate = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff;

/**
 * Guards a text that is there as a whole.
 * @throws Denial `output_blocked`
 */
export function guardText(guard: Guard, text: string, channel: string, findings: Finding[]): string {
  const seen = guard.inspect(text, channel);
  collect(findings, seen.findings);
  if (seen.blocked) throw new Denial('output_blocked', { findings });
  return seen.text;
}

interface Call {
  readonly id: string;
  readonly name: string;
  readonly arguments: string;
}

/**
 * Every text of a tool call: the name, the id, which some chat formats let the model write, and the arguments, which
 * are JSON and are read as such.
 * @throws Denial `output_blocked`; `upstream_error` for arguments that cannot be read
 */
export function guardCall(guard: Guard, call: Call, channel: string, findings: Finding[]): Call {
  const text = (value: string, at: string): string => guardText(guard, value, at, findings);
  try {
    return {
      id: text(call.id, `${channel}.id`),
      name: text(call.name, `${channel}.name`),
      arguments: mapArguments(call.arguments, `${channel}.arguments`, text),
    };
  } catch (error) {
    if (error instanceof Denial && error.code === 'invalid_parameter')
      throw new Denial('upstream_error', { cause: error });
    throw error;
  }
}

/** Whether something was taken out of a text: then log-probabilities of its tokens would give it back. */
export const redacted = (findings: readonly Finding[]): boolean => findings.some(({ action }) => action === 'redact');
