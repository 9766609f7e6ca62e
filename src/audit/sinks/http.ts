/** Sends records by HTTP POST. What is sent is for the adapters to say (adapters.ts). */
import { readFile } from 'node:fs/promises';
import { Agent, type Dispatcher, request } from 'undici';
import { fileFault } from '../../core/files.ts';
import type { Adapter } from './adapters.ts';
import { Refused, RetryAfter, type Sink } from './sink.ts';
import { freshConnector } from './tls-connector.ts';

const MAX_ANSWER_BYTES = 1024 * 1024;

export interface HttpOptions {
  readonly url: string;
  /** Value of the authorization header. */
  readonly authorization: string | null;
  /** CAs of the receiver, PEM, read for each connection; null means those that Node knows. */
  readonly caFile: string | null;
  readonly adapter: Adapter;
  /** From the request to the end of the answer. 10 seconds. */
  readonly timeoutMs?: number;
}

/** The messages of the errors do not say the URL: that of a webhook is a secret. */
export function openHttpSink({ url, authorization, caFile, adapter, timeoutMs = 10_000 }: HttpOptions): Sink {
  const target = new URL(url);
  for (const [name, value] of Object.entries(adapter.query ?? {})) target.searchParams.set(name, value);
  const headers = {
    'content-type': adapter.contentType,
    'user-agent': 'sallyport',
    ...(authorization === null ? {} : { authorization }),
  };
  // One connection, one request at a time: that keeps the order.
  const connect = freshConnector(async () => (caFile === null ? {} : { ca: await readCa(caFile) }), {
    timeout: timeoutMs,
  });
  const agent = new Agent({ connections: 1, pipelining: 1, connect });

  async function post(body: string, signal: AbortSignal): Promise<{ answer: Dispatcher.ResponseData; text: string }> {
    const answer = await request(target, { dispatcher: agent, method: 'POST', headers, body, signal });
    return { answer, text: await read(answer.body) };
  }

  return {
    maxBatch: adapter.maxBatch,
    async send(batch, signal) {
      const deadline = AbortSignal.timeout(timeoutMs);
      const { answer, text } = await post(adapter.body(batch), AbortSignal.any([signal, deadline])).catch((error) => {
        throw deadline.aborted ? new Error(`it did not answer within ${timeoutMs} ms`) : error;
      });
      const { statusCode: status, headers } = answer;
      if (status >= 200 && status < 300) {
        adapter.confirm?.(batch, text);
        return;
      }
      const message = `it answered ${status}`;
      const refused = status === 400 || status === 413 || status === 422;
      const waitMs = refused ? null : retryAfterMs(headers['retry-after']);
      throw refused ? new Refused(message) : waitMs === null ? new Error(message) : new RetryAfter(message, waitMs);
    },
    close: () => agent.destroy(),
  };
}

async function readCa(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    const remedy = 'Restore it; the records are sent then.';
    throw fileFault('sink_file_unreadable', 'the CAs of a sink', file, error, remedy);
  }
}

/** Delay that the receiver asks for (RFC 9110 §10.2.3): seconds, or a date. */
function retryAfterMs(value: string | string[] | undefined): number | null {
  const text = String(value ?? '');
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Number.isNaN(ms) ? null : Math.max(0, ms);
}

async function read(body: AsyncIterable<Uint8Array>): Promise<string> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of body) {
    bytes += piece.length;
    if (bytes > MAX_ANSWER_BYTES) throw new Error('its answer is too long');
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString();
}
