/**
 * Sends records to a syslog receiver over TLS (RFC 5425).
 *
 * Syslog has no acknowledgement, and that a write has succeeded says only that the kernel here has the bytes. What there
 * is: a receiver MUST answer a close_notify with its own (RFC 5425 §4.4), which it does when it has come to it, that is,
 * when it has read all that was sent before; and as TLS protects it, nobody on the way can forge it. So each batch has a
 * connection of its own, which is closed behind it, and counts as delivered once the receiver has answered that.
 *
 * Some receivers just close TCP instead. That they read everything is as sure then, since a connection that is closed with
 * something unread is reset; but whoever is on the way could forge it. So it is good enough only from a receiver that has
 * never answered properly: the sink remembers that it has, across restarts.
 */
import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as connectTls, createSecureContext, type SecureContext } from 'node:tls';
import { promisify } from 'node:util';
import { Fault } from '../../core/fault.ts';
import { fileFault } from '../../core/files.ts';
import type { Sink } from './sink.ts';
import { syslogFrame } from './syslog-message.ts';

export interface SyslogOptions {
  /** Name or address, which the certificate of the receiver must be for. */
  readonly host: string;
  readonly port: number;
  /** CAs of the receiver, PEM; null means those that Node knows. Files are read anew for every connection. */
  readonly caFile: string | null;
  /** Certificate that is shown to the receiver, PEM, and its key. */
  readonly certFile: string | null;
  readonly keyFile: string | null;
  /** 500. */
  readonly maxBatch?: number;
  /** From the connection to the confirmation. 30 seconds. */
  readonly timeoutMs?: number;
  /** A batch that is not full waits until so long after the one before, to save handshakes. 1 second. */
  readonly spacingMs?: number;
}

/** A batch of so many bytes is full, however few records it has. */
const FULL_BYTES = 256 * 1024;

export function openSyslogSink(options: SyslogOptions): Sink {
  const { host, port, maxBatch = 500, timeoutMs = 30_000, spacingMs = 1000 } = options;
  let connectedAt = Number.NEGATIVE_INFINITY;
  const receiver = `${host}:${port}`;
  const ending = new AbortController();
  const sink: Sink = {
    maxBatch,
    /** The receiver, if it has ever answered a close_notify. */
    learnt: null,
    async send(batch, signal) {
      const frames = Buffer.concat(batch.map(syslogFrame));
      const full = batch.length >= maxBatch || frames.length >= FULL_BYTES;
      const pause = connectedAt + spacingMs - performance.now();
      // At the end nothing more comes that a batch could wait for.
      const either = AbortSignal.any([signal, ending.signal]);
      if (!full && pause > 0) await sleep(pause, undefined, { signal: either }).catch(() => signal.throwIfAborted());
      connectedAt = performance.now();
      const context = await readContext(options);
      const deadline = AbortSignal.timeout(timeoutMs);
      try {
        const both = AbortSignal.any([signal, deadline]);
        const mustAnswer = sink.learnt === receiver;
        const answered = await deliver(frames, { host, port, context, mustAnswer, signal: both });
        sink.learnt = answered ? receiver : null;
      } catch (cause) {
        const reason = deadline.aborted ? `no confirmation within ${timeoutMs} ms` : (cause as Error).message;
        throw new Error(`Syslog receiver ${receiver}: ${reason}`, { cause });
      }
    },
    ending: () => ending.abort(),
    // Nothing stays open between two batches.
    async close() {},
  };
  return sink;
}

interface Delivery {
  readonly host: string;
  readonly port: number;
  readonly context: SecureContext;
  /** Only a close_notify counts. */
  readonly mustAnswer: boolean;
  readonly signal: AbortSignal;
}

/** @returns whether the receiver has answered with a close_notify */
async function deliver(frames: Buffer, { host, port, context, mustAnswer, signal }: Delivery): Promise<boolean> {
  signal.throwIfAborted();
  const tcp = connectTcp({ host, port, allowHalfOpen: true, noDelay: true });
  // RFC 5425 §5.2: the name that was configured is what the certificate is checked for.
  const servername = isIP(host) ? '' : host;
  const tls = connectTls({
    socket: withoutEnd(tcp),
    host,
    servername,
    secureContext: context,
    rejectUnauthorized: true,
  });
  const closed = Promise.withResolvers<void>();
  const failed = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    tcp.on('error', reject);
    tls.on('error', reject);
    tcp.on('end', () => {
      // After what has arrived before it has been dealt with.
      setImmediate(() => {
        if (tls.readableEnded) return;
        if (tls.writableFinished && !mustAnswer) closed.resolve();
        else reject(new Error('closed the connection without close_notify'));
      });
    });
  });
  const until = (socket: Socket, event: string) =>
    Promise.race([failed, new Promise((resolve) => socket.once(event, resolve))]);
  try {
    await until(tcp, 'connect');
    const connected = performance.now();
    await until(tls, 'secureConnect');
    const roundTripMs = performance.now() - connected;
    tls.resume();
    tls.end(frames);
    await Promise.all([until(tls, 'finish'), Promise.race([until(tls, 'end'), closed.promise])]);
    // A receiver that closed of its own accord, before the records reached it, resets the connection when they do, and
    // that is known here a round trip later. An empty write sends nothing, and fails if it has happened.
    await Promise.race([failed, sleep(roundTripMs)]);
    await promisify((done: (error?: Error | null) => void) => tcp.write('', done))();
    return tls.readableEnded;
  } finally {
    tls.destroy();
    tcp.destroy();
  }
}

/**
 * A connection of which TLS can close its own side only, not TCP's: a receiver that has seen TCP closed need not answer
 * a close_notify (RFC 5425 §4.4). Nor does TLS see TCP's end, which Node would not tell from a close_notify.
 */
function withoutEnd(tcp: Socket): Duplex {
  const stream = new Duplex({
    read: () => void tcp.resume(),
    write: (chunk, _encoding, done) => void tcp.write(chunk, done),
    destroy(error, done) {
      if (error) tcp.destroy(error);
      done(null);
    },
  });
  tcp.on('data', (chunk) => {
    if (!stream.push(chunk)) tcp.pause();
  });
  return stream;
}

/** @throws Fault `sink_file_unreadable` */
async function readContext({ caFile, certFile, keyFile }: SyslogOptions): Promise<SecureContext> {
  const [ca, cert, key] = await Promise.all([caFile, certFile, keyFile].map(readPem));
  try {
    // Without this, a file with no certificate in it would pass for an empty list of CAs.
    if (ca) new X509Certificate(ca);
    return createSecureContext({ ca, cert, key, minVersion: 'TLSv1.2' });
  } catch (cause) {
    const files = [caFile, certFile, keyFile].filter((file) => file !== null).join(', ');
    throw new Fault(
      'sink_file_unreadable',
      `Cannot use ${files} for a syslog receiver: ${(cause as Error).message}. Use PEM, and a key that belongs to its certificate.`,
      { cause },
    );
  }
}

async function readPem(file: string | null): Promise<Buffer | undefined> {
  if (file === null) return undefined;
  try {
    return await readFile(file);
  } catch (error) {
    throw fileFault(
      'sink_file_unreadable',
      'a file for a syslog receiver,',
      file,
      error,
      'Correct the path or its mode.',
    );
  }
}
