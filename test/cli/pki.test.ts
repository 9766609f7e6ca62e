import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
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
  expect(out.join('\n')).toMatch(new RegExp(`app-cert\\.pem  client  CN=app  ${serial}  until \\S+  revoked`));
  expect(out).toContain(`crl.pem  revoked  ${serial}`);
  expect(await run('status', dir, '--json')).toBe(0);
  expect(values[0]).toMatchObject({ problems: [], crl: { number: '2', revoked: [serial] } });
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
  [['renew']],
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
