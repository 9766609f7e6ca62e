import { X509Certificate } from 'node:crypto';
import { cpSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { clientIdentity } from '../../src/identity/client.ts';
import { initPki, issueCertificate } from '../../src/identity/issuing.ts';
import { type RenewalRequest, renewCertificate } from '../../src/identity/renewing.ts';
import { revokeCertificate } from '../../src/identity/revoking.ts';
import { pkiStatus } from '../../src/identity/status.ts';
import { loadTrust } from '../../src/identity/trust.ts';
import { RULES } from './make.ts';

const DAY_MS = 86_400_000;
const SAN = ['URI:spiffe://corp/app', 'DNS:app.corp'];

let template: string;
let root: string;
let dir: string;
beforeAll(async () => {
  template = mkdtempSync(join(tmpdir(), 'renew-template-'));
  await initPki(template);
  await issueCertificate(template, { name: 'app', kind: 'client', san: SAN, days: 60 });
});
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'renew-'));
  dir = join(root, 'certs');
  cpSync(template, dir, { recursive: true });
});
afterEach(() => rmSync(root, { recursive: true }));
afterAll(() => rmSync(template, { recursive: true }));

const pem = (name: string) => readFileSync(join(dir, name));
const certificate = (name = 'app') => new X509Certificate(pem(`${name}-cert.pem`));
const contents = () => Object.fromEntries(readdirSync(dir).map((name) => [name, pem(name).toString()]));
const daysFromNow = (days: number) => new Date(Date.now() + days * DAY_MS);
const revoked = async () => (await pkiStatus(dir)).crl!.revoked;
/** Throws unless they belong together. */
const fits = (name = 'app') => void createSecureContext({ cert: pem(`${name}-cert.pem`), key: pem(`${name}-key.pem`) });
const serialOf = (found: X509Certificate) => found.serialNumber.toLowerCase();

describe('a renewal', () => {
  it('changes key, serial and time, and nothing else', async () => {
    const [before, oldKey] = [certificate(), pem('app-key.pem')];
    const renewal = await renewCertificate(dir, 'app');
    const after = certificate();
    expect(renewal).toEqual({
      renewed: true,
      certFile: join(dir, 'app-cert.pem'),
      keyFile: join(dir, 'app-key.pem'),
      serial: serialOf(after),
      notAfter: after.validToDate,
      replaced: serialOf(before),
    });
    for (const same of ['subject', 'issuer', 'subjectAltName', 'keyUsage', 'ca'] as const)
      expect(after[same], same).toEqual(before[same]);
    expect(after.subjectAltName).toBe('URI:spiffe://corp/app, DNS:app.corp');
    expect([pem('app-key.pem').equals(oldKey), after.publicKey.equals(before.publicKey)]).toEqual([false, false]);
    const lived = (found: X509Certificate) => Math.round((found.validToDate.getTime() - Date.now()) / DAY_MS);
    expect(lived(after)).toBe(60);
    fits();
    expect(await revoked()).toEqual([]);
    expect(readdirSync(dir).sort()).toEqual(readdirSync(template).sort());
    for (const file of ['app-cert.pem', 'app-key.pem']) expect(statSync(join(dir, file)).mode & 0o777).toBe(0o600);
  });

  it('is the same client to the gateway, and the old certificate is one until it is revoked', async () => {
    const before = certificate().raw;
    const client = async (der: Buffer) => {
      const trust = await loadTrust({ clientCaFile: join(dir, 'internal-ca-cert.pem'), crlFile: join(dir, 'crl.pem') });
      const found = clientIdentity(der, trust, RULES);
      return found.ok ? found.client.name : found.reason;
    };
    await renewCertificate(dir, 'app');
    expect([await client(before), await client(certificate().raw)]).toEqual(Array(2).fill('spiffe://corp/app'));
    const second = certificate().raw;
    await renewCertificate(dir, 'app', { revoke: true });
    expect([await client(second), await client(certificate().raw)]).toEqual(['revoked', 'spiffe://corp/app']);
    expect(await client(before)).toBe('spiffe://corp/app');
  });

  it('renews a server as a server, and one that has expired', async () => {
    const before = certificate('server');
    await renewCertificate(dir, 'server', {}, daysFromNow(400));
    const after = certificate('server');
    expect(after.subjectAltName).toBe(before.subjectAltName);
    expect(after.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
    expect(after.validToDate.getTime()).toBeGreaterThan(daysFromNow(760).getTime());
    fits('server');
  });

  it.each<[string, RenewalRequest, number, number | null]>([
    ['as long as before', {}, 0, 60],
    ['as long as asked', { days: 7 }, 0, 7],
    ['not beyond the end of the CA', {}, 3640, 10],
    ['not while there is time', { withinMs: 30 * DAY_MS }, 29, null],
    ['once it is due', { withinMs: 30 * DAY_MS }, 31, 60],
  ])('lasts %s', async (_, request, at, days) => {
    const before = contents();
    const { renewed, notAfter } = await renewCertificate(dir, 'app', request, daysFromNow(at));
    expect(renewed).toBe(days !== null);
    if (days === null) expect(contents()).toEqual(before);
    else expect(Math.round((notAfter.getTime() - daysFromNow(at).getTime()) / DAY_MS)).toBeCloseTo(days, -0.5);
  });
});

describe('what is not renewed', () => {
  const cases: [string, () => unknown, string, string, RenewalRequest?][] = [
    ['the CA', () => {}, 'internal-ca', 'name_invalid'],
    ['a path', () => {}, '../app', 'name_invalid'],
    ['what is not there', () => {}, 'nobody', 'pki_missing'],
    ['a certificate without its key', () => rmSync(join(dir, 'app-key.pem')), 'app', 'pki_missing'],
    ['a key without its certificate', () => rmSync(join(dir, 'app-cert.pem')), 'app', 'pki_missing'],
    ['the wrong key', () => writeFileSync(join(dir, 'app-key.pem'), pem('client-key.pem')), 'app', 'pki_unusable'],
    ['nonsense', () => writeFileSync(join(dir, 'app-cert.pem'), 'nonsense'), 'app', 'pki_unusable'],
    ['the CA by another name', () => copyPair('internal-ca', 'app'), 'app', 'pki_foreign'],
    ['a certificate of another CA', () => foreign(), 'app', 'pki_foreign'],
    ['a certificate that was revoked', () => revokeCertificate(dir, certificate().serialNumber), 'app', 'pki_revoked'],
    ['anything without the list', () => rmSync(join(dir, 'crl.pem')), 'app', 'pki_missing'],
    ['anything without the CA', () => rmSync(join(dir, 'internal-ca-key.pem')), 'app', 'pki_missing'],
    ['for no days', () => {}, 'app', 'days_invalid', { days: 0 }],
    ['for longer than the CA', () => {}, 'app', 'days_invalid', { days: 3651 }],
  ];
  const copyPair = (from: string, to: string) => {
    for (const part of ['cert', 'key']) writeFileSync(join(dir, `${to}-${part}.pem`), pem(`${from}-${part}.pem`));
  };
  async function foreign() {
    const other = join(root, 'other');
    await initPki(other);
    for (const part of ['cert', 'key'])
      writeFileSync(join(dir, `app-${part}.pem`), readFileSync(join(other, `client-${part}.pem`)));
  }

  it.each(cases)('%s', async (_, damage, name, code, request = {}) => {
    await damage();
    const before = contents();
    await expect(renewCertificate(dir, name, request)).rejects.toMatchObject({ name: 'Fault', code });
    expect(contents()).toEqual(before);
  });
});

describe('a renewal that was interrupted', () => {
  /** What stands in the directory at every step of a renewal. */
  async function steps(request: RenewalRequest) {
    const states: string[] = [];
    const fs = await import('node:fs/promises');
    const real = { ...fs };
    const snapshot = () => {
      const copy = join(root, `state-${states.length}`);
      cpSync(dir, copy, { recursive: true });
      states.push(copy);
    };
    vi.doMock('node:fs/promises', () => ({
      ...real,
      rename: async (from: string, to: string) => {
        snapshot();
        await real.rename(from, to);
        snapshot();
      },
      writeFile: async (...args: Parameters<typeof real.writeFile>) => {
        await real.writeFile(...args);
        snapshot();
      },
    }));
    vi.resetModules();
    const fresh = await import('../../src/identity/renewing.ts');
    await fresh.renewCertificate(dir, 'app', request);
    vi.doUnmock('node:fs/promises');
    vi.resetModules();
    return states;
  }

  it.each([[{ revoke: false }], [{ revoke: true }]])(
    'is finished by the same command, wherever it was: %j',
    async (request) => {
      const old = serialOf(certificate());
      const states = await steps(request);
      // Two files written, two renamed, and with a revocation the list between them.
      expect(states.length).toBe(request.revoke ? 8 : 6);
      for (const state of states) {
        rmSync(dir, { recursive: true });
        renameSync(state, dir);
        for (const file of ['app-cert.pem', 'app-key.pem'])
          expect(pem(file).toString()).toMatch(/-----END [A-Z ]+-----\n$/);
        const { replaced } = await renewCertificate(dir, 'app', request);
        fits();
        const left = readdirSync(dir).filter((name) => !/^crl\.pem\..*\.tmp$/.test(name));
        expect(left.sort()).toEqual(readdirSync(template).sort());
        expect(serialOf(certificate())).not.toBe(old);
        if (request.revoke) expect(await revoked(), state).toContain(old);
        expect(await revoked()).not.toContain(serialOf(certificate()));
        expect(replaced).not.toBeNull();
      }
    },
  );

  it('is not mistaken for one when files of an earlier attempt lie about', async () => {
    writeFileSync(join(dir, 'app-cert.pem.next'), pem('client-cert.pem'));
    writeFileSync(join(dir, 'app-key.pem.next'), 'nonsense');
    await renewCertificate(dir, 'app');
    fits();
    expect(readdirSync(dir).sort()).toEqual(readdirSync(template).sort());
  });

  it('is told by status', async () => {
    await renewCertificate(dir, 'app');
    renameSync(join(dir, 'app-cert.pem'), join(dir, 'app-cert.pem.next'));
    writeFileSync(join(dir, 'app-cert.pem'), readFileSync(join(template, 'app-cert.pem')));
    expect((await pkiStatus(dir)).problems).toEqual([expect.stringContaining('run "sallyport pki renew" again')]);
  });
});
