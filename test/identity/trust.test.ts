import { mkdirSync, mkdtempSync, renameSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Fault } from '../../src/core/fault.ts';
import type { Reloading } from '../../src/core/reloading.ts';
import { loadTrust, type Trust, watchTrust } from '../../src/identity/trust.ts';
import { Extension } from '../../src/identity/x509.ts';
import { day, type MadeAuthority, makeAuthority, makeCrl, NOW } from './make.ts';

let dir: string;
let ca: MadeAuthority;
let other: MadeAuthority;
let live: Reloading<Trust> | null = null;

beforeAll(async () => {
  ca = await makeAuthority();
  other = await makeAuthority('Other CA');
});
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'trust-'));
});
afterEach(() => {
  live?.close();
  live = null;
  rmSync(dir, { recursive: true });
});

const files = () => ({ clientCaFile: join(dir, 'ca.pem'), crlFile: join(dir, 'crl.pem') });
const put = (name: string, content: string) => writeFileSync(join(dir, name), content);
const replace = (name: string, content: string) => {
  put('next', content);
  renameSync(join(dir, 'next'), join(dir, name));
};

describe('loading', () => {
  const partial = () => new Extension('2.5.29.28', true, new Uint8Array([0x30, 0]));
  const cases: [string, () => Promise<[ca: string | null, crl: string | null]>, string][] = [
    ['no CA file', async () => [null, null], 'tls_file_missing'],
    ['no revocation list', async () => [ca.pem, null], 'tls_file_missing'],
    ['a CA file with nothing in it', async () => ['', await makeCrl(ca)], 'tls_ca_unusable'],
    [
      'a CA file that is damaged',
      async () => [ca.pem.replace(/\n.{20}/, '\nMIIBAAAA'), await makeCrl(ca)],
      'tls_ca_unusable',
    ],
    [
      'a leaf as CA',
      async () => [(await makeAuthority('x', { isCa: false })).pem, await makeCrl(ca)],
      'tls_ca_unusable',
    ],
    [
      'an expired CA',
      async () => [(await makeAuthority('x', { notAfter: day(-1) })).pem, await makeCrl(ca)],
      'tls_ca_expired',
    ],
    ['a list that is no list', async () => [ca.pem, ca.pem], 'crl_unusable'],
    [
      'a list that is damaged',
      async () => [ca.pem, (await makeCrl(ca)).replace(/\n.{20}/, '\nMIIBAAAA')],
      'crl_unusable',
    ],
    ['a list of another CA', async () => [ca.pem, await makeCrl(other)], 'crl_missing'],
    ['a list of a namesake', async () => [ca.pem, await makeCrl(await makeAuthority())], 'crl_missing'],
    ['a list of one CA of two', async () => [ca.pem + other.pem, await makeCrl(ca)], 'crl_missing'],
    ['a list that has run out', async () => [ca.pem, await makeCrl(ca, [], { nextUpdate: day(-0.5) })], 'crl_expired'],
    ['a list without an end', async () => [ca.pem, await makeCrl(ca, [], { nextUpdate: null })], 'crl_unusable'],
    ['a partial list', async () => [ca.pem, await makeCrl(ca, [], { more: [partial()] })], 'crl_unusable'],
  ];
  it.each(cases)('%s', async (_, make, code) => {
    const [caPem, crlPem] = await make();
    if (caPem !== null) put('ca.pem', caPem);
    if (crlPem !== null) put('crl.pem', crlPem);
    await expect(loadTrust(files(), NOW)).rejects.toMatchObject({ name: 'Fault', code });
  });

  it('says what to do about a missing file', async () => {
    await expect(loadTrust(files(), NOW)).rejects.toThrow(/ca\.pem: it does not exist\. Run "sallyport pki init/);
  });

  it('goes without a revocation list where none is configured', async () => {
    put('ca.pem', ca.pem);
    const trust = await loadTrust({ ...files(), crlFile: null }, NOW);
    expect(trust.authorities.map(({ crl }) => crl)).toEqual([null]);
    expect(trust.authorities[0]?.crl).toBeNull();
  });

  it('keeps an expired CA beside a good one: it trusts no one, and rotation needs no deadline', async () => {
    const old = await makeAuthority('Old CA', { notAfter: day(-1) });
    put('ca.pem', ca.pem + '\n' + old.pem);
    put('crl.pem', (await makeCrl(ca)) + (await makeCrl(old)));
    expect((await loadTrust(files(), NOW)).authorities).toHaveLength(2);
  });
});

describe('several lists of one CA', () => {
  const numbered = (number: number) => new Extension('2.5.29.20', false, new Uint8Array([2, 1, number]));
  it.each<[string, () => Promise<[older: string, newer: string]>]>([
    [
      'by their numbers',
      async () => [
        await makeCrl(ca, ['11'], { more: [numbered(1)], thisUpdate: day(-1) }),
        await makeCrl(ca, ['11', '22'], { more: [numbered(2)], thisUpdate: day(-2) }),
      ],
    ],
    [
      'by their times',
      async () => [
        await makeCrl(ca, ['11'], { thisUpdate: day(-2) }),
        await makeCrl(ca, ['11', '22'], { thisUpdate: day(-1) }),
      ],
    ],
  ])('the newest counts, wherever it stands: %s', async (_, make) => {
    const [older, newer] = await make();
    put('ca.pem', ca.pem);
    for (const text of [older + newer, newer + older]) {
      put('crl.pem', text);
      expect([...(await loadTrust(files(), NOW)).authorities[0]!.crl!.revoked].sort()).toEqual(['11', '22']);
    }
  });
});

describe('since when it holds', () => {
  it('is when the newest of its files was put in place', async () => {
    put('ca.pem', ca.pem);
    put('crl.pem', await makeCrl(ca));
    const { changedAt } = await loadTrust(files(), NOW);
    const times = ['ca.pem', 'crl.pem'].map((name) => statSync(join(dir, name)).ctimeMs);
    expect(changedAt).toBe(Math.max(...times));
  });

  it('is not when a list was written that was moved here later', async () => {
    put('ca.pem', ca.pem);
    put('made-elsewhere', await makeCrl(ca));
    utimesSync(join(dir, 'made-elsewhere'), new Date(0), new Date(0));
    const start = Date.now();
    renameSync(join(dir, 'made-elsewhere'), join(dir, 'crl.pem'));
    // Clocks of file systems tick every few milliseconds.
    expect((await loadTrust(files(), NOW)).changedAt).toBeGreaterThan(start - 50);
  });
});

describe('watching', () => {
  const revokedNow = () => [...live!.current().authorities[0]!.crl!.revoked];

  async function watch(clock = () => NOW) {
    put('ca.pem', ca.pem);
    const alarms: Fault[] = [];
    const changes: Trust[] = [];
    const options = {
      onAlarm: (fault: Fault) => alarms.push(fault),
      onChange: (_: Trust, after: Trust) => changes.push(after),
      everyMs: 5,
    };
    live = await watchTrust(files(), options, clock);
    return { alarms, changes };
  }

  it('takes over a new revocation list', async () => {
    put('crl.pem', await makeCrl(ca));
    const { alarms, changes } = await watch();
    expect(revokedNow()).toEqual([]);
    replace('crl.pem', await makeCrl(ca, ['77']));
    await vi.waitFor(() => expect(revokedNow()).toEqual(['77']));
    expect(changes).toEqual([live!.current()]);
    expect(alarms).toEqual([]);
  });

  it('follows a swapped symlink, two levels up, as a mounted secret has it', async () => {
    for (const [name, serial] of [
      ['v1', '11'],
      ['v2', '22'],
    ] as const) {
      mkdirSync(join(dir, name));
      put(`${name}/crl.pem`, await makeCrl(ca, [serial]));
    }
    symlinkSync('v1', join(dir, 'data'));
    symlinkSync('data/crl.pem', join(dir, 'crl.pem'));
    await watch();
    expect(revokedNow()).toEqual(['11']);
    symlinkSync('v2', join(dir, 'data.next'));
    renameSync(join(dir, 'data.next'), join(dir, 'data'));
    await vi.waitFor(() => expect(revokedNow()).toEqual(['22']));
  });

  it('keeps what it has when the new file is broken, says so once, and recovers', async () => {
    put('crl.pem', await makeCrl(ca, ['11']));
    const { alarms } = await watch();
    replace('crl.pem', 'nonsense');
    await vi.waitFor(() => expect(alarms.map(({ code }) => code)).toEqual(['crl_unusable']));
    expect(revokedNow()).toEqual(['11']);
    rmSync(join(dir, 'crl.pem'));
    await vi.waitFor(() => expect(alarms.map(({ code }) => code)).toEqual(['crl_unusable', 'tls_file_missing']));
    replace('crl.pem', await makeCrl(ca, ['22']));
    await vi.waitFor(() => expect(revokedNow()).toEqual(['22']));
    expect(alarms).toHaveLength(2);
  });

  it('stays what it is when the same files are written again', async () => {
    const list = await makeCrl(ca, ['11']);
    put('crl.pem', list);
    const { alarms, changes } = await watch();
    const before = live!.current();
    replace('crl.pem', 'nonsense');
    await vi.waitFor(() => expect(alarms).toHaveLength(1));
    replace('crl.pem', list);
    rmSync(join(dir, 'ca.pem'));
    await vi.waitFor(() => expect(alarms).toHaveLength(2));
    put('ca.pem', ca.pem);
    replace('crl.pem', await makeCrl(ca, ['22']));
    await vi.waitFor(() => expect(revokedNow()).toEqual(['22']));
    expect(changes).toEqual([live!.current()]);
    expect(before).not.toBe(live!.current());
  });

  it('does not take a list signed by someone else, however well it is named', async () => {
    put('crl.pem', await makeCrl(ca, ['11']));
    const { alarms } = await watch();
    replace('crl.pem', await makeCrl(await makeAuthority(), []));
    await vi.waitFor(() => expect(alarms.map(({ code }) => code)).toEqual(['crl_missing']));
    expect(revokedNow()).toEqual(['11']);
  });

  it('takes over no list that is older than the one in force', async () => {
    const older = await makeCrl(ca, ['11'], { thisUpdate: day(-2) });
    put('crl.pem', await makeCrl(ca, ['11', '22'], { thisUpdate: day(-1) }));
    const { alarms } = await watch();
    replace('crl.pem', older);
    await vi.waitFor(() => expect(alarms.map(({ code }) => code)).toEqual(['crl_rolled_back']));
    expect(revokedNow()).toEqual(['11', '22']);
    replace('crl.pem', await makeCrl(ca, ['11', '22', '33'], { thisUpdate: day(-0.5) }));
    await vi.waitFor(() => expect(revokedNow()).toEqual(['11', '22', '33']));
  });

  it('keeps revoked whom an older list does not have, also of a CA that was not listed in between; what that adds counts', async () => {
    const mine = [
      await makeCrl(ca, ['11'], { thisUpdate: day(-3) }),
      await makeCrl(ca, ['11', '22'], { thisUpdate: day(-1) }),
    ];
    const theirs = await makeCrl(other);
    put('ca.pem', `${ca.pem}\n${other.pem}`);
    put('crl.pem', mine[1] + theirs);
    const { alarms, changes } = await watch();
    put('ca.pem', other.pem);
    await vi.waitFor(() => expect(changes).toHaveLength(1));
    put('crl.pem', (await makeCrl(ca, ['11', '33'], { thisUpdate: day(-2) })) + theirs);
    put('ca.pem', `${ca.pem}\n${other.pem}`);
    await vi.waitFor(() => expect(revokedNow().sort()).toEqual(['11', '22', '33']));
    expect(alarms.map(({ code }) => code)).toEqual(['crl_rolled_back']);
  });

  it('raises one alarm when the list runs out in service', async () => {
    put('crl.pem', await makeCrl(ca, [], { nextUpdate: day(10) }));
    let now = NOW;
    const { alarms } = await watch(() => now);
    live!.current();
    expect(alarms).toEqual([]);
    now = day(10);
    live!.current();
    live!.current();
    expect(alarms.map(({ code }) => code)).toEqual(['crl_expired']);
  });
});
