import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Arrived } from '../core/exchange.ts';

/** From Node's request to an exchange. Takes everything as it came; judging is for the stages. */
export const arrive = (req: IncomingMessage): Arrived => ({
  ...newcomer(req.socket),
  certificate: peerOf(req.socket).der,
  httpVersion: req.httpVersion,
  method: req.method ?? '',
  target: req.url ?? '',
  headers: pairs(req.rawHeaders),
});

/** What is known of a request that could not even be parsed. */
export const newcomer = (socket: Socket): Arrived => ({
  id: randomUUID(),
  arrivedAt: new Date(),
  startMs: performance.now(),
  httpVersion: '',
  method: '',
  target: '',
  headers: [],
  remote: socket.remoteAddress ?? '',
  certificate: null,
});

function pairs(raw: readonly string[]): Array<readonly [string, string]> {
  const headers: Array<readonly [string, string]> = [];
  for (let i = 0; i + 1 < raw.length; i += 2) headers.push([raw[i]!.toLowerCase(), raw[i + 1]!]);
  return headers;
}

interface Peer {
  readonly der: Uint8Array | null;
  readonly fingerprint: string;
}

/** A connection keeps its certificate for life: there is no renegotiation (http/server.ts). */
const peers = new WeakMap<Socket, Peer>();

function peerOf(socket: Socket): Peer {
  let peer = peers.get(socket);
  if (!peer) {
    const certificate = socket instanceof TLSSocket && socket.authorized ? socket.getPeerX509Certificate() : undefined;
    peer = { der: certificate?.raw ?? null, fingerprint: certificate?.fingerprint256 ?? 'none' };
    peers.set(socket, peer);
  }
  return peer;
}

/** Tells client certificates apart. */
export const fingerprint = (socket: Socket): string => peerOf(socket).fingerprint;
