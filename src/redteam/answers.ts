/** Where a text may stand in an answer, how an answer may arrive, and what a client makes of it. One row each. */
import type { EndpointName } from '../core/exchange.ts';
import type { JsonObject } from '../core/json.ts';
import type { Random } from './random.ts';

export interface AnswerPlace {
  readonly id: string;
  readonly endpoint: EndpointName;
  /** The field of a message or delta that carries the text. */
  readonly field: string;
  /** How many choices there are; the text is in the last one. */
  readonly choices: number;
}

const place = (id: string, field: string, choices = 1, endpoint: EndpointName = 'chat.completions'): AnswerPlace => ({
  id,
  endpoint,
  field,
  choices,
});

export const ANSWER_PLACES: readonly AnswerPlace[] = [
  place('answer', 'content'),
  place('answer, second choice', 'content', 2),
  place('answer, reasoning_content', 'reasoning_content'),
  place('answer, reasoning', 'reasoning'),
  place('answer, refusal', 'refusal'),
  place('answer, tool arguments', 'arguments'),
  place('completion', 'text', 1, 'completions'),
  place('completion, second choice', 'text', 2, 'completions'),
];

const INNOCENT = 'Here is what I could find out about it.';
const envelope = (object: string): JsonObject => ({ id: 'answer-1', object, created: 1_760_000_000, model: 'a-model' });
const call = (args: string, more: object = {}) => ({
  ...more,
  id: 'call_1',
  type: 'function',
  function: { name: 'send', arguments: args },
});

function wholeAnswer({ endpoint, field, choices }: AnswerPlace, text: string): string {
  const choice = (index: number) => {
    const said = index === choices - 1 ? text : INNOCENT;
    if (endpoint === 'completions') return { index, text: said, finish_reason: 'stop' };
    const message =
      field === 'arguments'
        ? { role: 'assistant', content: null, tool_calls: [call(JSON.stringify({ body: said }))] }
        : { role: 'assistant', [field]: said };
    return { index, message, finish_reason: field === 'arguments' ? 'tool_calls' : 'stop' };
  };
  return JSON.stringify({
    ...envelope('chat.completion'),
    choices: Array.from({ length: choices }, (_, i) => choice(i)),
  });
}

/** The events of a stream in which the text comes in these pieces. */
function streamedAnswer({ endpoint, field, choices }: AnswerPlace, pieces: readonly string[]): string[] {
  const last = choices - 1;
  const event = (choice: object): string =>
    JSON.stringify({ ...envelope('chat.completion.chunk'), choices: [{ finish_reason: null, ...choice }] });
  const delta = (text: string, first: boolean) => {
    if (field !== 'arguments') return { [field]: text };
    return { tool_calls: [first ? call(text, { index: 0 }) : { index: 0, function: { arguments: text } }] };
  };
  const said = (index: number, text: string, first: boolean): string =>
    event(endpoint === 'completions' ? { index, text } : { index, delta: delta(text, first) });
  const done = (index: number): string =>
    event({ index, finish_reason: 'stop', ...(endpoint === 'completions' ? { text: '' } : { delta: {} }) });
  // The choices take turns, as the servers that batch them do.
  const others = Array.from({ length: last }, (_, index) => index);
  return [
    ...pieces.flatMap((piece, i) => [
      ...(i === 0 ? others.map((index) => said(index, INNOCENT, true)) : []),
      said(last, piece, i === 0),
    ]),
    ...Array.from({ length: choices }, (_, index) => done(index)),
    '[DONE]',
  ];
}

/** Cut into runs of characters; the lengths are drawn one by one. */
function cut(text: string, length: () => number): string[] {
  const characters = [...text];
  const pieces: string[] = [];
  for (let at = 0; at < characters.length; ) {
    const end = at + Math.max(1, length());
    pieces.push(characters.slice(at, end).join(''));
    at = end;
  }
  return pieces.length > 0 ? pieces : [''];
}

const ONE_PIECE = Number.MAX_SAFE_INTEGER;

interface Delivery {
  readonly stream: boolean;
  /** Length of the next piece of the text, in characters. */
  readonly length: (random: Random) => number;
  /** How the events become pieces on the wire. */
  readonly wire?: (events: readonly string[], random: Random) => Uint8Array[];
}

const framed = (events: readonly string[], end = '\n\n'): Uint8Array[] =>
  events.map((data) => Buffer.from(`data: ${data}${end}`));

/** Pieces of one to sixty bytes, through characters, escapes and frames alike. */
function shredded(bytes: Uint8Array, random: Random): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 1 + random.below(60);
    pieces.push(bytes.subarray(at, end));
    at = end;
  }
  return pieces;
}

export const DELIVERIES: Readonly<Record<string, Delivery>> = {
  'in one piece': { stream: false, length: () => ONE_PIECE },
  'stream, one event': { stream: true, length: () => ONE_PIECE },
  'stream, by character': { stream: true, length: () => 1 },
  'stream, by token': { stream: true, length: (random) => 3 + random.below(4) },
  'stream, cut anywhere': { stream: true, length: (random) => 1 + random.below(40) },
  'stream, bytes cut anywhere': {
    stream: true,
    length: (random) => 1 + random.below(12),
    wire: (events, random) => shredded(Buffer.concat(framed(events)), random),
  },
  'stream, CRLF': {
    stream: true,
    length: (random) => 1 + random.below(6),
    wire: (events) => framed(events, '\r\n\r\n'),
  },
};

/** What a model server sends. */
export function piecesOf(place: AnswerPlace, text: string, delivery: Delivery, random: Random): Uint8Array[] {
  if (!delivery.stream) return [Buffer.from(wholeAnswer(place, text))];
  const carried = place.field === 'arguments' ? JSON.stringify({ body: text }) : text;
  const events = streamedAnswer(
    place,
    cut(carried, () => delivery.length(random)),
  );
  return delivery.wire ? delivery.wire(events, random) : framed(events);
}

interface Seen {
  index: number;
  text?: string;
  message?: Record<string, unknown>;
  delta?: Record<string, unknown>;
}

/**
 * What a client has read when an answer is over, the texts of each field put together: one line for each. Tool arguments
 * are read as the JSON they are.
 * @param received all that reached the client: a JSON answer, or events
 */
export function readAnswer(received: string, stream: boolean): string {
  const bodies = stream ? received.split(/\r?\n\r?\n/).flatMap(dataOf) : [received];
  const texts = new Map<string, string>();
  for (const body of bodies) {
    const { choices = [] } = JSON.parse(body) as { choices?: Seen[] };
    for (const choice of choices) {
      for (const [field, text] of textsOf(choice)) {
        const key = `${choice.index}.${field}`;
        texts.set(key, (texts.get(key) ?? '') + text);
      }
    }
  }
  return [...texts].map(([key, text]) => (key.endsWith('.arguments') ? bodyOf(text) : text)).join('\n');
}

const dataOf = (event: string): string[] => {
  const data = event.replace(/^data: /, '');
  return event.startsWith('data: ') && data !== '[DONE]' ? [data] : [];
};

function textsOf({ text, message, delta }: Seen): [field: string, text: string][] {
  const { tool_calls: calls, role: _, ...fields } = message ?? delta ?? { text };
  const found = Object.entries(fields).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  for (const [i, { function: called }] of ((calls as { function?: { arguments?: string } }[]) ?? []).entries())
    found.push([`${i}.arguments`, called?.arguments ?? '']);
  return found;
}

function bodyOf(args: string): string {
  try {
    const { body } = JSON.parse(args);
    return String(body);
  } catch {
    return args;
  }
}
