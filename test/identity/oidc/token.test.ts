import { describe, expect, test } from 'vitest';
import { pairFor, type SigningKey, signingKey, type TestIssuer } from '../../support/issuer.ts';
import { refusalOf } from '../../support/refusal.ts';
import { ask, CERT, scene, THUMBPRINT } from './person.ts';

type Make = (issuer: TestIssuer, nowSeconds: number) => string;

const claims =
  (more: object): Make =>
  (issuer) =>
    issuer.token({ ...more });
const header =
  (more: object): Make =>
  (issuer) =>
    issuer.token({}, { header: { ...more } });
const stranger = signingKey('ES256', 'key-1');

describe('a token is taken', () => {
  const TAKEN: readonly [what: string, make: Make][] = [
    ['as it is', claims({})],
    ['without a type', header({ typ: undefined })],
    ['typ JWT', header({ typ: 'JWT' })],
    ['typ application/at+jwt', header({ typ: 'application/AT+JWT' })],
    ['without a kid', header({ kid: undefined })],
    ['for several audiences', claims({ aud: ['payments', 'sallyport'] })],
    ['without iat', claims({ iat: undefined })],
    ['at the last second of the skew', (issuer, now) => issuer.token({ exp: now - 59 })],
    ['begun within the skew', (issuer, now) => issuer.token({ nbf: now + 60, iat: now + 60 })],
    [
      'as Keycloak makes them',
      (issuer) => issuer.token({ typ: 'Bearer', azp: 'sallyport', nonce: 'x' }, { header: { typ: 'JWT' } }),
    ],
    [
      'as Dex makes them for another client',
      (issuer) =>
        issuer.token(
          { aud: ['sallyport', 'cli'], azp: 'cli', at_hash: 'x', nonce: 'x' },
          { header: { typ: undefined } },
        ),
    ],
    ['that says at+jwt and has a nonce', claims({ nonce: 'x' })],
    ['bound to this certificate', claims({ cnf: { 'x5t#S256': THUMBPRINT } })],
  ];
  test.each(TAKEN)('%s', async (_what, make) => {
    const { issuer, clock, open } = await scene();
    expect(await ask(open(), make(issuer, clock.ms / 1000))).toMatchObject({ id: 'alice', roles: [] });
  });

  test.each(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'])(
    'signed with %s',
    async (alg) => {
      const { issuer, open } = await scene();
      const key = signingKey(alg);
      issuer.keys.splice(0, 1, key);
      expect(await ask(open(), issuer.token())).toMatchObject({ id: 'alice' });
    },
  );

  test('until it ends, and as long as the skew after it', async () => {
    const { issuer, clock, open } = await scene();
    const gateway = open();
    const exp = clock.ms / 1000 + 100;
    const token = issuer.token({ exp });
    const { expiresAt } = await ask(gateway, token);
    expect(expiresAt).toBe((exp + 60) * 1000);
    clock.ms = expiresAt - 1;
    await ask(gateway, token);
    clock.ms = expiresAt;
    expect(await refusalOf(ask(gateway, token))).toMatchObject({ reason: 'expired' });
  });
});

describe('keys of the issuer', () => {
  test('several may have one id: each is tried', async () => {
    const { issuer, open } = await scene();
    const second = signingKey('ES256', 'key-1');
    issuer.keys.push(second);
    const gateway = open();
    expect(await ask(gateway, issuer.token())).toMatchObject({ id: 'alice' });
    expect(await ask(gateway, issuer.token({}, { key: second }))).toMatchObject({ id: 'alice' });
    expect(await refusalOf(ask(gateway, issuer.token({}, { key: stranger })))).toMatchObject({ reason: 'signature' });
    expect(await refusalOf(ask(gateway, issuer.token({ aud: 'x' }, { key: second })))).toMatchObject({
      reason: 'audience',
    });
  });

  test.each([
    ['one to encrypt with', signingKey('ES256', 'odd', { use: 'enc' }), 'unknown_key'],
    ['one for another algorithm', signingKey('RS256', 'odd', { alg: 'PS256' }), 'unknown_key'],
    ['one that may not verify', signingKey('ES256', 'odd', { use: undefined, key_ops: ['sign'] }), 'unknown_key'],
    [
      'a shared secret',
      { ...signingKey('ES256', 'odd'), jwk: { kty: 'oct', kid: 'odd', k: 'c2VjcmV0' } },
      'unknown_key',
    ],
    ['one that is broken', signingKey('ES256', 'odd', { x: 'AA' }), 'unusable_key'],
    [
      'a private one',
      signingKey('ES256', 'odd', { d: stranger.privateKey.export({ format: 'jwk' })['d'] }),
      'unusable_key',
    ],
    ['RSA of 1024 bits', weak(), 'unusable_key'],
  ])('%s signs nothing', async (_what, odd, reason) => {
    const { issuer, open } = await scene();
    issuer.keys.push(odd);
    const gateway = open();
    expect(await refusalOf(ask(gateway, issuer.token({}, { key: odd })))).toMatchObject({
      code: 'invalid_token',
      reason,
    });
    expect(await ask(gateway, issuer.token())).toMatchObject({ id: 'alice' });
  });
});

function weak(): SigningKey {
  const { privateKey, publicKey } = pairFor('RS256', 1024);
  return { kid: 'odd', alg: 'RS256', privateKey, jwk: { ...publicKey.export({ format: 'jwk' }), kid: 'odd' } };
}

describe('binding', () => {
  test('can be required', async () => {
    const { issuer, open } = await scene();
    const strict = open({ requireBoundTokens: true });
    expect(await refusalOf(ask(strict, issuer.token()))).toMatchObject({ reason: 'not_bound' });
    expect(await ask(strict, issuer.token({ cnf: { 'x5t#S256': THUMBPRINT } }))).toMatchObject({ id: 'alice' });
  });

  test.each(['', 'ab', 'zz'.repeat(32), `${CERT}00`])('is to a whole hash, and not to %j', async (certSha256) => {
    const { issuer, open } = await scene();
    const thumbprint = Buffer.from(certSha256, 'hex').toString('base64url');
    const token = issuer.token({ cnf: { 'x5t#S256': thumbprint } });
    expect(await refusalOf(open().person(token, { certSha256 }))).toMatchObject({ reason: 'binding' });
  });
});
