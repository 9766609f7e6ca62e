/**
 * Which errors mean that a pooled connection had gone stale: it had carried an answer, and broke before the first byte
 * of the next one. The model server closed it while it was idle and has not seen the request, so it may be sent again.
 * A new connection that breaks may have died of its request, and one that breaks later has been answered in part.
 *
 * Undici tells neither of a reset: the error of one is that of the other. So the bytes that a connection has read are
 * noted when a request is sent on it, and compared when it fails.
 */
import { subscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { buildConnector } from 'undici';
import { errnoOf } from '../core/files.ts';

/** Bytes that a connection had read by the end of its last answer, or before its last request. */
const readBefore = new WeakMap<Socket, number>();
const connectionOf = new WeakMap<object, Socket>();

subscribe('undici:client:sendHeaders', (message) => {
  const { request, socket } = message as { request: object; socket: Socket };
  readBefore.set(socket, socket.bytesRead);
  connectionOf.set(request, socket);
});
// A connection can break while it is idle, and the next request learn of it before anything of it was sent.
subscribe('undici:request:trailers', (message) => {
  const socket = connectionOf.get((message as { request: object }).request);
  if (socket) readBefore.set(socket, socket.bytesRead);
});

/** What a connection fails with when the other end closed it; a deadline of our own is something else. */
const CLOSED = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);

const stale = new WeakSet<object>();

/** A connector whose connections are watched. */
export function watchedConnector(options: buildConnector.BuildOptions): buildConnector.connector {
  const connect = buildConnector(options);
  return (target, callback) =>
    connect(target, (...result) => {
      const [, socket] = result;
      // Before undici's own listener: the error is marked when the request learns of it.
      socket?.prependListener('error', (error) => {
        const before = readBefore.get(socket) ?? 0;
        if (before > 0 && socket.bytesRead === before && CLOSED.has(errnoOf(error) ?? '')) stale.add(error);
      });
      callback(...result);
    });
}

/** Whether this error of a request is that of a stale connection. */
export const isStaleConnection = (error: unknown): boolean => error instanceof Error && stale.has(error);
