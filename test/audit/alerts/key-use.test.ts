import { describe, expect, it } from 'vitest';
import {
  adminDenied,
  admitted,
  byId,
  completed,
  DAY,
  denied,
  fits,
  HOUR,
  KEY,
  lifeOf,
  MINUTE,
  refusedKey,
  START,
  watching,
} from './make.ts';

const HOURS = 'mon-fri 08:00-18:00 UTC';

describe('outside its hours', () => {
  /** A refusal as it is recorded: of the key there is only its id. */
  const refusal = {
    ...{ keyId: KEY.keyId, team: null, app: null, env: null },
    reason: 'outside_hours',
  };
  const refused = denied('invalid_api_key', refusal);
  const watch = () =>
    watching({}, { keys: () => byId([lifeOf({ hours: HOURS }), lifeOf({ id: 'key0000002', hours: undefined })]) });

  it.each([
    ['inference', refused],
    ['administration', adminDenied('invalid_api_key', refusal)],
  ])('a key that is refused for it by %s is told of by its owner and its hours', (_, event) => {
    const { observe, raised } = watch();
    observe(event);
    expect(raised).toEqual([{ event: 'alert.outside_hours', ...KEY, hours: HOURS, at: START }]);
    const { at: _at, ...alert } = raised[0]!;
    expect(fits(alert)).toBe(true);
  });

  it.each([
    ['a key that is refused for another reason', denied('invalid_api_key', { ...refusal, reason: 'expired' })],
    ['a key that nobody knows', refusedKey()],
    ['a key that is gone by now', denied('invalid_api_key', { ...refusal, keyId: 'key0000003' })],
    ['a key whose hours are gone by now', denied('invalid_api_key', { ...refusal, keyId: 'key0000002' })],
    ['a request that is let in', admitted()],
    ['the end of one', completed({ reason: 'outside_hours' })],
  ])('not for %s', (_, event) => {
    const { observe, raised } = watch();
    observe(event);
    expect(raised).toEqual([]);
  });

  it('raises one a night, and two in 24 hours at most', () => {
    const { observe, raised } = watch();
    observe(refused, (2 * DAY) / (10 * MINUTE), 10 * MINUTE);
    expect(raised.map(({ at }) => (at - START) / HOUR)).toEqual([0, 12, 24, 36]);
  });
});

describe('an unusual rate', () => {
  /** Alerts that have seen a key in so many windows of five minutes, with so many requests in each. */
  function used(windows: number, requests: number, keyId?: string) {
    const watched = watching({ rateJumpFactor: 10 });
    watched.clock.at = START - windows * 5 * MINUTE;
    for (let window = 0; window < windows; window++) {
      watched.observe(admitted(keyId), requests);
      watched.clock.at += 5 * MINUTE;
    }
    expect(watched.raised).toEqual([]);
    return watched;
  }

  it('is ten times the usual, and no less', () => {
    const { observe, raised } = used(12, 8);
    observe(admitted(), 79);
    expect(raised).toEqual([]);
    observe(admitted());
    expect(raised).toEqual([
      { event: 'alert.unusual_rate', ...KEY, count: 80, usual: 8, windowMs: 5 * MINUTE, at: START },
    ]);
    const { at: _, ...alert } = raised[0]!;
    expect(fits(alert)).toBe(true);
  });

  it.each([
    ['an hour of use', 12, 1, 1000, 1],
    ['less than an hour of use', 11, 1, 1000, 0],
    ['fewer than 50 requests', 12, 1, 49, 0],
    ['50 requests', 12, 1, 50, 1],
  ])('after %s', (_, windows, requests, then, alerts) => {
    const { observe, raised } = used(windows, requests);
    observe(admitted(), then);
    expect(raised).toHaveLength(alerts);
  });

  it('is not for a key that is new, however much it is used at once', () => {
    const { observe, raised } = used(100, 8, 'key0000002');
    observe(admitted(), 100_000);
    expect(raised).toEqual([]);
  });

  it('counts refused requests, and each admitted one once', () => {
    const { observe, raised } = used(12, 8);
    observe(denied('rate_limited'), 40);
    observe(completed(), 1000);
    observe(admitted(), 39);
    expect(raised).toEqual([]);
    observe(denied('rate_limited'));
    expect(raised).toHaveLength(1);
  });

  it('is not the morning after a quiet night', () => {
    const { observe, raised, clock } = used(96, 40);
    clock.at += 14 * HOUR;
    observe(admitted(), 399);
    expect(raised).toEqual([]);
  });

  it('is told once an hour, and becomes the usual in some hours', () => {
    const { observe, raised, clock } = used(480, 10);
    for (let window = 0; window < 12 * 24; window++) {
      observe(admitted(), 200);
      clock.at += 5 * MINUTE;
    }
    const hours = raised.map(({ at }) => (at - START) / HOUR);
    expect(hours.length).toBeGreaterThanOrEqual(2);
    expect(hours.at(-1)).toBeLessThan(12);
    for (const [i, hour] of hours.entries()) if (i > 0) expect(hour - hours[i - 1]!).toBeGreaterThanOrEqual(1);
  });
});
