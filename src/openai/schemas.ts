/**
 * The requests that are accepted, field by field: the OpenAI API (https://platform.openai.com/docs/api-reference), and
 * the sampling settings of llama.cpp, vLLM and Ollama that only shape the choice of tokens.
 *
 * Left out on purpose, and so refused: what hides text from the guards (`prompt` as token ids, `prompt_embeds`,
 * `suffix`, `echo`, `logit_bias`, `prompt_logprobs`, `chat_template`, `chat_template_kwargs`, `grammar`), what makes the
 * model server fetch something (media by URL), and what changes its state (`keep_alive`, `lora`, `cache_prompt`).
 */
import { z } from 'zod';
import { MODEL_NAME } from './endpoints.ts';

const MAX_MESSAGES = 4096;
const MAX_TOOLS = 256;

const text = z.string();
const name = z.string().regex(/^[a-zA-Z0-9_.-]{1,64}$/, 'use 1 to 64 letters, digits, dots, hyphens or underscores');
const jsonObject = z.record(z.string(), z.json());
const unit = z.number().min(0).max(1);
const nonNegative = z.number().min(0);
const positiveInt = z.int().min(1);

const common = {
  model: z.string().regex(MODEL_NAME, 'this cannot be the name of a model'),
  user: text.nullish(),
};

const sampling = {
  temperature: z.number().min(0).max(2).nullish(),
  top_p: unit.nullish(),
  presence_penalty: z.number().min(-2).max(2).nullish(),
  frequency_penalty: z.number().min(-2).max(2).nullish(),
  seed: z.int().nullish(),
  stop: z.union([text, z.array(text).max(16)]).nullish(),
  n: positiveInt.nullish(),
  max_tokens: positiveInt.nullish(),
  stream: z.boolean().nullish(),
  stream_options: z
    .strictObject({ include_usage: z.boolean().nullish(), include_obfuscation: z.boolean().nullish() })
    .nullish(),
  // llama.cpp, vLLM, Ollama
  top_k: z.int().min(-1).nullish(),
  min_p: unit.nullish(),
  typical_p: unit.nullish(),
  top_n_sigma: z.number().nullish(),
  min_tokens: z.int().min(0).nullish(),
  repeat_penalty: nonNegative.nullish(),
  repeat_last_n: z.int().min(-1).nullish(),
  repetition_penalty: nonNegative.nullish(),
  length_penalty: z.number().nullish(),
  mirostat: z.int().min(0).max(2).nullish(),
  mirostat_tau: nonNegative.nullish(),
  mirostat_eta: nonNegative.nullish(),
  dry_multiplier: nonNegative.nullish(),
  dry_base: nonNegative.nullish(),
  dry_allowed_length: z.int().min(0).nullish(),
  dry_penalty_last_n: z.int().min(-1).nullish(),
  xtc_probability: unit.nullish(),
  xtc_threshold: unit.nullish(),
};

/** Fields of the hosted API that mean nothing to a model server of one's own: accepted, and not sent on. */
const hostedOnly = {
  store: z.boolean().nullish(),
  metadata: z.record(z.string(), text).nullish(),
  service_tier: text.nullish(),
  safety_identifier: text.nullish(),
  prompt_cache_key: text.nullish(),
  prompt_cache_retention: text.nullish(),
};
export const NOT_SENT_ON: readonly string[] = ['user', ...Object.keys(hostedOnly)];

const textPart = z.strictObject({ type: z.literal('text'), text });
const refusalPart = z.strictObject({ type: z.literal('refusal'), refusal: text });
/** By value only: the model server would fetch a URL from where it stands (SSRF; CVE-2026-22778). */
const imagePart = z.strictObject({
  type: z.literal('image_url'),
  image_url: z.strictObject({
    url: z
      .string()
      .regex(
        /^data:image\/(png|jpeg|webp|gif);base64,[A-Za-z0-9+/]*={0,2}$/,
        'send the image itself as a data: URL (png, jpeg, webp or gif, base64)',
      ),
    detail: z.enum(['auto', 'low', 'high']).nullish(),
  }),
});
const audioPart = z.strictObject({
  type: z.literal('input_audio'),
  input_audio: z.strictObject({
    data: z.string().regex(/^[A-Za-z0-9+/]*={0,2}$/, 'send the audio itself in base64'),
    format: z.enum(['wav', 'mp3']),
  }),
});
const textContent = z.union([text, z.array(textPart)]);

const toolCall = z.strictObject({
  index: z.int().min(0).nullish(),
  id: text,
  type: z.literal('function'),
  function: z.strictObject({ name, arguments: text }),
});

const message = z.discriminatedUnion('role', [
  z.strictObject({ role: z.literal(['system', 'developer']), content: textContent, name: name.nullish() }),
  z.strictObject({
    role: z.literal('user'),
    content: z.union([text, z.array(z.discriminatedUnion('type', [textPart, imagePart, audioPart]))]),
    name: name.nullish(),
  }),
  z.strictObject({
    role: z.literal('assistant'),
    content: z.union([text, z.array(z.discriminatedUnion('type', [textPart, refusalPart]))]).nullish(),
    name: name.nullish(),
    refusal: text.nullish(),
    reasoning_content: text.nullish(),
    reasoning: text.nullish(),
    tool_calls: z.array(toolCall).max(MAX_TOOLS).nullish(),
    // What SDKs hand back unread with an earlier answer: nothing may be in them.
    annotations: z.array(z.never()).nullish(),
    audio: z.null().optional(),
    function_call: z.null().optional(),
  }),
  z.strictObject({ role: z.literal('tool'), content: textContent, tool_call_id: text, name: name.nullish() }),
]);

const tool = z.strictObject({
  type: z.literal('function'),
  function: z.strictObject({
    name,
    description: text.nullish(),
    parameters: jsonObject.nullish(),
    strict: z.boolean().nullish(),
  }),
});

const responseFormat = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text') }),
  z.strictObject({ type: z.literal('json_object'), schema: jsonObject.nullish() }),
  z.strictObject({
    type: z.literal('json_schema'),
    json_schema: z.strictObject({
      name,
      description: text.nullish(),
      schema: jsonObject.nullish(),
      strict: z.boolean().nullish(),
    }),
  }),
]);

const chatCompletion = z.strictObject({
  ...common,
  ...sampling,
  ...hostedOnly,
  messages: z.array(message).min(1).max(MAX_MESSAGES),
  max_completion_tokens: positiveInt.nullish(),
  logprobs: z.boolean().nullish(),
  top_logprobs: z.int().min(0).max(20).nullish(),
  tools: z.array(tool).max(MAX_TOOLS).nullish(),
  tool_choice: z
    .union([
      z.enum(['none', 'auto', 'required']),
      z.strictObject({ type: z.literal('function'), function: z.strictObject({ name }) }),
    ])
    .nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  response_format: responseFormat.nullish(),
  reasoning_effort: z.enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh']).nullish(),
  verbosity: z.enum(['low', 'medium', 'high']).nullish(),
  modalities: z.tuple([z.literal('text')]).nullish(),
});

const completion = z.strictObject({
  ...common,
  ...sampling,
  prompt: z.union([text, z.array(text).min(1).max(MAX_MESSAGES)]),
  best_of: positiveInt.nullish(),
  logprobs: z.int().min(0).max(20).nullish(),
});

const embedding = z.strictObject({
  ...common,
  input: z.union([text, z.array(text).min(1).max(MAX_MESSAGES)]),
  encoding_format: z.enum(['float', 'base64']).nullish(),
  dimensions: positiveInt.nullish(),
});

export const REQUESTS = { 'chat.completions': chatCompletion, completions: completion, embeddings: embedding };
