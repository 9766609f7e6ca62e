/** An HTTP server that takes records, and behaves, well or badly, as the script says. Time passes only where a fate says so. */
import { createServer as createHttp, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { bind, shut } from '../../src/core/listening.ts';

export interface Got {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/**
 * What happens to a request. `cut`: the connection is reset at its first bytes. `lose`: the body is taken, and the
 * connection reset in place of an answer. `half`: the same in the middle of the answer. `stall`: no answer ever.
 */
export type Fate = 'cut' | 'lose' | 'half' | 'stall' | Answer;

export interface HttpReceiver {
  readonly url: string;
  /** Requests that arrived whole and were answered with 2xx, or were meant to be. */
  readonly taken: readonly Got[];
  /** How many requests began. */
  readonly began: number;
  /** Scripts the next requests, in place of what is left of the last script; after that they are taken. */
  script(...fates: Fate[]): void;
  /** Goes down, with all its connections, and comes back on the same port. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

/**
 * @param answer how a request is answered that is taken; 200 without a body unless told
 * @param onFinished that of the test's own context, for tests that run concurrently
 */
export async function httpReceiver({
  tls,
  answer = () => ({ status: 200 }),
  onFinished = onTestFinished,
}: {
  readonly tls?: { readonly cert: string; readonly key: string };
  readonly answer?: (got: Got) => Answer;
  readonly onFinished?: (close: () => Promise<void>) => void;
} = {}): Promise<HttpReceiver> {
  const taken: Got[] = [];
  let fates: Fate[] = [];
  let began = 0;

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    began += 1;
    const fate = fates.shift();
    if (fate === 'cut') {
      request.socket.resetAndDestroy();
      return;
    }
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece);
    const { method = '', url = '', headers } = request;
    const got = { method, path: url, headers, body: Buffer.concat(pieces).toString() };
    if (fate === 'stall') return;
    const said = typeof fate === 'object' ? fate : answer(got);
    if (said.status >= 200 && said.status < 300) taken.push(got);
    if (fate === 'lose') {
      request.socket.resetAndDestroy();
    } else if (fate === 'half') {
      response.writeHead(said.status, { 'content-length': 1000 });
      response.write('half of it', () => request.socket.resetAndDestroy());
    } else {
      response.writeHead(said.status, said.headers);
      response.end(said.body ?? '');
    }
  };
  const listener = (request: IncomingMessage, response: ServerResponse) =>
    void handle(request, response).catch(() => {});
  const serve = () => (tls ? createHttps(tls, listener) : createHttp(listener));

  let server = serve();
  await bind(server, { host: '127.0.0.1', port: 0 });
  const { port } = server.address() as AddressInfo;
  onFinished(() => shut(server));
  return {
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    taken,
    get began() {
      return began;
    },
    script(...next) {
      fates = next;
    },
    stop: () => shut(server),
    async start() {
      server = serve();
      await bind(server, { host: '127.0.0.1', port });
    },
  };
}
