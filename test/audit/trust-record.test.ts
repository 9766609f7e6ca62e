import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { trustRecord } from '../../src/audit/trust-record.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const crl = (...serials: string[]) => ({ crl: { revoked: new Set(serials) } });

test('names the files by what is in them, and counts what is revoked on all lists', () => {
  expect(trustRecord({ caPem: 'CA', crlPem: 'CRL', authorities: [crl('01', '02'), crl(), crl('01')] })).toEqual({
    event: 'trust.loaded',
    listener: 'inference',
    clientCaSha256: sha256('CA'),
    crlSha256: sha256('CRL'),
    revoked: 3,
  });
  expect(trustRecord({ caPem: 'CA', crlPem: null, authorities: [{ crl: null }] })).toMatchObject({
    crlSha256: null,
    revoked: 0,
  });
});

test('says whose clients they are', () => {
  const facts = { caPem: 'CA', crlPem: null, authorities: [] };
  expect(trustRecord(facts, 'administration')).toMatchObject({
    listener: 'administration',
    crlSha256: null,
    revoked: 0,
  });
});
