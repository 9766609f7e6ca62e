/**
 * What a key may do and what is done to its texts: the settings that the configuration gives to every key and that a
 * key's own record may override. One definition for both.
 */
import { z } from 'zod';

const count = (about: string) => z.int().min(1).describe(about);
const countOrNone = (about: string) => z.int().min(1).nullable().describe(`${about}; null means no limit`);

export const limitsShape = {
  requestsPerMinute: count('Requests a key may make in a minute'),
  tokensPerMinute: countOrNone('Tokens, read and written, a key may use in a minute'),
  tokensPerDay: countOrNone('Tokens a key may use in a UTC day'),
  concurrent: count('Requests of one key that may run at once'),
  maxBodyBytes: count('Largest request body, in bytes').max(256 * 1024 * 1024),
  maxOutputTokens: count('Most tokens a request may ask for; also sent when it asks for none'),
  maxChoices: count('Most choices a request may ask for (n, best_of)'),
};
const limits = z.strictObject(limitsShape).readonly();
export type Limits = z.infer<typeof limits>;

const action = z.enum(['block', 'redact', 'flag', 'off']);
export type Action = z.infer<typeof action>;
/** What a guard looks for. */
export type Kind = 'injection' | 'pii' | 'secrets';

export const inputShape = {
  injection: z
    .enum(['block', 'flag', 'off'], 'use block, flag or off: an injection cannot be cut out of a prompt')
    .describe('Text that tries to override the instructions of the model'),
  pii: action.describe('Personal data in a request'),
  secrets: action.describe('Credentials in a request'),
};
export const outputShape = {
  pii: action.describe('Personal data in an answer'),
  secrets: action.describe('Credentials in an answer'),
  maxChars: countOrNone('Longest content of one choice, in characters (UTF-16 code units)'),
};
const input = z.strictObject(inputShape).readonly();
const output = z.strictObject(outputShape).readonly();
export interface Guardrails {
  readonly input: z.infer<typeof input>;
  readonly output: z.infer<typeof output>;
}
