import { describe, expect, test } from 'vitest';
import { type KeyFacts, type KnownKeys, keyChanges, keysRecord, knownKey } from '../../src/audit/key-changes.ts';

const KEY = {
  id: 'abcdefghij',
  hash: 'aa'.repeat(32),
  team: 'search',
  app: 'web',
  env: 'prod',
  role: 'inference' as const,
  models: ['a', 'b'],
  client: 'web',
  issuedAt: '2026-01-01T00:00:00Z',
  expiresAt: '2026-03-01T00:00:00Z',
  revokedAt: null as string | null,
  limits: { requestsPerMinute: 60, concurrent: 2 },
};
const FACTS = {
  keyId: 'abcdefghij',
  team: 'search',
  app: 'web',
  env: 'prod',
  role: 'inference',
  expiresAt: '2026-03-01T00:00:00Z',
};
const REVOKED = { revokedAt: '2026-02-01T00:00:00Z' };

const table = (...keys: KeyFacts[]): KnownKeys => new Map(keys.map((key) => [key.id, knownKey(key)]));
const { limits: _, ...WITHOUT_LIMITS } = KEY;

describe('what is said', () => {
  test.each<[string, KnownKeys, KnownKeys, unknown[]]>([
    ['nothing of nothing', table(), table(), []],
    ['nothing of what stayed', table(KEY), table({ ...KEY }), []],
    ['issued', table(), table(KEY), [{ event: 'key.issued', ...FACTS }]],
    ['revoked', table(KEY), table({ ...KEY, ...REVOKED }), [{ event: 'key.revoked', ...FACTS }]],
    ['gone', table(KEY), table(), [{ event: 'key.revoked', ...FACTS }]],
    ['revoked, then gone', table({ ...KEY, ...REVOKED }), table(), []],
    [
      'issued and revoked before anyone looked',
      table(),
      table({ ...KEY, ...REVOKED }),
      [
        { event: 'key.issued', ...FACTS },
        { event: 'key.revoked', ...FACTS },
      ],
    ],
    [
      'brought back from revocation',
      table({ ...KEY, ...REVOKED }),
      table(KEY),
      [{ event: 'key.changed', ...FACTS, changed: ['revokedAt'] }],
    ],
    [
      'revoked at another time',
      table({ ...KEY, ...REVOKED }),
      table({ ...KEY, revokedAt: '2026-02-02T00:00:00Z' }),
      [{ event: 'key.changed', ...FACTS, changed: ['revokedAt'] }],
    ],
    [
      'changed and revoked',
      table(KEY),
      table({ ...KEY, ...REVOKED, client: '*' } as KeyFacts),
      [
        { event: 'key.changed', ...FACTS, changed: ['client'] },
        { event: 'key.revoked', ...FACTS },
      ],
    ],
    [
      'rotated: its place is taken, and its end is near',
      table(KEY),
      table({ ...KEY, replacedBy: 'newkey0001', expiresAt: '2026-02-02T00:00:00Z' }),
      [{ event: 'key.rotated', ...FACTS, expiresAt: '2026-02-02T00:00:00Z', replacedBy: 'newkey0001' }],
    ],
    [
      'rotated, and changed with it',
      table(KEY),
      table({ ...KEY, replacedBy: 'newkey0001', models: ['*'] } as KeyFacts),
      [
        { event: 'key.changed', ...FACTS, changed: ['models'] },
        { event: 'key.rotated', ...FACTS, replacedBy: 'newkey0001' },
      ],
    ],
    [
      'rotated, and good for longer than before: nobody calls that a rotation',
      table(KEY),
      table({ ...KEY, replacedBy: 'newkey0001', expiresAt: '2026-03-31T00:00:00Z' }),
      [
        { event: 'key.changed', ...FACTS, expiresAt: '2026-03-31T00:00:00Z', changed: ['expiresAt'] },
        { event: 'key.rotated', ...FACTS, expiresAt: '2026-03-31T00:00:00Z', replacedBy: 'newkey0001' },
      ],
    ],
    [
      'issued, rotated and revoked before anyone looked',
      table(),
      table({ ...KEY, ...REVOKED, replacedBy: 'newkey0001' }),
      [
        { event: 'key.issued', ...FACTS },
        { event: 'key.rotated', ...FACTS, replacedBy: 'newkey0001' },
        { event: 'key.revoked', ...FACTS },
      ],
    ],
    [
      'replaced by another, or by none any more',
      table({ ...KEY, replacedBy: 'newkey0001' }, { ...KEY, id: 'b', replacedBy: 'newkey0001' }),
      table({ ...KEY, replacedBy: 'newkey0002' }, { ...KEY, id: 'b' }),
      [
        { event: 'key.changed', ...FACTS, changed: ['replacedBy'] },
        { event: 'key.changed', ...FACTS, keyId: 'b', changed: ['replacedBy'] },
      ],
    ],
    [
      'another secret under the same id',
      table(KEY),
      table({ ...KEY, hash: 'bb'.repeat(32) } as KeyFacts),
      [{ event: 'key.changed', ...FACTS, changed: ['hash'] }],
    ],
    [
      'a wider limit and more models',
      table(KEY),
      table({ ...KEY, models: ['*'], limits: { ...KEY.limits, concurrent: 200 } } as KeyFacts),
      [{ event: 'key.changed', ...FACTS, changed: ['limits', 'models'] }],
    ],
    [
      'a member that came, and one that went',
      table(KEY),
      table({ ...WITHOUT_LIMITS, hours: 'mon-fri 08:00-18:00 UTC' } as KeyFacts),
      [{ event: 'key.changed', ...FACTS, changed: ['hours', 'limits'] }],
    ],
    [
      'a fact, as it is now',
      table(KEY),
      table({ ...KEY, team: 'ads', expiresAt: '2026-03-31T00:00:00Z' }),
      [
        {
          event: 'key.changed',
          ...FACTS,
          team: 'ads',
          expiresAt: '2026-03-31T00:00:00Z',
          changed: ['expiresAt', 'team'],
        },
      ],
    ],
    [
      'members in another order: nothing',
      table(KEY),
      table({ limits: { concurrent: 2, requestsPerMinute: 60 }, ...WITHOUT_LIMITS } as KeyFacts),
      [],
    ],
  ])('%s', (_, before, after, events) => {
    expect(keyChanges(before, after)).toEqual(events);
  });
});

test('neither the hash of a key nor the value of any other member is remembered', () => {
  const text = JSON.stringify(knownKey({ ...KEY, client: 'canary-5d1c' } as KeyFacts));
  expect(text).not.toContain(KEY.hash);
  expect(text).not.toContain('canary');
});

test('a key that was not rotated has the digest that it had before keys could be', () => {
  expect(
    keysRecord(table({ id: 'k', team: 't', app: 'a', env: 'e', role: 'auditor', expiresAt: 'x', revokedAt: null })),
  ).toMatchObject({ keysSha256: 'baafe71b217a95aff7d6d700a24b3bb62dd9b5cf138e140c41bbbd2c73ea32bf' });
});
