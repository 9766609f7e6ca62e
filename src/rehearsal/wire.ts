/** A plan in the shapes that llama.cpp and vLLM put on the wire: as one answer, or as the events of a stream. */
import { randomUUID } from 'node:crypto';
import type { JsonObject } from '../core/json.ts';
import { embed, toBase64 } from './embedding.ts';
import type { EmbeddingRequest, Wanted } from './request.ts';
import type { Choice, Plan } from './script.ts';
import { countTokens, describe } from './script.ts';

export const MODEL = 'rehearsal';

const ALTERNATIVES = [' the', ' a', ' and', ' to', ' of', ' in', ' it', ' is', ' for', ' on'];

const envelope = (object: string, idPrefix: string) => ({
  id: `${idPrefix}-${randomUUID()}`,
  object,
  created: Math.floor(Date.now() / 1000),
  model: MODEL,
  system_fingerprint: 'rehearsal-not-a-model',
});

const usage = ({ promptTokens, completionTokens }: Plan) => ({
  prompt_tokens: promptTokens,
  completion_tokens: completionTokens,
  total_tokens: promptTokens + completionTokens,
});

const callId = () => `call_${randomUUID().replaceAll('-', '').slice(0, 24)}`;

/** Body of a chat answer. */
export const chatAnswer = (plan: Plan, { alternatives }: Wanted): JsonObject => ({
  ...envelope('chat.completion', 'chatcmpl'),
  choices: plan.choices.map(({ text, calls, finish }, index) => ({
    index,
    message: {
      role: 'assistant',
      content: calls.length > 0 ? null : text.join(''),
      ...(calls.length > 0 && {
        tool_calls: calls.map((call) => ({
          id: callId(),
          type: 'function',
          function: { name: call.name, arguments: call.arguments.join('') },
        })),
      }),
    },
    ...chatLogprobs(text, alternatives),
    finish_reason: finish,
  })),
  usage: usage(plan),
});

/** The data of a chat stream, without `[DONE]`: the choices take turns. */
export function* chatEvents(plan: Plan, { alternatives, includeUsage }: Wanted): Generator<JsonObject> {
  const head = envelope('chat.completion.chunk', 'chatcmpl');
  for (const choice of inTurns(plan.choices.map((each, index) => chatDeltas(each, index, alternatives)))) {
    yield { ...head, choices: [choice] };
  }
  if (includeUsage) yield { ...head, choices: [], usage: usage(plan) };
}

function* chatDeltas({ text, calls, finish }: Choice, index: number, alternatives: number | null) {
  const event = (delta: JsonObject, logprobs: JsonObject = {}): JsonObject => ({
    index,
    delta,
    ...logprobs,
    finish_reason: null,
  });
  yield event({ role: 'assistant', content: null });
  for (const token of text) yield event({ content: token }, chatLogprobs([token], alternatives));
  for (const [i, call] of calls.entries()) {
    const start = { index: i, id: callId(), type: 'function', function: { name: call.name, arguments: '' } };
    yield event({ tool_calls: [start] });
    for (const token of call.arguments) yield event({ tool_calls: [{ index: i, function: { arguments: token } }] });
  }
  yield { index, delta: {}, finish_reason: finish };
}

/** Body of a text completion. */
export const completionAnswer = (plan: Plan, { alternatives }: Wanted): JsonObject => ({
  ...envelope('text_completion', 'cmpl'),
  choices: plan.choices.map(({ text, finish }, index) => ({
    index,
    text: text.join(''),
    logprobs: completionLogprobs(text, 0, alternatives),
    finish_reason: finish,
  })),
  usage: usage(plan),
});

/** The data of a text completion stream, without `[DONE]`: the choices take turns. */
export function* completionEvents(plan: Plan, { alternatives, includeUsage }: Wanted): Generator<JsonObject> {
  const head = envelope('text_completion', 'cmpl');
  for (const choice of inTurns(plan.choices.map((each, index) => completionDeltas(each, index, alternatives)))) {
    yield { ...head, choices: [choice] };
  }
  if (includeUsage) yield { ...head, choices: [], usage: usage(plan) };
}

function* completionDeltas({ text, finish }: Choice, index: number, alternatives: number | null) {
  let offset = 0;
  for (const token of text) {
    yield { index, text: token, logprobs: completionLogprobs([token], offset, alternatives), finish_reason: null };
    offset += token.length;
  }
  yield { index, text: '', logprobs: null, finish_reason: finish };
}

/** Body of an embeddings answer. */
export function embeddingAnswer({ inputs, dimensions, base64 }: EmbeddingRequest): JsonObject {
  const tokens = inputs.reduce<number>((sum, input) => sum + countTokens(input), 0);
  return {
    object: 'list',
    model: MODEL,
    data: inputs.map((input, index) => {
      const vector = embed(describe(input), dimensions);
      return { object: 'embedding', index, embedding: base64 ? toBase64(vector) : Array.from(vector) };
    }),
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  };
}

/** Body of `GET /v1/models`. */
export const modelList = (): JsonObject => ({
  object: 'list',
  data: [{ id: MODEL, object: 'model', created: 0, owned_by: 'sallyport' }],
});

/** What the model says it considered: the token itself as the likeliest, then the same few words every time. */
const considered = (token: string, count: number): [token: string, logprob: number][] =>
  [token, ...ALTERNATIVES.filter((word) => word !== token)]
    .slice(0, count)
    .map((word, rank) => [word, rank === 0 ? -0.125 : -2 - rank]);

function chatLogprobs(tokens: readonly string[], alternatives: number | null): JsonObject {
  if (alternatives === null) return {};
  const entry = ([token, logprob]: [string, number]) => ({ token, logprob, bytes: [...Buffer.from(token)] });
  return {
    logprobs: {
      content: tokens.map((token) => ({
        ...entry(considered(token, 1)[0]!),
        top_logprobs: considered(token, alternatives).map(entry),
      })),
    },
  };
}

function completionLogprobs(tokens: readonly string[], offset: number, alternatives: number | null): JsonObject | null {
  if (alternatives === null) return null;
  let at = offset;
  return {
    tokens,
    token_logprobs: tokens.map((token) => considered(token, 1)[0]![1]),
    top_logprobs: tokens.map((token) => Object.fromEntries(considered(token, alternatives))),
    text_offset: tokens.map((token) => {
      at += token.length;
      return at - token.length;
    }),
  };
}

/** One from each row in turn, until all are used up. */
function* inTurns<T>(rows: readonly Iterator<T>[]): Generator<T> {
  let live = rows;
  while (live.length > 0) {
    const next = live.map((row) => ({ row, result: row.next() })).filter(({ result }) => !result.done);
    for (const { result } of next) yield result.value;
    live = next.map(({ row }) => row);
  }
}
