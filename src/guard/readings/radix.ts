/** Base64 and base32 (RFC 4648): characters that stand for so many bits each, in groups that stand for whole bytes. */
import { type Coding, type Units, WAIT } from './coding.ts';
import { type Characters, charactersOf, isIn, runFrom } from './runs.ts';

interface Alphabet {
  readonly id: string;
  readonly characters: string;
  /** Characters that stand for the same as those at the same place of `characters`. */
  readonly alias: string;
  readonly bits: number;
  /** Characters in a group. */
  readonly group: number;
  /** Bytes in a row that are text: about those of the shortest island. */
  readonly least: number;
}

const upper = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const BASE64: Alphabet = {
  id: 'base64',
  characters: `${upper}${upper.toLowerCase()}0123456789+/`,
  alias: `${upper}${upper.toLowerCase()}0123456789-_`,
  bits: 6,
  group: 4,
  least: 11,
};
const BASE32: Alphabet = {
  id: 'base32',
  characters: `${upper}234567`,
  alias: `${upper.toLowerCase()}234567`,
  bits: 5,
  group: 8,
  least: 9,
};

const SHORTEST = 16;
const [TAB, LF, CR, BLANK] = [9, 10, 13, 32];
const INDENT = 4;

/**
 * What stands in front of an island, in characters of the same alphabet, says nothing about where its groups begin. So
 * there is one coding for each place in a group; what it decodes is noise to all of them but one.
 */
function radix({ id, characters, alias, bits, group, least }: Alphabet): readonly Coding[] {
  const values = new Uint8Array(128);
  for (const letters of [characters, alias]) {
    for (let i = 0; i < letters.length; i += 1) values[letters.charCodeAt(i)] = i;
  }
  const known: Characters = charactersOf(new RegExp(`[${`${characters}${alias}`.replace(/[/-]/g, '\\$&')}]`));

  const open = (): Units => {
    /** Whether the last group was cut short: nothing follows it. */
    let isShort = false;
    return {
      next(text, at, last, into) {
        let length = 0;
        while (length < group && at + length < text.length && isIn(known, text.charCodeAt(at + length))) length += 1;
        if (length < group && at + length === text.length && !last) return WAIT;
        if (length === 0) return isShort ? 0 : lineBreak(text, at, last, known);
        isShort = length < group;
        let held = 0;
        let heldBits = 0;
        for (let i = at; i < at + length; i += 1) {
          held = ((held << bits) | values[text.charCodeAt(i)]!) & 0xfff;
          heldBits += bits;
          if (heldBits < 8) continue;
          heldBits -= 8;
          into.push((held >> heldBits) & 0xff);
        }
        return length;
      },
    };
  };

  return Array.from({ length: group }, (_, skips) => ({
    id,
    least,
    step: 8 / bits,
    skips,
    find(text, from, last) {
      const at = runFrom(text, from, known, SHORTEST);
      const begins = text.length - at >= SHORTEST;
      return { at: begins || !last ? at : text.length, start: begins ? text[at]! : '' };
    },
    open,
  }));
}

/** Lines are broken between groups, and may be indented. */
function lineBreak(text: string, from: number, last: boolean, known: Characters): number {
  let at = from;
  if (text.charCodeAt(at) === CR) at += 1;
  if (at < text.length && text.charCodeAt(at) !== LF) return 0;
  at += 1;
  const first = at;
  while (at < first + INDENT && (text.charCodeAt(at) === BLANK || text.charCodeAt(at) === TAB)) at += 1;
  if (at >= text.length) return last ? 0 : WAIT;
  return isIn(known, text.charCodeAt(at)) ? at - from : 0;
}

export const base64 = radix(BASE64);
export const base32 = radix(BASE32);
