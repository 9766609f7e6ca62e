/** Guards an answer that comes in one piece. */
import { Denial } from '../core/denial.ts';
import { type Finding, jsonReply, type Reply, type Usage } from '../core/reply.ts';
import {
  type ChatAnswer,
  chatAnswer,
  parseAnswer,
  TEXT_FIELDS,
  type TextAnswer,
  textAnswer,
} from '../openai/answer.ts';
import { estimateTokens, usageOf } from '../openai/usage.ts';
import { cut, guardCall, guardText, limitFor, type OutputRules, redacted } from './output-rules.ts';

type Choice = ChatAnswer['choices'][number] | TextAnswer['choices'][number];
type Message = ChatAnswer['choices'][number]['message'];

/**
 * @param json the answer as it came
 * @throws Denial `upstream_error` for a shape that is not known, `output_blocked`
 */
export function guardJson(json: string, rules: OutputRules & { readonly legacy: boolean }): Reply {
  const answer: ChatAnswer | TextAnswer = parseAnswer(rules.legacy ? textAnswer : chatAnswer, json);
  const usage = answer.usage ? usageOf(answer.usage) : undefined;
  const guarded = withUsage(usage, () => answer.choices.map((choice) => guardChoice(choice, rules)));
  const characters = guarded.reduce((sum, choice) => sum + choice.characters, 0);
  return jsonReply(
    200,
    { ...answer, model: rules.model, choices: guarded.map(({ choice }) => choice) },
    {
      findings: guarded.flatMap(({ findings }) => findings),
      characters,
      text: guarded[0]!.text,
      truncated: guarded.some(({ truncated }) => truncated),
      ...(usage ? { usage: charged(usage, guarded.length, characters) } : {}),
    },
  );
}

/** What was generated is charged, also when it is withheld. */
function withUsage<T>(usage: Usage | undefined, guard: () => T): T {
  try {
    return guard();
  } catch (error) {
    if (!(error instanceof Denial)) throw error;
    throw new Denial(error.code, { findings: error.findings, usage, cause: error.cause });
  }
}

/** llama.cpp reports the tokens of one choice where there are several: then what was read here counts, if it is more. */
const charged = (usage: Usage, choices: number, characters: number): Usage =>
  choices > 1 ? { ...usage, outputTokens: Math.max(usage.outputTokens, estimateTokens(characters)) } : usage;

function guardChoice(choice: Choice, rules: OutputRules) {
  const findings: Finding[] = [];
  let characters = 0;
  let truncated = false;

  const guardField = (value: string, field: string): string => {
    const guarded = guardText(rules.guard, value, `choices.${choice.index}.${field}`, findings);
    const kept = cut(guarded, limitFor(field, rules));
    truncated ||= kept.length < guarded.length;
    characters += kept.length;
    return kept;
  };
  const guardMessage = (message: Message): Message => ({
    ...message,
    ...Object.fromEntries(
      TEXT_FIELDS.flatMap((field) =>
        typeof message[field] === 'string' ? [[field, guardField(message[field], field)]] : [],
      ),
    ),
    ...(message.tool_calls
      ? {
          tool_calls: message.tool_calls.map((call, i) => {
            const channel = `choices.${choice.index}.tool_calls.${i}`;
            const { id, ...guarded } = guardCall(rules.guard, { id: call.id, ...call.function }, channel, findings);
            characters += guarded.arguments.length;
            return { ...call, id, function: guarded };
          }),
        }
      : {}),
  });

  const body =
    'message' in choice ? { message: guardMessage(choice.message) } : { text: guardField(choice.text, 'text') };
  // An answer that was cut short did not get as far as its tool calls.
  if (truncated && 'message' in body) delete body.message.tool_calls;
  return {
    choice: {
      ...choice,
      ...body,
      ...(truncated ? { finish_reason: 'length' } : {}),
      ...(truncated || redacted(findings) ? { logprobs: null } : {}),
    },
    findings,
    characters,
    truncated,
    text: ('message' in body ? body.message.content : body.text) ?? '',
  };
}
