/**
 * How ioredis gets its sockets. Its own connector listens for the first error of a socket only, and a TLS socket may have
 * two, the second of which ends the process: a refused certificate, then the alert of the other side.
 */
import { connect as connectPlain, isIP, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { AbstractConnector } from 'ioredis';

/** What ioredis made of the URL. */
interface Target {
  readonly path?: string;
  readonly host?: string;
  readonly port?: number;
  readonly tls?: ConnectionOptions | true;
}

/** Milliseconds until a socket that does not close is destroyed: as ioredis has it. */
const DISCONNECT_MS = 2000;

export class SteadyConnector extends AbstractConnector {
  readonly #target: Target;

  constructor(target: unknown) {
    super(DISCONNECT_MS);
    this.#target = target as Target;
  }

  override async connect(): Promise<Socket> {
    this.connecting = true;
    // `disconnect` may be called in the same turn.
    await Promise.resolve();
    if (!this.connecting) throw new Error('the connection was closed before it was made');
    const socket = open(this.#target);
    this.stream = socket;
    socket.on('error', (error) => {
      this.firstError ??= error;
    });
    return socket;
  }
}

function open({ path, host = 'localhost', port = 6379, tls }: Target): Socket {
  if (path) return connectPlain({ path });
  if (!tls) return connectPlain({ host, port });
  // Node sends no server name of its own accord, and a Redis behind a proxy is found by it. An address is none (RFC 6066 section 3).
  const servername = isIP(host) === 0 ? { servername: host } : {};
  return connectTls({ host, port, ...servername, ...(tls === true ? {} : tls) });
}
