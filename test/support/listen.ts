/** A client that listens to an answer as it comes, and the words in which an answer is compared with another. */
import { Agent, request } from 'undici';
import { type AuditRecord, eventsOf, type TestGateway, until } from './gateway.ts';

export interface Listening {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly id: string;
  /** Reads until the text that has come so far holds `part`, and returns that text. */
  hear(part: string): Promise<string>;
  /** Reads to the end, and returns everything; `whole` unless the connection broke first. */
  rest(): Promise<{ text: string; whole: boolean }>;
  /** Cuts the connection. */
  hangUp(): void;
}

export interface Asking {
  readonly path?: string;
  readonly key?: string;
  readonly headers?: Record<string, string>;
  readonly signal?: AbortSignal;
}

const agents = new WeakMap<TestGateway, Agent>();

export const CHAT = '/v1/chat/completions';
export const TEXT = '/v1/completions';

/** Sends a request and returns when the head of the answer is there. */
export async function listenTo(
  gateway: TestGateway,
  body: object,
  { path = CHAT, key = gateway.key, headers = {}, signal }: Asking = {},
): Promise<Listening> {
  const agent = agents.get(gateway) ?? new Agent({ connect: gateway.tls });
  agents.set(gateway, agent);
  const leaving = new AbortController();
  const answer = await request(gateway.url + path, {
    dispatcher: agent,
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}`, ...headers },
    signal: signal ? AbortSignal.any([signal, leaving.signal]) : leaving.signal,
  });
  const pieces = (answer.body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
  const decoder = new TextDecoder();
  let text = '';
  const more = async (): Promise<boolean> => {
    const { value, done } = await pieces.next();
    if (!done) text += decoder.decode(value, { stream: true });
    return !done;
  };
  return {
    status: answer.statusCode,
    headers: answer.headers,
    id: String(answer.headers['x-request-id']),
    async hear(part) {
      while (!text.includes(part)) {
        if (!(await more())) throw new Error(`the answer ended without ${JSON.stringify(part)}:\n${text}`);
      }
      return text;
    },
    async rest() {
      try {
        while (await more());
        return { text, whole: true };
      } catch {
        return { text, whole: false };
      }
    },
    hangUp: () => leaving.abort(),
  };
}

/** Waits until there is something to be found. */
export async function eventually<T>(find: () => Promise<T | undefined> | T | undefined): Promise<T> {
  let found: T | undefined;
  await until(async () => {
    found = await find();
    return found !== undefined;
  });
  return found!;
}

/** The record that closes an exchange, once it is there. */
export const closing = (gateway: TestGateway, requestId: string): Promise<AuditRecord> =>
  eventually(async () =>
    (await gateway.records()).find((one) => one.requestId === requestId && one.event !== 'inference.admitted'),
  );

/** What a choice comes to. */
export interface Choice {
  /** Texts by field: `content`, `reasoning_content`, `text`. */
  readonly texts: Readonly<Record<string, string>>;
  readonly toolCalls: readonly { id: string; name: string; arguments: string }[];
  readonly finish: string | null;
  /** The tokens that came with log-probabilities; null if there were none. */
  readonly logprobs: readonly string[] | null;
}

const FIELDS = ['content', 'reasoning_content', 'reasoning', 'refusal'];

// biome-ignore lint/suspicious/noExplicitAny: whatever came
type Wire = any;

const tokensOf = (logprobs: Wire): string[] | null =>
  logprobs?.content?.map(({ token }: { token: string }) => token) ?? logprobs?.tokens ?? null;

/** The choices of an answer in JSON, in the order of their index. */
export const choicesOf = (answer: Wire): Choice[] =>
  answer.choices.map(({ message, text, finish_reason, logprobs }: Wire) => ({
    texts: message
      ? Object.fromEntries(
          FIELDS.flatMap((field) => (typeof message[field] === 'string' ? [[field, message[field]]] : [])),
        )
      : { text },
    toolCalls: (message?.tool_calls ?? []).map((call: Wire) => ({ id: call.id, ...call.function })),
    finish: finish_reason ?? null,
    logprobs: tokensOf(logprobs),
  }));

export interface Heard {
  readonly choices: Choice[];
  readonly events: Wire[];
  readonly usages: Wire[];
  /** How often `[DONE]` came, and whether it came last. */
  readonly done: number;
  readonly doneLast: boolean;
  /** The error event, which has to be the last one. */
  readonly error: Wire | null;
}

/** What a stream comes to: the choices as a client puts them together. */
export function heard(text: string): Heard {
  const data = eventsOf(text);
  const events = data.filter((one) => one !== '[DONE]').map((one) => JSON.parse(one));
  const parts = events.flatMap((event) => event.choices ?? []);
  const indexes = [...new Set(parts.map(({ index }) => index as number))].sort((a, b) => a - b);
  return {
    choices: indexes.map((index) => putTogether(parts.filter((part) => part.index === index))),
    events,
    usages: events.flatMap(({ usage }) => usage ?? []),
    done: data.filter((one) => one === '[DONE]').length,
    doneLast: data.at(-1) === '[DONE]',
    error: events.at(-1)?.error ?? null,
  };
}

function putTogether(parts: readonly Wire[]): Choice {
  const texts: Record<string, string> = {};
  const calls = new Map<number, { id: string; name: string; arguments: string }>();
  for (const { delta, text } of parts) {
    for (const [field, value] of Object.entries({ ...(delta ?? {}), ...(text === undefined ? {} : { text }) })) {
      if ((FIELDS.includes(field) || field === 'text') && typeof value === 'string')
        texts[field] = (texts[field] ?? '') + value;
    }
    for (const { index, id, function: part } of delta?.tool_calls ?? []) {
      const call = calls.get(index) ?? { id: '', name: '', arguments: '' };
      calls.set(index, {
        id: call.id || id,
        name: call.name + (part.name ?? ''),
        arguments: call.arguments + (part.arguments ?? ''),
      });
    }
  }
  const tokens = parts.flatMap(({ logprobs }) => tokensOf(logprobs) ?? []);
  return {
    texts,
    toolCalls: [...calls.values()],
    finish: parts.findLast(({ finish_reason }) => finish_reason)?.finish_reason ?? null,
    logprobs: tokens.length > 0 ? tokens : null,
  };
}
