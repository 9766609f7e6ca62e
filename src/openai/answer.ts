/**
 * What model servers answer, as an allow-list: fields that are not named here do not reach the client. That keeps out
 * what llama.cpp and vLLM add on their own (`__verbose`, `prompt_logprobs`, paths in `model`), seen or not; and what
 * tells how much of a prompt was in the cache, which is how one key could find out what another has asked.
 */
import { z } from 'zod';
import { Denial } from '../core/denial.ts';
import type { Json } from '../core/json.ts';
import { usageSchema } from './usage.ts';

const tokenLogprob = {
  token: z.string(),
  logprob: z.number(),
  bytes: z.array(z.int().min(0).max(255)).nullish(),
};
const tokenLogprobs = z.array(z.object({ ...tokenLogprob, top_logprobs: z.array(z.object(tokenLogprob)).nullish() }));
const logprobs = z
  .object({
    content: tokenLogprobs.nullish(),
    refusal: tokenLogprobs.nullish(),
    // The legacy shape of /v1/completions
    tokens: z.array(z.string()).optional(),
    token_logprobs: z.array(z.number().nullable()).optional(),
    top_logprobs: z.array(z.record(z.string(), z.number()).nullable()).nullish(),
    text_offset: z.array(z.int()).optional(),
  })
  .nullish();

/** An identifier that the model server made: nothing that a guard would have to read. */
const identifier = z.string().regex(/^[\w.:/-]{1,128}$/);
const finishReason = z
  .string()
  .regex(/^[a-z_]{1,32}$/)
  .nullish();
const choice = { index: z.int().min(0).max(1023), finish_reason: finishReason, logprobs };

const texts = {
  content: z.string().nullish(),
  reasoning_content: z.string().nullish(),
  reasoning: z.string().nullish(),
  refusal: z.string().nullish(),
};
const role = z.literal('assistant').nullish();

const toolCall = z.object({
  id: identifier,
  type: z.literal('function'),
  function: z.object({ name: z.string(), arguments: z.string() }),
});
const toolCallDelta = z.object({
  index: z.int().min(0).max(1023),
  id: identifier.nullish(),
  type: z.literal('function').nullish(),
  function: z.object({ name: z.string().nullish(), arguments: z.string().nullish() }).nullish(),
});

const envelope = {
  id: identifier.optional(),
  object: identifier.optional(),
  created: z.int().optional(),
  system_fingerprint: identifier.nullish(),
  usage: usageSchema.nullish(),
};

const chatChoice = z.object({
  ...choice,
  message: z.object({ ...texts, role, tool_calls: z.array(toolCall).nullish() }),
});
const chatChunkChoice = z.object({
  ...choice,
  delta: z.object({ ...texts, role, tool_calls: z.array(toolCallDelta).nullish() }),
});
const textChoice = z.object({ ...choice, text: z.string() });

export const chatAnswer = z.object({ ...envelope, choices: z.array(chatChoice).min(1) });
export const textAnswer = z.object({ ...envelope, choices: z.array(textChoice).min(1) });
export const chatChunk = z.object({ ...envelope, choices: z.array(chatChunkChoice) });
export const textChunk = z.object({ ...envelope, choices: z.array(textChoice) });
export const embeddingAnswer = z.object({
  ...envelope,
  data: z.array(
    z.object({
      object: z.literal('embedding'),
      index: z.int().min(0),
      embedding: z.union([z.array(z.number()), z.string().regex(/^[A-Za-z0-9+/]*={0,2}$/)]),
    }),
  ),
});

export type ChatAnswer = z.infer<typeof chatAnswer>;
export type TextAnswer = z.infer<typeof textAnswer>;
export type ChatChunk = z.infer<typeof chatChunk>;
export type TextChunk = z.infer<typeof textChunk>;
export type ToolCallDelta = z.infer<typeof toolCallDelta>;
export type Logprobs = z.infer<typeof logprobs>;

/** The fields of a message or delta that hold text as it is. */
export const TEXT_FIELDS = Object.keys(texts) as readonly (keyof typeof texts)[];

/**
 * Reads what a model server sent against one of the shapes above.
 * @throws Denial `upstream_error` when it has another shape: what is not understood cannot be guarded
 */
export function parseAnswer<Shape extends z.ZodType>(shape: Shape, json: string): z.infer<Shape> {
  let value: Json;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    throw new Denial('upstream_error', { detail: 'Its answer is not JSON.', cause });
  }
  const parsed = shape.safeParse(value);
  if (parsed.success) return parsed.data;
  // The message of the issue names the field and the type it should have, never its content.
  // Not further down either: there are tokens among the keys.
  const where = parsed.error.issues[0]?.path.slice(0, 3).join('.');
  throw new Denial('upstream_error', {
    detail: 'Its answer has an unknown shape.',
    cause: new Error(`unexpected answer at ${where}`),
  });
}
