import { describe, expect, it } from 'vitest';
import type { AuditEvent } from '../../../src/audit/events.ts';
import {
  adminDenied,
  certOf,
  denied,
  fits,
  HOUR,
  MINUTE,
  refusedHandshake,
  refusedKey,
  SECOND,
  START,
  watching,
} from './make.ts';

/** The two kinds of burst are one mechanism: what holds for one must hold for the other. */
const KINDS = [
  {
    kind: 'handshakes',
    thresholds: { refusedHandshakesPerMinute: 20 },
    from: (source: string) => refusedHandshake(source),
    named: (source: string) => ({ event: 'alert.handshake_burst', windowMs: MINUTE, remote: source }),
  },
  {
    kind: 'keys',
    thresholds: { refusedKeysPerMinute: 20 },
    from: (source: string) => refusedKey(source, '10.0.0.9'),
    named: (source: string) => ({
      event: 'alert.refused_key_burst',
      windowMs: MINUTE,
      client: source,
      clientCertSha256: certOf(source),
      remote: '10.0.0.9',
    }),
  },
] as const;

describe.each(KINDS)('refused $kind', ({ thresholds, from, named }) => {
  const watch = () => watching(thresholds);

  it('raises an alert at the threshold, and none just below', () => {
    const { observe, raised } = watch();
    observe(from('a'), 19, 3 * SECOND);
    expect(raised).toEqual([]);
    observe(from('a'));
    expect(raised).toEqual([{ ...named('a'), count: 20, at: START + 54 * SECOND }]);
    const { at: _, ...alert } = raised[0]!;
    expect(fits(alert as AuditEvent)).toBe(true);
  });

  it.each([
    ['within a minute', 60 * SECOND, 1],
    ['over a minute and a second', 61 * SECOND, 0],
  ])('%s', (_, span, alerts) => {
    const { observe, raised, clock } = watch();
    observe(from('a'), 19);
    clock.at += span;
    observe(from('a'));
    expect(raised).toHaveLength(alerts);
  });

  it('never raises one for a slow trickle, however long', () => {
    const { observe, raised } = watch();
    observe(from('a'), 5000, 3.3 * SECOND);
    expect(raised).toEqual([]);
  });

  it('counts those together that stay below one by one, and names the most frequent', () => {
    const { observe, raised } = watch();
    for (let i = 0; i < 9; i++) observe(from(`${i}`));
    observe(from('b'), 8);
    observe(from('c'), 2);
    expect(raised).toEqual([]);
    observe(from('d'));
    expect(raised).toMatchObject([{ ...named('b'), count: 20 }]);
  });

  it('tells of a burst that goes on once an hour', () => {
    const { observe, raised } = watch();
    observe(from('a'), 3 * 3600 + 30, SECOND);
    expect(raised.map(({ at }) => (at - START) / SECOND)).toEqual([19, 3619, 7219, 10_819]);
    expect(raised.at(-1)).toMatchObject({ count: 61 });
  });

  it('does not let a noisy source hide the others', () => {
    const { observe, raised } = watch();
    observe(from('noise'), 300, SECOND / 2);
    observe(from('attacker'), 20);
    for (let i = 0; i < 20; i++) observe(from(`spread ${i}`));
    expect(raised).toMatchObject([named('noise'), named('attacker'), { count: 20 }]);
    expect(raised).toHaveLength(3);
    expect(JSON.stringify(raised[2])).toContain('spread');
  });

  it('does not add the noise of one source to the few refusals of others', () => {
    const { observe, raised } = watch();
    for (let minute = 0; minute < 200; minute++) {
      observe(from('noise'), 40, SECOND);
      observe(from('other'), 2, SECOND);
    }
    expect(raised.filter((alert) => JSON.stringify(alert).includes('other'))).toEqual([]);
    expect(new Set(raised.map((alert) => JSON.stringify({ ...alert, at: 0, count: 0 }))).size).toBe(1);
  });

  it('counts together what a source did before it became noisy, and after, once', () => {
    const { observe, raised, clock } = watch();
    // In turns above and below the threshold: what is taken back must be what was put in.
    for (let round = 0; round < 50; round++) {
      observe(from('tide'), 25, SECOND);
      clock.at += (round % 7) * 10 * SECOND;
    }
    clock.at += 2 * MINUTE;
    raised.length = 0;
    for (let i = 0; i < 19; i++) observe(from(`${i}`));
    expect(raised).toEqual([]);
    observe(from('last'));
    expect(raised).toMatchObject([{ count: 20 }]);
  });

  it('raises twenty an hour at most, whatever comes from wherever', () => {
    const { observe, raised } = watch();
    for (let i = 0; i < 500; i++) observe(from(`source ${i}`), 30);
    expect(raised).toHaveLength(20);
  });

  it('goes on when the clock is put back', () => {
    const { observe, raised, clock } = watch();
    observe(from('a'), 19);
    clock.at -= 3 * HOUR;
    observe(from('a'), 19);
    expect(raised).toEqual([]);
    observe(from('a'));
    expect(raised).toHaveLength(1);
    clock.at -= 3 * HOUR;
    observe(from('a'), 20);
    expect(raised).toHaveLength(2);
  });

  it('says nothing when it is turned off', () => {
    const { observe, raised } = watching({});
    observe(from('a'), 1000);
    expect(raised).toEqual([]);
  });
});

it('names the address that a client was seen at last', () => {
  const { observe, raised } = watching({ refusedKeysPerMinute: 20 });
  observe(refusedKey('a', '10.0.0.1'), 18);
  observe(refusedKey('a', '10.0.0.2'));
  observe(refusedKey('b', '10.0.0.3'));
  expect(raised).toMatchObject([{ client: 'a', remote: '10.0.0.2', count: 20 }]);
});

it('counts both listeners together, and access tokens as keys', () => {
  const { observe, raised } = watching({ refusedKeysPerMinute: 20 });
  observe(refusedKey('billing'), 7);
  observe(adminDenied('invalid_api_key'), 6);
  observe(adminDenied('role_not_allowed'), 100);
  observe(adminDenied('invalid_token'), 6);
  expect(raised).toEqual([]);
  observe(adminDenied('invalid_token'));
  expect(raised).toMatchObject([{ client: 'billing', count: 20 }]);
});

it('takes no other refusal for a refused key', () => {
  const { observe, raised } = watching({ refusedKeysPerMinute: 1 });
  observe(denied('rate_limited'), 100);
  observe(denied('tls_client_required', { keyId: null, team: null, app: null, env: null }), 100);
  observe(refusedHandshake(), 100);
  expect(raised).toEqual([]);
});
