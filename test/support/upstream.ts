/**
 * A model server that does as it is told, for the tests: it records what it is sent and behaves, well or badly, as
 * the script says. Nothing in it waits for a time to pass unless the script gives it one.
 */
import { once } from 'node:events';
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

export interface RecordedRequest {
  readonly method: string;
  /** The request target, byte for byte. */
  readonly path: string;
  /** As they came: order, case and duplicates kept. */
  readonly rawHeaders: ReadonlyArray<readonly [name: string, value: string]>;
  /** By lower-case name; duplicates joined as Node joins them. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
  /** The body parsed; undefined if it is not JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into whatever was sent
  readonly json: any;
  /** Which connection it came on, counted from 1. */
  readonly connection: number;
}

/** The server's end of one exchange. */
export interface Wire {
  readonly response: ServerResponse;
  readonly socket: Socket;
  /** Resolves when the connection is gone, whoever ended it. */
  readonly gone: Promise<void>;
  /** Ends the connection on our side, so that it does not count as the client leaving: FIN, or RST. */
  cut(how: 'fin' | 'reset'): void;
}

/** What the upstream does with one request. May choose by looking at it, and delegate to another behaviour. */
export type Behaviour = (wire: Wire, request: RecordedRequest) => void | Promise<void>;

export interface Upstream {
  /** `http://127.0.0.1:port`, or `unix:` and the path. */
  readonly url: string;
  /** Requests that have arrived whole. */
  readonly requests: readonly RecordedRequest[];
  /** Connections accepted so far. */
  readonly connections: number;
  /** Exchanges that the client left before its answer was complete. */
  readonly aborted: number;
  /** Scripts the next requests, one behaviour each; after that the first behaviour of `startUpstream` is back. */
  respond(...next: Behaviour[]): void;
  /** Resolves with the nth request (from 1) once it has arrived whole. */
  received(n: number): Promise<RecordedRequest>;
  /** Resolves when the client has left the nth exchange that it leaves (from 1). */
  clientGone(n?: number): Promise<void>;
  close(): Promise<void>;
}

/** A list that one can wait for to grow. */
function awaitable<T>() {
  const items: T[] = [];
  const waiting = new Map<number, PromiseWithResolvers<T>>();
  return {
    items,
    push(item: T) {
      items.push(item);
      waiting.get(items.length)?.resolve(item);
    },
    nth(n: number): Promise<T> {
      if (items.length >= n) return Promise.resolve(items[n - 1]!);
      if (!waiting.has(n)) waiting.set(n, Promise.withResolvers<T>());
      return waiting.get(n)!.promise;
    },
  };
}

/**
 * Starts an upstream on a free TCP port, or on a Unix socket.
 * @param usual what it does with every request that `respond` has not scripted
 */
export async function startUpstream(
  usual: Behaviour = json(200, chatAnswer('ok')),
  listen: { path?: string } = {},
): Promise<Upstream> {
  const requests = awaitable<RecordedRequest>();
  const left = awaitable<void>();
  const script: Behaviour[] = [];
  const numbers = new WeakMap<Socket, number>();
  let connections = 0;
  let closing = false;

  const server = createServer(async (request, response) => {
    const { socket } = request;
    let ours = false;
    const gone = new Promise<void>((resolve) => {
      socket.once('close', () => resolve());
    });
    response.once('close', () => {
      if (!response.writableEnded && !ours && !closing) left.push();
    });
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    } catch {
      return; // the client left in the middle of its request, and has been counted
    }
    const recorded = record(request, Buffer.concat(chunks).toString(), numbers.get(socket)!);
    const behave = script.shift() ?? usual;
    requests.push(recorded);
    const cut = (how: 'fin' | 'reset') => {
      ours = true;
      if (how === 'fin') socket.end();
      else socket.resetAndDestroy();
    };
    await behave({ response, socket, gone, cut }, recorded);
  });
  // not Node's five seconds: when a kept-alive connection ends is for the script to say
  server.keepAliveTimeout = 0;
  server.on('connection', (socket) => {
    connections += 1;
    numbers.set(socket, connections);
    // A connection that is kept alive is watched by every request that came on it.
    socket.setMaxListeners(0);
    socket.on('error', () => {}); // a client may reset whenever it likes
  });
  server.listen(listen.path === undefined ? { host: '127.0.0.1', port: 0 } : { path: listen.path });
  await once(server, 'listening');

  return {
    url:
      listen.path === undefined ? `http://127.0.0.1:${(server.address() as AddressInfo).port}` : `unix:${listen.path}`,
    requests: requests.items,
    get connections() {
      return connections;
    },
    get aborted() {
      return left.items.length;
    },
    respond: (...next) => void script.push(...next),
    received: requests.nth,
    clientGone: (n = 1) => left.nth(n),
    async close() {
      closing = true;
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function record(request: IncomingMessage, body: string, connection: number): RecordedRequest {
  const { method = '', url: path = '', headers, rawHeaders: flat } = request;
  const rawHeaders = flat.flatMap((name, i): [string, string][] => (i % 2 === 0 ? [[name, flat[i + 1]!]] : []));
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {}
  return { method, path, rawHeaders, headers, body, json: parsed, connection };
}

// Behaviours

/** What passes before each piece but the first, and before the end: milliseconds, or a promise that the test keeps. */
export type Gap = number | ((index: number) => Promise<unknown> | undefined);

/**
 * How an answer goes on after its last piece: `end` well; `hang` until the client leaves; `eof`, a FIN without the
 * last chunk, as a model server leaves that was killed; `reset`, a RST.
 */
export type EndsBy = 'end' | 'hang' | 'eof' | 'reset';

export interface Manner {
  readonly status?: number;
  readonly headers?: OutgoingHttpHeaders;
  readonly gap?: Gap;
  readonly ending?: EndsBy;
}

/**
 * Writes the pieces as they are cut, each one HTTP chunk of its own: bytes, or text in UTF-8. A reader that is late may
 * still find several together; where that matters, a gap that waits for the reader keeps them apart.
 */
export function chunks(pieces: readonly (string | Uint8Array)[], manner: Manner = {}): Behaviour {
  const { status = 200, headers = {}, gap, ending = 'end' } = manner;
  return async (wire) => {
    const { response } = wire;
    response.writeHead(status, { 'content-type': 'text/event-stream', ...headers });
    response.flushHeaders();
    for (const [i, piece] of pieces.entries()) {
      if (i > 0) await pass(gap, i, wire);
      if (response.destroyed) return;
      await Promise.race([written(response, piece), wire.gone]);
    }
    await pass(gap, pieces.length, wire);
    if (response.destroyed) return;
    if (ending === 'hang') return wire.gone;
    if (ending === 'eof' || ending === 'reset') return wire.cut(ending === 'eof' ? 'fin' : 'reset');
    response.end();
  };
}

/** Resolves when the piece is with the kernel. */
const written = (response: ServerResponse, piece: string | Uint8Array): Promise<void> =>
  new Promise((resolve) => {
    response.write(piece, () => resolve());
  });

const pass = async (gap: Gap | undefined, index: number, { gone }: Wire): Promise<void> => {
  if (gap !== undefined) await Promise.race([typeof gap === 'number' ? wait(gap) : gap(index), gone]);
};

/** Events of a stream: values become `data:` lines, strings are written as they are; `[DONE]` follows if `done`. */
export const sse = (
  events: readonly unknown[],
  { done = true, ...manner }: Manner & { done?: boolean } = {},
): Behaviour =>
  chunks(
    [...events, ...(done ? ['data: [DONE]\n\n'] : [])].map((event) =>
      typeof event === 'string' ? event : `data: ${JSON.stringify(event)}\n\n`,
    ),
    manner,
  );

/** One JSON answer with its length. A string is sent as it is. */
export const json =
  (status: number, body: unknown, headers: OutgoingHttpHeaders = {}): Behaviour =>
  ({ response }) => {
    const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
    response.writeHead(status, { 'content-type': 'application/json', 'content-length': bytes.length, ...headers });
    response.end(bytes);
  };

/** A redirection, which nobody should follow. */
export const redirect = (location: string, status = 307): Behaviour => json(status, '', { location });

/** Says nothing at all until the client leaves. */
export const hang =
  (): Behaviour =>
  ({ gone }) =>
    gone;

/** Closes the connection before a byte of the answer: on a reused connection, what a stale pool meets. */
export const hangUp =
  (how: 'fin' | 'reset' = 'reset'): Behaviour =>
  ({ cut }) =>
    cut(how);

/** Well behaved, but the connection that was said to be kept alive is closed once the answer is out. */
export const thenClose =
  (behave: Behaviour): Behaviour =>
  async (wire, request) => {
    await behave(wire, request);
    if (!wire.response.writableFinished) await once(wire.response, 'finish');
    wire.cut('fin');
  };

/** Writes bytes on the socket, past every check that Node's HTTP server has, and closes it: nothing is added. */
export const raw =
  (bytes: string | Uint8Array): Behaviour =>
  ({ socket, cut }) => {
    socket.write(bytes);
    cut('fin');
  };

/** The same behaviour, once `opened` is: see {@link gate}. */
export const onceOpen =
  (opened: Promise<unknown>, behaviour: Behaviour): Behaviour =>
  async (wire, request) => {
    await opened;
    await behaviour(wire, request);
  };

/** A promise and the hand that keeps it: for gaps. */
export const gate = (): { readonly opened: Promise<void>; open(): void } => {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { opened: promise, open: resolve };
};

// Bodies

const envelope = (object: string) => ({ id: 'chatcmpl-1', object, created: 1_700_000_000, model: 'upstream-model' });

const usageOf = (usage: readonly [prompt: number, completion: number]) => ({
  prompt_tokens: usage[0],
  completion_tokens: usage[1],
  total_tokens: usage[0] + usage[1],
});

/** An event of a chat stream. `finish` alone (no text) makes the last event of a choice. */
export const chatChunk = (
  text: string | null,
  { choice = 0, finish = null, delta = {} }: { choice?: number; finish?: string | null; delta?: object } = {},
) => ({
  ...envelope('chat.completion.chunk'),
  choices: [{ index: choice, delta: { ...(text !== null && { content: text }), ...delta }, finish_reason: finish }],
});

/** The event that carries the usage and no choice. */
export const usageChunk = (prompt: number, completion: number) => ({
  ...envelope('chat.completion.chunk'),
  choices: [],
  usage: usageOf([prompt, completion]),
});

/** A chat answer; several texts make several choices. */
export const chatAnswer = (
  text: string | readonly string[],
  {
    finish = 'stop',
    usage = [7, 3],
    message = {},
  }: { finish?: string; usage?: readonly [prompt: number, completion: number] | null; message?: object } = {},
) => ({
  ...envelope('chat.completion'),
  choices: [text].flat().map((content, index) => ({
    index,
    message: { role: 'assistant', content, ...message },
    finish_reason: finish,
  })),
  ...(usage && { usage: usageOf(usage) }),
});
