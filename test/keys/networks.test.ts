import { isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { isNetwork, withinNetworks } from '../../src/keys/networks.ts';
import { anyText } from '../support/any-text.ts';

describe('a peer', () => {
  it.each([
    ['10.1.2.3', '10.1.2.3', true],
    ['10.1.2.3', '10.1.2.4', false],
    ['10.0.0.0/8', '10.255.255.255', true],
    ['10.0.0.0/8', '11.0.0.0', false],
    ['10.9.9.9/8', '10.1.2.3', true],
    ['192.0.2.128/25', '192.0.2.127', false],
    ['192.0.2.1/32', '192.0.2.1', true],
    ['0.0.0.0/0', '203.0.113.9', true],
    ['0.0.0.0/0', '2001:db8::1', false],
    ['10.0.0.0/8', '::ffff:10.0.0.1', true],
    ['10.0.0.0/8', '::ffff:a00:1', true],
    ['10.0.0.0/8', '::ffff:11.0.0.1', false],
    ['10.0.0.0/8', '::10.0.0.1', false],
    ['::ffff:10.0.0.0/104', '10.1.2.3', true],
    ['2001:db8::/32', '2001:db8:ffff::1', true],
    ['2001:db8::/32', '2001:db9::1', false],
    ['2001:DB8::/32', '2001:0db8:0000::0001', true],
    ['::1', '::1', true],
    ['fe80::/10', 'fe80::1%eth0', true],
    ['::/0', '2001:db8::1', true],
    ['10.0.0.0/8', '', false],
    ['10.0.0.0/8', 'localhost', false],
    ['10.0.0.0/8', '010.0.0.1', false],
    ['10.0.0.0/8', '10.0.0.1:443', false],
    ['10.0.0.0/8', '10.0.0.1, 10.0.0.2', false],
  ])('in %s: %s is %s', (network, address, expected) => {
    expect(withinNetworks([network], address)).toBe(expected);
  });

  it('may be in any of several', () => {
    const networks = ['192.0.2.1', '2001:db8::/32', '10.0.0.0/8'];
    for (const address of ['192.0.2.1', '2001:db8::5', '10.1.1.1'])
      expect(withinNetworks(networks, address)).toBe(true);
    expect(withinNetworks(networks, '192.0.2.2')).toBe(false);
  });

  it('is in none of no networks, nor in one that cannot be read', () => {
    expect([withinNetworks([], '10.0.0.1'), withinNetworks(['10.0.0.0/33', ''], '10.0.0.1')]).toEqual([false, false]);
  });
});

describe('what is no network', () => {
  it.each([
    '',
    '/',
    '/8',
    'localhost',
    '10.0.0.0/',
    '10.0.0.0/33',
    '10.0.0.0/08',
    '10.0.0.0/-1',
    '10.0.0.0/8/8',
    '10.0.0.0/255.0.0.0',
    '10.0.0',
    '10.0.0.256',
    '010.0.0.1',
    '10.0.0.*',
    '::/129',
    'fe80::1%eth0',
    ' 10.0.0.1',
    '10.0.0.1\n',
    '10.0.0.1,10.0.0.2',
  ])('%j', (text) => expect(isNetwork(text)).toBe(false));

  test('any text is told apart, and none throws', () => {
    fc.assert(fc.property(anyText(60), (text) => isNetwork(text) === false || isIP(text.split('/')[0]!) !== 0));
  });
});

/** The bits of an address, worked out another way than the code under test does. */
const bits = (address: string): string =>
  address
    .split('.')
    .map((part) => Number(part).toString(2).padStart(8, '0'))
    .join('');

test('a network holds the addresses that begin as it does', () => {
  fc.assert(
    fc.property(fc.ipV4(), fc.ipV4(), fc.integer({ min: 0, max: 32 }), (network, address, prefix) => {
      const expected = bits(network).slice(0, prefix) === bits(address).slice(0, prefix);
      expect(withinNetworks([`${network}/${prefix}`], address)).toBe(expected);
      expect(withinNetworks([`${network}/${prefix}`], `::ffff:${address}`)).toBe(expected);
      expect(withinNetworks([`${address}/${prefix}`], address)).toBe(true);
    }),
  );
});

test('every address is a network of itself', () => {
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (address) => {
      expect([isNetwork(address), withinNetworks([address], address)]).toEqual([true, true]);
    }),
  );
});
