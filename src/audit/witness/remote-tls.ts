/** How a gateway trusts a witness on the network, and is trusted by it: by files that may be replaced while it runs. */
import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import type { buildConnector } from 'undici';
import { Fault } from '../../core/fault.ts';
import { fileFault } from '../../core/files.ts';
import { freshConnector, type Pem } from '../sinks/tls-connector.ts';

/** PEM, read for each connection. */
export interface TlsFiles {
  /** CAs of the witness; null means those that Node knows. */
  readonly caFile: string | null;
  /** What is shown to a witness that asks for a certificate, and its private key: both, or none. */
  readonly certFile?: string | null;
  readonly keyFile?: string | null;
}

/**
 * Makes connections; the files are checked now, too.
 * @throws Fault `witness_ca_unusable`, `witness_cert_unusable`
 */
export async function tlsConnector(files: TlsFiles): Promise<buildConnector.connector> {
  await read(files);
  return freshConnector(() => read(files));
}

async function read({ caFile, certFile, keyFile }: TlsFiles): Promise<Pem> {
  const ca = caFile ? { ca: await readCa(caFile) } : {};
  return certFile && keyFile ? { ...ca, ...(await readPair(certFile, keyFile)) } : ca;
}

async function readCa(file: string): Promise<Buffer> {
  try {
    const ca = await readFile(file);
    new X509Certificate(ca); // a file without any would mean that nobody is trusted, and nobody would know why
    return ca;
  } catch (error) {
    throw fileFault('witness_ca_unusable', 'the CAs of a witness', file, error, 'Correct audit.witnesses[].caFile.');
  }
}

async function readPair(certFile: string, keyFile: string): Promise<{ cert: Buffer; key: Buffer }> {
  try {
    const [cert, key] = await Promise.all([readFile(certFile), readFile(keyFile)]);
    createSecureContext({ cert, key });
    return { cert, key };
  } catch (cause) {
    throw new Fault(
      'witness_cert_unusable',
      `Cannot show ${certFile} with ${keyFile} to a witness: ${(cause as Error).message}. Correct certFile and keyFile in audit.witnesses: PEM, readable, belonging together.`,
      { cause },
    );
  }
}
