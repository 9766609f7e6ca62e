import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { followRevocations } from '../../src/assemble/revocations.ts';
import type { SharedDocument } from '../../src/core/document/document.ts';
import type { Trust } from '../../src/identity/trust.ts';
import { type KeyRecord, type KeyTable, tableOf } from '../../src/keys/record.ts';
import { type Lockdown, lockdownFormat } from '../../src/lockdown/lockdown.ts';
import { makeKey } from '../keys/make.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

type Follower<T> = Parameters<SharedDocument<T>['onChange']>[0];

let lookedAt = 0;
const AT = '2026-06-01T12:00:00.000Z';
beforeEach(() => {
  lookedAt = 0;
  vi.setSystemTime(AT);
});

function follow() {
  const keysFollowers: Follower<KeyTable>[] = [];
  const lockdownFollowers: Follower<Lockdown>[] = [];
  const refused = vi.fn();
  const review = vi.fn();
  const revocations = followRevocations(
    { onChange: (callback) => void keysFollowers.push(callback), lookedAt: () => lookedAt },
    { onChange: (callback) => void lockdownFollowers.push(callback), lookedAt: () => lookedAt },
    { refused, review },
  );
  const keys = (before: KeyRecord[], after: KeyRecord[]) => keysFollowers[0]!(tableOf(before), tableOf(after));
  const lockdown = (before: Lockdown, after: Lockdown) => lockdownFollowers[0]!(before, after);
  return { keys, lockdown, refused, review, revocations };
}

const good = makeKey({}).record;
const revoked = { ...good, revokedAt: AT };
const other = makeKey({}).record;

describe('keys', () => {
  test.each<[string, KeyRecord[], KeyRecord[], number]>([
    ['one that was good is revoked', [good, other], [revoked, other], 1],
    ['one was revoked before', [revoked], [revoked, other], 0],
    ['one arrives revoked', [other], [other, revoked], 0],
    ['one is changed', [good], [{ ...good, owner: 'somebody' }], 0],
    ['one is gone', [good], [], 0],
  ])('%s: what runs is looked at, and a revocation is timed once', (_, before, after, count) => {
    const { keys, refused, review } = follow();
    keys(before, after);
    expect(review).toHaveBeenCalledTimes(1);
    expect(refused.mock.calls).toEqual(Array(count).fill(['key', Date.parse(AT)]));
  });
});

test('a lockdown is timed when it begins, and not when it ends or its reason changes', () => {
  const { lockdown, refused, review } = follow();
  const off = lockdownFormat.empty;
  const on = { ...off, on: true, since: AT };
  lockdown(off, on);
  lockdown(on, { ...on, reason: 'another' });
  lockdown(on, off);
  expect(refused.mock.calls).toEqual([['lockdown', Date.parse(AT)]]);
  expect(review).toHaveBeenCalledTimes(3);
});

test('each certificate that is on a list now and was not before is timed by when the list came', () => {
  const { revocations, refused, review } = follow();
  const trust = (changedAt: number, ...lists: string[][]) =>
    ({ changedAt, authorities: lists.map((serials) => ({ crl: { revoked: new Set(serials) } })) }) as unknown as Trust;
  revocations.trustChanged(trust(1, ['a'], []), trust(2, ['a', 'b'], ['c']));
  expect(refused.mock.calls).toEqual([
    ['certificate', 2],
    ['certificate', 2],
  ]);
  expect(review).toHaveBeenCalledTimes(1);
});

test('what runs is looked at four times a second, because keys end without telling; until it is closed', () => {
  const { review, revocations } = follow();
  vi.advanceTimersByTime(1000);
  expect(review).toHaveBeenCalledTimes(4);
  revocations.close();
  vi.advanceTimersByTime(1000);
  expect(review).toHaveBeenCalledTimes(4);
});

test('a clock that is behind makes nothing seem older than the last look that had not found it; what was really late is', () => {
  const { keys, refused, revocations } = follow();
  const now = Date.parse(AT);
  const twoMinutesAgo = now - 120_000;
  lookedAt = now - 400;
  keys([good], [{ ...good, revokedAt: new Date(twoMinutesAgo).toISOString() }]);
  expect(refused).toHaveBeenLastCalledWith('key', now - 400);
  // What is cut because of it is measured from the same moment, however often it has been looked since.
  lookedAt = now + 10_000;
  expect(revocations.since(twoMinutesAgo)).toBe(now - 400);
  // A store that could not be read for five minutes.
  lookedAt = now - 300_000;
  keys([other], [{ ...other, revokedAt: new Date(twoMinutesAgo).toISOString() }]);
  expect(refused).toHaveBeenLastCalledWith('key', twoMinutesAgo);
});
