/**
 * Passes requests through to a model server untouched, and its answers back ({@link Passage}). The bytes are carried by
 * http-proxy-middleware; what of the heads goes on (passthrough-heads.ts), how long it may take and how it has ended is
 * decided here. The library answers nobody: what fails before there is an answer is left for send.ts to tell.
 */
import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { createProxyMiddleware, type RequestHandler } from 'http-proxy-middleware';
import { asDenial, Denial } from '../core/denial.ts';
import type { Ending, Passage } from '../core/exchange.ts';
import { Interruption } from '../core/pipeline.ts';
import { expectsContinue } from './body.ts';
import { answerHead, isAnswer, isPlainlyFramed, requestHead } from './passthrough-heads.ts';
import { refusalEnding } from './send.ts';

export interface PassthroughOptions {
  readonly upstreams: ReadonlyArray<{
    readonly name: string;
    /** `http://host:port`, `https://host:port` or `unix:/path`. */
    readonly url: string;
  }>;
  /** Milliseconds that a connection may take. */
  readonly connectMs: number;
  /** Milliseconds in which nothing moves, in either direction. There is no limit on the whole. */
  readonly idleMs: number;
}

export interface Passed {
  readonly ending: Ending;
  /** What the client is to be told, or would have been: with the head gone, its connection was cut instead. */
  readonly denial: Denial | null;
  /** Null when no head has gone: then the answer is still to be written. */
  readonly status: number | null;
  /** Bytes of the request's body that came, and of the answer's body that were passed on. */
  readonly receivedBytes: number;
  readonly sentBytes: number;
  /** `performance.now()` when the head of the answer went out. */
  readonly firstByteAt: number | null;
}

/**
 * Passes one request through. Never rejects. When it resolves the answer is with the system; or nothing was written at
 * all; or the connection is destroyed, so that nobody takes a part for the whole.
 * @param payload sent in place of the body, which has been read; null where the body passes as it comes
 * @param signal cuts both sides at once; its reason is an {@link Interruption}
 * @param headers ours, added to the head of the answer
 */
export type Pass = (
  req: IncomingMessage,
  res: ServerResponse,
  { passage, payload }: { readonly passage: Passage; readonly payload: Buffer | null },
  { signal, headers }: { readonly signal: AbortSignal; readonly headers: Readonly<Record<string, string>> },
) => Promise<Passed>;

/** What the library has to be told about one request, and what it tells. */
interface Crossing {
  /** In place of the request's own body. */
  readonly body: Readable | null;
  begin(outgoing: ClientRequest): void;
  fail(error: unknown): void;
}

export function passthrough({ upstreams, connectMs, idleMs }: PassthroughOptions): Pass {
  /** By the request, which is what the library knows them by. */
  const crossings = new WeakMap<IncomingMessage, Crossing>();
  const proxies = new Map(
    upstreams.map(({ name, url }) => [name, { host: hostOf(url), proxy: proxyTo(url, crossings) }]),
  );

  return (req, res, { passage, payload }, { signal, headers }) => {
    const { promise, resolve } = Promise.withResolvers<Passed>();
    const isStreamed = payload === null && passage.body === 'stream';
    let outgoing: ClientRequest | null = null;
    let connected = false;
    let over = false;
    let receivedBytes = payload?.length ?? 0;
    let sentBytes = 0;
    let firstByteAt: number | null = null;

    const finish = (ending: Ending, denial: Denial | null): void => {
      if (over) return;
      over = true;
      clearTimeout(timer);
      signal.removeEventListener('abort', interrupted);
      // At once, not when the library hears of it: who discards the rest of the body must not be paused by that.
      req.off('data', received).unpipe();
      outgoing?.destroy();
      if (ending !== 'complete' && res.headersSent) res.destroy();
      const status = res.headersSent ? res.statusCode : null;
      resolve({ ending, denial, status, receivedBytes, sentBytes, firstByteAt });
    };
    const refuse = (denial: Denial): void => finish(refusalEnding(denial), denial);
    const interrupted = (): void => {
      const { reason } = signal;
      if (reason instanceof Interruption) finish(reason.ending, reason.denial);
      else refuse(asDenial(reason));
    };

    let timer = setTimeout(() => refuse(new Denial('upstream_unavailable', { retryAfterMs: 1000 })), connectMs);
    const moved = (): void => {
      if (connected && !over) timer.refresh();
    };
    const silent = (): void => {
      const waitsForBody = isStreamed && !req.complete && !outgoing?.writableNeedDrain && !res.headersSent;
      refuse(new Denial(waitsForBody ? 'request_timeout' : 'upstream_timeout'));
    };
    const received = (chunk: Buffer): void => {
      receivedBytes += chunk.length;
      moved();
    };
    // RFC 9110 §10.1.1. Asked for only now, a body is not sent in vain to a model server that is down.
    const isAwaited = isStreamed && expectsContinue(req);
    const onConnect = (): void => {
      if (over) return;
      connected = true;
      clearTimeout(timer);
      timer = setTimeout(silent, idleMs);
      if (isAwaited) res.writeContinue();
    };

    const onAnswer = (answer: IncomingMessage): boolean => {
      if (over || !isAnswer(answer)) {
        refuse(new Denial('upstream_error'));
        return false;
      }
      const broke = (cause?: Error) => refuse(new Denial('upstream_error', { cause }));
      answer.on('error', broke).on('data', (chunk: Buffer) => {
        sentBytes += chunk.length;
        moved();
      });
      // At once: whoever watches progress wants to know that it has begun. The library leaves a head alone that has gone.
      res.statusCode = answer.statusCode!;
      res.setHeaders(new Map(Object.entries({ ...answerHead(answer), ...headers }))).flushHeaders();
      firstByteAt = performance.now();
      moved();
      return true;
    };

    const fail = (cause: unknown): void => {
      // An answer that has begun tells by itself whether it was whole.
      if (res.headersSent) return;
      if (req.socket.destroyed) finish('client_left', null);
      else if (!outgoing) refuse(asDenial(cause));
      // Never sent again by us: with the connection there, it may have happened.
      else if (connected) refuse(new Denial('upstream_error', { cause }));
      else refuse(new Denial('upstream_unavailable', { cause, retryAfterMs: 1000 }));
    };

    crossings.set(req, {
      body: isStreamed ? null : Readable.from(payload?.length ? [payload] : []),
      begin(request) {
        outgoing = request;
        if (over) return void request.destroy();
        request.socket!.once(request.socket instanceof TLSSocket ? 'secureConnect' : 'connect', onConnect);
        // An unasked change of protocol closes the connection without an error (Node has no listener for it).
        request.on('drain', moved).once('close', () => fail(new Error('the connection closed without an answer')));
        // The library pipes from here on; before, listening would have lost what comes.
        if (isStreamed) req.on('data', received);
        // It writes to the client as soon as it hears of an answer, so it hears only of those that go on.
        const listeners = request.rawListeners('response');
        request.removeAllListeners('response').once('response', (answer) => {
          if (onAnswer(answer)) for (const listener of listeners) listener.call(request, answer);
        });
      },
      fail,
    });

    // Before the library listens: it destroys the answer too, and then nobody could tell who was first.
    res.on('drain', moved).once('close', () => finish(res.writableFinished ? 'complete' : 'client_left', null));
    signal.addEventListener('abort', interrupted);
    const upstream = proxies.get(passage.upstream);
    if (signal.aborted) interrupted();
    else if (!upstream) refuse(asDenial(new Error('there is no such model server')));
    else if (!isPlainlyFramed(req)) refuse(new Denial('bad_request'));
    else {
      const head = requestHead(req, passage, payload, upstream.host);
      // The library copies what it finds; and does not tell of a request that carries `expect`.
      req.url = passage.target;
      req.headers = head;
      req.rawHeaders = Object.entries(head).flat();
      upstream.proxy(req, res, (error) => refuse(asDenial(error ?? new Error('the request was not passed on'))));
    }
    return promise;
  };
}

/** One for each model server. It follows no redirect, tunnels no WebSocket, and adds nothing of its own. */
function proxyTo(url: string, crossings: WeakMap<IncomingMessage, Crossing>): RequestHandler {
  const target = url.startsWith('unix:') ? { protocol: 'http:', socketPath: url.slice('unix:'.length) } : url;
  return createProxyMiddleware({
    target,
    // A connection for each request. Administration is rare, and on a connection that was kept a reset might mean that
    // the request never arrived: for what changes something that has to be clear.
    agent: false,
    // The plugins it comes with answer the client and print.
    ejectPlugins: true,
    plugins: [
      (proxy) => {
        proxy.on('proxyReq', (outgoing, req) => crossings.get(req)?.begin(outgoing));
        proxy.on('error', (error, req) => req && crossings.get(req)?.fail(error));
      },
    ],
    // The one place where a single request has options.
    router: (req, _res, options) => {
      const body = crossings.get(req)?.body;
      if (body) options.buffer = body;
      return target;
    },
  });
}

const hostOf = (url: string): string => (url.startsWith('unix:') ? 'localhost' : new URL(url).host);
