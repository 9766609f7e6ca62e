/** The networks that a key may be used from: `10.1.0.0/16`, `2001:db8::/32`, or a single address. */
import { BlockList, isIP } from 'node:net';

const FAMILY = { 4: 'ipv4', 6: 'ipv6' } as const;
const BITS = { 4: 32, 6: 128 } as const;

interface Network {
  readonly address: string;
  readonly family: 'ipv4' | 'ipv6';
  readonly prefix: number;
}

/** Whether a text is an address, or a network in CIDR notation (RFC 4632 §3.1, RFC 4291 §2.3). */
export const isNetwork = (text: string): boolean => parsed(text) !== null;

/**
 * Whether an address lies in one of the networks. IPv4 is IPv4, also as a listener on `::` shows it: `::ffff:10.0.0.1`.
 * @param networks texts for which {@link isNetwork} is true; nothing lies in any other
 * @param address  of the peer, as its socket says; in anything that is no address, nothing lies either
 */
export function withinNetworks(networks: readonly string[], address: string): boolean {
  const version = isIP(address) as 0 | 4 | 6;
  return version !== 0 && blockList(networks).check(address, FAMILY[version]);
}

/** By identity: the networks of a record are one array for as long as the record is in force. */
const lists = new WeakMap<readonly string[], BlockList>();

function blockList(networks: readonly string[]): BlockList {
  const known = lists.get(networks);
  if (known) return known;
  const list = new BlockList();
  for (const text of networks) {
    const network = parsed(text);
    if (network) list.addSubnet(network.address, network.prefix, network.family);
  }
  lists.set(networks, list);
  return list;
}

function parsed(text: string): Network | null {
  const [, address, prefix] = /^([0-9A-Fa-f:.]{2,45})(?:\/(0|[1-9]\d{0,2}))?$/.exec(text) ?? [];
  const version = isIP(address ?? '') as 0 | 4 | 6;
  if (!address || version === 0) return null;
  const bits = Number(prefix ?? BITS[version]);
  return bits > BITS[version] ? null : { address, family: FAMILY[version], prefix: bits };
}
