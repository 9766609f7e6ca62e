/** Asks a side-car over HTTP. Whatever it does wrong becomes a {@link SidecarFailure}. */
import { readFile } from 'node:fs/promises';
import { buildConnector, Client, type Dispatcher, Pool } from 'undici';
import { errnoOf } from '../../core/files.ts';
import { badAnswer, SidecarFailure } from './failure.ts';

/** Enough for some ten thousand findings. */
const MAX_ANSWER_BYTES = 2 * 1024 * 1024;
/** Requests that one side-car is given at once; others wait for their turn. */
const CONNECTIONS = 8;
/** What a connection fails with that the other end closed. */
const CLOSED = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);

/** It said 413. */
export class TooLong extends Error {}

export interface Connection {
  /**
   * Posts JSON and returns what was answered.
   * @throws SidecarFailure; TooLong if it says 413; the reason of the signal if that aborts
   */
  post(body: unknown, about: { readonly requestId: string; readonly signal: AbortSignal }): Promise<unknown>;
  close(): Promise<void>;
}

export interface ConnectionOptions {
  readonly url: string;
  readonly caFile: string | null;
  readonly timeoutMs: number;
}

/** Opens no connection yet: that is done when there is something to ask. */
export function openConnection({ url, caFile, timeoutMs }: ConnectionOptions): Connection {
  const { origin, path, socketPath } = targetOf(url);
  const reached = { timeout: timeoutMs, ...(socketPath === null ? {} : { socketPath }) };
  const options: Client.Options = {
    pipelining: 1,
    connect: caFile === null ? reached : withCa(caFile, reached),
    // The signal limits a request as a whole.
    headersTimeout: 0,
    bodyTimeout: 0,
  };
  const pool = new Pool(origin, { ...options, connections: CONNECTIONS });

  async function exchange(
    dispatcher: Dispatcher,
    body: string,
    requestId: string,
    signal: AbortSignal,
  ): Promise<unknown> {
    const answer = await dispatcher.request({
      method: 'POST',
      path,
      body,
      signal,
      headers: {
        'content-type': 'application/json',
        accept: 'application/json',
        'accept-encoding': 'identity',
        'user-agent': 'sallyport',
        'x-request-id': requestId,
      },
    });
    if (answer.statusCode === 200) return readJson(answer.body);
    await answer.body.dump({ limit: 64 * 1024, signal });
    if (answer.statusCode === 413) throw new TooLong();
    throw new SidecarFailure('status', `it answered ${answer.statusCode}`);
  }

  /** Another connection of the pool could be as stale as the first. */
  async function onFreshConnection(body: string, requestId: string, signal: AbortSignal): Promise<unknown> {
    const client = new Client(origin, options);
    try {
      return await exchange(client, body, requestId, signal);
    } finally {
      void client.destroy();
    }
  }

  return {
    async post(value, { requestId, signal }) {
      const deadline = AbortSignal.timeout(timeoutMs);
      const either = AbortSignal.any([signal, deadline]);
      const body = JSON.stringify(value);
      try {
        return await exchange(pool, body, requestId, either).catch((error: unknown) => {
          // It may have closed the connection just when this request began, and to ask twice does no harm.
          if (!CLOSED.has(errnoOf(error) ?? '') || either.aborted) throw error;
          return onFreshConnection(body, requestId, either);
        });
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        if (deadline.aborted) throw new SidecarFailure('timeout', `it did not answer within ${timeoutMs} ms`);
        if (error instanceof SidecarFailure || error instanceof TooLong) throw error;
        // Not the error itself: that of the HTTP parser carries what it could not parse.
        const code = errnoOf(error) ?? 'no code';
        throw new SidecarFailure('unreachable', `it cannot be reached, or the connection broke (${code})`);
      }
    },
    close: () => pool.destroy(),
  };
}

/** Where a URL leads. After a unix socket comes a colon and the path: `unix:/run/presidio.sock:/analyze`. */
function targetOf(url: string): { origin: string; path: string; socketPath: string | null } {
  const [, socketPath, at = '/'] = /^unix:([^:]+)(?::(\/.*))?$/.exec(url) ?? [];
  if (socketPath !== undefined) return { origin: 'http://localhost', path: at, socketPath };
  const { origin, pathname, search } = new URL(url);
  return { origin, path: pathname + search, socketPath: null };
}

/** The file is read for each connection, so that it may be replaced while the gateway runs. */
const withCa =
  (caFile: string, options: buildConnector.BuildOptions): buildConnector.connector =>
  (target, callback) => {
    readFile(caFile).then(
      (ca) => buildConnector({ ...options, ca })(target, callback),
      (error) => callback(error, null),
    );
  };

async function readJson(body: Dispatcher.ResponseData['body']): Promise<unknown> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of body as AsyncIterable<Uint8Array>) {
    bytes += piece.byteLength;
    if (bytes > MAX_ANSWER_BYTES) throw badAnswer('is too long');
    pieces.push(piece);
  }
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(pieces)));
  } catch {
    // The parser's own words quote the answer, and that may quote a prompt.
    throw badAnswer('is no JSON');
  }
}
