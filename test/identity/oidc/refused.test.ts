import { createPublicKey } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { DENIALS } from '../../../src/core/denial.ts';
import { compact, type SigningKey, signingKey, signWith, type TestIssuer } from '../../support/issuer.ts';
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
const payload =
  (text: string): Make =>
  ({ keys: [key] }) =>
    compact({ alg: 'ES256', kid: key!.kid }, text, (input) => signWith('ES256', key!.privateKey, input));
/** Like a good one, but put together by hand. */
const parts =
  (change: (parts: string[]) => string): Make =>
  (issuer) =>
    change(issuer.token().split('.'));
const publicPem = ({ privateKey }: SigningKey): string =>
  createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }).toString();
const stranger = signingKey('ES256', 'key-1');

const REFUSED: readonly [what: string, make: Make, reason: string][] = [
  ['nothing', () => '', 'malformed'],
  ['no token', () => 'sp_abcdefghij_0123', 'malformed'],
  ['two parts', parts(([head, body]) => `${head}.${body}`), 'malformed'],
  ['five parts, as an encrypted one has', parts(([head]) => `${head}.a.b.c.d`), 'malformed'],
  ['no signature', parts(([head, body]) => `${head}.${body}.`), 'malformed'],
  ['padding', parts((all) => `${all.join('.')}==`), 'malformed'],
  ['a space', parts((all) => ` ${all.join('.')}`), 'malformed'],
  ['the other base64', parts(([head, body]) => `${head}.${body}.+/+/`), 'malformed'],
  ['a header that is no JSON', parts(([, ...rest]) => ['e30x', ...rest].join('.')), 'malformed'],
  ['a header that is a list', parts(([, ...rest]) => ['W10', ...rest].join('.')), 'malformed'],
  ['more than 16 KiB', claims({ more: 'x'.repeat(16_384) }), 'malformed'],
  ['claims that are no JSON', payload('{'), 'malformed'],
  ['claims that are a list', payload('[]'), 'malformed'],
  ['a kid that is a number', header({ kid: 1 }), 'malformed'],

  [
    'alg none',
    (issuer) => compact({ alg: 'none' }, { sub: 'alice', iss: issuer.url }, () => Buffer.from('x')),
    'algorithm',
  ],
  ['alg None', header({ alg: 'None' }), 'algorithm'],
  ['no alg', header({ alg: undefined }), 'algorithm'],
  ['alg as a list', header({ alg: ['ES256'] }), 'algorithm'],
  ['alg __proto__', header({ alg: '__proto__' }), 'algorithm'],
  [
    'HS256 with the public key for a secret',
    ({ keys: [key], url }, now) =>
      compact({ alg: 'HS256', kid: key!.kid }, { iss: url, sub: 'a', aud: 'sallyport', exp: now + 60 }, (input) =>
        signWith('HS256', publicPem(key!), input),
      ),
    'algorithm',
  ],
  [
    'an unknown extension that is critical',
    header({ crit: ['http://corp.example/x'], 'http://corp.example/x': 1 }),
    'critical',
  ],
  ['b64, which RFC 7797 forbids', header({ crit: ['b64'], b64: true }), 'critical'],

  ['another kid', header({ kid: 'key-2' }), 'unknown_key'],
  ['a kid of another type of key', header({ alg: 'RS256' }), 'unknown_key'],
  ['another curve', header({ alg: 'ES384' }), 'unknown_key'],
  ['the key of a stranger', (issuer) => issuer.token({}, { key: stranger }), 'signature'],
  [
    'a stranger without a kid',
    (issuer) => issuer.token({}, { key: stranger, header: { kid: undefined } }),
    'signature',
  ],
  ['its own key in jwk', (issuer) => issuer.token({}, { key: stranger, header: { jwk: stranger.jwk } }), 'signature'],
  [
    'its own key at jku',
    (issuer) => issuer.token({}, { key: stranger, header: { jku: `${issuer.url}/mine` } }),
    'signature',
  ],
  [
    'its own key at x5u',
    (issuer) => issuer.token({}, { key: stranger, header: { x5u: `${issuer.url}/mine` } }),
    'signature',
  ],
  [
    'other claims under a good signature',
    (issuer) => {
      const [head, , signature] = issuer.token().split('.');
      return [head, issuer.token({ sub: 'mallory' }).split('.')[1], signature].join('.');
    },
    'signature',
  ],

  ['another issuer', claims({ iss: 'https://evil.example' }), 'issuer'],
  ['its issuer with a slash', (issuer) => issuer.token({ iss: `${issuer.url}/` }), 'issuer'],
  ['its issuer in a list', (issuer) => issuer.token({ iss: [issuer.url] }), 'issuer'],
  ['no issuer', claims({ iss: undefined }), 'issuer'],
  ['another audience', claims({ aud: 'payments' }), 'audience'],
  ['another audience in capitals', claims({ aud: 'Sallyport' }), 'audience'],
  ['other audiences', claims({ aud: ['payments', 'sallyport-2'] }), 'audience'],
  ['no audience', claims({ aud: undefined }), 'audience'],
  ['an audience that is an object', claims({ aud: { sallyport: true } }), 'audience'],

  ['no end', claims({ exp: undefined }), 'lifetime'],
  ['an end that is a text', (issuer, now) => issuer.token({ exp: String(now + 60) }), 'lifetime'],
  [
    'an end that never comes',
    (issuer) => payload(`{"iss":"${issuer.url}","sub":"a","aud":"sallyport","exp":1e999}`)(issuer, 0),
    'lifetime',
  ],
  ['a beginning that is a text', claims({ nbf: 'today' }), 'lifetime'],
  ['issued at a text', claims({ iat: 'today' }), 'lifetime'],
  ['the end a skew ago', (issuer, now) => issuer.token({ exp: now - 60 }), 'expired'],
  ['the end long ago', claims({ exp: 1 }), 'expired'],
  ['a beginning beyond the skew', (issuer, now) => issuer.token({ nbf: now + 61 }), 'not_yet'],
  ['issued beyond the skew', (issuer, now) => issuer.token({ iat: now + 61 }), 'not_yet'],

  ['no subject', claims({ sub: undefined }), 'subject'],
  ['an empty subject', claims({ sub: '' }), 'subject'],
  ['a subject that is a number', claims({ sub: 7 }), 'subject'],
  ['a subject with a line break', claims({ sub: 'alice\nroot' }), 'subject'],
  ['a subject that turns its text around', claims({ sub: '\u202eecila' }), 'subject'],
  ['a long subject', claims({ sub: 'a'.repeat(257) }), 'subject'],

  ['a logout token, by its header', header({ typ: 'logout+jwt' }), 'not_access_token'],
  ['a proof of possession', header({ typ: 'dpop+jwt' }), 'not_access_token'],
  ['a type that is a number', header({ typ: 1 }), 'not_access_token'],
  [
    'a logout token, by its claim',
    claims({ events: { 'http://schemas.openid.net/event/backchannel-logout': {} } }),
    'not_access_token',
  ],
  ...['ID', 'Refresh', 'Offline', 'Logout', 'DPoP', 'bearer', 7].map((typ): [string, Make, string] => [
    `what Keycloak calls ${typ}`,
    claims({ typ }),
    'not_access_token',
  ]),
  ...['nonce', 'at_hash', 'c_hash', 's_hash'].map((claim): [string, Make, string] => [
    `an ID token with ${claim}`,
    (issuer) => issuer.token({ [claim]: 'x' }, { header: { typ: 'JWT' } }),
    'not_access_token',
  ]),
  [
    'an ID token that this gateway itself has asked for',
    (issuer) => issuer.token({ nonce: 'x', azp: 'sallyport' }, { header: { typ: undefined } }),
    'not_access_token',
  ],

  ['a binding to another certificate', claims({ cnf: { 'x5t#S256': 'q'.repeat(43) } }), 'binding'],
  ['a binding in hex', claims({ cnf: { 'x5t#S256': CERT } }), 'binding'],
  ['a binding with padding', claims({ cnf: { 'x5t#S256': `${THUMBPRINT}=` } }), 'binding'],
  ['a binding to nothing', claims({ cnf: {} }), 'binding'],
  ['a binding that is null', claims({ cnf: null }), 'binding'],
  ['a binding that is a text', claims({ cnf: THUMBPRINT }), 'binding'],
  ['a binding to a DPoP key', claims({ cnf: { jkt: THUMBPRINT } }), 'binding'],
  ['a binding to both', claims({ cnf: { 'x5t#S256': THUMBPRINT, jkt: THUMBPRINT } }), 'binding'],
];

describe('a token is refused', () => {
  test.each(REFUSED)('with %s', async (_what, make, reason) => {
    const { issuer, clock, open, faults } = await scene();
    const gateway = open();
    await ask(gateway, issuer.token());
    const denial = await refusalOf(ask(gateway, make(issuer, clock.ms / 1000)));
    expect({ code: denial.code, reason: denial.reason }).toEqual({ code: 'invalid_token', reason });
    // One answer for every reason, and nothing of the token anywhere.
    expect(denial.message).toBe(DENIALS.invalid_token.message);
    expect(denial.cause).toBeUndefined();
    expect({ other: issuer.asked.other, faults }).toEqual({ other: 0, faults: [] });
  });
});
