/** A certificate of a server and its private key, in two files. */
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { Fault } from './fault.ts';
import { fileFault } from './files.ts';

export interface TlsPair {
  /** PEM. */
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** What the files are, and where they are named, for those who have to correct it. */
export interface TlsPairNames {
  readonly cert: string;
  readonly key: string;
  readonly remedy: string;
}

/**
 * Reads both, and makes sure that they belong together.
 * @throws Fault `tls_cert_unusable`, `tls_key_unusable`, `tls_pair_unusable`
 */
export function readTlsPair(certFile: string, keyFile: string, names: TlsPairNames): TlsPair {
  const read = (code: string, what: string, path: string): Buffer => {
    try {
      return readFileSync(path);
    } catch (error) {
      throw fileFault(code, what, path, error, names.remedy);
    }
  };
  const cert = read('tls_cert_unusable', names.cert, certFile);
  const key = read('tls_key_unusable', names.key, keyFile);
  try {
    createSecureContext({ cert, key });
  } catch (cause) {
    throw new Fault(
      'tls_pair_unusable',
      `The certificate ${certFile} and the key ${keyFile} cannot be used together: ${(cause as Error).message}. Check that both are PEM and belong together.`,
      { cause },
    );
  }
  return { cert, key };
}
