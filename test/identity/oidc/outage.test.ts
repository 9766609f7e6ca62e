import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Issuer } from '../../../src/identity/oidc/issuer.ts';
import { ExtendedKeyUsage } from '../../../src/identity/x509.ts';
import { type Answer, signingKey } from '../../support/issuer.ts';
import { issue } from '../../support/leaf.ts';
import { refusalOf } from '../../support/refusal.ts';
import { ask, HOUR, MINUTE, SECOND, scene } from './person.ts';

afterEach(() => void vi.useRealTimers());

const reasonFor = async (issuer: Issuer, token: string): Promise<string> => {
  const { code, reason } = await refusalOf(ask(issuer, token));
  return `${code} ${reason}`;
};

describe('keys are fetched', () => {
  test('once for a thousand tokens, however they come', async () => {
    const { issuer, clock, open } = await scene();
    const gateway = open();
    const tokens = Array.from({ length: 1000 }, (_, n) => issuer.token({ sub: `person-${n}` }));
    await Promise.all(tokens.slice(0, 100).map((token) => ask(gateway, token)));
    for (const token of tokens.slice(100)) await ask(gateway, token);
    clock.ms += 10 * MINUTE - 1;
    await ask(gateway, issuer.token());
    expect(issuer.asked).toEqual({ metadata: 1, keys: 1, other: 0 });
  });

  test('again after ten minutes: what the issuer has withdrawn is gone then', async () => {
    const { issuer, clock, open } = await scene();
    const gateway = open();
    const [old] = issuer.keys;
    await ask(gateway, issuer.token());
    issuer.keys.splice(0, 1, signingKey('ES256', 'key-2'));
    clock.ms += 10 * MINUTE - 1;
    await ask(gateway, issuer.token({}, { key: old! }));
    clock.ms += 1;
    expect(await reasonFor(gateway, issuer.token({}, { key: old! }))).toBe('invalid_token unknown_key');
    expect(await ask(gateway, issuer.token())).toMatchObject({ id: 'alice' });
    expect(issuer.asked.keys).toBe(2);
  });

  test('at once for a key that is not known', async () => {
    const { issuer, clock, open } = await scene();
    const gateway = open();
    await ask(gateway, issuer.token());
    clock.ms += 30 * SECOND;
    const [old] = issuer.keys;
    issuer.keys.unshift(signingKey('EdDSA', 'key-2'));
    const both = [issuer.token(), issuer.token({}, { key: old! })];
    const people = await Promise.all([...both, ...both].map((token) => ask(gateway, token)));
    expect(people).toHaveLength(4);
    expect(issuer.asked.keys).toBe(2);
  });

  test('not more often than every 30 seconds, whatever is asked', async () => {
    const { issuer, clock, open } = await scene();
    const gateway = open();
    await ask(gateway, issuer.token());
    const forged = () => ask(gateway, issuer.token({}, { key: signingKey('ES256', `forged-${Math.random()}`) }));
    for (let second = 0; second < 90; second++) {
      clock.ms += SECOND;
      for (const denial of await Promise.all([forged, forged, forged].map((forge) => refusalOf(forge()))))
        expect(denial.reason).toBe('unknown_key');
    }
    expect(issuer.asked.keys).toBe(4);
    await ask(gateway, issuer.token());
  });

  test('by one request at a time, even if a clock jumps meanwhile', async () => {
    const { issuer, clock, open } = await scene();
    issuer.answers.keys = 'hang';
    const gateway = open();
    await vi.waitFor(() => expect(issuer.asked.keys).toBe(1));
    clock.ms += HOUR;
    const waiting = reasonFor(gateway, issuer.token());
    gateway.close();
    expect(await waiting).toBe('issuer_unavailable no_keys');
    expect(issuer.asked.metadata).toBe(1);
  });

  test('without anyone asking', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const { issuer, clock, faults, open } = await scene();
    issuer.answers.metadata = 503;
    const gateway = open();
    await vi.waitFor(() => expect(faults).toHaveLength(1));
    expect(gateway.ready()).toBe(false);
    issuer.answers.metadata = 'well';
    clock.ms += 30 * SECOND;
    vi.advanceTimersByTime(30 * SECOND);
    await vi.waitFor(() => expect(gateway.ready()).toBe(true));
    gateway.close();
    clock.ms += HOUR;
    vi.advanceTimersByTime(HOUR);
    await ask(gateway, issuer.token());
    expect(issuer.asked.metadata).toBe(2);
  });

  test('from jwksUrl, without looking for it', async () => {
    const { issuer, open } = await scene();
    expect(await ask(open({ jwksUrl: issuer.jwksUrl }), issuer.token())).toMatchObject({ id: 'alice' });
    expect(issuer.asked).toEqual({ metadata: 0, keys: 1, other: 0 });
  });

  test('of an issuer whose name has a path, with a slash at its end', async () => {
    const { issuer, open } = await scene({ path: '/realms/corp' });
    expect(await ask(open(), issuer.token())).toMatchObject({ id: 'alice' });
    const iss = `${issuer.url}/`;
    issuer.answers.metadata = { json: { issuer: iss, jwks_uri: issuer.jwksUrl } };
    expect(await ask(open({ issuer: iss }), issuer.token({ iss }))).toMatchObject({ id: 'alice' });
    expect(issuer.asked.other).toBe(0);
  });
});

describe('an outage', () => {
  test('before the start: everything is refused, and well again within 30 seconds', async () => {
    const { issuer, clock, faults, open } = await scene();
    const token = issuer.token();
    await issuer.stop();
    const gateway = open();
    expect(gateway.ready()).toBe(false);
    const denial = await refusalOf(ask(gateway, token));
    expect(denial).toMatchObject({ code: 'issuer_unavailable', reason: 'no_keys', retryAfterMs: 30 * SECOND });
    await issuer.start();
    clock.ms += 29 * SECOND;
    expect(await refusalOf(ask(gateway, token))).toMatchObject({ status: 503, retryAfterMs: SECOND });
    clock.ms += SECOND;
    expect(await ask(gateway, token)).toMatchObject({ id: 'alice' });
    expect(gateway.ready()).toBe(true);
    expect(faults.map(({ code }) => code)).toEqual(['oidc_unreachable']);
  });

  test('what is no token is refused as such, with or without an issuer', async () => {
    const { issuer, open } = await scene();
    await issuer.stop();
    expect(await reasonFor(open(), 'x')).toBe('invalid_token malformed');
  });

  test('in between: known keys go on for twelve hours, and no longer', async () => {
    const { issuer, clock, faults, open } = await scene();
    const gateway = open();
    const token = issuer.token({ exp: clock.ms / 1000 + 100 * 3600 });
    await ask(gateway, token);
    await issuer.stop();
    for (const at of [10 * MINUTE, HOUR - 10 * MINUTE, 11 * HOUR - 1]) {
      clock.ms += at;
      expect(await ask(gateway, token)).toMatchObject({ id: 'alice' });
    }
    expect(await reasonFor(gateway, issuer.token({}, { key: signingKey('ES256', 'new') }))).toBe(
      'issuer_unavailable no_newer_keys',
    );
    clock.ms += 1;
    expect(await reasonFor(gateway, token)).toBe('issuer_unavailable keys_too_old');
    expect(gateway.ready()).toBe(false);
    expect(faults.map(({ code }) => code)).toEqual(['oidc_unreachable']);

    await issuer.start();
    clock.ms += 30 * SECOND;
    await ask(gateway, token);
    await issuer.stop();
    clock.ms += 10 * MINUTE;
    await ask(gateway, token);
    expect(faults).toHaveLength(2);
  });

  test('a clock that is put back makes no key younger', async () => {
    const { issuer, clock, open } = await scene();
    const gateway = open();
    await ask(gateway, issuer.token());
    const [old] = issuer.keys;
    issuer.keys.splice(0, 1, signingKey('ES256', 'key-2'));
    clock.ms -= HOUR;
    expect(await reasonFor(gateway, issuer.token({}, { key: old! }))).toBe('invalid_token unknown_key');
  });

  test('once closed, nothing is asked', async () => {
    const { issuer, faults, open } = await scene();
    issuer.answers.metadata = 'hang';
    const gateway = open();
    const waiting = reasonFor(gateway, issuer.token());
    await vi.waitFor(() => expect(issuer.asked.metadata).toBe(1));
    gateway.close();
    expect(await waiting).toBe('issuer_unavailable no_keys');
    expect(faults).toEqual([]);
  });
});

describe('an issuer that is not as it should be', () => {
  const INVALID: readonly [what: string, metadata: Answer, keys: Answer, says: string][] = [
    ['404 for its metadata', 404, 'well', 'answered 404'],
    ['a redirect of its metadata', 'redirect', 'well', 'answered 302'],
    ['a redirect of its keys', 'well', 'redirect', 'answered 302'],
    ['metadata that are no JSON', { text: '<html>secret</html>' }, 'well', 'no JSON'],
    ['metadata that are not UTF-8', { text: Buffer.from([0x22, 0xff, 0x22]) }, 'well', 'no JSON'],
    [
      'metadata of another issuer',
      { json: { issuer: 'https://evil.example', jwks_uri: 'https://evil.example/keys' } },
      'well',
      'another issuer',
    ],
    ['metadata that are a list', { json: [] }, 'well', 'another issuer'],
    ['keys without end', 'well', 'huge', 'more than 262144 bytes'],
    ['keys that are no key set', 'well', { json: { error: 'secret' } }, 'no key set'],
    ['keys that are a list', 'well', { json: [] }, 'no key set'],
    ['keys that are numbers', 'well', { json: { keys: [1] } }, 'no key set'],
    ['keys that are no JSON', 'well', { text: 'secret' }, 'no JSON'],
  ];
  test.each(INVALID)('with %s', async (_what, metadata, keys, says) => {
    const { issuer, clock, faults, open } = await scene();
    const gateway = open();
    await ask(gateway, issuer.token());
    Object.assign(issuer.answers, { metadata, keys });
    clock.ms += 10 * MINUTE;
    // What it said before goes on.
    expect(await ask(gateway, issuer.token())).toMatchObject({ id: 'alice' });
    expect(faults.map(({ code }) => code)).toEqual(['oidc_invalid']);
    expect(faults[0]!.message).toContain(says);
    expect(faults[0]!.message).not.toContain('secret');
    expect(await reasonFor(open(), issuer.token())).toBe('issuer_unavailable no_keys');
  });

  test.each(['http://keys.example/', 'http://127.0.0.1.evil.example/', 'file:///etc/passwd', 'https://', 7, undefined])(
    'with %j for its keys',
    async (uri) => {
      const { issuer, faults, open } = await scene();
      issuer.answers.metadata = { json: { issuer: issuer.url, jwks_uri: uri } };
      expect(await reasonFor(open(), issuer.token())).toBe('issuer_unavailable no_keys');
      expect(faults.map(({ code }) => code)).toEqual(['oidc_invalid']);
    },
  );

  test.each([
    ['none', []],
    ['none that signs', [signingKey('ES256', 'key-1', { use: 'enc' })]],
  ])('with keys, but %s: it has withdrawn them all', async (_what, keys) => {
    const { issuer, clock, faults, open } = await scene();
    const gateway = open();
    const token = issuer.token();
    await ask(gateway, token);
    issuer.keys.splice(0, 1, ...keys);
    clock.ms += 10 * MINUTE;
    expect(await reasonFor(gateway, token)).toBe('invalid_token unknown_key');
    expect(faults.map(({ code }) => code)).toEqual(['oidc_invalid']);
  });

  test.concurrent.each([
    ['its metadata', { metadata: 'hang', keys: 'well' } as const],
    ['its keys', { metadata: 'well', keys: 'hang' } as const],
  ])('that never answers with %s is given two seconds', async (_what, answers) => {
    const { issuer, faults, open } = await scene();
    Object.assign(issuer.answers, answers);
    expect(await reasonFor(open(), issuer.token())).toBe('issuer_unavailable no_keys');
    expect(faults.map(({ message }) => message)).toEqual([expect.stringContaining('within 2000 ms')]);
  });

  test('that breaks in another way is told of once more', async () => {
    const { issuer, clock, faults, open } = await scene();
    const gateway = open();
    for (const metadata of [500, 503, 404, 500, 'well', 500] as const) {
      issuer.answers.metadata = metadata;
      await ask(gateway, issuer.token()).catch(() => {});
      clock.ms += 10 * MINUTE;
    }
    expect(faults.map(({ code }) => code)).toEqual(['oidc_unreachable', 'oidc_invalid', 'oidc_unreachable']);
  });
});

test('its certificate has to come from caFile, which may be replaced', async () => {
  const ca = await issue(null, { subject: [{ CN: ['Issuer CA'] }], purposes: [], ca: true });
  const san = [{ type: 'ip' as const, value: '127.0.0.1' }];
  const tls = await issue(ca, { san, purposes: [ExtendedKeyUsage.serverAuth] });
  const dir = await mkdtemp(join(tmpdir(), 'issuer-'));
  onTestFinished(() => rm(dir, { recursive: true }));
  const caFile = join(dir, 'ca.pem');
  const { issuer, clock, faults, open } = await scene({ tls });

  expect(await reasonFor(open(), issuer.token())).toBe('issuer_unavailable no_keys');
  expect(faults.map(({ code }) => code)).toEqual(['oidc_unreachable']);
  expect(issuer.asked.metadata).toBe(0);

  const gateway = open({ caFile });
  expect(await reasonFor(gateway, issuer.token())).toBe('issuer_unavailable no_keys');
  expect(faults.at(-1)).toMatchObject({ code: 'oidc_ca_unusable', message: expect.stringContaining('does not exist') });
  await writeFile(caFile, 'no certificate');
  clock.ms += 30 * SECOND;
  expect(await reasonFor(gateway, issuer.token())).toBe('issuer_unavailable no_keys');
  await writeFile(caFile, ca.cert);
  clock.ms += 30 * SECOND;
  expect(await ask(gateway, issuer.token())).toMatchObject({ id: 'alice' });
});
