/** Addresses of cryptocurrencies. */
import { hash } from 'node:crypto';
import type { Row } from './row.ts';

const BASE58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
const RIPPLE = 'rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz';
const B58 = '[1-9A-HJ-NP-Za-km-z]';

const sha256 = (bytes: Uint8Array): Buffer => hash('sha256', bytes, 'buffer');

/** Values of an alphabet by character code; 255 for what is not in it. */
const valuesOf = (alphabet: string): Uint8Array =>
  Uint8Array.from({ length: 128 }, (_, code) => alphabet.indexOf(String.fromCharCode(code)) & 0xff);
const BASE58_VALUES = valuesOf(BASE58);
const RIPPLE_VALUES = valuesOf(RIPPLE);

/** Bitcoin, its scripts; Litecoin, its scripts; Dogecoin, its scripts; Dash; Tron. */
const VERSIONS: readonly number[] = [0x00, 0x05, 0x30, 0x32, 0x1e, 0x16, 0x4c, 0x41];

/** Base58Check: 21 bytes and the first four of their double SHA-256 (https://en.bitcoin.it/wiki/Base58Check_encoding). */
function isBase58Check(address: string, values: Uint8Array, versions: readonly number[]): boolean {
  // Nine limbs of 24 bits, the lowest first: 25 bytes and what is too much. Four characters are a factor of 24 bits.
  const limbs = new Uint32Array(9);
  for (let at = 0; at < address.length; ) {
    const end = at + ((address.length - at) % 4 || 4);
    let carry = 0;
    let factor = 1;
    for (; at < end; at += 1) {
      carry = carry * 58 + values[address.charCodeAt(at)]!;
      factor *= 58;
    }
    for (let i = 0; i < 9; i += 1) {
      const value = limbs[i]! * factor + carry;
      carry = Math.floor(value / 0x1_00_00_00);
      limbs[i] = value - carry * 0x1_00_00_00;
    }
  }
  if (!versions.includes(limbs[8]!)) return false;
  const bytes = new Uint8Array(25);
  for (let i = 0; i < 25; i += 1) bytes[24 - i] = limbs[Math.floor(i / 3)]! >>> (8 * (i % 3));
  const check = sha256(sha256(bytes.subarray(0, 21)));
  return bytes.subarray(21).every((byte, i) => byte === check[i]);
}

const BECH32 = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';
const GENERATORS = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];

/** BIP 173 and, with another constant at the end, BIP 350. */
function isBech32(address: string): boolean {
  const text = address.toLowerCase();
  if (text !== address && address.toUpperCase() !== address) return false;
  const separator = text.lastIndexOf('1');
  let sum = 1;
  const feed = (value: number) => {
    const top = sum >>> 25;
    sum = ((sum & 0x1ffffff) << 5) ^ value;
    GENERATORS.forEach((generator, i) => {
      if ((top >>> i) & 1) sum ^= generator;
    });
  };
  const prefix = Array.from(text.slice(0, separator), (character) => character.charCodeAt(0));
  for (const code of prefix) feed(code >> 5);
  feed(0);
  for (const code of prefix) feed(code & 31);
  for (const character of text.slice(separator + 1)) {
    const value = BECH32.indexOf(character);
    if (value < 0) return false;
    feed(value);
  }
  return sum === 1 || sum === 0x2bc830a3;
}

export const WALLETS: readonly Row[] = [
  {
    id: 'pii.wallet_base58',
    noun: 'WALLET',
    form: `[13LMDATX]${B58}{25,33}`,
    look: (match) => isBase58Check(match, BASE58_VALUES, VERSIONS),
    examples: ['1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa', '3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy'],
    source: 'https://en.bitcoin.it/wiki/Base58Check_encoding',
    description: 'An address of Bitcoin, Litecoin, Dogecoin, Dash or Tron in Base58Check, by its checksum.',
    cannotSee: 'Addresses of test networks and of Zcash, private keys.',
  },
  {
    id: 'pii.wallet_bech32',
    noun: 'WALLET',
    form: '(?:bc|BC|ltc|LTC|addr|cosmos|tb)1[02-9ac-hj-np-zAC-HJ-NP-Z]{11,98}',
    look: isBech32,
    examples: [
      'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4',
      'bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0',
      'BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4',
    ],
    source: 'BIP 173, BIP 350',
    description: 'An address of Bitcoin, Litecoin, Cardano or Cosmos in Bech32 or Bech32m, by its checksum.',
    cannotSee: 'Other prefixes, and addresses with a character mistyped.',
  },
  {
    id: 'pii.wallet_ethereum',
    noun: 'WALLET',
    form: '0x[0-9A-Fa-f]{40}',
    look: (match) => !/^0x(?:(.)\1{39}|0{30})/i.test(match),
    examples: ['0x52908400098527886E0F7030069857D2E4169EE7', '0xde709f2102306220921060314715629080e2fb77'],
    source: 'EIP-55',
    description:
      'An Ethereum address: 0x and 40 hexadecimal digits. The checksum in the case of the letters is not asked.',
    cannotSee: 'Addresses without 0x. A SHA-1 hash with 0x before it is taken for one.',
  },
  {
    id: 'pii.wallet_monero',
    noun: 'WALLET',
    form: `[48][0-9AB]${B58}{93}`,
    examples: [
      `4${'4AFFq5kSiGBoZ'}${'4NMDwYtN18obc8AemS33DBLWs3H7otXft3XjrpDtQGv7SqSsaBYBb98uNbr2VBBEt7f2wfn3RVGQBEP3A'}`,
    ],
    source: 'https://docs.getmonero.org/public-address/standard-address/',
    description: 'A Monero address, by its length and alphabet.',
    cannotSee: 'Integrated addresses of 106 characters.',
  },
  {
    id: 'pii.wallet_ripple',
    noun: 'WALLET',
    form: `r${B58}{24,34}`,
    look: (match) => isBase58Check(match, RIPPLE_VALUES, [0]),
    examples: ['rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh'],
    source: 'https://xrpl.org/docs/references/protocol/data-types/base58-encodings',
    description: 'A classic address of the XRP ledger, by its checksum.',
    cannotSee: 'X-addresses.',
  },
];
