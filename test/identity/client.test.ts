import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientIdentity, type IdentityRules, REASONS } from '../../src/identity/client.ts';
import { loadTrust, type Trust } from '../../src/identity/trust.ts';
import {
  CRLDistributionPointsExtension,
  ExtendedKeyUsage,
  Extension,
  KeyUsageFlags,
  SubjectAlternativeNameExtension,
} from '../../src/identity/x509.ts';
import {
  day,
  derOf,
  type LeafShape,
  type MadeAuthority,
  makeAuthority,
  makeCrl,
  makeLeaf,
  NOW,
  RULES,
} from './make.ts';

let dir: string;
let ca: MadeAuthority;
let trust: Trust;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'identity-'));
  ca = await makeAuthority();
  trust = await trustIn([ca.pem], [await makeCrl(ca, ['00ff', '0badc0de'])]);
});
afterAll(() => rmSync(dir, { recursive: true }));

async function trustIn(cas: readonly string[], crls: readonly string[] | null, now = NOW): Promise<Trust> {
  const [clientCaFile, crlFile] = [join(dir, 'ca.pem'), join(dir, 'crl.pem')];
  writeFileSync(clientCaFile, cas.join('\n'));
  if (crls) writeFileSync(crlFile, crls.join('\n'));
  return loadTrust({ clientCaFile, crlFile: crls && crlFile }, now);
}

const uri = (value: string) => ({ type: 'url', value }) as const;
const dns = (value: string) => ({ type: 'dns', value }) as const;
const cn = (...names: string[]) => names.map((name) => ({ CN: [name] }));

describe('who a certificate stands for', () => {
  const cases: [string, LeafShape, { name: string; kind: string }][] = [
    [
      'a URI before everything',
      { san: [dns('d'), uri('spiffe://corp/app')] },
      { name: 'spiffe://corp/app', kind: 'uri' },
    ],
    ['the first of several DNS names', { san: [dns('one.corp'), dns('two.corp')] }, { name: 'one.corp', kind: 'dns' }],
    ['the common name where there is nothing else', { subject: cn('billing') }, { name: 'billing', kind: 'cn' }],
    ['the common name beside an IP address', { san: [{ type: 'ip', value: '10.0.0.1' }] }, { name: 'app', kind: 'cn' }],
    ['a common name beyond ASCII', { subject: cn('Zürich büro') }, { name: 'Zürich büro', kind: 'cn' }],
    [
      'both purposes',
      { purposes: [ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth] },
      { name: 'app', kind: 'cn' },
    ],
    [
      'a URI with an empty subject',
      { subject: [], san: [uri('spiffe://corp/x')] },
      { name: 'spiffe://corp/x', kind: 'uri' },
    ],
  ];
  it.each(cases)('%s', async (_, shape, expected) => {
    const found = clientIdentity(derOf(await makeLeaf(ca, shape)), trust, RULES, NOW);
    expect(found).toEqual({ ok: true, client: { ...expected, certSha256: expect.stringMatching(/^[0-9a-f]{64}$/) } });
  });
});

describe('keys of every kind', () => {
  const rsa = {
    name: 'RSASSA-PKCS1-v1_5',
    modulusLength: 2048,
    publicExponent: new Uint8Array([1, 0, 1]),
    hash: 'SHA-256',
  };
  it.each([
    ['P-256', undefined],
    ['P-384', { name: 'ECDSA', namedCurve: 'P-384', hash: 'SHA-384' }],
    ['Ed25519', { name: 'Ed25519' }],
    ['RSA-2048', rsa],
  ])('%s: of the client, of its CA, and of the CA that signs the list', async (_, algorithm) => {
    const issuer = algorithm ? await makeAuthority('CA', { algorithm }) : ca;
    const own = await trustIn([issuer.pem], [await makeCrl(issuer, ['77'])]);
    const shape = algorithm ? { algorithm } : {};
    const [good, gone] = [await makeLeaf(issuer, shape), await makeLeaf(issuer, { ...shape, serial: '77' })];
    expect(clientIdentity(derOf(good), own, RULES, NOW)).toMatchObject({ ok: true, client: { name: 'app' } });
    expect(clientIdentity(derOf(gone), own, RULES, NOW)).toMatchObject({ reason: 'revoked' });
    expect(clientIdentity(derOf(await makeLeaf(ca, shape)), trust, RULES, NOW).ok).toBe(true);
  });
});

describe('what is refused', () => {
  const san = (value: string) => new SubjectAlternativeNameExtension([dns(value)]);
  const cases: [string, LeafShape, keyof typeof REASONS][] = [
    ['a CA', { isCa: true }, 'is_a_ca'],
    ['a leaf that may sign certificates', { usages: KeyUsageFlags.keyCertSign }, 'is_a_ca'],
    ['a leaf that may sign revocation lists', { usages: KeyUsageFlags.cRLSign }, 'is_a_ca'],
    ['server authentication only', { purposes: [ExtendedKeyUsage.serverAuth] }, 'not_for_clients'],
    ['any purpose, without the one that counts', { purposes: ['2.5.29.37.0'] }, 'not_for_clients'],
    ['no purpose at all', { purposes: [] }, 'not_for_clients'],
    ['two common names', { subject: cn('a', 'b') }, 'two_common_names'],
    ['two common names beside a URI', { subject: cn('a', 'b'), san: [uri('spiffe://c/a')] }, 'two_common_names'],
    ['two common names in one RDN', { subject: [{ CN: ['a', 'b'] }] }, 'two_common_names'],
    ['two URIs', { san: [uri('spiffe://c/a'), uri('spiffe://c/b')] }, 'two_uris'],
    ['twice the same URI', { san: [uri('spiffe://c/a'), uri('spiffe://c/a')] }, 'two_uris'],
    ['no name at all', { subject: [{ O: ['Corp'] }] }, 'no_name'],
    ['an e-mail address only', { subject: [], san: [{ type: 'email', value: 'a@b.c' }] }, 'no_name'],
    ['NUL in the common name', { subject: cn('app\0.evil') }, 'bad_name'],
    ['a line break in the common name', { subject: cn('app\nforged') }, 'bad_name'],
    ['a bidirectional control in the common name', { subject: cn('app\u202egnp') }, 'bad_name'],
    ['a space at the end of the common name', { subject: cn('app ') }, 'bad_name'],
    ['a common name that poses as a URI', { subject: cn('spiffe://corp/admin') }, 'bad_name'],
    ['an empty DNS name', { san: [dns('')] }, 'bad_name'],
    ['NUL in a DNS name', { san: [dns('app\0.corp')] }, 'bad_name'],
    ['a line break in the second DNS name', { san: [dns('app'), dns('a\nb')] }, 'bad_name'],
    ['a wildcard', { san: [dns('*.corp')] }, 'bad_name'],
    ['an empty URI', { san: [uri('')] }, 'bad_name'],
    ['a space in a URI', { san: [uri('https://corp/a b')] }, 'bad_name'],
    ['a DNS name that poses as a URI', { san: [dns('spiffe://corp/admin')] }, 'bad_name'],
    ['a bad DNS name beside a good URI', { san: [uri('spiffe://corp/a'), dns('a b')] }, 'bad_name'],
    ['a bad common name beside a good URI', { subject: cn('a\nb'), san: [uri('spiffe://corp/a')] }, 'bad_name'],
    ['a SPIFFE ID without a path', { san: [uri('spiffe://corp')] }, 'bad_spiffe_id'],
    ['a SPIFFE ID in capitals', { san: [uri('SPIFFE://corp/app')] }, 'bad_spiffe_id'],
    [
      'a SPIFFE ID on a key that may not sign',
      { san: [uri('spiffe://corp/app')], usages: KeyUsageFlags.keyEncipherment },
      'bad_spiffe_id',
    ],
    ['a URI without a scheme', { san: [uri('billing')] }, 'bad_name'],
    ['two lists of alternative names', { san: [dns('a')], more: [san('b')] }, 'duplicate_extension'],
    [
      'an extension that does not parse',
      { more: [new Extension('2.5.29.17', false, new Uint8Array([1]))] },
      'unreadable',
    ],
    ['expired', { notAfter: day(-0.5) }, 'expired'],
    ['not yet valid', { notBefore: day(1) }, 'not_yet_valid'],
    ['revoked', { serial: '0badc0de' }, 'revoked'],
    ['revoked, with a serial above 0x7f', { serial: 'ff' }, 'revoked'],
  ];
  it.each(cases)('%s', async (_, shape, reason) => {
    const found = clientIdentity(derOf(await makeLeaf(ca, shape)), trust, RULES, NOW);
    // Only whom a listed CA has named has a name.
    const isKnown = REASONS[reason] === 'identity_revoked';
    expect(found).toEqual({ ok: false, reason, code: REASONS[reason], name: isKnown ? expect.any(String) : null });
  });

  it('no certificate', () =>
    expect(clientIdentity(null, trust, RULES, NOW)).toMatchObject({ reason: 'no_certificate' }));

  it('bytes after the certificate', async () => {
    const der = Buffer.concat([derOf(await makeLeaf(ca)), Buffer.from([0])]);
    expect(clientIdentity(der, trust, RULES, NOW)).toMatchObject({ reason: 'unreadable' });
  });

  it('a leaf of another CA, of the same name, or below a listed one', async () => {
    const namesake = await makeAuthority();
    const below = await makeAuthority('Sub CA', { parent: ca });
    for (const issuer of [await makeAuthority('Other CA'), namesake, below])
      expect(clientIdentity(derOf(await makeLeaf(issuer)), trust, RULES, NOW)).toMatchObject({
        reason: 'unknown_issuer',
      });
  });

  it('a leaf with one bit of its signature changed', async () => {
    const der = derOf(await makeLeaf(ca));
    der[der.length - 1]! ^= 1;
    expect(clientIdentity(der, trust, RULES, NOW)).toMatchObject({ ok: false, reason: expect.stringMatching(/^un/) });
  });

  it('anything else, without throwing', async () => {
    const der = derOf(await makeLeaf(ca, { san: [uri('spiffe://corp/app'), dns('app')] }));
    const flipped = fc.tuple(fc.nat(der.length - 1), fc.integer({ min: 1, max: 255 })).map(([at, mask]) => {
      const copy = der.slice();
      copy[at]! ^= mask;
      return copy;
    });
    fc.assert(
      fc.property(fc.oneof(flipped, fc.uint8Array({ maxLength: 600 })), (bytes) => {
        expect(clientIdentity(bytes, trust, RULES, NOW).ok).toBe(false);
      }),
      { numRuns: 300 },
    );
  });
});

describe('settings', () => {
  const both = { subject: cn('cn-name'), san: [dns('dns.name'), uri('spiffe://corp/app')] };
  const cases: [string, Partial<IdentityRules>, LeafShape, string][] = [
    ['the order of the kinds decides', { names: ['dns', 'uri'] }, both, 'dns.name'],
    ['only the kinds that are listed count', { names: ['cn'] }, both, 'cn-name'],
    ['a kind that is not listed is no name', { names: ['uri'] }, { san: [dns('dns.name')] }, 'no_name'],
    ['nor are two URIs then overlooked', { names: ['cn'] }, { san: [uri('a:b'), uri('a:c')] }, 'two_uris'],
    ['nor is a bad SPIFFE ID', { names: ['cn'] }, { san: [uri('spiffe://corp/')] }, 'bad_spiffe_id'],
    ['nor are two common names', { names: ['uri'] }, { ...both, subject: cn('a', 'b') }, 'two_common_names'],
    ['the trust domain is the configured one', { trustDomain: 'corp' }, both, 'spiffe://corp/app'],
    ['another trust domain is refused', { trustDomain: 'corp.example' }, both, 'other_trust_domain'],
    ['so is one that only begins so', { trustDomain: 'cor' }, both, 'other_trust_domain'],
    ['so is a certificate without one', { trustDomain: 'corp' }, { subject: cn('app') }, 'other_trust_domain'],
    ['so is another URI', { trustDomain: 'corp' }, { san: [uri('https://corp/app')] }, 'other_trust_domain'],
    ['it holds whatever name counts', { trustDomain: 'corp', names: ['dns'] }, both, 'dns.name'],
    ['no purpose at all will do if it need not be there', { requireClientAuth: false }, { purposes: [] }, 'app'],
    [
      'but another purpose will not',
      { requireClientAuth: false },
      { purposes: [ExtendedKeyUsage.serverAuth] },
      'not_for_clients',
    ],
  ];
  it.each(cases)('%s', async (_, rules, shape, expected) => {
    const found = clientIdentity(derOf(await makeLeaf(ca, shape)), trust, { ...RULES, ...rules }, NOW);
    expect(found.ok ? found.client.name : found.reason).toBe(expected);
  });

  it('judges under the rules it is given, whatever others said', async () => {
    const der = derOf(await makeLeaf(ca, both));
    const strict = { ...RULES, trustDomain: 'elsewhere' };
    const verdicts = [RULES, strict, RULES].map((rules) => clientIdentity(der, trust, rules, NOW).ok);
    expect(verdicts).toEqual([true, false, true]);
  });
});

describe('lists that name where they are published', () => {
  // [0] distributionPoint { [0] fullName { [6] URI } }, [1] onlyContainsUserCerts: as step-ca writes it.
  const point = (where: string, ...more: number[]) => {
    const name = [0x86, where.length, ...Buffer.from(where)];
    const parts = [0xa0, name.length + 2, 0xa0, name.length, ...name, ...more];
    return new Extension('2.5.29.28', true, new Uint8Array([0x30, parts.length, ...parts]));
  };
  const published = (where: string) => new CRLDistributionPointsExtension([where]);
  const HERE = 'https://ca/1.0/crl';

  it.each([
    ['a certificate that names the same list', [published(HERE)], true],
    ['a certificate that names none', [], true],
    ['a certificate that names another one: a part of a split list', [published('https://ca/2.crl')], 'other_crl'],
  ])('%s', async (_, more, expected) => {
    const only = await trustIn([ca.pem], [await makeCrl(ca, ['77'], { more: [point(HERE, 0x81, 1, 0xff)] })]);
    const found = clientIdentity(derOf(await makeLeaf(ca, { more })), only, RULES, NOW);
    expect(found.ok || found.reason).toBe(expected);
    const revoked = clientIdentity(derOf(await makeLeaf(ca, { more, serial: '77' })), only, RULES, NOW);
    expect(revoked).toMatchObject({ reason: 'revoked' });
  });

  it.each([
    ['only CAs', [0x82, 1, 0xff]],
    ['only some reasons', [0x83, 2, 6, 0x40]],
    ['other CAs', [0x84, 1, 0xff]],
    ['a length that runs over the end', [0x81, 9, 0xff]],
    ['a length without an end', [0x81, 0x80]],
  ])('are refused when they speak of %s', async (_, parts) => {
    const crl = await makeCrl(ca, [], { more: [point(HERE, ...parts)] });
    await expect(trustIn([ca.pem], [crl])).rejects.toMatchObject({ code: 'crl_unusable' });
  });
});

describe('at every call', () => {
  it('judges validity by the clock, to the last second', async () => {
    const der = derOf(await makeLeaf(ca, { notBefore: day(1), notAfter: day(2) }));
    const reasons = [0.9, 1, 2, 2.1].map((days) => {
      const found = clientIdentity(der, trust, RULES, day(days));
      return found.ok || found.reason;
    });
    expect(reasons).toEqual(['not_yet_valid', true, true, 'expired']);
  });

  it('fails closed once the revocation list has run out', async () => {
    const der = derOf(await makeLeaf(ca));
    expect(clientIdentity(der, trust, RULES, day(9.9)).ok).toBe(true);
    expect(clientIdentity(der, trust, RULES, day(10))).toEqual({
      ok: false,
      code: 'identity_revoked',
      reason: 'crl_expired',
      name: 'app',
    });
  });

  it('fails once the CA has expired', async () => {
    const brief = await makeAuthority('Brief CA', { notAfter: day(1) });
    const briefly = await trustIn([brief.pem], null);
    const der = derOf(await makeLeaf(brief));
    expect(clientIdentity(der, briefly, RULES, NOW).ok).toBe(true);
    expect(clientIdentity(der, briefly, RULES, day(2))).toMatchObject({ reason: 'issuer_expired' });
  });

  it.each(['before', 'behind'])(
    'goes by the renewed certificate of a CA that kept its key, with the old one %s it',
    async (place) => {
      const old = await makeAuthority('Kept CA', { notAfter: day(-1) });
      const renewed = await makeAuthority('Kept CA', { keys: old.keys });
      const pems = place === 'before' ? [old.pem, renewed.pem] : [renewed.pem, old.pem];
      const der = derOf(await makeLeaf(renewed));
      expect(clientIdentity(der, await trustIn(pems, null), RULES, NOW).ok).toBe(true);
    },
  );

  it('judges under the trust it is given, whatever another one said', async () => {
    const der = derOf(await makeLeaf(ca, { serial: '77' }));
    expect(clientIdentity(der, trust, RULES, NOW).ok).toBe(true);
    const later = await trustIn([ca.pem], [await makeCrl(ca, ['77'])]);
    expect(clientIdentity(der, later, RULES, NOW)).toMatchObject({ reason: 'revoked' });
    const other = await trustIn([(await makeAuthority('Other CA')).pem], null);
    expect(clientIdentity(der, other, RULES, NOW)).toMatchObject({ reason: 'unknown_issuer' });
  });

  it('takes a serial as revoked only by the CA that issued it', async () => {
    const second = await makeAuthority('Second CA');
    const both = await trustIn([ca.pem, second.pem], [await makeCrl(ca, ['0a0b']), await makeCrl(second)]);
    expect(clientIdentity(derOf(await makeLeaf(ca)), both, RULES, NOW)).toMatchObject({ reason: 'revoked' });
    expect(clientIdentity(derOf(await makeLeaf(second)), both, RULES, NOW).ok).toBe(true);
  });

  it('parses a certificate once', async () => {
    const der = derOf(await makeLeaf(ca));
    const first = clientIdentity(der, trust, RULES, NOW);
    const again = clientIdentity(der.slice(), trust, RULES, NOW);
    // The very same object: nothing has been worked out a second time.
    expect(first.ok && again.ok && first.client === again.client).toBe(true);
  });

  it('remembers the certificates that were used last, and not all there ever were', async () => {
    const der = derOf(await makeLeaf(ca));
    const identified = () => {
      const found = clientIdentity(der, trust, RULES, NOW);
      return found.ok && found.client;
    };
    let next = 0;
    const others = (count: number) => {
      for (let i = 0; i < count; i++) clientIdentity(Uint8Array.from([next >> 8, next++ & 255]), trust, RULES, NOW);
    };
    const first = identified();
    others(9000);
    expect(identified()).toBe(first);
    others(9000);
    expect(identified()).toBe(first);
    others(10_000);
    expect(identified()).toEqual(first);
    expect(identified()).not.toBe(first);
  });
});
