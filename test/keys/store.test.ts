import { describe, expect, test } from 'vitest';
import { tableOf } from '../../src/keys/record.ts';
import { keysFormat } from '../../src/keys/store.ts';
import { makeKey } from './make.ts';

const REVOKED_AT = '2026-06-01T11:59:59.000Z';
const good = makeKey().record;
const revoked = { ...good, revokedAt: REVOKED_AT };
const other = makeKey().record;

describe('what a newer table cannot take back', () => {
  test.each([
    ['a revocation that it does not know of', [revoked], [good, other], [revoked, other]],
    ['a revoked key that is gone', [revoked, other], [other], [other, revoked]],
    ['not what it changes of a revoked key', [revoked], [{ ...good, owner: 'b' }], [{ ...revoked, owner: 'b' }]],
  ])('%s', (_, inForce, newer, kept) => {
    expect(keysFormat.keep!(tableOf(inForce), tableOf(newer))).toEqual(tableOf(kept));
  });

  test.each([
    ['a new key', [good], [good, other]],
    ['a good key that is gone', [good, other], [other]],
    ['a revocation of its own', [good], [revoked]],
    ['a later revocation of a revoked key', [revoked], [{ ...revoked, revokedAt: '2026-06-02T00:00:00.000Z' }]],
  ])('%s is taken as it is', (_, inForce, newer) => {
    const table = tableOf(newer);
    expect(keysFormat.keep!(tableOf(inForce), table)).toBe(table);
  });
});
