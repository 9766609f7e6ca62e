/** `sallyport audit witness`: keeps what a log has signed, out of reach of those who run the gateway. */
import { createPublicKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import { type AddressInfo, isIPv6 } from 'node:net';
import { originOf } from '../audit/format/checkpoint.ts';
import { openKeyFile, publicKeyFile } from '../audit/key-file.ts';
import { readPublicKeys } from '../audit/verify/public-keys.ts';
import { witnessServer } from '../audit/witness/server.ts';
import { explain, openWitness } from '../audit/witness/witness.ts';
import { fileFault } from '../core/files.ts';
import { bindConfigured } from '../core/listening.ts';
import { readTlsPair } from '../core/tls-pair.ts';
import { parseArguments, usageFault } from './arguments.ts';
import type { Terminal } from './terminal.ts';

const USAGE =
  'Usage: sallyport audit witness --listen HOST:PORT --dir DIR --key FILE --log-key FILE… [--tls-cert FILE --tls-key FILE [--client-ca FILE]]';

const OPTIONS = {
  listen: { type: 'string' },
  dir: { type: 'string' },
  key: { type: 'string' },
  'log-key': { type: 'string', multiple: true },
  'tls-cert': { type: 'string' },
  'tls-key': { type: 'string' },
  'client-ca': { type: 'string' },
} as const;

const TLS_NAMES = {
  cert: 'the certificate (--tls-cert)',
  key: 'the key of the certificate (--tls-key)',
  remedy: 'Correct the path, or make it readable.',
};

/** How long answers that have begun may take at the end. */
const DRAIN_MS = 2000;

/**
 * Serves until SIGTERM or SIGINT.
 * @param argv what follows `audit witness`
 * @throws Fault `usage`, `cannot_listen`, `public_key_unusable`, `tls_cert_unusable`, `tls_key_unusable`,
 * `tls_pair_unusable`, `tls_ca_unusable`, or one of those of `openKeyFile` and `openWitness`
 */
export async function auditWitness(argv: string[], terminal: Terminal): Promise<0> {
  const { values } = parseArguments(argv, { options: OPTIONS, usage: USAGE });
  const { listen, dir, key, 'log-key': logKeyFiles = [] } = values;
  const { 'tls-cert': certFile, 'tls-key': tlsKeyFile, 'client-ca': clientCaFile } = values;
  if (!listen || !dir || !key || logKeyFiles.length === 0)
    throw usageFault('Give --listen, --dir, --key and --log-key.', USAGE);
  if ((certFile === undefined) !== (tlsKeyFile === undefined))
    throw usageFault('--tls-cert and --tls-key go together.', USAGE);
  if (clientCaFile !== undefined && !certFile) throw usageFault('--client-ca goes with --tls-cert.', USAGE);
  const address = addressOf(listen);
  const ca = clientCaFile ? await readClientCa(clientCaFile) : null;
  const tls = certFile && tlsKeyFile ? { ...readTlsPair(certFile, tlsKeyFile, TLS_NAMES), ca } : null;
  const logKeys = new Map((await Promise.all(logKeyFiles.map(readPublicKeys))).flatMap((keys) => [...keys]));
  const privateKey = await openKeyFile(key);
  if (logKeys.has(originOf(createPublicKey(privateKey))))
    throw usageFault(`${key} is the key of a log. A witness needs one of its own.`, USAGE);

  // From here on: a signal that comes while it opens ends it too.
  const stopped = Promise.withResolvers<void>();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stopped.resolve());
  await using closing = new AsyncDisposableStack();
  const witness = await openWitness({
    dir,
    privateKey,
    logKeys,
    onRefusal: (conflict) => terminal.err(`REFUSED ${conflict.reason}: ${explain(conflict)}`),
  });
  closing.defer(() => witness.close());
  const fault = (error: unknown) => terminal.err(`FAULT ${error instanceof Error ? error.message : 'unknown'}`);
  const server = witnessServer(witness, { tls, fault });
  await bindConfigured(server, address, '--listen');
  terminal.err(`Witness ${witness.id}; its public key is ${publicKeyFile(key)}.`);
  for (const origin of logKeys.keys()) terminal.err(`Keeps the checkpoints of log ${origin} in ${dir}.`);
  terminal.err(`Listening on ${urlOf(server, tls !== null)}.`);
  await stopped.promise;
  await end(server);
  return 0;
}

/** `host:port` or `[::1]:port`. */
function addressOf(text: string): { host: string; port: number } {
  const [, host, port] = /^(?:\[?([^\]/@]+)\]?):(\d{1,5})$/.exec(text) ?? [];
  if (!host || Number(port) > 65_535)
    throw usageFault(`--listen ${text}: write HOST:PORT, such as 0.0.0.0:9470.`, USAGE);
  return { host, port: Number(port) };
}

async function readClientCa(file: string): Promise<Buffer> {
  try {
    const ca = await readFile(file);
    new X509Certificate(ca); // without any, nobody could come in, and nobody would know why
    return ca;
  } catch (error) {
    throw fileFault(
      'tls_ca_unusable',
      'the CAs of the clients (--client-ca)',
      file,
      error,
      'Give certificates in PEM.',
    );
  }
}

function urlOf(server: Server, isTls: boolean): string {
  const { address, port } = server.address() as AddressInfo;
  return `${isTls ? 'https' : 'http'}://${isIPv6(address) ? `[${address}]` : address}:${port}`;
}

/** Takes no more, lets what has begun be answered, and then closes what is left. */
const end = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
  });
