/** How an answer is sent: at a given pace, and no further once the client has gone. */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';

/** Tokens a second; null for as fast as the client reads. */
export type Pace = number | null;

/** Aborted when the connection closes before the answer has been sent. */
export function goneSignal(response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) controller.abort();
  });
  return controller.signal;
}

/** Sends one JSON answer. */
export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  const bytes = Buffer.from(JSON.stringify(body));
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'content-length': bytes.length });
  response.end(bytes);
}

/** Waits for as long as generating `tokens` tokens takes. Rejects when the client goes. */
export const generate = async (tokens: number, pace: Pace, gone: AbortSignal): Promise<void> => {
  if (pace !== null) await wait((tokens * 1000) / pace, undefined, { signal: gone });
};

/**
 * Sends each value as an event as it is made, then `[DONE]`. A client that goes, or that stops reading, stops the
 * making of more.
 * @throws the reason of `gone` once the client has gone
 */
export async function sendEvents(
  response: ServerResponse,
  events: Iterable<unknown>,
  pace: Pace,
  gone: AbortSignal,
): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
  for (const event of events) {
    gone.throwIfAborted();
    if (!response.write(`data: ${JSON.stringify(event)}\n\n`)) await once(response, 'drain', { signal: gone });
    await generate(1, pace, gone);
  }
  response.end('data: [DONE]\n\n');
}
