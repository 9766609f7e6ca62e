import { createPublicKey } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { GENESIS, isHash } from '../../../src/audit/format/chain.ts';
import { originOf, readCheckpoint } from '../../../src/audit/format/checkpoint.ts';
import { checkCosignature } from '../../../src/audit/format/cosignature.ts';
import { checkpointFields, PUBLIC_KEY } from '../helpers.ts';
import { lineOf, WITNESS, witnessed } from '../verify/history.ts';

const HEAD = 'ab'.repeat(32);
const ORIGIN = originOf(PUBLIC_KEY);
const keys = new Map([[ORIGIN, PUBLIC_KEY]]);
const evil = '\u001b[2J\u001b[H\u001b[32mOK\n'.padEnd(64, 'x');

test.each([
  [GENESIS, true],
  [HEAD, true],
  [HEAD.toUpperCase(), false],
  [HEAD.slice(1), false],
  [`${HEAD}\n`, false],
  [evil, false],
  [[HEAD], false],
  [null, false],
])('a hash is 64 hex digits in lower case: %j', (value, expected) => expect(isHash(value)).toBe(expected));

describe('a checkpoint', () => {
  test('that is sound is read', () => {
    const fields = checkpointFields(7, HEAD);
    expect(readCheckpoint({ ...fields } as never, keys)).toMatchObject({ origin: ORIGIN, size: 7, head: HEAD });
  });

  test.each<[string, Record<string, unknown>]>([
    ['whose origin would clear the screen', { origin: evil, keyId: evil.slice(0, 16) }],
    ['whose origin is not hex, though a key is known by it', { origin: 'x', keyId: 'x' }],
    ['whose head is not hex, though that is what was signed', checkpointFields(7, 'no head')],
    ['whose head has a newline, though that is what was signed', checkpointFields(7, `${HEAD}\n`)],
    ['that covers nothing', checkpointFields(0, HEAD)],
    ['of a negative size', checkpointFields(-1, HEAD)],
    ['of a broken size', checkpointFields(1.5, HEAD)],
    ['with the name of another key', { keyId: '0'.repeat(16) }],
  ])('%s says nothing, and nothing of it is repeated', (_, changes) => {
    const read = readCheckpoint(
      { ...checkpointFields(7, HEAD), ...changes } as never,
      new Map([...keys, ['x', PUBLIC_KEY]]),
    );
    expect(read).toBe('lacks what a checkpoint says');
  });

  test('by another key is named by digits', () => {
    expect(readCheckpoint({ ...checkpointFields(7, HEAD) } as never, new Map())).toMatch(
      /^was signed with another key \([0-9a-f]{16}\)$/,
    );
  });
});

test('what a witness has signed covers something', () => {
  const publicKey = createPublicKey(WITNESS);
  const witnesses = new Map([[originOf(publicKey), publicKey]]);
  const check = (size: number) =>
    checkCosignature(JSON.parse(witnessed(lineOf(size + 1, HEAD, checkpointFields(size, HEAD)))), witnesses);
  expect(check(1)).toBe(null);
  expect(check(0)).toBe('lacks what a witnessed checkpoint says');
});
