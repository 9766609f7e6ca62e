/** Addresses of machines, and of accounts on them. */
import { isIPv6 } from 'node:net';
import type { Row } from './row.ts';
import { words } from './words.ts';

const OCTET = String.raw`(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)`;
const HEX = '[0-9A-Fa-f]';
const PAIR = `${HEX}{2}`;

/** Loopback, unspecified, broadcast and multicast addresses are nobody's, and a netmask is no address. */
const NOBODYS = /^(?:0|127|255|22[4-9]|23\d)\.|^(?:::|::1)$/;
/** `1.2.3.4` is more often a version or a section. */
const LIKE_A_VERSION = /^\d\.\d\.\d\.\d$/;
const VERSION_WORDS = /(?:\bv|version|release|section|chapter|§|@|\^|~|>=?|==)[ .:=]{0,2}$/i;
const ADDRESS_WORDS = words('ip|ipv4|ipv6|ip address*|host|server|gateway|dns|ping|connect*|login*');

const HARDWARE_WORDS = words('mac|mac address*|physical address*|hardware address*|ethernet|interface|arp');

const isIPv4 = (match: string, before: string): boolean =>
  !NOBODYS.test(match) &&
  !VERSION_WORDS.test(before.slice(-16)) &&
  (!LIKE_A_VERSION.test(match) || ADDRESS_WORDS.test(before));

/** Not a time, and not two short words on either side of a scope operator: `a::b`. */
const isPublicIPv6 = (match: string, before: string): boolean =>
  isIPv6(match) &&
  !NOBODYS.test(match) &&
  ((/\d/.test(match) && match.replaceAll(':', '').length > 4) || ADDRESS_WORDS.test(before));

/** Six pairs of which not all are the same; dotted, it needs a digit, or any three words of four letters would do. */
const isMac = (match: string, before: string): boolean =>
  !/^(?:(?:00[:-]?){6}|(?:ff[:-]?){6}|[0.]+|[f.]+)$/i.test(match) &&
  !/[:.-]$/.test(before.slice(-1)) &&
  (/\d/.test(match) || match.includes(':') || HARDWARE_WORDS.test(before));

export const NETWORK: readonly Row[] = [
  {
    id: 'pii.url_credentials',
    noun: 'URL_CREDENTIALS',
    form: [
      '(?:https?|HTTPS?|ftps?|sftp|ssh|wss?|git|svn|smb|ldaps?|rtsp|imaps?|smtps?|mqtts?|socks5)://',
      `[A-Za-z0-9._~%!$&'*+=-]{1,64}:[A-Za-z0-9._~%!$&'*+,;=:#?-]{1,128}`,
      '@(?:[A-Za-z0-9-]{1,63}\\.){0,3}[A-Za-z0-9-]{1,63}',
    ].join(''),
    examples: ['https://ada:lovelace@example.com', 'ftp://ada:p%40ss@files.example.org', 'ssh://root:toor@localhost'],
    source: 'RFC 3986, section 3.2.1',
    description: 'A URL with a user name and a password before the host. Path and query are not part of it.',
    cannotSee: 'Schemes other than those of the web, files, mail, remote shells and message queues.',
  },
  {
    id: 'pii.ipv4',
    noun: 'IP',
    form: String.raw`${OCTET}(?:\.${OCTET}){3}`,
    look: isIPv4,
    examples: ['203.0.113.77', '10.20.30.40'],
    source: 'RFC 791',
    description: 'An IPv4 address, private ones too.',
    cannotSee:
      'Loopback, multicast and broadcast addresses, on purpose; four single digits without a word for an address; addresses written as one number.',
  },
  {
    id: 'pii.ipv6',
    noun: 'IP',
    bounds: ['(?<![A-Za-z0-9:.])', '(?![A-Za-z0-9])'],
    form: String.raw`${HEX}{0,4}(?::${HEX}{0,4}){1,6}(?:::|:${HEX}{1,4}(?:(?:\.\d{1,3}){3})?)`,
    look: isPublicIPv6,
    examples: [
      '2001:db8::8a2e:370:7334',
      'fe80::1ff:fe23:4567:890a',
      '2001:0DB8:0:0:8:800:200C:417A',
      '::ffff:192.0.2.128',
    ],
    source: 'RFC 4291, section 2.2',
    description: 'An IPv6 address, short or long, also with an IPv4 address as its end.',
    cannotSee: 'The loopback address, on purpose; addresses of four digits or fewer without a word for an address.',
  },
  {
    id: 'pii.mac',
    noun: 'MAC',
    bounds: ['(?<![A-Za-z0-9])', '(?![A-Za-z0-9:-])'],
    form: [`${PAIR}(?::${PAIR}){5}`, `${PAIR}(?:-${PAIR}){5}`, String.raw`${HEX}{4}\.${HEX}{4}\.${HEX}{4}`].join('|'),
    look: isMac,
    examples: ['0d:b3:4a:6a:d9:cf', '0D-B3-4A-6A-D9-CF', '0db3.4a6a.d9cf'],
    source: 'IEEE 802',
    description: 'A MAC address: six pairs with colons or hyphens, or three groups of four with dots.',
    cannotSee: 'Twelve hexadecimal digits without separators; the address of all zeros or all ones.',
  },
];
