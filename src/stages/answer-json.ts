/** Guards an answer that comes in one piece. */
import { Denial } from '../core/denial.ts';
import { jsonReply, type Reply, type Usage } from '../core/reply.ts';
import {
  type ChatAnswer,
  chatAnswer,
  parseAnswer,
  TEXT_FIELDS,
  type TextAnswer,
  textAnswer,
} from '../openai/answer.ts';
import type { Visit } from '../openai/texts.ts';
import { estimateTokens, usageOf } from '../openai/usage.ts';
import type { Judgement, Subject } from './judge.ts';
import { cut, limitFor, mapCall, type OutputRules } from './output-rules.ts';

type Choice = ChatAnswer['choices'][number] | TextAnswer['choices'][number];
type Message = ChatAnswer['choices'][number]['message'];

export interface JsonRules extends OutputRules {
  /** Whether it is /v1/completions, whose choices carry `text` instead of a message. */
  readonly legacy: boolean;
  readonly judge: (subjects: readonly Subject[]) => Promise<Judgement>;
}

/**
 * @param json the answer as it came
 * @throws Denial `upstream_error` for a shape that is not known, `output_blocked`
 */
export async function guardJson(json: string, rules: JsonRules): Promise<Reply> {
  const answer: ChatAnswer | TextAnswer = parseAnswer(rules.legacy ? textAnswer : chatAnswer, json);
  const usage = answer.usage ? usageOf(answer.usage) : undefined;
  try {
    // Once to see the texts, so that judging may take its time, and once to put the judged ones in their place.
    const subjects: Subject[] = [];
    for (const choice of answer.choices) {
      mapChoice(choice, (text, channel) => {
        subjects.push({ text, channel, origin: 'direct', unit: null });
        return text;
      });
    }
    const { findings, blocked, textFor } = await rules.judge(subjects);
    if (blocked) throw new Denial('output_blocked', { findings });
    const guarded = answer.choices.map((choice) => finish(choice, textFor, rules));
    const characters = guarded.reduce((sum, choice) => sum + choice.characters, 0);
    return jsonReply(
      200,
      { ...answer, model: rules.model, choices: guarded.map(({ choice }) => choice) },
      {
        findings,
        characters,
        text: rules.surroundings.pseudonyms?.hide(guarded[0]!.text) ?? guarded[0]!.text,
        truncated: guarded.some(({ truncated }) => truncated),
        ...(usage ? { usage: charged(usage, guarded.length, characters) } : {}),
      },
    );
  } catch (error) {
    if (!(error instanceof Denial)) throw error;
    // What was generated is charged, also when it is withheld.
    const { code, findings, reason, retryAfterMs, cause } = error;
    throw new Denial(code, {
      findings,
      usage,
      cause,
      ...(reason && { reason }),
      ...(retryAfterMs && { retryAfterMs }),
    });
  }
}

/** llama.cpp reports the tokens of one choice where there are several: then what was read here counts, if it is more. */
const charged = (usage: Usage, choices: number, characters: number): Usage =>
  choices > 1 ? { ...usage, outputTokens: Math.max(usage.outputTokens, estimateTokens(characters)) } : usage;

/** Every text of a choice replaced by what `visit` returns. */
function mapChoice<T extends Choice>(choice: T, visit: Visit): T {
  const channel = `choices.${choice.index}`;
  if (!('message' in choice)) return { ...choice, text: visit(choice.text, `${channel}.text`) };
  const { message } = choice;
  const texts = TEXT_FIELDS.flatMap((field) => {
    const text = message[field];
    return typeof text === 'string' ? [[field, visit(text, `${channel}.${field}`)]] : [];
  });
  const calls = message.tool_calls?.map((call, i) => {
    const { id, ...mapped } = mapCall({ id: call.id, ...call.function }, `${channel}.tool_calls.${i}`, visit);
    return { ...call, id, function: mapped };
  });
  return { ...choice, message: { ...message, ...Object.fromEntries(texts), ...(calls ? { tool_calls: calls } : {}) } };
}

/** A choice with its judged texts, within what it may say. */
function finish(choice: Choice, textFor: Visit, rules: OutputRules) {
  let changed = false;
  let truncated = false;
  let characters = 0;
  const judged = mapChoice(choice, (text, channel) => {
    const seen = textFor(text, channel);
    changed ||= seen !== text;
    return seen;
  });
  const kept = (field: string, text: string): string => {
    const shown = cut(text, limitFor(field, rules));
    truncated ||= shown.length < text.length;
    characters += shown.length;
    return shown;
  };
  const body =
    'message' in judged ? { message: keptMessage(judged.message, kept) } : { text: kept('text', judged.text) };
  // An answer that was cut short did not get as far as its tool calls.
  if (truncated && 'message' in body) delete body.message.tool_calls;
  else if ('message' in body)
    for (const call of body.message.tool_calls ?? []) characters += call.function.arguments.length;
  return {
    choice: {
      ...judged,
      ...body,
      ...(truncated ? { finish_reason: 'length' } : {}),
      // Log-probabilities of its tokens would give back what was cut out of a text.
      ...(truncated || changed ? { logprobs: null } : {}),
    },
    characters,
    truncated,
    text: ('message' in body ? body.message.content : body.text) ?? '',
  };
}

function keptMessage(message: Message, kept: (field: string, text: string) => string): Message {
  const texts = TEXT_FIELDS.flatMap((field) => {
    const text = message[field];
    return typeof text === 'string' ? [[field, kept(field, text)]] : [];
  });
  return { ...message, ...Object.fromEntries(texts) };
}
