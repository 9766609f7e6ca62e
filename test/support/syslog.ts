/** A syslog receiver over TLS (RFC 5425) that reads strictly, and misbehaves as it is told. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { createServer as createTlsServer, type TLSSocket, type TlsOptions } from 'node:tls';

/**
 * What it does with a connection.
 * - `read`: reads everything, and answers close_notify
 * - `refuse`: closes it before the handshake
 * - `{ reset }`, `{ leave }`: reads so many bytes and then resets it; or closes it as one who has somewhere else to be:
 *   close_notify, and the rest is never read. `lingering`: with the end of TCP first, and the reset a little later.
 * - `bare`: reads everything, and closes without close_notify
 * - `mute`: reads everything, and never closes
 * - `stall`: reads nothing
 */
export type Fate =
  | 'read'
  | 'refuse'
  | 'bare'
  | 'mute'
  | 'stall'
  | { readonly reset: number }
  | { readonly leave: number; readonly lingering?: boolean };

export interface Received {
  readonly priority: number;
  readonly timestamp: string;
  readonly hostname: string;
  readonly messageId: string;
  readonly message: string;
}

export interface SyslogReceiver {
  readonly port: number;
  /** Every message that was read as a whole, in order. */
  readonly messages: readonly Received[];
  /** What was wrong with what was sent; a frame that ends with its connection is nothing wrong. */
  readonly faults: readonly string[];
  readonly connections: () => number;
  /** The fates of the next connections; those after them are read. */
  fates: Fate[];
  /** How long a handshake takes, at least. */
  slowMs: number;
  close(): Promise<void>;
}

/** The server certificate of a PKI directory, for `localhost`. */
export const serverOf = (pki: string) => ({
  cert: readFileSync(join(pki, 'server-cert.pem')),
  key: readFileSync(join(pki, 'server-key.pem')),
});

export async function startSyslog(options: TlsOptions, port = 0): Promise<SyslogReceiver> {
  const messages: Received[] = [];
  const faults: string[] = [];
  const open = new Set<Socket>();
  let connections = 0;
  const receiver = { fates: [] as Fate[], slowMs: 0 };

  // Half-open, so that it closes its side when it means to.
  const tls = createTlsServer({ ...options, allowHalfOpen: true } as TlsOptions);
  tls.on('tlsClientError', () => {});
  const waiting = new Map<number | undefined, (session: TLSSocket) => void>();
  tls.on('secureConnection', (session) => waiting.get(session.remotePort)!(session));
  const tcp = createServer({ allowHalfOpen: true }, (socket) => {
    connections++;
    open.add(socket);
    socket.on('close', () => open.delete(socket)).on('error', () => {});
    const fate = receiver.fates.shift() ?? 'read';
    if (fate === 'refuse') return void socket.destroy();
    waiting.set(socket.remotePort, (session) => serve(session, socket, fate));
    setTimeout(() => tls.emit('connection', socket), receiver.slowMs);
  });

  function serve(session: TLSSocket, socket: Socket, fate: Fate): void {
    const feed = frameReader(
      (message) => messages.push(message),
      (fault) => faults.push(fault),
    );
    session.on('error', () => {});
    if (fate === 'stall') return;
    const limit = typeof fate !== 'object' ? Infinity : 'reset' in fate ? fate.reset : fate.leave;
    let read = 0;
    const depart = (): void => {
      session.pause();
      if (typeof fate !== 'object' || 'reset' in fate) socket.resetAndDestroy();
      else setImmediate(() => session.end(() => setTimeout(() => socket.destroy(), fate.lingering ? 30 : 0)));
    };
    if (limit === 0) depart();
    session.on('data', (chunk: Buffer) => {
      if (read >= limit) return;
      const taken = chunk.subarray(0, limit - read);
      read += taken.length;
      feed(taken);
      if (read >= limit) depart();
    });
    session.on('end', () => {
      if (fate === 'bare') socket.end();
      // Not in this turn: Node would leave out close_notify while it is still writing session tickets.
      else if (fate !== 'mute' && read < limit) setImmediate(() => session.end());
    });
  }

  tcp.listen(port, '127.0.0.1');
  await once(tcp, 'listening');
  return Object.assign(receiver, {
    port: (tcp.address() as AddressInfo).port,
    messages,
    faults,
    connections: () => connections,
    async close() {
      for (const socket of open) socket.destroy();
      tcp.close();
      await once(tcp, 'close');
    },
  });
}

const MESSAGE =
  /^<(\d{1,3})>1 (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z) ([!-~]{1,255}) sallyport - ([!-~]{1,32}) - (.*)$/s;

/** Octet counting by the letter (RFC 5425 §4.3): anything else is a fault, and ends the reading. */
function frameReader(message: (message: Received) => void, fault: (what: string) => void): (chunk: Buffer) => void {
  let rest = Buffer.alloc(0);
  let broken = false;
  const fail = (what: string) => {
    broken = true;
    fault(what);
  };
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    while (!broken && rest.length > 0) {
      const head = rest.subarray(0, 11).toString('latin1');
      const [prefix, digits] = /^([1-9]\d{0,9}) /.exec(head) ?? [];
      if (prefix === undefined) {
        if (!/^[1-9]\d{0,9}$/.test(head)) fail(`this is no MSG-LEN: ${head}`);
        return;
      }
      const end = prefix.length + Number(digits);
      if (rest.length < end) return;
      const text = rest.subarray(prefix.length, end).toString();
      rest = rest.subarray(end);
      const [, priority, timestamp, hostname, messageId, body] = MESSAGE.exec(text) ?? [];
      if (priority === undefined) return fail(`this is no SYSLOG-MSG: ${text.slice(0, 80)}`);
      message({
        priority: Number(priority),
        timestamp: timestamp!,
        hostname: hostname!,
        messageId: messageId!,
        message: body!,
      });
    }
  };
}
