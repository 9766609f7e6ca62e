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

const ACTIONS = ['block', 'redact', 'flag', 'off'] as const;
const action = z.enum(ACTIONS);
const promptAction = z.enum([...ACTIONS, 'pseudonymise']);
export type Action = z.infer<typeof promptAction>;
/** What a guard looks for. */
export const KINDS = ['injection', 'pii', 'secrets'] as const;
export type Kind = (typeof KINDS)[number];

export const inputShape = {
  injection: z
    .enum(['block', 'flag', 'off'], 'use block, flag or off: an injection cannot be cut out of a prompt')
    .describe('Text that tries to override the instructions of the model'),
  pii: promptAction.describe(
    'Personal data in a request; pseudonymise sends names such as <EMAIL_1> in its place and puts it back in the answer',
  ),
  secrets: action.describe('Credentials in a request'),
};
export const outputShape = {
  injection: action.describe(
    'What an injection would bring about: an answer that repeats the system prompt, or makes a reader fetch an address with data in it',
  ),
  pii: action.describe('Personal data in an answer'),
  secrets: action.describe('Credentials in an answer'),
  maxChars: countOrNone('Longest content of one choice, in characters (UTF-16 code units)'),
  padEvents: z
    .boolean()
    .describe('Whether the events of streams are filled up, so that their lengths do not tell those of the tokens'),
};
const input = z.strictObject(inputShape).readonly();
const output = z.strictObject(outputShape).readonly();
export interface Guardrails {
  readonly input: z.infer<typeof input>;
  readonly output: z.infer<typeof output>;
}

/** The same settings, each of which may be left out. */
export const allOptional = <Shape extends Record<string, z.ZodType>>(shape: Shape) =>
  Object.fromEntries(Object.entries(shape).map(([name, schema]) => [name, schema.exactOptional()])) as {
    [Name in keyof Shape]: z.ZodExactOptional<Shape[Name]>;
  };

/** Guardrails that say only what they change: of a profile, or of a key. */
export const someGuardrails = {
  input: z.strictObject(allOptional(inputShape)).exactOptional(),
  output: z.strictObject(allOptional(outputShape)).exactOptional(),
};
const some = z.strictObject(someGuardrails).readonly();
export type SomeGuardrails = z.infer<typeof some>;

/** The first, changed by what the others say, in this order. */
export const guardrailsOf = (base: Guardrails, ...changes: readonly (SomeGuardrails | undefined)[]): Guardrails => ({
  input: Object.assign({}, base.input, ...changes.map((change) => change?.input)),
  output: Object.assign({}, base.output, ...changes.map((change) => change?.output)),
});

export const PROFILE_NAME = /^[a-zA-Z0-9._-]{1,64}$/;
/** Guardrails with a name, which a key may carry. */
export type Profiles = Readonly<Record<string, SomeGuardrails>>;
