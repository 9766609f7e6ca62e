/** What a request asks of the rehearsal model, read from the OpenAI body. Fields it has no use for are ignored. */
import { z } from 'zod';
import type { JsonObject } from '../core/json.ts';
import { isObject } from '../core/json.ts';

/** How an answer is to be given: what chat and text completions have in common. */
export interface Wanted {
  readonly choices: number;
  /** Tokens a choice may have; `Infinity` where the client set no limit. */
  readonly maxTokens: number;
  readonly stop: readonly string[];
  readonly stream: boolean;
  readonly includeUsage: boolean;
  /** How many alternatives to list beside every token; null when no log probabilities were asked for. */
  readonly alternatives: number | null;
}

export interface Tool {
  readonly name: string;
  readonly parameters: JsonObject;
}

export interface ChatRequest extends Wanted {
  readonly messages: readonly { readonly role: string; readonly text: string }[];
  /** Empty when the client forbade their use. */
  readonly tools: readonly Tool[];
  /** `auto`: if it suits; `required`: one of them; else the name of the one to call. */
  readonly toolChoice: 'auto' | 'required' | { readonly name: string };
  readonly parallelTools: boolean;
  /** A JSON Schema when the answer is to be JSON, else null. */
  readonly answerSchema: JsonObject | null;
}

/** A prompt or an input: its text, or how many token ids stood in its place. */
export type Input = string | number;

export interface CompletionRequest extends Wanted {
  readonly prompts: readonly Input[];
}

export interface EmbeddingRequest {
  readonly inputs: readonly Input[];
  readonly dimensions: number;
  readonly base64: boolean;
}

const common = {
  n: z.int().min(1).max(128).nullish(),
  // llama.cpp reads -1 as "no limit"
  max_tokens: z.int().min(-1).nullish(),
  stop: z.union([z.string().min(1), z.array(z.string().min(1))]).nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.object({ include_usage: z.boolean().nullish() }).nullish(),
};

const wanted = (body: z.infer<z.ZodObject<typeof common>>, alternatives: number | null): Wanted => ({
  choices: body.n ?? 1,
  maxTokens: body.max_tokens == null || body.max_tokens < 0 ? Number.POSITIVE_INFINITY : body.max_tokens,
  stop: [body.stop ?? []].flat(),
  stream: body.stream ?? false,
  includeUsage: body.stream_options?.include_usage ?? false,
  alternatives,
});

const schema = z.custom<JsonObject>(isObject, 'must be a JSON Schema object');

const message = z
  .object({
    role: z.string(),
    content: z.union([z.string(), z.array(z.object({ type: z.string(), text: z.string().optional() }))]).nullish(),
  })
  .transform(({ role, content }) => ({
    role,
    text: typeof content === 'string' ? content : (content ?? []).flatMap((part) => part.text ?? []).join('\n'),
  }));

const named = z.object({ type: z.literal('function'), function: z.object({ name: z.string() }) });

const ANY_OBJECT: JsonObject = {
  type: 'object',
  properties: { rehearsed: { const: true }, answer: { type: 'string' } },
};

const responseFormat = z
  .discriminatedUnion('type', [
    z.object({ type: z.literal('text') }).transform(() => null),
    z.object({ type: z.literal('json_object') }).transform(() => ANY_OBJECT),
    z
      .object({ type: z.literal('json_schema'), json_schema: z.object({ schema: schema.optional() }) })
      .transform((format) => format.json_schema.schema ?? ANY_OBJECT),
  ])
  .nullish();

/** Body of `POST /v1/chat/completions`. */
export const chatRequest = z
  .object({
    ...common,
    messages: z.array(message).min(1),
    max_completion_tokens: z.int().min(-1).nullish(),
    logprobs: z.boolean().nullish(),
    top_logprobs: z.int().min(0).max(20).nullish(),
    tools: z
      .array(
        z.object({
          type: z.literal('function'),
          function: z.object({ name: z.string().min(1), parameters: schema.optional() }),
        }),
      )
      .nullish(),
    tool_choice: z.union([z.enum(['none', 'auto', 'required']), named]).nullish(),
    parallel_tool_calls: z.boolean().nullish(),
    response_format: responseFormat,
  })
  .transform((body): ChatRequest => {
    const choice = body.tool_choice ?? 'auto';
    const tools = (body.tools ?? []).map(({ function: { name, parameters = {} } }) => ({ name, parameters }));
    return {
      ...wanted(
        { ...body, max_tokens: body.max_completion_tokens ?? body.max_tokens },
        body.logprobs ? (body.top_logprobs ?? 0) : null,
      ),
      messages: body.messages,
      tools: choice === 'none' ? [] : tools,
      toolChoice: choice === 'none' ? 'auto' : typeof choice === 'string' ? choice : choice.function,
      parallelTools: body.parallel_tool_calls ?? true,
      answerSchema: body.response_format ?? null,
    };
  });

const ids = z.array(z.int()).min(1);
const input = z
  .union([z.string(), z.array(z.string()).min(1), ids, z.array(ids).min(1)])
  .transform((value): Input[] => {
    if (typeof value === 'string') return [value];
    if (typeof value[0] === 'number') return [value.length];
    return value.map((one) => (typeof one === 'object' ? one.length : one));
  });

/** Body of `POST /v1/completions`. */
export const completionRequest = z
  .object({ ...common, prompt: input, logprobs: z.int().min(0).max(20).nullish() })
  .transform((body): CompletionRequest => ({ ...wanted(body, body.logprobs ?? null), prompts: body.prompt }));

/** Body of `POST /v1/embeddings`. */
export const embeddingRequest = z
  .object({
    input,
    dimensions: z.int().min(1).max(4096).nullish(),
    encoding_format: z.enum(['float', 'base64']).nullish(),
  })
  .transform(
    (body): EmbeddingRequest => ({
      inputs: body.input,
      dimensions: body.dimensions ?? 256,
      base64: body.encoding_format === 'base64',
    }),
  );
