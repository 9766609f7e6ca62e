import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tls from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { clientIdentity } from '../../src/identity/client.ts';
import { DEV_CLIENT, initPki, issueCertificate } from '../../src/identity/issuing.ts';
import { revokeCertificate } from '../../src/identity/revoking.ts';
import { pkiStatus } from '../../src/identity/status.ts';
import { loadTrust } from '../../src/identity/trust.ts';
import { BasicConstraintsExtension, X509Certificate as Parsed, X509Crl } from '../../src/identity/x509.ts';
import { RULES } from './make.ts';

const FILES = [
  'client-cert.pem',
  'client-key.pem',
  'crl.pem',
  'internal-ca-cert.pem',
  'internal-ca-key.pem',
  'server-cert.pem',
  'server-key.pem',
];

let root: string;
let dir: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'pki-'));
  dir = join(root, 'certs');
});
afterEach(() => rmSync(root, { recursive: true }));

const pem = (name: string) => readFileSync(join(dir, name));
const contents = () => Object.fromEntries(readdirSync(dir).map((name) => [name, pem(name).toString()]));
const trustFiles = () => ({ clientCaFile: join(dir, 'internal-ca-cert.pem'), crlFile: join(dir, 'crl.pem') });
const daysFromNow = (days: number) => new Date(Date.now() + days * 86_400_000);

describe('init', () => {
  it('makes everything, readable by its owner only', async () => {
    expect((await initPki(dir)).made.toSorted()).toEqual(FILES);
    expect(readdirSync(dir).sort()).toEqual(FILES);
    expect(statSync(dir).mode & 0o777).toBe(0o700);
    for (const name of FILES) expect(statSync(join(dir, name)).mode & 0o777, name).toBe(0o600);
    expect(pem('client-key.pem').toString()).toMatch(/^-----BEGIN PRIVATE KEY-----/);
  });

  it('makes a CA under which there is no other', async () => {
    await initPki(dir);
    const constraints = new Parsed(pem('internal-ca-cert.pem').toString()).getExtension(BasicConstraintsExtension);
    expect(constraints).toMatchObject({ ca: true, pathLength: 0, critical: true });
  });

  it('changes nothing the second time', async () => {
    await initPki(dir);
    const before = contents();
    const { made, kept } = await initPki(dir);
    expect([made, kept.toSorted()]).toEqual([[], FILES]);
    expect(contents()).toEqual(before);
  });

  it('makes only what is missing', async () => {
    await initPki(dir);
    for (const name of ['client-cert.pem', 'client-key.pem']) rmSync(join(dir, name));
    expect((await initPki(dir)).made).toEqual(['client-cert.pem', 'client-key.pem']);
  });

  it('does not miss the key of the CA when there is nothing to sign', async () => {
    await initPki(dir);
    rmSync(join(dir, 'internal-ca-key.pem'));
    expect((await initPki(dir)).made).toEqual([]);
    rmSync(join(dir, 'crl.pem'));
    await expect(initPki(dir)).rejects.toMatchObject({ code: 'pki_missing' });
  });

  const damages: [string, () => void, string, Date?][] = [
    ['a certificate without its key', () => rmSync(join(dir, 'server-key.pem')), 'pki_incomplete'],
    ['a key without its certificate', () => rmSync(join(dir, 'client-cert.pem')), 'pki_incomplete'],
    ['the key of the CA without the CA', () => rmSync(join(dir, 'internal-ca-cert.pem')), 'pki_incomplete'],
    ['the wrong key', () => writeFileSync(join(dir, 'client-key.pem'), pem('server-key.pem')), 'pki_unusable'],
    ['nonsense', () => writeFileSync(join(dir, 'server-cert.pem'), 'nonsense'), 'pki_unusable'],
    ['an expired certificate', () => {}, 'pki_expired', daysFromNow(366)],
  ];
  it.each(damages)('stops at %s, and touches nothing', async (_, damage, code, now) => {
    await initPki(dir);
    damage();
    const before = contents();
    await expect(initPki(dir, now)).rejects.toMatchObject({ name: 'Fault', code });
    expect(contents()).toEqual(before);
  });
});

describe('issue', () => {
  beforeEach(() => initPki(dir));
  const issued = (name: string) => new X509Certificate(pem(`${name}-cert.pem`));

  it.each([
    ['billing', 'client', undefined, 'DNS:billing'],
    ['not_a_host', 'client', undefined, undefined],
    ['gpu.corp', 'server', undefined, 'DNS:gpu.corp, DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1'],
    [
      'app',
      'client',
      ['URI:spiffe://corp/app', 'DNS:app.corp', 'IP:10.1.2.3'],
      'URI:spiffe://corp/app, DNS:app.corp, IP Address:10.1.2.3',
    ],
  ] as const)('%s, a %s', async (name, kind, san, expected) => {
    const { serial } = await issueCertificate(dir, { name, kind, days: 30, ...(san ? { san } : {}) });
    const certificate = issued(name);
    expect(certificate.subjectAltName).toBe(expected);
    expect(certificate.ca).toBe(false);
    expect(certificate.keyUsage).toEqual([kind === 'client' ? '1.3.6.1.5.5.7.3.2' : '1.3.6.1.5.5.7.3.1']);
    expect(certificate.serialNumber.toLowerCase()).toBe(serial);
    expect(serial).toMatch(/^[4-7][0-9a-f]{31}$/);
    expect(Date.parse(certificate.validFrom)).toBeLessThan(Date.now() - 60_000);
  });

  it.each([
    ['a name with a path in it', { name: '../evil' }, 'name_invalid'],
    ['a name that begins with a dot', { name: '.hidden' }, 'name_invalid'],
    ['a name with a line break', { name: 'a\nb' }, 'name_invalid'],
    ['the name of the CA', { name: 'internal-ca' }, 'name_invalid'],
    ['a name that is taken', { name: 'client' }, 'file_exists'],
    ['a name without a kind', { san: ['billing'] }, 'san_invalid'],
    ['an alternative name of an unknown kind', { san: ['email:a@b.c'] }, 'san_invalid'],
    ['an IP address that is none', { san: ['IP:1.2.3'] }, 'san_invalid'],
    ['a wildcard', { san: ['DNS:*.corp'] }, 'san_invalid'],
    ['a SPIFFE ID without a path', { san: ['URI:spiffe://corp'] }, 'san_invalid'],
    ['a SPIFFE ID in capitals', { san: ['URI:SPIFFE://corp/app'] }, 'san_invalid'],
    ['a SPIFFE ID with a port', { san: ['URI:spiffe://corp:443/app'] }, 'san_invalid'],
    ['two URIs', { san: ['URI:spiffe://a/b', 'URI:spiffe://a/c'] }, 'san_invalid'],
    ['two URIs of a server', { kind: 'server', san: ['URI:spiffe://a/b', 'URI:https://a/c'] }, 'san_invalid'],
    ['no days', { days: 0 }, 'days_invalid'],
    ['half a day', { days: 0.5 }, 'days_invalid'],
    ['more days than the CA has', { days: 3651 }, 'days_invalid'],
  ] as const)('refuses %s', async (_, wrong, code) => {
    const before = contents();
    const request = { name: 'app', kind: 'client', days: 30, ...wrong } as const;
    await expect(issueCertificate(dir, request)).rejects.toMatchObject({ code });
    expect(contents()).toEqual(before);
  });

  it('leaves no key behind when the certificate cannot be written', async () => {
    rmSync(join(dir, 'client-key.pem'));
    const before = contents();
    await expect(issueCertificate(dir, { name: 'client', kind: 'client', days: 1 })).rejects.toMatchObject({
      code: 'file_exists',
    });
    expect(contents()).toEqual(before);
  });

  it('says where to begin when there is no CA', async () => {
    const nowhere = issueCertificate(join(root, 'none'), { name: 'app', kind: 'client', days: 1 });
    await expect(nowhere).rejects.toThrow(/Run "sallyport pki init DIR" first/);
  });

  it('issues what the gateway accepts as a client, and no server as one', async () => {
    const trust = await loadTrust(trustFiles());
    expect(clientIdentity(new X509Certificate(pem('client-cert.pem')).raw, trust, RULES)).toMatchObject({
      ok: true,
      client: { name: DEV_CLIENT, kind: 'dns' },
    });
    const server = clientIdentity(new X509Certificate(pem('server-cert.pem')).raw, trust, RULES);
    expect(server).toMatchObject({ reason: 'not_for_clients' });
  });
});

describe('revoke', () => {
  beforeEach(() => initPki(dir));
  const serialOf = (name: string) => new X509Certificate(pem(name)).serialNumber;

  it('takes the client out, and only that one', async () => {
    await issueCertificate(dir, { name: 'billing', kind: 'client', days: 30 });
    const serial = serialOf('billing-cert.pem');
    const colons = serial.replace(/..(?=.)/g, '$&:');
    expect(await revokeCertificate(dir, colons)).toEqual({ serial: serial.toLowerCase(), changed: true });
    expect(await revokeCertificate(dir, serial)).toEqual({ serial: serial.toLowerCase(), changed: false });

    const trust = await loadTrust(trustFiles());
    const identify = (name: string) => clientIdentity(new X509Certificate(pem(name)).raw, trust, RULES);
    expect(identify('billing-cert.pem')).toMatchObject({ reason: 'revoked' });
    expect(identify('client-cert.pem').ok).toBe(true);
  });

  it('keeps the earlier entries and counts up', async () => {
    for (const serial of ['ff', '100', 'abcdef']) await revokeCertificate(dir, serial);
    const { crl } = await pkiStatus(dir);
    expect(crl).toMatchObject({ number: '4', revoked: ['ff', '100', 'abcdef'] });
    const { entries } = new X509Crl(pem('crl.pem').toString());
    expect(entries.map(({ extensions }) => extensions.length)).toEqual([1, 1, 1]);
  });

  it('leaves the lists of other CAs in the file as they are', async () => {
    await initPki(join(root, 'older'));
    const other = readFileSync(join(root, 'older', 'crl.pem'), 'utf8');
    for (const order of ['before', 'behind']) {
      const own = pem('crl.pem').toString();
      writeFileSync(join(dir, 'crl.pem'), order === 'before' ? other + own : own + other);
      await revokeCertificate(dir, order === 'before' ? 'aa' : 'bb');
      expect(pem('crl.pem').toString()).toContain(other);
    }
    const { crl } = await pkiStatus(dir);
    expect(crl).toMatchObject({ number: '3', revoked: ['aa', 'bb'] });
  });

  it.each(['', 'xyz', '0', '-1', 'a'.repeat(41)])('refuses "%s"', async (serial) => {
    await expect(revokeCertificate(dir, serial)).rejects.toMatchObject({ code: 'serial_invalid' });
  });

  it('does not build on a list that another CA signed', async () => {
    await initPki(join(root, 'other'));
    writeFileSync(join(dir, 'crl.pem'), readFileSync(join(root, 'other', 'crl.pem')));
    await expect(revokeCertificate(dir, '12')).rejects.toMatchObject({ code: 'crl_unusable' });
  });
});

describe('status', () => {
  it('names what is not well', async () => {
    await initPki(dir);
    expect((await pkiStatus(dir)).problems).toEqual([]);
    writeFileSync(join(dir, 'client-key.pem'), pem('server-key.pem'));
    rmSync(join(dir, 'crl.pem'));
    writeFileSync(join(dir, 'old-cert.pem'), 'nonsense');
    const { problems, certificates, crl } = await pkiStatus(dir, daysFromNow(366));
    expect(problems).toHaveLength(4);
    expect(problems.join('\n')).toMatch(
      /crl\.pem: it does not exist.*client-cert\.pem: it expired.*old-cert\.pem.*server-cert\.pem: it expired/s,
    );
    expect(crl).toBeNull();
    expect(certificates.map(({ kind }) => kind)).toEqual(['client', 'ca', 'server']);
  });
});

describe('status, before it is too late', () => {
  it.each([
    ['a year, long before', 365, 350, 0],
    ['a year, two weeks before', 365, 351.5, 1],
    ['a week, from the start', 7, 0.1, 0],
    ['a week, in its last third', 7, 5, 1],
  ])('%s', async (_, days, at, warnings) => {
    await initPki(dir);
    for (const name of ['client', 'server'])
      for (const part of ['cert', 'key']) rmSync(join(dir, `${name}-${part}.pem`));
    await issueCertificate(dir, { name: 'app', kind: 'client', days });
    const found = await pkiStatus(dir, daysFromNow(at));
    expect(found.problems).toEqual([]);
    expect(found.warnings).toHaveLength(warnings);
    expect(found.certificates.map(({ warning }) => warning !== null)).toEqual([warnings > 0, false]);
  });

  it('says nothing of what is revoked', async () => {
    await initPki(dir);
    await issueCertificate(dir, { name: 'app', kind: 'client', days: 1 });
    expect((await pkiStatus(dir, daysFromNow(0.9))).warnings).toHaveLength(1);
    await revokeCertificate(dir, new X509Certificate(pem('app-cert.pem')).serialNumber);
    expect((await pkiStatus(dir, daysFromNow(0.9))).warnings).toEqual([]);
  });
});

describe('a TLS handshake with these files', () => {
  /** What the server makes of a client: its identity's name, or why there was none. */
  async function handshake(client: tls.ConnectionOptions): Promise<string> {
    const trust = await loadTrust(trustFiles());
    const server = tls.createServer({
      cert: pem('server-cert.pem'),
      key: pem('server-key.pem'),
      ca: trust.anchorsPem,
      crl: pem('crl.pem'),
      requestCert: true,
      // So that the reason can be asked for: a refusing server only knows that the connection is gone.
      rejectUnauthorized: false,
      minVersion: 'TLSv1.3',
    });
    const verdict = new Promise<string>((resolve) => {
      server.on('tlsClientError', (error) => resolve((error as NodeJS.ErrnoException).code ?? error.message));
      server.on('secureConnection', (socket) => {
        socket.on('error', () => {});
        if (!socket.authorized) return resolve(`TLS: ${socket.authorizationError}`);
        const found = clientIdentity(socket.getPeerCertificate().raw, trust, RULES);
        resolve(found.ok ? found.client.name : found.reason);
        socket.end();
      });
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    const socket = tls.connect({
      port,
      host: '127.0.0.1',
      servername: 'localhost',
      ca: pem('internal-ca-cert.pem'),
      ...client,
    });
    socket.on('error', () => {});
    try {
      return await verdict;
    } finally {
      socket.destroy();
      server.close();
    }
  }
  const pairOf = (name: string) => ({ cert: pem(`${name}-cert.pem`), key: pem(`${name}-key.pem`) });

  beforeEach(() => initPki(dir));

  it('lets the development client in', async () => expect(await handshake(pairOf('client'))).toBe(DEV_CLIENT));

  it('keeps a revoked client out', async () => {
    await revokeCertificate(dir, new X509Certificate(pem('client-cert.pem')).serialNumber);
    expect(await handshake(pairOf('client'))).toBe('TLS: CERT_REVOKED');
  });

  it('keeps the server certificate from being used as a client', async () => {
    expect(await handshake(pairOf('server'))).toBe('TLS: INVALID_PURPOSE');
  });

  it.each(['localhost', '127.0.0.1', '::1'])('is the server that a client of %s expects', (host) => {
    const certificate = new X509Certificate(pem('server-cert.pem'));
    expect(tls.checkServerIdentity(host, certificate.toLegacyObject() as tls.PeerCertificate)).toBeUndefined();
  });
});
