import { describe, expect, it } from 'vitest';
import { claimsSpiffe, trustDomainOf } from '../../src/identity/spiffe.ts';

const longest = `spiffe://corp/${'a'.repeat(2048 - 'spiffe://corp/'.length)}`;

describe('the trust domain of a SPIFFE ID', () => {
  it.each([
    ['spiffe://corp/app', 'corp'],
    ['spiffe://staging.example.com/payments/mysql', 'staging.example.com'],
    ['spiffe://example.com/9eebccd2-12bf-40a6-b262-65fe0487d453', 'example.com'],
    ['spiffe://10.0.0.1/App_1', '10.0.0.1'],
    ['spiffe://_a-b.c/.../..a/a..', '_a-b.c'],
    [`spiffe://${'d'.repeat(255)}/a`, 'd'.repeat(255)],
    [longest, 'corp'],
  ])('%s', (id, domain) => expect(trustDomainOf(id)).toBe(domain));
});

describe('what is no SPIFFE ID of a workload', () => {
  it.each([
    ['no path', 'spiffe://corp'],
    ['an empty path', 'spiffe://corp/'],
    ['no trust domain', 'spiffe:///app'],
    ['no authority', 'spiffe:corp/app'],
    ['one slash', 'spiffe:/corp/app'],
    ['a scheme in capitals', 'SPIFFE://corp/app'],
    ['a trust domain in capitals', 'spiffe://Corp/app'],
    ['a port', 'spiffe://corp:443/app'],
    ['a port that is empty', 'spiffe://corp:/app'],
    ['a user', 'spiffe://me@corp/app'],
    ['an IPv6 address', 'spiffe://[::1]/app'],
    ['a query', 'spiffe://corp/app?x=1'],
    ['an empty query', 'spiffe://corp/app?'],
    ['a fragment', 'spiffe://corp/app#x'],
    ['percent-encoding in the path', 'spiffe://corp/a%70p'],
    ['percent-encoding in the trust domain', 'spiffe://c%6frp/app'],
    ['an empty segment', 'spiffe://corp//app'],
    ['a segment that stays', 'spiffe://corp/./app'],
    ['a segment that climbs', 'spiffe://corp/a/../admin'],
    ['a climb at the end', 'spiffe://corp/a/..'],
    ['a slash at the end', 'spiffe://corp/app/'],
    ['a tilde', 'spiffe://corp/~app'],
    ['a wildcard', 'spiffe://corp/*'],
    ['a space', 'spiffe://corp/a b'],
    ['a letter beyond ASCII', 'spiffe://corp/büro'],
    ['a line break at the end', 'spiffe://corp/app\n'],
    ['NUL', 'spiffe://corp/app\0'],
    ['a trust domain that is too long', `spiffe://${'d'.repeat(256)}/a`],
    ['a whole that is too long', `${longest}a`],
  ])('%s', (_, id) => {
    expect(claimsSpiffe(id)).toBe(true);
    expect(trustDomainOf(id)).toBeNull();
  });
});

it.each(['https://spiffe/app', 'urn:spiffe:app', 'spiffes://corp/app', ' spiffe://corp/app'])(
  '%s does not set out to be one',
  (uri) => expect(claimsSpiffe(uri)).toBe(false),
);

it('answers at once, whatever it is given', () => {
  const started = performance.now();
  trustDomainOf(`spiffe://corp${'/a'.repeat(100_000)}!`);
  trustDomainOf(`spiffe://corp${'/.a'.repeat(670)}!`);
  expect(performance.now() - started).toBeLessThan(50);
});
