/** What of a head goes on when a request passes through to a model server, and when its answer comes back. */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Passage } from '../core/exchange.ts';

type Headers = Record<string, string>;

const REQUEST = ['accept', 'content-type', 'range'];
const ANSWER = [
  'accept-ranges',
  'allow',
  'content-encoding',
  'content-length',
  'content-range',
  'content-type',
  'etag',
  'last-modified',
  'retry-after',
];

/**
 * The head of the request as the model server sees it. Who asks, and what stands between, is nobody's business there;
 * and how long the body is, Node writes again, so that there is only one way to read it.
 * @param payload the body, where it is held
 * @param host of the model server
 */
export function requestHead(req: IncomingMessage, passage: Passage, payload: Buffer | null, host: string): Headers {
  const streamed = payload === null && passage.body === 'stream';
  return {
    ...chosen(req.headers, streamed ? [...REQUEST, 'content-encoding'] : REQUEST),
    ...(streamed ? framing(req.headers) : lengthOf(payload?.length ?? 0, req.method)),
    host,
    // The bytes are for the operator, who has not been asked what he can unpack.
    'accept-encoding': 'identity',
  };
}

function framing({ 'content-length': length, 'transfer-encoding': coding }: IncomingHttpHeaders): Headers {
  if (coding !== undefined) return { 'transfer-encoding': 'chunked' };
  // Without either there is no body (RFC 9112 §6.3), and Node says so where that has to be said.
  return length === undefined ? {} : { 'content-length': length };
}

/** A request that has no body by its nature says nothing of one (RFC 9110 §8.6). */
const lengthOf = (bytes: number, method: string | undefined): Headers =>
  bytes === 0 && (method === 'GET' || method === 'HEAD') ? {} : { 'content-length': String(bytes) };

/** The head of the answer as the operator sees it. */
export function answerHead({ headers, statusCode }: IncomingMessage): Headers {
  const head = chosen(headers, ANSWER);
  // RFC 9110 §8.6: a 204 must not have one.
  if (statusCode === 204) delete head['content-length'];
  return head;
}

/** Without what belongs to one connection only, because `Connection` names it (RFC 9110 §7.6.1). */
function chosen(headers: IncomingHttpHeaders, names: readonly string[]): Headers {
  const hops = new Set(headers.connection?.split(',').map((name) => name.trim().toLowerCase()));
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = headers[name];
      return typeof value === 'string' && !hops.has(name) ? [[name, value]] : [];
    }),
  );
}

/** Whether a body is as it says: chunks are undone at every hop, another transfer coding would be lost with them. */
export const isPlainlyFramed = ({ headers }: IncomingMessage): boolean =>
  (headers['transfer-encoding'] ?? 'chunked').trim().toLowerCase() === 'chunked';

/**
 * Whether an answer goes on. A redirect does not: nobody follows one from here, and where it leads is none of the
 * client's business. Neither does a change of protocol that nobody has asked for.
 */
export const isAnswer = (answer: IncomingMessage): boolean => {
  const status = answer.statusCode ?? 0;
  const redirects = status >= 300 && status < 400 && answer.headers.location !== undefined;
  return status >= 200 && !redirects && isPlainlyFramed(answer);
};
