import { describe, expect, test } from 'vitest';
import { holderOf, shared } from '../../../src/audit/witness/share.ts';

test('each may have so many at a time, and what is given back may be taken again', () => {
  const take = shared(2);
  const first = take('10.0.0.1');
  expect([first, take('10.0.0.1')]).not.toContain(null);
  expect(take('10.0.0.1')).toBeNull();
  expect(take('10.0.0.2')).not.toBeNull();
  first!();
  expect(take('10.0.0.1')).not.toBeNull();
  expect(take('10.0.0.1')).toBeNull();
});

describe('who has an address', () => {
  test.each([
    ['10.0.0.1', '10.0.0.1'],
    ['::ffff:10.0.0.1', '10.0.0.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8:1:2::6', '2001:db8:1:2'],
    ['2001:db8::5:6', '2001:db8:0:0'],
    ['2001:db8::', '2001:db8:0:0'],
    ['::1', '0:0:0:0'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
    ['', ''],
  ])('%s: %s', (address, holder) => {
    expect(holderOf(address)).toBe(holder);
  });
});
