import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Fault } from '../../src/core/fault.ts';
import type { Reloading } from '../../src/core/reloading.ts';
import { type TlsPair, watchTlsPair } from '../../src/core/tls-pair.ts';
import { ExtendedKeyUsage } from '../../src/identity/x509.ts';
import { daysFromNow, issue, type Shown } from '../support/leaf.ts';

const NAMES = { cert: 'the certificate', key: 'the key', remedy: 'Mend it.' };

let dir: string;
let one: Shown;
let two: Shown;
let over: Shown;
let early: Shown;
let ofClient: Shown;
let live: Reloading<TlsPair> | null = null;

beforeAll(async () => {
  const purposes = [ExtendedKeyUsage.serverAuth];
  one = await issue(null, { purposes });
  two = await issue(null, { purposes: [] });
  over = await issue(null, { purposes, from: daysFromNow(-2), to: daysFromNow(-1) });
  early = await issue(null, { purposes, from: daysFromNow(1) });
  ofClient = await issue(null);
});
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tls-pair-'));
});
afterEach(() => {
  live?.close();
  live = null;
  rmSync(dir, { recursive: true });
});
afterAll(() => vi.useRealTimers());

const put = (pair: Shown, into = dir) => {
  writeFileSync(join(into, 'cert.pem'), pair.cert);
  writeFileSync(join(into, 'key.pem'), pair.key);
};
const current = () => live?.current().cert.toString();

async function watch() {
  const alarms: Fault[] = [];
  const changes: string[] = [];
  live = await watchTlsPair(join(dir, 'cert.pem'), join(dir, 'key.pem'), NAMES, {
    onAlarm: (fault) => alarms.push(fault),
    onChange: (_, { cert }) => changes.push(cert.toString()),
    everyMs: 5,
  });
  return { alarms, changes };
}

/** Waits until the files have been looked at so many times more. */
async function looks(count: number): Promise<void> {
  const before = spy.mock.calls.length;
  await vi.waitFor(() => expect(spy.mock.calls.length).toBeGreaterThanOrEqual(before + count));
}
const spy = vi.spyOn(globalThis, 'setTimeout');

describe('a new pair', () => {
  it('takes the place of the old one', async () => {
    put(one);
    const { alarms, changes } = await watch();
    expect(current()).toBe(one.cert);
    put(two);
    await vi.waitFor(() => expect(current()).toBe(two.cert));
    expect(live?.current().key.toString()).toBe(two.key);
    expect([alarms, changes.at(-1)]).toEqual([[], two.cert]);
  });

  it('arrives by a swapped symlink, as in a mounted secret', async () => {
    for (const [name, pair] of [['..v1', one] as const, ['..v2', two] as const]) {
      mkdirSync(join(dir, name));
      put(pair, join(dir, name));
    }
    symlinkSync('..v1', join(dir, '..data'));
    for (const file of ['cert.pem', 'key.pem']) symlinkSync(`..data/${file}`, join(dir, file));
    const { alarms } = await watch();
    symlinkSync('..v2', join(dir, '..data_tmp'));
    renameSync(join(dir, '..data_tmp'), join(dir, '..data'));
    await vi.waitFor(() => expect(current()).toBe(two.cert));
    expect(alarms).toEqual([]);
  });
});

it('is the same pair when the same files are written again', async () => {
  put(one);
  const { changes } = await watch();
  const before = live?.current();
  put(one);
  await looks(5);
  expect(live?.current()).toBe(before);
  expect(changes).toEqual([]);
});

describe('what cannot be used', () => {
  const cases: [string, () => void, string][] = [
    ['a certificate without its key', () => writeFileSync(join(dir, 'cert.pem'), two.cert), 'tls_pair_unusable'],
    ['nonsense', () => writeFileSync(join(dir, 'cert.pem'), 'nonsense'), 'tls_pair_unusable'],
    ['no key', () => rmSync(join(dir, 'key.pem')), 'tls_key_unusable'],
    ['no certificate', () => rmSync(join(dir, 'cert.pem')), 'tls_cert_unusable'],
    ['one that has expired', () => put(over), 'tls_cert_expired'],
    ['one that is for clients only', () => put(ofClient), 'tls_cert_unusable'],
    ['one that is not yet valid', () => put(early), 'tls_cert_not_yet_valid'],
  ];
  it.each(cases)('leaves the old pair in force: %s', async (_, damage, code) => {
    put(one);
    const { alarms } = await watch();
    damage();
    await vi.waitFor(() => expect(alarms.length).toBeGreaterThan(0));
    await looks(5);
    expect(alarms.map((fault) => fault.code)).toEqual([code]);
    expect(current()).toBe(one.cert);
    put(two);
    await vi.waitFor(() => expect(current()).toBe(two.cert));
    expect(alarms).toHaveLength(1);
  });

  it('does not start with a certificate that has expired', async () => {
    put(over);
    await expect(watch()).rejects.toMatchObject({ name: 'Fault', code: 'tls_cert_expired' });
  });

  it('has no key in the message', async () => {
    put(one);
    const { alarms } = await watch();
    copyFileSync(join(dir, 'key.pem'), join(dir, 'cert.pem'));
    await vi.waitFor(() => expect(alarms).toHaveLength(1));
    const secret = readFileSync(join(dir, 'key.pem'), 'utf8').split('\n')[1]!;
    expect(alarms[0]?.message).not.toContain(secret);
  });
});
