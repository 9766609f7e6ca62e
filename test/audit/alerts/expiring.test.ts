import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import type { KeyLife } from '../../../src/audit/alerts/detector.ts';
import type { CertificateLife } from '../../../src/audit/alerts/expiring.ts';
import { derOf, type MadeAuthority, makeAuthority, makeLeaf } from '../../identity/make.ts';
import { byId, DAY, fits, HOUR, lifeOf as key, START, watching } from './make.ts';

const iso = (at: number) => new Date(at).toISOString();
const server = (changes: Partial<CertificateLife> = {}): CertificateLife => ({
  certificate: 'server',
  subject: 'gateway.internal',
  validFrom: new Date(START - 351 * DAY),
  expiresAt: new Date(START + 14 * DAY),
  ...changes,
});

/** What is raised by one look, for keys and certificates. */
function raisedFor({ keys = [], certificates = [], days = 14 }: Partial<Lives> & { days?: number | null }) {
  const watched = watching({ expiryDays: days }, { keys: () => byId(keys), certificates: () => certificates });
  watched.alerts.check();
  return watched.raised;
}
interface Lives {
  readonly keys: KeyLife[];
  readonly certificates: CertificateLife[];
}

it('tells of a key and of a certificate, in the words of the table', () => {
  const raised = raisedFor({ keys: [key()], certificates: [server()] });
  const expiresAt = iso(START + 14 * DAY);
  expect(raised).toEqual([
    {
      event: 'alert.key_expiring',
      ...{ keyId: 'key0000001', team: 'payments', app: 'billing', env: 'prod' },
      expiresAt,
      at: START,
    },
    { event: 'alert.certificate_expiring', certificate: 'server', subject: 'gateway.internal', expiresAt, at: START },
  ]);
  for (const { at: _, ...alert } of raised) expect(fits(alert)).toBe(true);
});

describe('a key', () => {
  it.each([
    ['14 days before its end', {}, 1],
    ['a second earlier', { expiresAt: iso(START + 14 * DAY + 1000) }, 0],
    ['in its last second', { expiresAt: iso(START + 1000) }, 1],
    ['that has expired', { expiresAt: iso(START) }, 0],
    ['that is revoked', { revokedAt: iso(START - DAY) }, 0],
    ['of 12 hours, just issued', { issuedAt: iso(START), expiresAt: iso(START + 12 * HOUR) }, 0],
    ['of 12 hours, in the last four', { issuedAt: iso(START - 8 * HOUR), expiresAt: iso(START + 4 * HOUR) }, 1],
    ['of 12 hours, before', { issuedAt: iso(START - 8 * HOUR + 1000), expiresAt: iso(START + 4 * HOUR + 1000) }, 0],
  ])('%s', (_, changes, alerts) => expect(raisedFor({ keys: [key(changes)] })).toHaveLength(alerts));
});

describe('a certificate', () => {
  it.each([
    ['14 days before its end', {}, 1],
    ['a second earlier', { expiresAt: new Date(START + 14 * DAY + 1000) }, 0],
    ['that has expired', { expiresAt: new Date(START - 100 * DAY) }, 1],
    ['of the CA', { certificate: 'client_ca' }, 1],
    [
      'a fresh weekly list',
      { certificate: 'crl', validFrom: new Date(START), expiresAt: new Date(START + 7 * DAY) },
      0,
    ],
    [
      'a weekly list, on the fifth day',
      { certificate: 'crl', validFrom: new Date(START - 5 * DAY), expiresAt: new Date(START + 2 * DAY) },
      1,
    ],
  ] as const)('%s', (_, changes, alerts) =>
    expect(raisedFor({ certificates: [server(changes)] })).toHaveLength(alerts),
  );
});

it('tells of each once a day', () => {
  const { alerts, raised, clock } = watching(
    { expiryDays: 14 },
    {
      keys: () => byId([key(), key({ id: 'key0000002' })]),
      certificates: () => [server(), server({ subject: 'other' })],
    },
  );
  for (let look = 0; look < 3 * 24 * 60; look++) {
    alerts.check();
    clock.at += DAY / (24 * 60);
  }
  const days = raised.map(({ at }) => (at - START) / DAY);
  expect(days).toEqual([0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2]);
});

it('says nothing when it is turned off', () =>
  expect(raisedFor({ keys: [key()], certificates: [server()], days: null })).toEqual([]));

describe('the certificate of a client', () => {
  let ca: MadeAuthority;
  let soon: Uint8Array;
  let later: Uint8Array;
  beforeAll(async () => {
    ca = await makeAuthority();
    const leaf = async (days: number) =>
      derOf(await makeLeaf(ca, { notBefore: new Date(START - 90 * DAY), notAfter: new Date(START + days * DAY) }));
    [soon, later] = await Promise.all([leaf(14), leaf(15)]);
  });

  /** Looks at a moment, after `der` was seen at START. */
  function seen(der: Uint8Array, lookAt = START) {
    const watched = watching({ expiryDays: 14 });
    const certSha256 = createHash('sha256').update(der).digest('hex');
    watched.alerts.sawClient({ name: 'billing', certSha256 }, der);
    watched.clock.at = lookAt;
    watched.alerts.check();
    return { ...watched, again: () => watched.alerts.sawClient({ name: 'billing', certSha256 }, der) };
  }

  it('that expires soon is told of by the name of the client', () => {
    expect(seen(soon).raised).toEqual([
      {
        event: 'alert.certificate_expiring',
        certificate: 'client',
        subject: 'billing',
        expiresAt: iso(START + 14 * DAY),
        at: START,
      },
    ]);
  });

  it('that is good for longer is not', () => expect(seen(later).raised).toEqual([]));

  it('that is used no more is forgotten', () => {
    expect(seen(soon, START + DAY).raised).toEqual([]);
    expect(seen(soon, START + DAY - 1).raised).toHaveLength(1);
  });

  it('that is still used is told of on the next day', () => {
    const { again, alerts, raised, clock } = seen(soon);
    clock.at += DAY - 1;
    again();
    alerts.check();
    expect(raised).toHaveLength(1);
    clock.at += 1;
    alerts.check();
    expect(raised).toHaveLength(2);
  });

  it('that has expired is not: nobody gets in with it', () => {
    const { again, alerts, raised, clock } = seen(later);
    clock.at += 15 * DAY;
    again();
    alerts.check();
    expect(raised).toEqual([]);
  });
});

it('goes by when a key ends, whatever its record says, and says nothing of one that has been replaced', () => {
  const watched = watching(
    { expiryDays: 14 },
    {
      keys: () =>
        byId([
          key({ id: 'capped00000', expiresAt: iso(START + 300 * DAY) }),
          key({ id: 'replaced000', replacedBy: 'another0000' }),
        ]),
      keyEnd: () => new Date(START + 2 * DAY),
    },
  );
  watched.alerts.check();
  expect(watched.raised).toMatchObject([
    { event: 'alert.key_expiring', keyId: 'capped00000', expiresAt: iso(START + 2 * DAY) },
  ]);
});
