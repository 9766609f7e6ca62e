/** A certificate of a server and its private key, in two files. */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { Fault } from './fault.ts';
import { fileFault } from './files.ts';
import { type Reloading, type ReloadingOptions, reloading } from './reloading.ts';

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

/** Looks, half a second: tools that replace a certificate and its key take much less from the one to the other. */
const PATIENCE = 2;

/**
 * Keeps a pair in step with its files. One that is broken, half replaced or outside its time raises an alarm, and the
 * pair before stays in force.
 * @throws Fault as {@link readTlsPair}, `tls_cert_expired`, `tls_cert_not_yet_valid`
 */
export function watchTlsPair(
  certFile: string,
  keyFile: string,
  names: TlsPairNames,
  options: Pick<ReloadingOptions<TlsPair>, 'onAlarm' | 'onChange' | 'everyMs'>,
): Promise<Reloading<TlsPair>> {
  let last: TlsPair | null = null;
  const load = async () => {
    const pair = readTlsPair(certFile, keyFile, names);
    checkUse(pair, certFile, names);
    // Some tools write the same files again and again.
    const same = last?.cert.equals(pair.cert) && last.key.equals(pair.key);
    last = (same && last) || pair;
    return last;
  };
  return reloading([certFile, keyFile], load, { ...options, patience: PATIENCE });
}

/** The extended key usage serverAuth (RFC 5280 §4.2.1.12). */
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';

/** What no client would accept must not take the place of what they do. */
function checkUse({ cert }: TlsPair, certFile: string, names: TlsPairNames): void {
  const { validFromDate, validToDate, keyUsage } = new X509Certificate(cert);
  const now = new Date();
  const lead = `Cannot use ${names.cert} ${certFile}:`;
  // Node calls the extended key usage `keyUsage`.
  if (keyUsage && !keyUsage.includes(SERVER_AUTH))
    throw new Fault('tls_cert_unusable', `${lead} it is not a certificate of a server. ${names.remedy}`);
  if (validToDate < now)
    throw new Fault('tls_cert_expired', `${lead} it expired on ${validToDate.toISOString()}. Renew it.`);
  if (validFromDate > now)
    throw new Fault(
      'tls_cert_not_yet_valid',
      `${lead} it is not valid before ${validFromDate.toISOString()}. Check the clock of this host.`,
    );
}
