/** The only place that answers. */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { asDenial, type Denial } from '../core/denial.ts';
import type { Ending, Reached } from '../core/exchange.ts';
import { GUARD_HEADER, guardNote } from '../core/guard-note.ts';
import { Interruption } from '../core/pipeline.ts';
import { collect, type Finding, type Frame, jsonReply, type Reply, type Usage } from '../core/reply.ts';
import { encodeComment, encodeEvent } from '../openai/sse.ts';
import { commonHeaders, denialHeaders, guardHeaders } from './headers.ts';

/** More than any snippet needs, so that a snippet can be redacted before it is cut. */
const TEXT_KEPT = 2048;

/** What went out, and how that ended. */
export interface Delivery {
  readonly ending: Ending;
  readonly denial: Denial | null;
  /** Null when the client had gone before an answer began. */
  readonly status: number | null;
  readonly firstByteAt: number | null;
  readonly findings: readonly Finding[];
  readonly usage: Usage | null;
  readonly characters: number;
  readonly sentBytes: number;
  /** The beginning of the first choice's text, and whether that is all of it. */
  readonly text: string;
  readonly textIsWhole: boolean;
}

/** Adds up what the frames tell. */
class Tally {
  readonly findings: Finding[] = [];
  usage: Usage | null = null;
  characters = 0;
  sentBytes = 0;
  text = '';
  textIsWhole = true;
  truncated = false;
  firstByteAt: number | null = null;

  add({ bytes, findings = [], usage, characters = 0, text = '', truncated = false }: Frame): void {
    this.sentBytes += bytes.byteLength;
    collect(this.findings, findings);
    this.usage = usage ?? this.usage;
    this.characters += characters;
    this.text += text;
    if (this.text.length > TEXT_KEPT) {
      this.text = this.text.slice(0, TEXT_KEPT);
      this.textIsWhole = false;
    }
    this.truncated ||= truncated;
  }
}

/**
 * Answers an exchange: with its reply, or with a refusal where a stage refused, the reply failed or the exchange was
 * broken off. Never rejects. When it resolves everything has been written, and only the end is missing ({@link end}).
 * @param closes the connection ends with this answer
 * @param decided how it ends, where that is on record: then the refusal is answered whatever has happened since
 */
export async function deliver(
  res: ServerResponse,
  x: Reached,
  refused: Denial | null,
  { signal, closes, decided }: { signal: AbortSignal; closes: boolean; decided: Ending | null },
): Promise<Delivery> {
  const tally = new Tally();
  const finish = (ending: Ending, denial: Denial | null): Delivery => ({
    ...tally,
    ending: ending === 'complete' && tally.truncated ? 'truncated' : ending,
    denial,
    status: res.headersSent ? res.statusCode : null,
  });
  try {
    if (closes) res.setHeader('connection', 'close');
    if (refused) throw refused;
    await write(res, x, x.reply!, null, tally, signal);
    return finish('complete', null);
  } catch (thrown) {
    const { ending, denial } = decided ? { ending: decided, denial: refused } : explain(thrown, signal);
    collect(tally.findings, denial?.findings ?? []);
    tally.usage ??= denial?.usage ?? null;
    if (denial === null) res.destroy();
    else if (!res.headersSent) await write(res, x, refusal(denial), denial, tally);
    // In mid-stream, an event tells; `[DONE]` must not follow, or the answer would look complete.
    else if (x.stream) {
      res.write(encodeEvent(denial));
      res.write(encodeComment(`${GUARD_HEADER}: ${guardNote('output', tally.findings)}`));
    } else res.destroy();
    return finish(ending, denial);
  }
}

/** @param signal breaks it off; without, only the end of the connection does */
async function write(
  res: ServerResponse,
  x: Reached,
  reply: Reply,
  denial: Denial | null,
  tally: Tally,
  signal?: AbortSignal,
): Promise<void> {
  for await (const frame of reply.body) {
    signal?.throwIfAborted();
    // The head waits for the first frame: until then a failure can still be told by a status.
    tally.add(frame);
    if (!res.headersSent) {
      const headers = { ...commonHeaders(x, denial), ...guardHeaders(x, tally.findings, reply), ...reply.headers };
      res.writeHead(reply.status, headers);
    }
    tally.firstByteAt ??= performance.now();
    if (!res.write(frame.bytes) && signal) await once(res, 'drain', { signal });
  }
}

/** How long a client may take to read why its exchange was broken off. */
const FAREWELL_MS = 1000;
/** The same for whoever may not go on: the whole of a revocation has a second. */
const CUT_OFF_MS = 200;

/**
 * Ends an answer. Resolves when its last byte has been handed to the system, or the client has gone.
 * @param signal once it has aborted, a client that does not read loses its connection: nothing may wait for it for ever
 */
export async function end(res: ServerResponse, signal: AbortSignal): Promise<void> {
  if (res.destroyed) return;
  let cutOff: NodeJS.Timeout | undefined;
  const arm = () => {
    const { reason } = signal;
    const isRevoked = reason instanceof Interruption && reason.lapse !== null;
    cutOff = setTimeout(() => res.destroy(), isRevoked ? CUT_OFF_MS : FAREWELL_MS);
  };
  if (signal.aborted) arm();
  else signal.addEventListener('abort', arm);
  await new Promise<void>((resolve) => res.once('close', resolve).end(resolve));
  clearTimeout(cutOff);
  signal.removeEventListener('abort', arm);
}

/**
 * Whether a refusal would be understood on a connection. In the middle of an answer it would become part of that answer.
 * Node keeps the answer under this name.
 */
export const canBeRefused = (socket: Duplex): boolean =>
  socket.writable && !(socket as { _httpMessage?: { headersSent: boolean } })._httpMessage?.headersSent;

/** Refuses what is not even a request, on the bare connection, and closes it; where that {@link canBeRefused}. */
export function refuseConnection(socket: Duplex, x: Reached, denial: Denial): void {
  if (!canBeRefused(socket)) {
    socket.destroy();
    return;
  }
  const body = JSON.stringify(denial);
  const headers = {
    connection: 'close',
    ...commonHeaders(x, denial),
    ...denialHeaders(denial),
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
  };
  const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${denial.status} Refused\r\n${head.join('')}\r\n${body}`, () => socket.destroy());
  // A peer that has stopped reading would keep the rest of it for ever.
  setTimeout(() => socket.destroy(), FAREWELL_MS).unref();
}

const refusal = (denial: Denial): Reply => jsonReply(denial.status, denial, {}, denialHeaders(denial));

/** How an exchange that did not complete has ended, and what the client is to be told, if it is still there. */
function explain(thrown: unknown, signal: AbortSignal): { ending: Ending; denial: Denial | null } {
  if (signal.aborted && signal.reason instanceof Interruption) return signal.reason;
  const denial = asDenial(thrown);
  return { ending: refusalEnding(denial), denial };
}

/** How an exchange ends that is refused. */
export function refusalEnding({ code }: Denial): Ending {
  switch (code) {
    case 'upstream_timeout':
      return 'timed_out';
    case 'upstream_error':
    case 'upstream_unavailable':
      return 'upstream_broke';
    case 'draining':
      return 'drained';
    default:
      return 'blocked';
  }
}
