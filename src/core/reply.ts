/** What is sent, and what has to be remembered of it. */
import type { Action, Kind } from './policy.ts';

/** That a guard saw something: which rule and where, never the text itself. */
export interface Finding {
  readonly rule: string;
  /** What it is; `guard` where a guard says something of itself: that it was not asked. */
  readonly kind: Kind | 'guard';
  readonly action: Exclude<Action, 'off'>;
  readonly direction: 'input' | 'output';
  /** Which text it was in: `messages.2.content`, `choices.0.message.content`. */
  readonly channel: string;
  /** Offsets in UTF-16 code units of that text; null when it is spread over several texts. */
  readonly span: readonly [start: number, end: number] | null;
}
/** More than anybody reads of one exchange; a megabyte of addresses would have a hundred thousand. */
const MOST_FINDINGS = 1000;

/** Adds findings to those there are, up to a thousand of them. */
export function collect(into: Finding[], found: readonly Finding[]): void {
  for (const finding of found) {
    if (into.length >= MOST_FINDINGS) return;
    into.push(finding);
  }
}

/** Tokens that an exchange is charged. */
export interface Usage {
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** What has to be remembered of a piece of an answer. */
export interface About {
  /** What the guards found in it. */
  readonly findings?: readonly Finding[];
  /** Tokens as the model server counted them, once it said so. */
  readonly usage?: Usage;
  /** How many characters of the answer it carries, over all choices: what is charged if nobody counted tokens. */
  readonly characters?: number;
  /** What it carries of the first choice's text, after the guards: what the audit snippet is made from. */
  readonly text?: string;
  /** Set where a limit cut the answer short. */
  readonly truncated?: boolean;
}

/** A piece of an answer, judged and ready to be sent. */
export interface Frame extends About {
  readonly bytes: Uint8Array;
}

/** An answer. JSON is a stream of one frame, SSE of many, and a refusal is JSON. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: AsyncIterable<Frame>;
}

export const EVENT_STREAM = 'text/event-stream';

const encoder = new TextEncoder();

/** One JSON value as an answer of one frame. */
export function jsonReply(
  status: number,
  value: unknown,
  about: About = {},
  headers: Record<string, string> = {},
): Reply {
  const bytes = encoder.encode(JSON.stringify(value));
  return {
    status,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'content-length': String(bytes.byteLength),
      ...headers,
    },
    body: one({ ...about, bytes }),
  };
}

async function* one(frame: Frame): AsyncGenerator<Frame> {
  yield frame;
}
