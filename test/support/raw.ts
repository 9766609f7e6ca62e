/** Raw bytes over TLS: what no well-behaved HTTP client can be made to send, and what comes back for it. */
import { once } from 'node:events';
import type { TLSSocket } from 'node:tls';
import { expect } from 'vitest';
import type { AuditRecord, TestGateway } from './gateway.ts';
import type { RecordedRequest, Upstream } from './upstream.ts';

export interface RawAnswer {
  readonly version: string;
  readonly status: number;
  /** By lower-case name; the last one wins. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** `error.code` of a refusal; undefined for anything else. */
  readonly code: string | undefined;
}

export interface RawConnection {
  readonly socket: TLSSocket;
  /** Resolves when the bytes are with the system; also when the other end does not want them any more. */
  write(bytes: string | Uint8Array): Promise<void>;
  /**
   * The next answer, interim ones (1xx) included. Rejects if the connection ends before there is one.
   * @param to the method that it answers: none to HEAD has a body
   */
  answer(to?: string): Promise<RawAnswer>;
  /** Resolves when the gateway has closed the connection, with the answers that nobody has asked for. */
  closed(): Promise<RawAnswer[]>;
}

/** A connection with the certificate of the test client. */
export const connect = async (gateway: TestGateway): Promise<RawConnection> => speak(await gateway.raw());

/** @param socket connected, and nothing read from it yet */
export function speak(socket: TLSSocket): RawConnection {
  let bytes = Buffer.alloc(0);
  let gone = false;
  let wake = () => {};
  socket.on('data', (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk]);
    wake();
  });
  // A reset is an end like any other here: what counts is what has been read by then.
  socket.on('error', () => {});
  for (const event of ['end', 'close'])
    socket.on(event, () => {
      gone = true;
      wake();
    });

  const take = (to?: string): RawAnswer | null => {
    const found = parseAnswer(bytes, { ended: gone, bodyless: to === 'HEAD' });
    if (found) bytes = bytes.subarray(found.length);
    return found?.answer ?? null;
  };
  const more = () =>
    new Promise<void>((resolve) => {
      wake = resolve;
    });

  return {
    socket,
    write: (data) =>
      new Promise((resolve) => {
        if (gone || !socket.writable) return resolve();
        socket.write(data, () => resolve());
      }),
    async answer(to) {
      for (;;) {
        const answer = take(to);
        if (answer) return answer;
        if (gone) throw new Error(`the connection ended without an answer, after ${JSON.stringify(String(bytes))}`);
        await more();
      }
    },
    async closed() {
      while (!gone) await more();
      const left: RawAnswer[] = [];
      for (let answer = take(); answer; answer = take()) left.push(answer);
      expect(String(bytes), 'bytes after the last answer').toBe('');
      socket.destroy();
      return left;
    },
  };
}

/** The first answer in the bytes and how long it is; null while it is not whole. */
function parseAnswer(
  bytes: Buffer,
  { ended, bodyless }: { ended: boolean; bodyless: boolean },
): { answer: RawAnswer; length: number } | null {
  const endOfHead = bytes.indexOf('\r\n\r\n');
  if (endOfHead < 0) return null;
  const [statusLine = '', ...lines] = bytes.subarray(0, endOfHead).toString('latin1').split('\r\n');
  const [version = '', status = ''] = statusLine.split(' ');
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );
  const rest = bytes.subarray(endOfHead + 4);
  const body = bodyless ? { content: Buffer.alloc(0), length: 0 } : bodyOf(rest, headers, Number(status), ended);
  if (!body) return null;
  const text = body.content.toString();
  return {
    answer: { version, status: Number(status), headers, body: text, code: codeOf(text) },
    length: endOfHead + 4 + body.length,
  };
}

function bodyOf(
  rest: Buffer,
  headers: Record<string, string>,
  status: number,
  ended: boolean,
): { content: Buffer; length: number } | null {
  if (status < 200 || status === 204) return { content: Buffer.alloc(0), length: 0 };
  if (headers['transfer-encoding'] === 'chunked') return unchunked(rest);
  if (headers['content-length'] === undefined) return ended ? { content: rest, length: rest.length } : null;
  const length = Number(headers['content-length']);
  return rest.length < length ? null : { content: rest.subarray(0, length), length };
}

function unchunked(rest: Buffer): { content: Buffer; length: number } | null {
  const pieces: Buffer[] = [];
  for (let at = 0; ; ) {
    const endOfLine = rest.indexOf('\r\n', at);
    if (endOfLine < 0) return null;
    const size = Number.parseInt(rest.subarray(at, endOfLine).toString(), 16);
    const start = endOfLine + 2;
    if (rest.length < start + size + 2) return null;
    if (size === 0) return { content: Buffer.concat(pieces), length: start + 2 };
    pieces.push(rest.subarray(start, start + size));
    at = start + size + 2;
  }
}

function codeOf(text: string): string | undefined {
  try {
    return JSON.parse(text).error?.code;
  } catch {
    return undefined;
  }
}

type HeaderLines = readonly string[];

export interface RequestShape {
  readonly method?: string;
  readonly target?: string;
  readonly version?: string;
  /** Lines in place of `Host: localhost`. */
  readonly host?: HeaderLines;
  /** Lines in place of the `Authorization` with the key of the tests. */
  readonly auth?: HeaderLines;
  /** Lines in place of `Content-Type: application/json`, where there is a body. */
  readonly type?: HeaderLines;
  /** More lines, as they are. */
  readonly headers?: HeaderLines;
  readonly body?: string | Uint8Array;
  /** `length` writes its `Content-Length`, `chunked` cuts it into two chunks, `none` writes it as it is. */
  readonly framing?: 'length' | 'chunked' | 'none';
}

/** One request, byte for byte. Without more: a chat that the gateway lets through. */
export function rawRequest(key: string, shape: RequestShape = {}): Buffer {
  const { method = 'POST', target = '/v1/chat/completions', version = 'HTTP/1.1', framing = 'length' } = shape;
  const body = Buffer.from(shape.body ?? (method === 'POST' ? chat() : ''));
  const bodied = shape.body !== undefined || method === 'POST';
  const lines = [
    `${method} ${target} ${version}`,
    ...(shape.host ?? ['Host: localhost']),
    ...(shape.auth ?? [`Authorization: Bearer ${key}`]),
    ...(bodied ? (shape.type ?? ['Content-Type: application/json']) : []),
    ...(shape.headers ?? []),
    ...(bodied && framing === 'length' ? [`Content-Length: ${body.length}`] : []),
    ...(bodied && framing === 'chunked' ? ['Transfer-Encoding: chunked'] : []),
  ];
  const head = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
  return Buffer.concat([head, framing === 'chunked' ? chunked(body) : body]);
}

/** Cut in the middle, so that a chunk ends inside of a value. */
export function chunked(body: Uint8Array): Buffer {
  const middle = Math.floor(body.length / 2);
  const pieces = [body.subarray(0, middle), body.subarray(middle)].filter((piece) => piece.length > 0);
  return Buffer.concat([
    ...pieces.flatMap((piece) => [Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n')]),
    Buffer.from('0\r\n\r\n'),
  ]);
}

/** The body of a chat that nobody minds. `content` tells requests apart at the model server. */
export const chat = (content = 'hello', more: object = {}): string =>
  JSON.stringify({ model: 'm', messages: [{ role: 'user', content }], ...more });

/** What the model server was asked since, health checks left out. */
export interface Watch {
  requests(): readonly RecordedRequest[];
  /** The first message of each request; its method and path where there is none. */
  prompts(): readonly string[];
}

export function watch(upstream: Upstream): Watch {
  const from = upstream.requests.length;
  const requests = () => upstream.requests.slice(from).filter(({ path }) => path !== '/health');
  const promptOf = ({ json, method, path }: RecordedRequest) => json?.messages?.[0]?.content ?? `${method} ${path}`;
  return { requests, prompts: () => requests().map(promptOf) };
}

/** Reads records from stdout, where each is printed as a whole line once it is on disk. */
interface Follower {
  readonly records: AuditRecord[];
  /** Closing records by request id. */
  readonly closings: Map<string, AuditRecord>;
}
const followers = new WeakMap<TestGateway, Follower>();

function follow(gateway: TestGateway): Follower {
  const known = followers.get(gateway);
  if (known) return known;
  const follower: Follower = { records: [], closings: new Map() };
  let from = 0;
  const read = () => {
    const text = gateway.stdout();
    const end = text.lastIndexOf('\n') + 1;
    const lines = text.slice(from, end).split('\n').slice(0, -1);
    from = end;
    for (const record of lines.map((line): AuditRecord => JSON.parse(line))) {
      follower.records.push(record);
      if (record.requestId && record.event !== 'inference.admitted') follower.closings.set(record.requestId, record);
    }
  };
  read();
  gateway.process.stdout!.on('data', read);
  followers.set(gateway, follower);
  return follower;
}

/** Waits until `count` records of an event are printed, and returns all there are. */
export async function printed(gateway: TestGateway, event: string, count = 0): Promise<AuditRecord[]> {
  const { records } = follow(gateway);
  const found = () => records.filter((record) => record.event === event);
  while (found().length < count) await once(gateway.process.stdout!, 'data');
  return found();
}

/** Waits for the closing record of an exchange. */
export async function recordOf(gateway: TestGateway, requestId: string | undefined): Promise<AuditRecord> {
  expect(requestId, 'x-request-id').toMatch(/^[0-9a-f-]{36}$/);
  const { closings } = follow(gateway);
  while (!closings.has(requestId!)) await once(gateway.process.stdout!, 'data');
  return closings.get(requestId!)!;
}

/** What a refusal is in all places where it shows: answer, record, model server. */
export async function expectRefused(
  gateway: TestGateway,
  answer: RawAnswer,
  status: number,
  code: string,
): Promise<void> {
  expect({ status: answer.status, code: answer.code }).toEqual({ status, code });
  expect(await recordOf(gateway, answer.headers['x-request-id'])).toMatchObject({
    event: 'inference.denied',
    denial: code,
    responseStatus: status,
    ending: 'blocked',
    promptHash: null,
  });
}

/** The connection still serves: one more request on it is answered, and only that. The model server hears nothing of it. */
export async function expectOpen(connection: RawConnection, key: string): Promise<void> {
  await connection.write(rawRequest(key, { method: 'GET', target: '/nowhere' }));
  expect(await connection.answer()).toMatchObject({ status: 404, code: 'unknown_route' });
  connection.socket.destroy();
}
