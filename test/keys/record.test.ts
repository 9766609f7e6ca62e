import { describe, expect, it } from 'vitest';
import { keyRecord, keysFile } from '../../src/keys/record.ts';
import { makeKey } from './make.ts';

const { record } = makeKey();

describe('a record', () => {
  it.each([
    ['as issued', {}],
    ['with limits of its own', { limits: { requestsPerMinute: 5, tokensPerDay: null } }],
    ['with guardrails of its own', { guardrails: { input: { pii: 'redact' }, output: { maxChars: null } } }],
    ['with a profile', { guardrails: { profile: 'automated' } }],
    [
      'with a profile and settings of its own',
      { guardrails: { profile: 'a.b-c_1', input: { pii: 'pseudonymise' }, output: { padEvents: true } } },
    ],
    ['with a life of 366 days', { expiresAt: '2027-05-02T00:00:00.000Z' }],
    ['with an owner', { owner: 'Ada Lovelace <ada@corp.example>' }],
    ['with networks', { networks: ['10.0.0.0/8', '2001:db8::/32', '192.0.2.1', '::1'] }],
    ['replaced', { replacedBy: 'abcdefghij' }],
    ['replaced, and ended by a clock that is behind', { replacedBy: 'abcdefghij', expiresAt: record.issuedAt }],
  ])('%s', (_, changes) => {
    expect(keyRecord.parse({ ...record, ...changes })).toEqual({ ...record, ...changes });
  });

  it.each([
    ['a field nobody knows', { note: 'x' }],
    ['a limit nobody knows', { limits: { requestPerMinute: 5 } }],
    ['a limit of nothing', { limits: { concurrent: 0 } }],
    ['a limit that is undefined', { limits: { concurrent: undefined } }],
    ['an action nobody knows', { guardrails: { input: { pii: 'warn' } } }],
    ['an injection to be redacted', { guardrails: { input: { injection: 'redact' } } }],
    ['names for secrets', { guardrails: { input: { secrets: 'pseudonymise' } } }],
    ['names in answers', { guardrails: { output: { pii: 'pseudonymise' } } }],
    ['a profile without a name', { guardrails: { profile: '' } }],
    ['a profile that is no name', { guardrails: { profile: 'a b' } }],
    ['a profile that is undefined', { guardrails: { profile: undefined } }],
    ['profiles', { guardrails: { profiles: {} } }],
    ['side-cars', { guardrails: { sidecars: [] } }],
    ['a hash in upper case', { hash: record.hash.toUpperCase().replace(/^./, 'A') }],
    ['a key in the place of its hash', { hash: makeKey().key }],
    ['an id of another shape', { id: 'ABC' }],
    ['a team with a space', { team: 'a b' }],
    ['an app of 65 letters', { app: 'a'.repeat(65) }],
    ['a role nobody knows', { role: 'admin' }],
    ['no models', { models: [] }],
    ['an empty model', { models: [''] }],
    ['an empty pattern', { client: '' }],
    ['a line break in the pattern', { client: 'a\nb' }],
    ['a time without a zone', { expiresAt: '2026-07-01T00:00:00' }],
    ['a date that does not exist', { expiresAt: '2026-06-31T00:00:00Z' }],
    ['a revocation that is no time', { revokedAt: true }],
    ['a life of 366 days and a second', { expiresAt: '2027-05-02T00:00:01.000Z' }],
    ['an empty owner', { owner: '' }],
    ['an owner of two lines', { owner: 'a\nb' }],
    ['an owner of 257 letters', { owner: 'a'.repeat(257) }],
    ['no networks', { networks: [] }],
    ['a network that is a name', { networks: ['intranet'] }],
    ['a network that is none, beside one', { networks: ['10.0.0.0/8', '10.0.0.0/33'] }],
    ['networks in one text', { networks: '10.0.0.0/8' }],
    ['networks that are undefined', { networks: undefined }],
    ['a successor that is no id', { replacedBy: 'sp_x' }],
    ['a successor that is null', { replacedBy: null }],
    ['an end before the beginning', { expiresAt: '2026-04-01T00:00:00.000Z' }],
  ])('refuses %s', (_, changes) => expect(keyRecord.safeParse({ ...record, ...changes }).success).toBe(false));

  it.each(Object.keys(record))('refuses to go without %s', (field) => {
    const { [field as keyof typeof record]: _, ...rest } = record;
    expect(keyRecord.safeParse(rest).success).toBe(false);
  });
});

describe('a file', () => {
  it.each([
    ['two keys of one id', { version: 1, keys: [record, makeKey({ id: record.id }).record] }],
    ['another version', { version: 2, keys: [] }],
    ['a bare list', [record]],
    ['a field nobody knows', { version: 1, keys: [], comment: '' }],
  ])('refuses %s', (_, file) => expect(keysFile.safeParse(file).success).toBe(false));
});
