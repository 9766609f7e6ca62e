/**
 * What the rehearsal model says: a pure function from a request to an answer, the same every time.
 *
 *   The last user message …                             It answers with
 *   asks for "contact details" or                       the contact details of somebody who does not exist,
 *     "made-up personal data"                             for the output guard to find
 *   says "count to N" (N up to 10 000)                  1 2 3 … N: an answer as long as one likes
 *   mentions a tool (its name, or a word of four        calls of the tools mentioned, with arguments made from
 *     letters or more of its name), or must call one      their schemas
 *   anything else                                       what it was told
 *
 * After a tool's result it answers in words. When a `response_format` asks for JSON it answers with JSON of that schema.
 */
import { exampleOf } from './example.ts';
import type { ChatRequest, CompletionRequest, Input, Tool, Wanted } from './request.ts';
import { tokenize } from './tokens.ts';

export interface ToolCall {
  readonly name: string;
  /** JSON, in tokens. */
  readonly arguments: readonly string[];
}

/** One choice of an answer. */
export interface Choice {
  /** In tokens. */
  readonly text: readonly string[];
  readonly calls: readonly ToolCall[];
  readonly finish: 'stop' | 'length' | 'tool_calls';
}

export interface Plan {
  readonly choices: readonly Choice[];
  readonly promptTokens: number;
  readonly completionTokens: number;
}

/** Nobody's: a reserved domain, a telephone number kept for fiction, the number of a specimen, a test card. */
const CONTACT =
  'These contact details are made up: Sally Port, e-mail sally.port@example.com, phone (555) 555-0142, ' +
  'social security number 219-09-9999, card 4111 1111 1111 1111. Whatever a guard redacts here would have reached you without it.';

const ECHO_CHARS = 200;
const COUNT_MAX = 10_000;

/** Plans the answer to a chat. */
export function planChat(request: ChatRequest): Plan {
  const last = request.messages.at(-1)!;
  const tools = last.role === 'tool' ? [] : toolsToCall(request, last.role === 'user' ? last.text : '');
  const choices = takes(request, (take) => {
    if (tools.length > 0) return call(tools, request);
    if (request.answerSchema) return speak(JSON.stringify(exampleOf(request.answerSchema, 'answer')), request);
    const told =
      last.role === 'tool'
        ? `The tool answered: ${quote(last.text)}`
        : reply(request.messages.findLast((message) => message.role === 'user')?.text ?? last.text);
    return speak(opening(take) + told, request);
  });
  return plan(
    choices,
    request.messages.map((message) => message.text),
  );
}

/** Plans the answer to a text completion: the choices of the first prompt, then those of the second, and so on. */
export function planCompletion(request: CompletionRequest): Plan {
  const choices = request.prompts.flatMap((prompt) =>
    takes(request, (take) => speak(opening(take) + reply(describe(prompt)), request)),
  );
  return plan(choices, request.prompts);
}

/** What an input costs: its tokens, or as many as there were ids. */
export const countTokens = (input: Input): number => (typeof input === 'number' ? input : tokenize(input).length);

/** An input in words; the rehearsal model has no vocabulary to look token ids up in. */
export const describe = (input: Input): string => (typeof input === 'number' ? `${input} token ids` : input);

const takes = (wanted: Wanted, choice: (take: number) => Choice): Choice[] =>
  Array.from({ length: wanted.choices }, (_, take) => choice(take));

const opening = (take: number): string =>
  `Rehearsed answer${take === 0 ? '' : ` ${take + 1}`}, with no model behind it. `;

function reply(told: string): string {
  if (/contact details|made-up personal data/i.test(told)) return CONTACT;
  const count = Number(/count to (\d+)/i.exec(told)?.[1] ?? 0);
  if (count > 0) return Array.from({ length: Math.min(count, COUNT_MAX) }, (_, i) => i + 1).join(' ');
  return `You said: ${quote(told)}`;
}

function quote(text: string): string {
  const characters = Array.from(text);
  return characters.length <= ECHO_CHARS ? `"${text}"` : `"${characters.slice(0, ECHO_CHARS).join('')}…"`;
}

function toolsToCall({ tools, toolChoice, parallelTools }: ChatRequest, told: string): readonly Tool[] {
  if (typeof toolChoice === 'object') return tools.filter((tool) => tool.name === toolChoice.name);
  const mentioned = tools.filter((tool) => mentions(told, tool.name));
  const called = mentioned.length === 0 && toolChoice === 'required' ? tools.slice(0, 1) : mentioned;
  return parallelTools ? called : called.slice(0, 1);
}

function mentions(told: string, name: string): boolean {
  const words = name.split(/[^\p{L}\p{N}]+|(?<=\p{Ll})(?=\p{Lu})/u).filter((word) => word.length >= 4);
  return [name, ...words].some((word) => told.toLowerCase().includes(word.toLowerCase()));
}

function speak(full: string, { stop, maxTokens }: Wanted): Choice {
  const ends = stop.map((text) => full.indexOf(text)).filter((at) => at >= 0);
  const tokens = tokenize(full.slice(0, Math.min(full.length, ...ends)));
  return { text: tokens.slice(0, maxTokens), calls: [], finish: tokens.length > maxTokens ? 'length' : 'stop' };
}

function call(tools: readonly Tool[], { maxTokens }: Wanted): Choice {
  let left = maxTokens;
  let short = false;
  const calls: ToolCall[] = [];
  for (const tool of tools) {
    const tokens = tokenize(JSON.stringify(exampleOf({ type: 'object', ...tool.parameters }, tool.name)));
    short ||= tokens.length > left;
    calls.push({ name: tool.name, arguments: tokens.slice(0, left) });
    left -= Math.min(left, tokens.length);
    if (short) break;
  }
  return { text: [], calls, finish: short ? 'length' : 'tool_calls' };
}

function plan(choices: readonly Choice[], inputs: readonly Input[]): Plan {
  const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0);
  return {
    choices,
    promptTokens: sum(inputs.map(countTokens)),
    completionTokens: sum(
      choices.map(({ text, calls }) => text.length + sum(calls.map((each) => each.arguments.length))),
    ),
  };
}
