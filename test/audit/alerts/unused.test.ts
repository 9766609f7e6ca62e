import { describe, expect, it } from 'vitest';
import type { KeyLife } from '../../../src/audit/alerts/detector.ts';
import { byId, DAY, fits, KEY, lifeOf, SECOND, START, watching } from './make.ts';

const ago = (ms: number) => new Date(START - ms);
const iso = (ms: number) => ago(ms).toISOString();

function watch(keys: readonly KeyLife[], used: Date | null, days: number | null = 30) {
  return watching({ unusedKeyDays: days }, { keys: () => byId(keys), lastUsed: () => used });
}
const raisedFor = (key: Partial<KeyLife>, used: Date | null, days?: number | null) => {
  const watched = watch([lifeOf(key)], used, days);
  watched.alerts.check();
  return watched.raised;
};

it.each([
  ['that was never used', null, null],
  ['that was used long ago', ago(30 * DAY), iso(30 * DAY)],
])('tells of a key %s, in the words of the table', (_, used, lastUsed) => {
  const raised = raisedFor({}, used);
  expect(raised).toEqual([{ event: 'alert.key_unused', ...KEY, lastUsed, at: START }]);
  const { at: _at, ...alert } = raised[0]!;
  expect(fits(alert)).toBe(true);
});

describe('a key', () => {
  it.each<[string, Partial<KeyLife>, Date | null, number]>([
    ['issued 30 days ago', { issuedAt: iso(30 * DAY) }, null, 1],
    ['issued a second later', { issuedAt: iso(30 * DAY - SECOND) }, null, 0],
    ['used a second later', {}, ago(30 * DAY - SECOND), 0],
    ['used by a clock that is ahead', {}, ago(-DAY), 0],
    ['that is revoked', { revokedAt: iso(DAY) }, null, 0],
    ['that has expired', { expiresAt: iso(0) }, null, 0],
    ['in its last second', { expiresAt: iso(-SECOND) }, null, 1],
  ])('%s', (_, key, used, alerts) => expect(raisedFor(key, used)).toHaveLength(alerts));
});

it('tells of each once a day', () => {
  const { alerts, raised, clock } = watch([lifeOf(), lifeOf({ id: 'key0000002' })], null);
  for (let look = 0; look < 3 * 24; look++) {
    alerts.check();
    clock.at += DAY / 24;
  }
  expect(raised.map(({ at }) => (at - START) / DAY)).toEqual([0, 0, 1, 1, 2, 2]);
});

it('says nothing when it is turned off', () => expect(raisedFor({}, null, null)).toEqual([]));
