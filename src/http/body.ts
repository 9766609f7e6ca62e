import type { IncomingMessage, ServerResponse } from 'node:http';
import { Denial } from '../core/denial.ts';

/**
 * Reads a request body, and asks for it first where the client waits to be asked (RFC 9110 §10.1.1): a client that is
 * refused before has not sent it.
 * @param deadlineMs how long the whole body may take
 * @throws Denial `body_too_large`, `request_timeout`; the signal's reason if it aborts
 */
export function readBody(
  req: IncomingMessage,
  res: ServerResponse,
  { maxBytes, deadlineMs, signal }: { maxBytes: number; deadlineMs: number; signal: AbortSignal },
): Promise<Buffer> {
  if (Number(req.headers['content-length'] ?? 0) > maxBytes) return Promise.reject(new Denial('body_too_large'));
  if (expectsContinue(req)) res.writeContinue();
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const settle = (finish: () => void) => () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      req.removeAllListeners('data').off('end', onEnd).off('error', onError).pause();
      finish();
    };
    // The request is only paused when it fails: destroying it would take the connection, and the refusal, with it.
    const fail = (error: unknown) => settle(() => reject(error))();
    const onEnd = settle(() => resolve(Buffer.concat(chunks, size)));
    const onAbort = () => fail(signal.reason);
    const onError = (cause: Error) => fail(new Denial('bad_request', { cause }));
    const timer = setTimeout(() => fail(new Denial('request_timeout')), deadlineMs);
    signal.addEventListener('abort', onAbort);
    req
      .on('data', (chunk: Buffer) => {
        size += chunk.byteLength;
        if (size > maxBytes) fail(new Denial('body_too_large'));
        else chunks.push(chunk);
      })
      .on('end', onEnd)
      .on('error', onError);
  });
}

/** HTTP/1.0 has no interim answers (RFC 9110 §10.1.1). */
export const expectsContinue = (req: IncomingMessage): boolean =>
  req.httpVersion === '1.1' && req.headers.expect?.trim().toLowerCase() === '100-continue';

const LINGER_MS = 1000;

/**
 * Reads on for at most a second what a refused client is still sending. Closing at once would reset the connection,
 * and the client might lose the refusal it has not read yet (RFC 9112 §9.6).
 */
export function discardRest(req: IncomingMessage): Promise<void> {
  if (req.complete || req.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(done, LINGER_MS);
    req.once('end', done).once('close', done).on('error', done).resume();
  });
}
