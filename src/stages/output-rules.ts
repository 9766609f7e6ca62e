/** What holds for every text of an answer, in JSON and in streams alike. */
import { Denial } from '../core/denial.ts';
import { wholeEnd } from '../core/utf16.ts';
import type { Guard, Surroundings } from '../guard/guard.ts';
import { mapArguments, type Visit } from '../openai/texts.ts';

export interface OutputRules {
  readonly guard: Guard;
  readonly surroundings: Surroundings;
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
  return text.slice(0, wholeEnd(text, left));
}

interface Call {
  readonly id: string;
  readonly name: string;
  readonly arguments: string;
}

/**
 * Shows every text of a tool call: the name, the id, which some chat formats let the model write, and the arguments,
 * which are JSON and are read as such.
 * @throws Denial `upstream_error` for arguments that cannot be read
 */
export function mapCall(call: Call, channel: string, visit: Visit): Call {
  try {
    return {
      id: visit(call.id, `${channel}.id`),
      name: visit(call.name, `${channel}.name`),
      arguments: mapArguments(call.arguments, `${channel}.arguments`, visit),
    };
  } catch (error) {
    if (error instanceof Denial && error.code === 'invalid_parameter')
      throw new Denial('upstream_error', { cause: error });
    throw error;
  }
}
