/** Handshakes that are not over yet: what they hold is bounded, whoever opens them. */
import type { Server, Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';

/** Each can hold a megabyte: OpenSSL reads up to 100 kB of certificates before it looks at one. */
const MOST_HANDSHAKES = 500;

/**
 * Keeps at most so many handshakes open; the oldest goes. An honest one is over in less time than it takes to open that
 * many others.
 */
export function boundHandshakes(server: Server, most: number = MOST_HANDSHAKES): void {
  const unfinished = new Set<Socket>();
  server.prependListener('connection', (socket: Socket) => {
    unfinished.add(socket);
    socket.once('close', () => unfinished.delete(socket));
    if (unfinished.size > most) unfinished.values().next().value!.destroy();
  });
  server.on('secureConnection', ({ _parent }: TLSSocket & { readonly _parent?: Socket }) => {
    if (_parent) unfinished.delete(_parent);
  });
}
