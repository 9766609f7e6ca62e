/** Whom the gateway believes about its clients: the CAs that issue their certificates, and what these have revoked. */
import { X509Certificate as NativeCertificate } from 'node:crypto';
import { open } from 'node:fs/promises';
import { Fault } from '../core/fault.ts';
import { fileFault } from '../core/files.ts';
import { type Reloading, type ReloadingOptions, reloading } from '../core/reloading.ts';
import { trustAnchors } from './anchors.ts';
import { findCrl, isNewer, parseCrls, type RevocationList } from './crl.ts';
import { BasicConstraintsExtension, PemConverter, X509Certificate } from './x509.ts';

export interface TrustFiles {
  /** CAs that issue client certificates directly, PEM, one or several; an intermediate CA needs no root beside it. */
  readonly clientCaFile: string;
  /** A revocation list of each of them, PEM; null: nothing is ever revoked. */
  readonly crlFile: string | null;
  /** Where the configuration names them, for those who have to correct it: `tls` unless told. */
  readonly section?: 'tls' | 'admin';
}

export interface Authority {
  readonly certificate: NativeCertificate;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** Null only where no `crlFile` is configured. */
  readonly crl: RevocationList | null;
}

/** What the files said at one moment. Never changes: a changed file makes a new one. */
export interface Trust {
  readonly authorities: readonly Authority[];
  /** The text of the CA file. */
  readonly caPem: string;
  /** The same CAs for the `ca` of a TLS server: both layers judge by the same certificates. */
  readonly anchorsPem: string;
  /** The text of the file with the revocation lists; null where none is configured. */
  readonly crlPem: string | null;
  /**
   * When the newest of its files was put in place, in milliseconds since 1970: from then on a revocation counts. It is
   * the time of the inode, not of the content, so that a list that was written elsewhere and moved here is not older
   * than its arrival.
   */
  readonly changedAt: number;
}

interface Text {
  readonly text: string;
  readonly changedAt: number;
}

const REMEDY = 'Run "sallyport pki init certs" for a development CA, or correct the path in the configuration.';

async function readText(setting: string, what: string, path: string): Promise<Text> {
  try {
    // One open file: the time belongs to the content, whatever is renamed over the path meanwhile.
    await using file = await open(path);
    const { ctimeMs } = await file.stat();
    return { text: await file.readFile('utf8'), changedAt: ctimeMs };
  } catch (error) {
    throw fileFault('tls_file_missing', what, path, error, `${REMEDY} The setting is ${setting}.`);
  }
}

/**
 * Reads the CAs and their revocation lists, and checks the lists' signatures.
 * @throws Fault `tls_file_missing`, `tls_ca_unusable`, `tls_ca_expired`, `crl_unusable`, `crl_missing` or `crl_expired`
 */
export async function loadTrust(
  { clientCaFile, crlFile, section = 'tls' }: TrustFiles,
  now: Date = new Date(),
): Promise<Trust> {
  const ca = await readText(`${section}.clientCaFile`, 'the CA of the clients', clientCaFile);
  const cas = parseCas(ca.text, clientCaFile);
  if (cas.every((ca) => ca.notAfter < now))
    throw new Fault('tls_ca_expired', `Every CA in ${clientCaFile} has expired, so no client could connect. Renew it.`);

  // An empty file is a broken list, not a missing setting.
  const crl = crlFile === null ? null : await readText(`${section}.crlFile`, 'the revocation list', crlFile);
  const lists = crl && parseCrls(crl.text, crlFile!);
  const authorities = await Promise.all(
    cas.map(async (ca) => ({
      certificate: new NativeCertificate(Buffer.from(ca.rawData)),
      notBefore: ca.notBefore,
      notAfter: ca.notAfter,
      crl: lists && (await crlOf(ca, lists, crlFile!, now)),
    })),
  );
  const changedAt = Math.max(ca.changedAt, crl?.changedAt ?? 0);
  return { authorities, caPem: ca.text, anchorsPem: trustAnchors(cas), crlPem: crl?.text ?? null, changedAt };
}

function parseCas(pem: string, path: string): readonly X509Certificate[] {
  let cas: X509Certificate[];
  try {
    cas = PemConverter.decodeWithHeaders(pem)
      .filter(({ type }) => type === 'CERTIFICATE')
      .map(({ rawData }) => new X509Certificate(rawData));
    if (cas.length > 0 && cas.every((ca) => ca.getExtension(BasicConstraintsExtension)?.ca)) return cas;
  } catch (cause) {
    throw new Fault('tls_ca_unusable', `The CA file ${path} cannot be parsed. It must hold certificates in PEM form.`, {
      cause,
    });
  }
  throw new Fault('tls_ca_unusable', `${path} must hold CA certificates in PEM form, and nothing but CAs.`);
}

async function crlOf(ca: X509Certificate, lists: Parameters<typeof findCrl>[0], path: string, now: Date) {
  const crl = await findCrl(lists, ca);
  // Without a list, the standing of this CA's certificates is unknown (RFC 5280 §6.3.3), and OpenSSL refuses them too.
  if (!crl)
    throw new Fault(
      'crl_missing',
      `${path} holds no revocation list signed by the CA "${ca.subject}" (serial ${ca.serialNumber}). Put its list beside the others, or take the CA out of the CA file.`,
    );
  if (crl.nextUpdate <= now)
    throw new Fault(
      'crl_expired',
      `The revocation list ${path} of the CA "${ca.subject}" held until ${crl.nextUpdate.toISOString()}. Fetch a new one.`,
    );
  return crl;
}

/**
 * Remembers the newest list of each CA for the life of the process. An older one than that brings nobody back whom the newer
 * one has revoked: both count together.
 * @param onAlarm told `crl_rolled_back`
 */
function listsThatGrow(onAlarm: (fault: Fault) => void): (authority: Authority) => Authority {
  const newest = new Map<string, RevocationList>();
  return (authority) => {
    const { certificate, crl } = authority;
    if (!crl) return authority;
    const known = newest.get(certificate.fingerprint256);
    if (!known || !isNewer(known.parsed, crl.parsed)) {
      newest.set(certificate.fingerprint256, crl);
      return authority;
    }
    const revoked = new Set([...known.revoked, ...crl.revoked]);
    newest.set(certificate.fingerprint256, { ...known, revoked });
    const subject = certificate.subject.replaceAll('\n', ', ');
    onAlarm(
      new Fault(
        'crl_rolled_back',
        `The revocation list of the CA "${subject}" is older than one that was in force. Whom either has revoked stays revoked; put the newest in its place.`,
      ),
    );
    return { ...authority, crl: { ...crl, revoked } };
  };
}

/**
 * Keeps a {@link Trust} in step with its files. A file that cannot be used raises an alarm and leaves the trust as it
 * was; a revocation list that runs out in the meantime raises one too (every client is refused from then on).
 * @throws Fault as {@link loadTrust}
 */
export async function watchTrust(
  files: TrustFiles,
  { onAlarm, ...options }: ReloadingOptions<Trust>,
  clock: () => Date = () => new Date(),
): Promise<Reloading<Trust>> {
  const paths = [files.clientCaFile, ...(files.crlFile ? [files.crlFile] : [])];
  const neverFewer = listsThatGrow(onAlarm);
  let last: Trust | null = null;
  const load = async () => {
    const trust = await loadTrust(files, clock());
    // Whoever fetches a list by a timer mostly fetches the one that is there.
    if (last?.caPem === trust.caPem && last.crlPem === trust.crlPem) return last;
    last = { ...trust, authorities: trust.authorities.map(neverFewer) };
    return last;
  };
  const live = await reloading(paths, load, { onAlarm, ...options });
  let alarmed: Trust | null = null;
  return {
    close: live.close,
    lookedAt: live.lookedAt,
    current: () => {
      const trust = live.current();
      if (alarmed !== trust && trust.authorities.some(({ crl }) => crl && crl.nextUpdate <= clock())) {
        alarmed = trust;
        const lead = `The revocation list ${files.crlFile} has run out: its clients are refused.`;
        onAlarm(new Fault('crl_expired', `${lead} Put a new one in its place; no restart is needed.`));
      }
      return trust;
    },
  };
}
