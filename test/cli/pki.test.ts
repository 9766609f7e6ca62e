import { X509Certificate } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { pki } from '../../src/cli/pki.ts';
import { pkiStatus } from '../../src/identity/status.ts';
import { listeningTerminal } from '../support/terminal.ts';

let root: string;
let dir: string;
let out: string[];
let err: string[];
let values: unknown[];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'cli-pki-'));
  dir = join(root, 'certs');
});
afterEach(() => rmSync(root, { recursive: true }));

function run(...argv: string[]) {
  const { terminal, said } = listeningTerminal();
  ({ out, err, json: values } = said);
  return pki(argv, terminal);
}

it('goes from nothing to a revoked client', async () => {
  expect(await run('init', dir)).toBe(0);
  expect(out).toHaveLength(7);
  expect(await run('init', dir)).toBe(0);
  expect([out, err]).toEqual([[], [expect.stringContaining('0 files made, 7 kept')]]);

  const issue = [
    'issue',
    dir,
    '--name',
    'app',
    '--kind',
    'client',
    '--san',
    'URI:spiffe://corp/app',
    '--san',
    'DNS:app',
  ];
  expect(await run(...issue, '--days', '30', '--json')).toBe(0);
  const { serial, certFile } = values[0] as { serial: string; certFile: string };
  expect(certFile).toBe(join(dir, 'app-cert.pem'));
  await expect(run(...issue)).rejects.toMatchObject({ code: 'file_exists' });

  expect(await run('revoke', dir, serial.toUpperCase())).toBe(0);
  expect(err.join()).toContain('is revoked');
  expect(await run('revoke', dir, serial)).toBe(0);
  expect(err.join()).toContain('was already revoked');

  expect(await run('status', dir)).toBe(0);
  expect(out.join('\n')).toMatch(
    new RegExp(`app-cert\\.pem  client  spiffe://corp/app  ${serial}  until \\S+  revoked`),
  );
  expect(out).toContain(`crl.pem  revoked  ${serial}`);
  expect(await run('status', dir, '--json')).toBe(0);
  expect(values[0]).toMatchObject({ problems: [], crl: { number: '2', revoked: [serial] } });
});

it('renews: when it is due, and with the old one revoked', async () => {
  await run('init', dir);
  const serial = () => new X509Certificate(readFileSync(join(dir, 'client-cert.pem'))).serialNumber.toLowerCase();
  const first = serial();
  expect(await run('renew', dir, 'client', '--within', '30d')).toBe(0);
  expect([out, err]).toEqual([[], [expect.stringContaining(`${first} is left as it is`)]]);
  expect(serial()).toBe(first);

  expect(await run('renew', dir, 'client', '--within', '9000h', '--days', '20')).toBe(0);
  const second = serial();
  expect(out).toEqual([join(dir, 'client-cert.pem'), join(dir, 'client-key.pem')]);
  expect(err).toEqual([expect.stringContaining(`${second} in place of ${first}; valid until`)]);

  expect(await run('renew', dir, 'client', '--revoke', '--json')).toBe(0);
  expect(values).toEqual([expect.objectContaining({ renewed: true, serial: serial(), replaced: second })]);
  expect(err).toEqual([expect.stringContaining('which is revoked')]);
  expect((await pkiStatus(dir)).crl?.revoked).toEqual([second]);
});

it('renews one at a time', async () => {
  await run('init', dir);
  await Promise.all(Array.from({ length: 4 }, () => run('renew', dir, 'client', '--revoke')));
  expect((await pkiStatus(dir)).crl?.revoked).toHaveLength(4);
  expect((await pkiStatus(dir)).problems).toEqual([]);
});

it('status warns of what ends soon, and answers 0', async () => {
  await run('init', dir);
  vi.useFakeTimers({ now: Date.now() + 360 * 86_400_000, toFake: ['Date'] });
  try {
    expect(await run('status', dir)).toBe(0);
    expect(err).toEqual(['client', 'server'].map((name) => expect.stringContaining(`${name}-cert.pem: it expires on`)));
  } finally {
    vi.useRealTimers();
  }
});

it('loses no revocation among many at once', async () => {
  await run('init', dir);
  const serials = Array.from({ length: 10 }, (_, i) => `a${i}`);
  await Promise.all(serials.map((serial) => run('revoke', dir, serial)));
  expect((await pkiStatus(dir)).crl?.revoked.toSorted()).toEqual(serials);
});

it('status answers 1 when something is not well', async () => {
  await run('init', dir);
  writeFileSync(join(dir, 'crl.pem'), 'nonsense');
  expect(await run('status', dir)).toBe(1);
  expect(err).toEqual([expect.stringContaining('crl.pem')]);
});

it('status answers with a fault when there is nothing to look at', async () => {
  await expect(run('status', dir)).rejects.toMatchObject({ code: 'pki_missing' });
});

it('revoke makes nothing where there is no PKI', async () => {
  await expect(run('revoke', dir, 'ff')).rejects.toMatchObject({ name: 'Fault' });
  expect(existsSync(dir)).toBe(false);
});

it.each([
  [[]],
  [['renew', 'd']],
  [['renew', 'd', 'n', '--days', 'ten']],
  [['renew', 'd', 'n', '--within', '30']],
  [['renew', 'd', 'n', '--within', '2w']],
  [['reissue']],
  [['init']],
  [['init', 'a', 'b']],
  [['issue', 'd', '--kind', 'client']],
  [['issue', 'd', '--name', 'n', '--kind', 'ca']],
  [['issue', 'd', '--name', 'n', '--kind', 'client', '--days', 'ten']],
  [['issue', 'd', '--name', 'n', '--kind', 'client', '--forever']],
  [['revoke', 'd']],
  [['status']],
])('refuses %j', async (argv) => {
  await expect(run(...argv)).rejects.toMatchObject({
    code: 'usage',
    message: expect.stringContaining('Usage: sallyport pki'),
  });
});
