/** A witness on the network. Whoever wants may ask; only who holds the key of a log can have anything kept. */
import { createServer, type IncomingMessage, type Server, type ServerOptions, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import type { TlsOptions } from 'node:tls';
import { shared, type Take } from './share.ts';
import type { Answer, Witness } from './witness.ts';

const MAX_BODY_BYTES = 8 * 1024;
/** A request takes one packet; only a slow or hostile one takes longer. */
const REQUEST_MS = 10_000;
const IDLE_MS = 30_000;
/** A history of years takes seconds. */
const DOWNLOAD_MS = 600_000;
const MAX_CONNECTIONS = 256;
/** Of one address: a gateway needs one, a reviewer one more. */
const MAX_CONNECTIONS_OF_ONE = 16;
const MAX_DOWNLOADS_OF_ONE = 2;
const NDJSON = 'application/x-ndjson';

const STATUS: Record<Answer['code'], number> = {
  witnessed: 200,
  malformed_checkpoint: 400,
  unknown_log: 403,
  bad_signature: 403,
  witness_forked: 409,
  witness_rolled_back: 409,
};

const OPTIONS: ServerOptions = {
  maxHeaderSize: 8 * 1024,
  headersTimeout: REQUEST_MS,
  requestTimeout: REQUEST_MS,
  keepAliveTimeout: IDLE_MS,
  connectionsCheckingInterval: 1000,
};

export interface WitnessServerOptions {
  /** PEM; null serves plain HTTP. With `ca`, only those are let in whose certificate it has issued. */
  readonly tls: { readonly cert: Buffer; readonly key: Buffer; readonly ca: Buffer | null } | null;
  /** Is told why something could not be kept. */
  readonly fault: (error: unknown) => void;
}

/** The server, not listening yet. */
export function witnessServer(witness: Witness, { tls, fault }: WitnessServerOptions): Server {
  const downloads = shared(MAX_DOWNLOADS_OF_ONE);
  const handler = (request: IncomingMessage, response: ServerResponse): void => {
    serve(witness, downloads, request, response).catch((error) => {
      // The peer has gone, or came too slowly: nobody is left to be told.
      if (request.destroyed && !request.complete) return;
      if (response.headersSent) return void response.destroy();
      fault(error);
      refuse(response, 503, 'witness_unavailable', 'This witness cannot keep anything now.');
    });
  };
  const server = tls ? createTlsServer({ ...OPTIONS, ...tlsOptions(tls) }, handler) : createServer(OPTIONS, handler);
  server.maxConnections = MAX_CONNECTIONS;
  const connections = shared(MAX_CONNECTIONS_OF_ONE);
  // Before any handshake: that is what costs.
  server.on('connection', (socket: Socket) => {
    const release = connections(socket.remoteAddress ?? '');
    if (release) socket.once('close', release);
    else socket.destroy();
  });
  server.timeout = IDLE_MS;
  return server;
}

const tlsOptions = ({ cert, key, ca }: NonNullable<WitnessServerOptions['tls']>): TlsOptions => ({
  cert,
  key,
  minVersion: 'TLSv1.2',
  handshakeTimeout: REQUEST_MS,
  ...(ca ? { ca, requestCert: true, rejectUnauthorized: true } : {}),
});

async function serve(
  witness: Witness,
  downloads: Take,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const [path, method] = [request.url ?? '', request.method];
  const [, origin, latest] = /^\/v1\/logs\/([0-9a-f]{64})(\/latest)?$/.exec(path) ?? [];
  const wanted = path === '/v1/checkpoints' ? 'POST' : origin || path === '/healthz' ? 'GET' : null;
  if (wanted === null) return refuse(response, 404, 'not_found', 'There is nothing here.');
  if (method !== wanted) return refuse(response, 405, 'method_not_allowed', `Use ${wanted}.`, { allow: wanted });
  if (wanted === 'POST') return submit(witness, request, response);
  if (!origin) return send(response, witness.healthy ? 200 : 503, JSON.stringify({ ok: witness.healthy }));

  const found = latest ? witness.latest(origin) : witness.history(origin);
  if (found === null) return refuse(response, 404, 'not_found', 'Nothing is known of this log.');
  if (typeof found === 'string') return send(response, 200, found);
  const release = downloads(request.socket.remoteAddress ?? '');
  if (!release) {
    found.destroy();
    return refuse(response, 429, 'too_many_downloads', `${MAX_DOWNLOADS_OF_ONE} at a time. Wait for another to end.`);
  }
  try {
    response.writeHead(200, { 'content-type': NDJSON });
    await pipeline(found, response, { signal: AbortSignal.timeout(DOWNLOAD_MS) });
  } finally {
    release();
  }
}

async function submit(witness: Witness, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await read(request);
  if (body === null) {
    // What is still to come is thrown away, so that the peer gets to read the answer; REQUEST_MS ends it.
    request.resume();
    const message = `A checkpoint has ${MAX_BODY_BYTES} bytes at most.`;
    return refuse(response, 413, 'too_large', message, { connection: 'close' });
  }
  const answer = await witness.submit(body);
  if (answer.code === 'witnessed') send(response, 200, answer.line);
  else refuse(response, STATUS[answer.code], answer.code, answer.message);
}

/** The body without a newline at its end; null if it is too large. */
async function read(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) return null;
    chunks.push(chunk);
  }
  const body = Buffer.concat(chunks);
  return body.at(-1) === 0x0a ? body.subarray(0, -1) : body;
}

const refuse = (
  response: ServerResponse,
  status: number,
  code: string,
  message: string,
  headers: Record<string, string> = {},
): void => send(response, status, JSON.stringify({ error: { code, message } }), headers);

function send(response: ServerResponse, status: number, json: string, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(`${json}\n`);
}
