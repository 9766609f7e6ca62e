/** One model server: its connections, its places, its health. */
import { Client, type Dispatcher, Pool } from 'undici';
import { Denial } from '../core/denial.ts';
import type { UpstreamAnswer } from '../core/exchange.ts';
import { errnoOf } from '../core/files.ts';
import { anyGlobMatches } from '../core/glob.ts';
import type { Hold } from '../core/pipeline.ts';
import { KINDS, type UpstreamKind } from './kinds.ts';
import { isStaleConnection, watchedConnector } from './staleness.ts';

export interface UpstreamOptions {
  readonly name: string;
  readonly kind: UpstreamKind;
  /** `http://host:port` or `unix:/path`. */
  readonly url: string;
  readonly models: readonly string[];
  readonly maxInFlight: number;
}

/** Milliseconds. The life of a request as a whole is limited by its signal. */
export interface UpstreamTimeouts {
  readonly connectMs: number;
  readonly firstByteMs: number;
  readonly idleMs: number;
}

export interface UpstreamRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** JSON. */
  readonly body: string | null;
  readonly stream: boolean;
  readonly signal: AbortSignal;
}

export class Upstream {
  readonly name: string;
  readonly kind: UpstreamKind;
  readonly url: string;
  readonly maxInFlight: number;
  /** What the last attempt to reach it said; true until there was one. */
  healthy = true;
  #inFlight = 0;
  readonly #options: UpstreamOptions;
  readonly #origin: string;
  readonly #connection: Client.Options;
  readonly #pool: Pool;

  constructor(options: UpstreamOptions, timeouts: UpstreamTimeouts) {
    this.name = options.name;
    this.kind = options.kind;
    this.url = options.url;
    this.maxInFlight = options.maxInFlight;
    this.#options = options;
    const socketPath = options.url.startsWith('unix:') ? options.url.slice('unix:'.length) : null;
    this.#origin = socketPath === null ? options.url : 'http://localhost';
    this.#connection = {
      connect: watchedConnector({ timeout: timeouts.connectMs, ...(socketPath === null ? {} : { socketPath }) }),
      headersTimeout: timeouts.firstByteMs,
      bodyTimeout: timeouts.idleMs,
      pipelining: 1,
    };
    // Two more than there are places: for the health check and the list of models.
    this.#pool = new Pool(this.#origin, { ...this.#connection, connections: options.maxInFlight + 2 });
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  serves(model: string): boolean {
    return anyGlobMatches(this.#options.models, model);
  }

  /** Takes one of its places; null when all are taken. */
  takePlace(): Hold | null {
    if (this.#inFlight >= this.maxInFlight) return null;
    this.#inFlight++;
    return {
      settle: () => {
        this.#inFlight--;
      },
    };
  }

  /**
   * Sends a request and returns its answer once the headers are there, whatever the status; redirects are not followed.
   * The connection is cut at once when the signal aborts, and when the body is not read to its end.
   * @throws Denial `upstream_unavailable`, `upstream_timeout`, `upstream_error`; the reason of the signal if it aborted
   */
  async send(request: UpstreamRequest): Promise<UpstreamAnswer> {
    try {
      const answer = await this.#dispatch(this.#pool, request).catch((error: unknown) => {
        if (!isStaleConnection(error) || request.signal.aborted) throw error;
        return this.#dispatchOnFreshConnection(request);
      });
      this.healthy = true;
      const { statusCode, headers, body } = answer;
      return {
        status: statusCode,
        contentType: String(headers['content-type'] ?? ''),
        body: withDenials(body, request.signal),
      };
    } catch (error) {
      throw this.#explain(error, request.signal);
    }
  }

  async #dispatch(dispatcher: Dispatcher, { method, path, body, stream, signal }: UpstreamRequest) {
    return dispatcher.request({
      method,
      path,
      body,
      signal,
      headers: {
        accept: stream ? 'text/event-stream' : 'application/json',
        // Compression would hide the answer from the guards, and its size would tell about it (BREACH).
        'accept-encoding': 'identity',
        ...(body === null ? {} : { 'content-type': 'application/json' }),
      },
      reset: stream && !KINDS[this.#options.kind].reusableAfterStream,
    });
  }

  async #dispatchOnFreshConnection(request: UpstreamRequest) {
    const client = new Client(this.#origin, this.#connection);
    const answer = await this.#dispatch(client, request).catch((error) => {
      void client.destroy();
      throw error;
    });
    // Lets the answer finish, and then closes.
    void client.close();
    return answer;
  }

  #explain(error: unknown, signal: AbortSignal): unknown {
    const denial = explain(error, signal);
    if (denial instanceof Denial && denial.code === 'upstream_unavailable') this.healthy = false;
    return denial;
  }

  /** Asks whether it can answer; sets `healthy`. */
  async check(): Promise<boolean> {
    const signal = AbortSignal.timeout(2000);
    try {
      const { statusCode, body } = await this.#pool.request({
        method: 'GET',
        path: KINDS[this.#options.kind].healthPath,
        signal,
      });
      await body.dump();
      this.healthy = statusCode === 200;
    } catch {
      this.healthy = false;
    }
    return this.healthy;
  }

  async close(): Promise<void> {
    await this.#pool.destroy();
  }
}

const UNREACHABLE = new Set([
  'UND_ERR_CONNECT_TIMEOUT',
  'ECONNREFUSED',
  'ENOENT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EACCES',
]);
const TIMED_OUT = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT']);

function explain(error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  if (error instanceof Denial) return error;
  const code = errnoOf(error) ?? '';
  if (UNREACHABLE.has(code)) return new Denial('upstream_unavailable', { cause: error, retryAfterMs: 1000 });
  if (TIMED_OUT.has(code)) return new Denial('upstream_timeout', { cause: error });
  return new Denial('upstream_error', { cause: error });
}

async function* withDenials(body: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    throw explain(error, signal);
  }
}
