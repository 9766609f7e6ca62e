/**
 * The rehearsal model: a stand-in for a model server on hosts that have none. It speaks the OpenAI API in the accent
 * of llama.cpp and vLLM, and every answer says that no model made it. What it says is in script.ts.
 */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { z } from 'zod';
import type { JsonObject } from '../core/json.ts';
import { shut } from '../core/listening.ts';
import type { Listen } from './listen.ts';
import { listenOn } from './listen.ts';
import { chatRequest, completionRequest, embeddingRequest } from './request.ts';
import { planChat, planCompletion } from './script.ts';
import type { Pace } from './send.ts';
import { generate, goneSignal, sendEvents, sendJson } from './send.ts';
import { chatAnswer, chatEvents, completionAnswer, completionEvents, embeddingAnswer, modelList } from './wire.ts';

export interface Rehearsal {
  /** `http://host:port`, or `unix:` and the path of the socket. */
  readonly url: string;
  /** Breaks off what is running and frees the address. */
  close(): Promise<void>;
}

/** One JSON body that takes `tokens` tokens to make, or the events of a stream. */
type Answer = { readonly tokens: number; readonly body: JsonObject } | { readonly events: Iterable<JsonObject> };

const ROUTES: Readonly<Record<string, (body: unknown) => Answer>> = {
  'GET /health': () => ({ tokens: 0, body: { status: 'ok' } }),
  'GET /v1/models': () => ({ tokens: 0, body: modelList() }),
  'POST /v1/chat/completions': (body) => {
    const request = chatRequest.parse(body);
    const plan = planChat(request);
    return request.stream
      ? { events: chatEvents(plan, request) }
      : { tokens: plan.completionTokens, body: chatAnswer(plan, request) };
  },
  'POST /v1/completions': (body) => {
    const request = completionRequest.parse(body);
    const plan = planCompletion(request);
    return request.stream
      ? { events: completionEvents(plan, request) }
      : { tokens: plan.completionTokens, body: completionAnswer(plan, request) };
  },
  'POST /v1/embeddings': (body) => ({ tokens: 0, body: embeddingAnswer(embeddingRequest.parse(body)) }),
};

const MAX_BODY_BYTES = 64 * 1024 * 1024;

/** An error in the words of llama.cpp. */
class Refusal extends Error {
  readonly status: number;
  readonly type: string;
  constructor(status: number, type: string, message: string) {
    super(message);
    this.status = status;
    this.type = type;
  }
  toJSON() {
    return { error: { message: this.message, type: this.type, code: this.status } };
  }
}

/**
 * Starts the rehearsal model.
 * @param options.tokensPerSecond the pace of its answers, all choices of a request together; as fast as possible if left out
 * @throws Fault `rehearsal_cannot_listen`
 */
export async function startRehearsal(options: { listen: Listen; tokensPerSecond?: number }): Promise<Rehearsal> {
  const pace = options.tokensPerSecond ?? null;
  const running = new Set<Promise<void>>();
  const server = createServer((request, response) => {
    const answering = answer(request, response, pace).finally(() => running.delete(answering));
    running.add(answering);
  });
  const url = await listenOn(server, options.listen);
  return {
    url,
    async close() {
      await Promise.all([shut(server), ...running]);
    },
  };
}

/** Answers one request. Never rejects: what goes wrong is answered if it can be, or else ends the connection. */
async function answer(request: IncomingMessage, response: ServerResponse, pace: Pace): Promise<void> {
  const gone = goneSignal(response);
  try {
    const route = ROUTES[`${request.method} ${request.url?.split('?')[0]}`];
    if (!route) throw new Refusal(404, 'not_found_error', 'File Not Found');
    const answer = route(request.method === 'POST' ? await readJson(request) : null);
    if ('events' in answer) return await sendEvents(response, answer.events, pace, gone);
    await generate(answer.tokens, pace, gone);
    sendJson(response, 200, answer.body);
  } catch (error) {
    if (gone.aborted || response.headersSent) response.destroy();
    else refuse(response, asRefusal(error));
  }
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw new Refusal(413, 'invalid_request_error', 'The request body is too large.');
    chunks.push(chunk);
  }
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks)));
  } catch {
    // llama.cpp calls a body that it cannot parse a fault of the server
    throw new Refusal(500, 'server_error', 'The request body is not JSON in UTF-8.');
  }
}

function asRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof z.ZodError) {
    const { path = [], message = '' } = error.issues[0] ?? {};
    return new Refusal(400, 'invalid_request_error', `${path.join('.') || 'body'}: ${message}`);
  }
  return new Refusal(500, 'server_error', 'The rehearsal model failed.');
}

/** llama.cpp closes the connection after an error, which also spares us a body that was not read to its end. */
function refuse(response: ServerResponse, refusal: Refusal): void {
  response.setHeader('connection', 'close');
  sendJson(response, refusal.status, refusal);
}
