import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keys } from '../../src/cli/keys.ts';
import { listKeys } from '../../src/keys/file-store.ts';
import { parseKey } from '../../src/keys/format.ts';
import { tableOf } from '../../src/keys/record.ts';
import { verifyKey } from '../../src/keys/verify.ts';
import { listeningTerminal } from '../support/terminal.ts';

let dir: string;
let file: string;
let out: string[];
let err: string[];
let values: unknown[];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'cli-keys-'));
  file = join(dir, 'var', 'keys.json');
});
afterEach(() => rmSync(dir, { recursive: true }));

function run(...argv: string[]) {
  const { terminal, said } = listeningTerminal();
  ({ out, err, json: values } = said);
  return keys(argv.length === 0 ? [] : [...argv, '--file', file], terminal);
}
const issue = (...more: string[]) => run('issue', '--team', 'payments', '--app', 'billing', '--env', 'prod', ...more);

describe('issue', () => {
  it('prints the key alone on stdout, once, and stores no more than its hash', async () => {
    expect(await issue()).toBe(0);
    expect(out).toHaveLength(1);
    const key = out[0]!;
    expect(parseKey(key)).not.toBeNull();
    expect(err.join('\n')).not.toContain(key);
    expect(readFileSync(file, 'utf8')).not.toContain(key.slice(14));
    expect(verifyKey(key, 'billing', tableOf(await listKeys(file)))?.team).toBe('payments');
  });

  it('binds the key to the app’s own certificate, and says so', async () => {
    await issue();
    expect(err.join('\n')).toContain('client certificate that is named exactly billing.');
    expect(verifyKey(out[0]!, 'shipping', tableOf(await listKeys(file)))).toBeNull();
    await issue('--client', '*');
    expect(err.join('\n')).toContain('named anything at all (*)');
    expect(verifyKey(out[0]!, 'shipping', tableOf(await listKeys(file)))).not.toBeNull();
  });

  it('takes everything that may be asked for', async () => {
    await issue(
      '--role',
      'auditor',
      '--models',
      'llama-*,qwen',
      '--client',
      'spiffe://corp/*',
      '--ttl',
      '12h',
      '--json',
    );
    const [record] = await listKeys(file);
    expect(record).toMatchObject({ role: 'auditor', models: ['llama-*', 'qwen'], client: 'spiffe://corp/*' });
    expect(Date.parse(record!.expiresAt) - Date.parse(record!.issuedAt)).toBe(12 * 3_600_000);
    const { hash: _, ...shown } = record!;
    expect(values).toEqual([{ key: expect.stringMatching(/^sp_/), ...shown }]);
    expect(out).toEqual([]);
  });

  it.each([
    ['30m', 30 * 60_000],
    ['90d', 90 * 86_400_000],
    ['2160h', 90 * 86_400_000],
  ])('--ttl %s', async (ttl, expected) => {
    await issue('--ttl', ttl);
    const [record] = await listKeys(file);
    expect(Date.parse(record!.expiresAt) - Date.parse(record!.issuedAt)).toBe(expected);
  });

  it.each([
    ['a TTL beyond 90 days', ['--ttl', '91d']],
    ['a TTL just beyond 90 days', ['--ttl', '129601m']],
    ['a TTL of nothing', ['--ttl', '0d']],
    ['a TTL without a unit', ['--ttl', '90']],
    ['a TTL in weeks', ['--ttl', '2w']],
    ['a role nobody knows', ['--role', 'root']],
    ['an empty model', ['--models', 'a,,b']],
    ['an empty pattern', ['--client', '']],
    ['a team with a space', ['--team', 'a b']],
    ['an option nobody knows', ['--forever']],
    ['something beside the options', ['extra']],
  ])('refuses %s, and stores nothing', async (_, more) => {
    await expect(issue(...more)).rejects.toMatchObject({ code: 'usage', exitCode: 2 });
    expect(await listKeys(file)).toEqual([]);
    expect(out).toEqual([]);
  });

  it.each(['team', 'app', 'env'])('does not go without --%s', async (missing) => {
    const all = ['team', 'app', 'env'].filter((name) => name !== missing).flatMap((name) => [`--${name}`, 'x']);
    await expect(run('issue', ...all)).rejects.toMatchObject({ code: 'usage' });
  });
});

describe('list', () => {
  it('shows every key and its state, and no hash', async () => {
    await issue();
    const id = out[0]!.slice(3, 13);
    await issue('--app', 'shipping');
    await run('revoke', id);
    expect(await run('list')).toBe(0);
    expect(out).toHaveLength(2);
    expect(out[0]).toMatch(new RegExp(`^${id}  revoked  payments/billing/prod  inference`));
    expect(out[1]).toContain('active   payments/shipping/prod');
    await run('list', '--json');
    expect(JSON.stringify(values)).not.toContain((await listKeys(file))[0]!.hash);
    expect(values[0]).toMatchObject([{ id, state: 'revoked' }, { state: 'active' }]);
  });

  it('says that there are none', async () => {
    expect(await run('list')).toBe(0);
    expect([out, err]).toEqual([[], [expect.stringContaining('There are no keys')]]);
  });
});

describe('revoke', () => {
  it('ends a key, and keeps the time of the first revocation', async () => {
    await issue();
    const key = out[0]!;
    expect(await run('revoke', key.slice(3, 13))).toBe(0);
    const [first] = await listKeys(file);
    expect(first?.revokedAt).not.toBeNull();
    expect(verifyKey(key, 'billing', tableOf([first!]))).toBeNull();
    expect(await run('revoke', key.slice(3, 13))).toBe(0);
    expect(await listKeys(file)).toEqual([first]);
  });

  it('fails for a key that is not there', async () => {
    await issue();
    await expect(run('revoke', 'nosuchkey0')).rejects.toMatchObject({ code: 'key_not_found', exitCode: 1 });
  });
});

it.each([[[]], [['rotate']], [['revoke']], [['revoke', 'a', 'b']], [['list', 'all']]])('refuses %j', async (argv) => {
  await expect(run(...argv)).rejects.toMatchObject({
    code: 'usage',
    message: expect.stringContaining('Usage: sallyport keys'),
  });
});
