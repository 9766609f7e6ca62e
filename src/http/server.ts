/** The TLS listener. */
import { constants } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { createServer, type ServerOptions } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { Sent } from '../audit/record.ts';
import { Denial, type DenialCode } from '../core/denial.ts';
import type { Reached } from '../core/exchange.ts';
import { errnoOf } from '../core/files.ts';
import { bindConfigured, shut } from '../core/listening.ts';
import { Interruption } from '../core/pipeline.ts';
import type { TlsPair } from '../core/tls-pair.ts';
import { newcomer } from './arrive.ts';
import { boundHandshakes } from './handshakes.ts';
import { canBeRefused, refuseConnection } from './send.ts';

const HANDSHAKE_MS = 10_000;
const HEADERS_MS = 15_000;
const KEEP_ALIVE_MS = 75_000;
const MAX_HEADER_BYTES = 16 * 1024;
/** Beyond it Node closes new connections at once: memory stays bounded whatever comes. */
const MAX_CONNECTIONS = 10_000;

/**
 * Authenticated encryption with forward secrecy (RFC 9325 §4.2). By itself Node would, for TLS 1.2, also take static RSA
 * where the key of the server is RSA, and CBC.
 */
const CIPHERS = [
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'TLS_AES_128_GCM_SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
].join(':');

/** What new handshakes go by. */
export interface Credentials {
  /** The certificate that is shown, and its key. */
  readonly pair: TlsPair;
  /** The CAs of the clients, PEM: trusted as they are, whether or not their own issuers are there. */
  readonly anchorsPem: string;
}

export interface Listener {
  readonly port: number;
  /** From now on handshakes go by these; connections stay as they are. */
  renew(credentials: Credentials): void;
  /** Stops listening and closes what is left. */
  close(): Promise<void>;
}

export interface ListenerOptions {
  readonly credentials: Credentials;
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3';
  readonly host: string;
  readonly port: number;
  /** What to change if that address cannot be had. */
  readonly setting: string;
  /** Milliseconds a request body may take to arrive; null: the handler sees to that. */
  readonly bodyMs: number | null;
  readonly handler: RequestListener;
  /** Breaks off the exchange on a connection; false if there is none. */
  readonly interrupt: (socket: Socket, why: Interruption) => boolean;
  /** As for an exchange (serve.ts): for a refusal that never became one. */
  readonly record: (x: Reached, sent: Sent) => Promise<boolean>;
  readonly concluded: (x: Reached, sent: Sent) => void;
  /** Is told of every handshake that came to nothing: why, or null if the peer just went away. */
  readonly handshakeRefused: (remote: string, reason: string | null) => void;
}

/** @throws Fault `cannot_listen` */
export async function listen(options: ListenerOptions): Promise<Listener> {
  const tls = (credentials: Credentials) => tlsOptions(credentials, options.minVersion);
  const server = createServer({ ...tls(options.credentials), ...httpOptions(options.bodyMs) }, options.handler);
  server.maxConnections = MAX_CONNECTIONS;
  boundHandshakes(server);
  // Both would be answered by Node before a client is known; the path answers them instead.
  server.on('checkContinue', options.handler).on('checkExpectation', options.handler);
  // Asked for now, Node remembers the address; after a refusal, which closes the connection first, it would not know it.
  server.prependListener('connection', (socket: Socket) => void socket.remoteAddress);
  server.on('tlsClientError', (error: Error, socket: TLSSocket & { readonly _parent?: Socket }) => {
    options.handshakeRefused(socket.remoteAddress ?? socket._parent?.remoteAddress ?? '', refusalReason(error, socket));
  });
  /** Node tells of a connection again if more comes in on it. */
  const refused = new WeakSet<Duplex>();
  const refuse = async (socket: Duplex, denial: Denial): Promise<void> => {
    if (refused.has(socket)) return;
    refused.add(socket);
    const x = newcomer(socket as TLSSocket);
    const sent = refusedConnection(denial, canBeRefused(socket) ? denial.status : null);
    const recorded = await options.record(x, sent);
    refuseConnection(socket, x, recorded ? denial : new Denial('audit_unavailable'));
    options.concluded(x, sent);
  };
  server.on('clientError', (error: Error, socket: Duplex) => {
    const code = refusalCode(errnoOf(error) ?? '');
    const denial = code && new Denial(code);
    // In the middle of a body the exchange answers for it; before, there is none that could.
    const interruption = new Interruption(denial ? 'blocked' : 'client_left', denial);
    if (options.interrupt(socket as TLSSocket, interruption)) return;
    if (denial) void refuse(socket, denial);
    else socket.destroy();
  });
  // RFC 9110 §9.3.6: CONNECT asks for a tunnel, and there is none to be had.
  server.on('connect', (_req, socket: Duplex) => {
    // Behind a request it would be answered in its place: then both end with the connection.
    if (options.interrupt(socket as TLSSocket, new Interruption('client_left', null))) socket.destroy();
    else void refuse(socket, new Denial('method_not_allowed'));
  });
  await bindConfigured(server, options, options.setting);
  return {
    port: (server.address() as { port: number }).port,
    // A new context knows nothing of the sessions of the one before, and has ticket keys of its own.
    renew: (credentials) => server.setSecureContext(tls(credentials)),
    close: () => shut(server),
  };
}

const tlsOptions = ({ pair, anchorsPem }: Credentials, minVersion: ListenerOptions['minVersion']): ServerOptions => ({
  ...pair,
  ca: anchorsPem,
  minVersion,
  ciphers: CIPHERS,
  requestCert: true,
  rejectUnauthorized: true,
  ALPNProtocols: ['http/1.1'],
  handshakeTimeout: HANDSHAKE_MS,
  // No sessions are resumed: one could outlive a revocation, or carry no certificate at all. No renegotiation:
  // a connection keeps the certificate it came with.
  secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION,
  sessionTimeout: 1,
});

const httpOptions = (bodyMs: number | null): ServerOptions => ({
  maxHeaderSize: MAX_HEADER_BYTES,
  headersTimeout: HEADERS_MS,
  // The path has a deadline of its own for bodies; this one is for requests that never reach it.
  requestTimeout: bodyMs === null ? 0 : HEADERS_MS + bodyMs,
  keepAliveTimeout: KEEP_ALIVE_MS,
  connectionsCheckingInterval: 1000,
  // The path checks it, and answers as for every other refusal.
  requireHostHeader: false,
  insecureHTTPParser: false,
});

/** Why a handshake was refused; null if the peer just went away (a port scan, a health check). */
function refusalReason(error: Error, socket: TLSSocket): string | null {
  // Set where the certificate was read and found wanting; Node then closes without an error of its own.
  if (socket.authorizationError) return String(socket.authorizationError);
  const code = errnoOf(error) ?? 'unknown';
  return code === 'ECONNRESET' || code === 'EPIPE' ? null : code;
}

/** What was refused on a connection before there was an exchange: the record says when, from where and why. */
const refusedConnection = (denial: Denial, status: number | null): Sent => ({
  ending: 'blocked',
  status,
  denial,
  findings: [],
  usage: null,
  tokenSource: null,
  firstByteMs: null,
  latencyMs: 0,
  snippet: null,
});

/** A connection that was closed in the middle of a request is no fault of its framing: its client has left. */
function refusalCode(code: string): DenialCode | null {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return 'request_timeout';
  return code.startsWith('HPE_') && code !== 'HPE_INVALID_EOF_STATE' ? 'bad_request' : null;
}
