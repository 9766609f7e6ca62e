import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { stringify } from 'yaml';
import { keys } from '../../src/cli/keys.ts';
import { changeKeys, listKeys } from '../../src/keys/file-store.ts';
import { parseKey } from '../../src/keys/format.ts';
import { type KeyRecord, tableOf } from '../../src/keys/record.ts';
import { type Reason, verifyKey } from '../../src/keys/verify.ts';
import { makeKey } from '../keys/make.ts';
import { listeningTerminal } from '../support/terminal.ts';

const DAY_MS = 86_400_000;
const NOW = new Date('2026-06-01T12:00:00.000Z');

let dir: string;
let file: string;
let config: string;
let out: string[];
let err: string[];
let values: unknown[];

beforeEach(() => {
  vi.useFakeTimers({ now: NOW, toFake: ['Date'] });
  dir = mkdtempSync(join(tmpdir(), 'cli-keys-'));
  file = join(dir, 'var', 'keys.json');
  config = join(dir, 'sallyport.yaml');
  configure({});
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(dir, { recursive: true });
});

const configure = (keys: Record<string, unknown>) =>
  writeFileSync(
    config,
    stringify({ keys: { file, ...keys }, stateDir: join(dir, 'var'), guardrails: { profiles: { automated: {} } } }),
  );

function start(argv: readonly string[], stdin = '') {
  const { terminal, said } = listeningTerminal();
  ({ out, err, json: values } = said);
  return keys([...argv], terminal, Readable.from([stdin]));
}
const run = (...argv: string[]) => start([...argv, '--config', config]);
const issue = (...more: string[]) => run('issue', '--team', 'payments', '--app', 'billing', '--env', 'prod', ...more);
/** The id of the key that was printed last. */
const printedId = () => parseKey(out[0]!)!.id;

/** What the stored keys say to a client. */
async function verdict(key: string, client = 'billing'): Promise<Reason | 'good'> {
  const circumstances = { client, remote: '10.1.2.3', now: new Date() };
  const found = verifyKey(key, circumstances, tableOf(await listKeys(file)), { env: null, maxTtlMs: 90 * DAY_MS });
  return found.ok ? 'good' : found.reason;
}

/** Stores a key as if it had been issued at another time, and so on. */
async function store(changes: Partial<KeyRecord> = {}) {
  const made = makeKey(changes);
  await changeKeys(file, (keys) => [...keys, made.record]);
  return made;
}

describe('issue', () => {
  it('prints the key alone on stdout, once, and stores no more than its hash', async () => {
    expect(await issue()).toBe(0);
    expect(out).toHaveLength(1);
    const key = out[0]!;
    expect(parseKey(key)).not.toBeNull();
    expect(err.join('\n')).not.toContain(key);
    expect(readFileSync(file, 'utf8')).not.toContain(key.slice(14));
    expect(await verdict(key)).toBe('good');
  });

  it('binds the key to the app’s own certificate, and says so', async () => {
    await issue();
    expect(err.join('\n')).toContain('client certificate that is named exactly billing.');
    expect(await verdict(out[0]!, 'shipping')).toBe('other_client');
    await issue('--client', '*');
    expect(err.join('\n')).toContain('named anything at all (*)');
    expect(await verdict(out[0]!, 'shipping')).toBe('good');
  });

  it('takes everything that may be asked for', async () => {
    const about = {
      role: 'auditor',
      models: 'llama-*,qwen',
      client: 'spiffe://corp/*',
      owner: 'Ada <ada@corp.example>',
      networks: '10.0.0.0/8,2001:db8::/32',
      hours: 'mon-fri 08:00-18:00 Europe/Berlin',
    };
    const options = Object.entries({ ...about, profile: 'automated', ttl: '12h' });
    await issue(...options.flatMap(([name, value]) => [`--${name}`, value]), '--json');
    const [record] = await listKeys(file);
    expect(record).toMatchObject({
      ...about,
      models: ['llama-*', 'qwen'],
      networks: ['10.0.0.0/8', '2001:db8::/32'],
      guardrails: { profile: 'automated' },
      expiresAt: '2026-06-02T00:00:00.000Z',
    });
    const { hash: _, ...shown } = record!;
    expect(values).toEqual([{ key: expect.stringMatching(/^sp_/), ...shown }]);
    expect(out).toEqual([]);
    expect(err).toEqual(
      expect.arrayContaining([
        'It works only from 10.0.0.0/8, 2001:db8::/32.',
        'It works only in its hours: mon-fri 08:00-18:00 Europe/Berlin.',
        'The role auditor works on the administration listener, and nowhere else.',
      ]),
    );
  });

  it.each([
    [['--ttl', '30m'], 30 * 60_000],
    [['--ttl', '90d'], 90 * DAY_MS],
    [['--ttl', '2160h'], 90 * DAY_MS],
    [[], 90 * DAY_MS],
  ])('%j', async (options, expected) => {
    await issue(...options);
    const [record] = await listKeys(file);
    expect(Date.parse(record!.expiresAt) - Date.parse(record!.issuedAt)).toBe(expected);
  });

  it('is bound by the configuration', async () => {
    configure({ maxTtlDays: 7, env: 'prod' });
    await issue();
    expect((await listKeys(file))[0]?.expiresAt).toBe('2026-06-08T12:00:00.000Z');
    expect(err.join('\n')).not.toContain('Warning');
    await expect(issue('--ttl', '8d')).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining('--ttl: a key lives for 7 days at most (keys.maxTtlDays).'),
    });
    await issue('--env', 'staging');
    expect(err).toContain('Warning: this instance takes keys of prod only (keys.env), and will refuse it.');
  });

  it.each([
    ['a TTL beyond 90 days', 'ttl', ['--ttl', '91d']],
    ['a TTL just beyond 90 days', 'ttl', ['--ttl', '129601m']],
    ['a TTL of nothing', 'ttl', ['--ttl', '0d']],
    ['a TTL without a unit', 'ttl', ['--ttl', '90']],
    ['a TTL in weeks', 'ttl', ['--ttl', '2w']],
    ['a role nobody knows', 'role', ['--role', 'root']],
    ['an empty model', 'models', ['--models', 'a,,b']],
    ['an empty pattern', 'client', ['--client', '']],
    ['an empty owner', 'owner', ['--owner', '']],
    ['no networks', 'networks', ['--networks', '']],
    ['a network that is none', 'networks', ['--networks', '10.0.0.0/8,intranet']],
    ['a profile that is no name', 'profile', ['--profile', 'a b']],
    ['a profile that is not configured', 'automated', ['--profile', 'manual']],
    ['a team with a space', 'team', ['--team', 'a b']],
    ['an option nobody knows', 'forever', ['--forever']],
    ['something beside the options', 'It takes options only', ['extra']],
  ])('refuses %s, and stores nothing', async (_, named, more) => {
    await expect(issue(...more)).rejects.toMatchObject({
      code: 'usage',
      exitCode: 2,
      message: expect.stringContaining(named),
    });
    expect(await listKeys(file)).toEqual([]);
    expect(out).toEqual([]);
  });

  it.each(['team', 'app', 'env'])('does not go without --%s', async (missing) => {
    const all = ['team', 'app', 'env'].filter((name) => name !== missing).flatMap((name) => [`--${name}`, 'x']);
    await expect(run('issue', ...all)).rejects.toMatchObject({ code: 'usage' });
  });

  it('works on the file that is named, whatever the configuration says', async () => {
    const other = join(dir, 'other.json');
    await issue('--file', other);
    expect([await listKeys(file), await listKeys(other)]).toEqual([[], [expect.objectContaining({ app: 'billing' })]]);
  });
});

describe('rotate', () => {
  it('prints the new key alone on stdout, and both work for a day', async () => {
    const old = await store();
    expect(await run('rotate', old.id)).toBe(0);
    expect(out).toHaveLength(1);
    const key = out[0]!;
    expect([await verdict(old.key), await verdict(key)]).toEqual(['good', 'good']);
    expect(err.slice(0, 2)).toEqual([
      `Key ${printedId()} takes the place of ${old.id}, until 2026-08-01T12:00:00.000Z.`,
      `Key ${old.id} works until 2026-06-02T12:00:00.000Z.`,
    ]);
    vi.setSystemTime(NOW.getTime() + DAY_MS);
    expect([await verdict(old.key), await verdict(key)]).toEqual(['expired', 'good']);
  });

  it.each(['0', '0h'])('ends the other at once with --overlap %s', async (overlap) => {
    const old = await store();
    await run('rotate', old.id, '--overlap', overlap);
    expect([await verdict(old.key), await verdict(out[0]!)]).toEqual(['expired', 'good']);
    expect(err).toContain(`Key ${old.id} has ended.`);
  });

  it('tells a machine everything but the hash', async () => {
    const old = await store({ owner: 'ada' });
    await run('rotate', old.id, '--overlap', '30m', '--ttl', '7d', '--json');
    const [before, { hash, ...shown }] = (await listKeys(file)) as [KeyRecord, KeyRecord];
    expect(before.replacedBy).toBe(shown.id);
    expect(shown).toMatchObject({ owner: 'ada', expiresAt: '2026-06-08T12:00:00.000Z' });
    const replaces = { id: old.id, expiresAt: '2026-06-01T12:30:00.000Z' };
    expect(values).toEqual([{ key: expect.stringMatching(/^sp_/), ...shown, replaces }]);
    expect([out, JSON.stringify(values).includes(hash)]).toEqual([[], false]);
  });

  it.each([
    ['a key that was replaced', { replacedBy: 'abcdefghij' }, [], { code: 'key_not_usable', exitCode: 1 }],
    ['a key that was revoked', { revokedAt: NOW.toISOString() }, [], { code: 'key_not_usable', exitCode: 1 }],
    ['a key that has expired', { expiresAt: NOW.toISOString() }, [], { code: 'key_not_usable', exitCode: 1 }],
    ['an overlap without a unit', {}, ['--overlap', '24'], { code: 'usage', exitCode: 2 }],
    ['a negative overlap', {}, ['--overlap=-1h'], { code: 'usage', exitCode: 2 }],
    ['a life beyond the cap', {}, ['--ttl', '91d'], { code: 'usage', exitCode: 2 }],
  ])('refuses %s, and changes nothing', async (_, changes, options, fault) => {
    const { id } = await store(changes);
    const before = readFileSync(file);
    await expect(run('rotate', id, ...options)).rejects.toMatchObject(fault);
    expect([readFileSync(file), out]).toEqual([before, []]);
  });

  it('fails for a key that is not there', async () => {
    await store();
    await expect(run('rotate', 'nosuchkey0')).rejects.toMatchObject({ code: 'key_not_found', exitCode: 1 });
  });
});

describe('revoke', () => {
  it('ends a key, and keeps the time of the first revocation', async () => {
    const { id, key } = await store();
    expect(await run('revoke', id)).toBe(0);
    expect([err, await verdict(key)]).toEqual([[`Key ${id} is revoked.`], 'revoked']);
    vi.setSystemTime(NOW.getTime() + DAY_MS);
    expect(await run('revoke', id)).toBe(0);
    expect(err).toEqual([`Key ${id} was revoked on ${NOW.toISOString()}.`]);
    expect((await listKeys(file))[0]?.revokedAt).toBe(NOW.toISOString());
  });

  it('says that the key which took its place still works', async () => {
    const { id } = await store();
    await run('rotate', id);
    const heir = printedId();
    await run('revoke', id);
    expect(err).toEqual([`Key ${id} is revoked.`, `Key ${heir}, which took its place, still works.`]);
    await run('revoke', heir);
    await run('revoke', id);
    expect(err).toHaveLength(1);
  });

  it('is not kept from it by a broken file with the last use of keys', async () => {
    const { id, key } = await store();
    writeFileSync(join(dir, 'var', 'key-usage.json'), 'garbage', { mode: 0o600 });
    expect(await run('revoke', id)).toBe(0);
    expect(await verdict(key)).toBe('revoked');
  });

  it('fails for a key that is not there', async () => {
    await issue();
    await expect(run('revoke', 'nosuchkey0')).rejects.toMatchObject({ code: 'key_not_found', exitCode: 1 });
  });
});

describe('list', () => {
  /** Writes when keys were last used, as a gateway does. */
  function used(lastUsed: Record<string, string>) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(join(dir, 'var', 'key-usage.json'), JSON.stringify({ version: 1, lastUsed }), { mode: 0o600 });
  }

  it('shows every key, how it stands and when it was used, and no hash', async () => {
    const made = [
      await store({
        issuedAt: '2026-05-20T12:00:00.000Z',
        expiresAt: '2026-07-20T12:00:00.000Z',
        owner: 'Ada  Lovelace',
      }),
      await store({ revokedAt: '2026-05-30T12:00:00.000Z' }),
      await store({ expiresAt: '2026-06-01T12:00:00.000Z' }),
      await store({ expiresAt: '2026-06-01T18:00:00.000Z', replacedBy: 'abcdefghij' }),
      await store({ issuedAt: '2026-06-02T12:00:00.000Z', models: ['a', 'b-*'] }),
    ] as const;
    used({ [made[0].id]: '2026-05-29T13:00:00.000Z' });
    expect(await run('list')).toBe(0);
    const about = 'payments/billing/prod  inference';
    expect(out).toEqual([
      `${made[0].id}  active    ${about}  *  billing  12d old  ends in 49d  used 2d ago  Ada  Lovelace`,
      `${made[1].id}  revoked   ${about}  *  billing  31d old  ended  never used  -`,
      `${made[2].id}  expired   ${about}  *  billing  31d old  ended  never used  -`,
      `${made[3].id}  replaced  ${about}  *  billing  31d old  ends in 0d  never used  -`,
      `${made[4].id}  not yet   ${about}  a,b-*  billing  0d old  ends in 29d  never used  -`,
    ]);
    await run('list', '--json');
    for (const { hash } of made) expect(JSON.stringify(values)).not.toContain(hash);
    const [first, second] = values[0] as [unknown, unknown];
    const { hash: _, ...shown } = made[0].record;
    const state = { state: 'active', ageDays: 12, expiresInDays: 49, lastUsed: '2026-05-29T13:00:00.000Z' };
    expect(first).toEqual({ ...shown, ...state });
    expect(second).toMatchObject({ state: 'revoked', ageDays: 31, expiresInDays: null, lastUsed: null });
  });

  const [NEVER, ENDS] = ['has never been used', 'ends on'] as const;
  it.each<[string, Partial<KeyRecord>, string | null, readonly string[]]>([
    ['fresh', { issuedAt: '2026-05-31T12:00:00.000Z' }, null, []],
    [
      '15 days before its end',
      { issuedAt: '2026-05-10T12:00:00.000Z', expiresAt: '2026-06-16T12:00:00.000Z' },
      null,
      [],
    ],
    ['14 days before', { issuedAt: '2026-05-03T12:00:00.000Z', expiresAt: '2026-06-15T12:00:00.000Z' }, null, [ENDS]],
    [
      'short-lived, at its beginning',
      { issuedAt: '2026-06-01T11:00:00.000Z', expiresAt: '2026-06-01T23:00:00.000Z' },
      null,
      [],
    ],
    [
      'short-lived, near its end',
      { issuedAt: '2026-06-01T00:00:00.000Z', expiresAt: '2026-06-01T14:00:00.000Z' },
      null,
      [ENDS],
    ],
    ['never used for 30 days', { issuedAt: '2026-05-02T12:00:00.000Z' }, null, [NEVER]],
    ['never used for 29 days', { issuedAt: '2026-05-03T12:00:00.000Z' }, null, []],
    ['used yesterday', { issuedAt: '2026-04-20T12:00:00.000Z' }, '2026-05-31T12:00:00.000Z', []],
    [
      'used a month ago',
      { issuedAt: '2026-04-20T12:00:00.000Z' },
      '2026-05-02T12:00:00.000Z',
      ['not been used for 30 days'],
    ],
    ['never used, and revoked', { revokedAt: '2026-06-01T00:00:00.000Z' }, null, []],
    ['never used, and replaced', { replacedBy: 'abcdefghij' }, null, []],
    ['never used, and expired', { expiresAt: '2026-05-31T00:00:00.000Z' }, null, []],
  ])('warns, or does not: a key that is %s', async (_, changes, lastUsed, expected) => {
    const { id } = await store({ owner: 'ada', ...changes });
    used(lastUsed === null ? {} : { [id]: lastUsed });
    await run('list');
    expect(err).toEqual(
      expected.map((text) => expect.stringMatching(`^Warning: Key ${id} \\(payments/billing/prod, ada\\) .*${text}`)),
    );
  });

  it('counts the end that the configuration makes', async () => {
    configure({ maxTtlDays: 40 });
    const { id } = await store();
    used({ [id]: NOW.toISOString() });
    await run('list');
    expect([out[0], err[0]]).toEqual([
      expect.stringContaining('ends in 8d'),
      expect.stringContaining('ends on 2026-06-10T00:00:00.000Z'),
    ]);
  });

  it('says that there are none', async () => {
    expect(await run('list')).toBe(0);
    expect([out, err]).toEqual([[], [expect.stringContaining(`There are no keys in ${file}`)]]);
  });
});

describe('verify', () => {
  const verify = (stdin: string, ...more: string[]) => start(['verify', '--config', config, ...more], stdin);

  it('says which key it is, and that it is good', async () => {
    const { id, key } = await store();
    expect(await verify(`${key}\n`, '--client', 'billing', '--remote', '10.1.2.3')).toBe(0);
    expect(out).toEqual([
      `Key ${id}: active, payments/billing in prod, role inference, until 2026-07-01T00:00:00.000Z.`,
    ]);
    expect(err).toEqual([]);
  });

  it('says every reason why it would be refused', async () => {
    configure({ env: 'staging' });
    const { key } = await store({
      expiresAt: NOW.toISOString(),
      networks: ['10.0.0.0/8'],
      hours: 'sun 08:00-18:00 UTC',
    });
    expect(await verify(key, '--client', 'shipping', '--remote', '192.0.2.1')).toBe(1);
    expect(out.slice(1)).toEqual([
      'Refused: it has expired.',
      'Refused: this instance takes keys of staging only (keys.env).',
      'Refused: it belongs to another client certificate.',
      'Refused: it may not be used from that address.',
      'Refused: it may not be used at this hour.',
    ]);
  });

  it('does not ask what it was not told', async () => {
    const { key } = await store({ networks: ['10.0.0.0/8'] });
    expect(await verify(key)).toBe(0);
    expect(err).toEqual([expect.stringContaining('Not asked')]);
    expect(await verify(key, '--client', 'shipping')).toBe(1);
    expect(await verify(key, '--remote', '192.0.2.1')).toBe(1);
  });

  it('tells a machine', async () => {
    const { id, key } = await store({ revokedAt: NOW.toISOString() });
    expect(await verify(key, '--json')).toBe(1);
    expect([values, out]).toEqual([[{ good: false, id, state: 'revoked', reasons: ['revoked'] }], []]);
  });

  it.each([
    ['nothing', '', 'there is no key on stdin'],
    ['an empty line', '\n', 'there is no key on stdin'],
    ['something else', 'sk-123', 'this is no key of Sallyport'],
    ['something long', 'x'.repeat(1_000_000), 'this is no key of Sallyport'],
    ['a key nobody knows', makeKey().key, 'there is no such key'],
  ])('refuses %s, and says nothing else of it', async (_, stdin, reason) => {
    await store();
    expect(await verify(stdin, '--client', 'shipping')).toBe(1);
    expect([out, err]).toEqual([[expect.stringContaining(reason)], []]);
  });

  it('takes no key as an argument', async () => {
    await expect(verify('', makeKey().key)).rejects.toMatchObject({ code: 'usage' });
  });
});

it.each([[[]], [['toString']], [['revoke']], [['revoke', 'a', 'b']], [['rotate']], [['list', 'all']]])(
  'refuses %j',
  async (argv) => {
    await expect(start(argv)).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining('Usage: sallyport keys'),
    });
  },
);
