/** Tokens, as model servers report them. */
import { z } from 'zod';
import type { Usage } from '../core/reply.ts';

const tokens = z.int().min(0);
/** `usage` as it is passed to the client: numbers only, so nothing that needs a guard. */
export const usageSchema = z.object({
  prompt_tokens: tokens,
  completion_tokens: tokens.optional(),
  total_tokens: tokens.optional(),
  completion_tokens_details: z.record(z.string(), tokens.nullable()).nullish(),
});
export type WireUsage = z.infer<typeof usageSchema>;

export const usageOf = (usage: WireUsage): Usage => ({
  inputTokens: usage.prompt_tokens,
  outputTokens: usage.completion_tokens ?? 0,
});

/**
 * The usage of a stream from the reports in it. One report is the rule. llama.cpp sends one for each of `n` choices,
 * each with the tokens of that choice: the prompt counts once, the answers add up.
 */
export function mergeUsage(reports: readonly WireUsage[]): WireUsage | null {
  const [first, ...rest] = reports;
  if (!first || rest.length === 0) return first ?? null;
  const prompt = Math.max(...reports.map((usage) => usage.prompt_tokens));
  const completion = reports.reduce((sum, usage) => sum + (usage.completion_tokens ?? 0), 0);
  return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion };
}

/** Characters in a token, roughly, for English and code; used only where nobody counted. */
const CHARS_PER_TOKEN = 4;
export const estimateTokens = (characters: number): number => Math.ceil(characters / CHARS_PER_TOKEN);
