/** Codings in which every character stands by itself: as a number, in Morse code, or with something put between. */
import { partialOf } from '../partial.ts';
import { lengths, parsePattern } from '../pattern.ts';
import { type Coding, type Units, WAIT } from './coding.ts';
import { charactersOf, runFrom, startOfRun } from './runs.ts';

interface Row {
  readonly id: string;
  /** Source of the lookbehind that an island begins with. */
  readonly lead: string;
  /** Source of a unit, with what separates it from the next. All patterns have the flag `i` and are of the subset of pattern.ts. */
  readonly unit: string;
  /** How many of them make an island. */
  readonly least: number;
  /** Source of what an island begins with, where that is more than so many units. */
  readonly start?: string;
  /** What an island is made of, and how many of them at the least. */
  readonly characters: RegExp;
  readonly shortest: number;
  /**
   * @param start what the island begins with
   * @returns puts the bytes that `text[at, end)`, one unit, stands for
   */
  open(start: string): (text: string, at: number, end: number, into: number[]) => void;
}

function units(row: Row): Coding {
  const characters = charactersOf(row.characters);
  const source = row.lead + (row.start ?? `(?:${row.unit}){${row.least}}`);
  const parsed = parsePattern(new RegExp(source, 'i'));
  const begins = new RegExp(source, 'gi');
  const mayBegin = new RegExp(partialOf(parsed), 'gi');
  const longest = lengths(parsed)[1];
  const unit = new RegExp(row.unit, 'yi');
  const parsedUnit = parsePattern(unit.flags === 'iy' ? new RegExp(row.unit, 'i') : unit);
  const unfinished = new RegExp(partialOf(parsedUnit), 'yi');
  const longestUnit = lengths(parsedUnit)[1];

  const indexOf = (pattern: RegExp, text: string, from: number): number => {
    pattern.lastIndex = from;
    return pattern.exec(text)?.index ?? text.length;
  };

  return {
    id: row.id,
    least: row.least,
    step: null,
    skips: 0,
    find(text, from, last) {
      const run = runFrom(text, from, characters, row.shortest);
      const isRun = text.length - run >= row.shortest;
      const at = isRun ? indexOf(begins, text, run) : text.length;
      const tail = last ? text.length : startOfRun(text, Math.max(run, text.length - longest), text.length, characters);
      const may = tail < text.length ? indexOf(mayBegin, text, tail) : text.length;
      return may <= at ? { at: may, start: '' } : { at, start: text.slice(at, begins.lastIndex) };
    },
    open(start): Units {
      const put = row.open(start);
      return {
        next(text, at, last, into) {
          // Beyond that, and the character that a lookahead sees, nothing can change what it is
          if (!last && text.length - at <= longestUnit + 1) {
            unfinished.lastIndex = at;
            if (unfinished.test(text)) return WAIT;
          }
          unit.lastIndex = at;
          if (!unit.test(text)) return 0;
          put(text, at, unit.lastIndex, into);
          return unit.lastIndex - at;
        },
      };
    },
  };
}

const BETWEEN = '[ ,:;|\\n-]';
const [ZERO, NINE, BACKSLASH, X, B, U, BLANK] = [48, 57, 92, 120, 98, 117, 32];
const isDigit = (code: number): boolean => code >= ZERO && code <= NINE;
const digitAt = (text: string, at: number): number => {
  const code = text.charCodeAt(at);
  return isDigit(code) ? code - ZERO : (code | 32) - 87;
};

/** `49676e`, `49 67 6e`, `0x49, 0x67`, `\x49\x67`, `U+0049 U+0067` */
export const hex = units({
  id: 'hexadecimal',
  lead: '(?<![A-Za-z0-9])',
  unit: `(?:0x|\\\\x|U\\+00)?[0-9a-f]{2}${BETWEEN}{0,2}`,
  least: 8,
  characters: /[0-9a-fxu+\\ ,:;|\n-]/i,
  shortest: 16,
  open: () => (text, at, _, into) => {
    const first = text.charCodeAt(at);
    const isPrefixed = first === BACKSLASH || (text.charCodeAt(at + 1) | 32) === X;
    const digits = at + ((first | 32) === U ? 4 : isPrefixed ? 2 : 0);
    into.push(digitAt(text, digits) * 16 + digitAt(text, digits + 1));
  },
});

/** `01001001 01100111`, with blanks or without */
export const binary = units({
  id: 'binary',
  lead: '(?<![A-Za-z0-9])',
  unit: `(?:0b)?[01]{8}(?:${BETWEEN}{1,2}|(?![2-9a-z]))`,
  least: 5,
  characters: /[01b ,:;|\n-]/i,
  shortest: 40,
  open: () => (text, at, _, into) => {
    const digits = at + ((text.charCodeAt(at + 1) | 32) === B ? 2 : 0);
    let byte = 0;
    for (let i = digits; i < digits + 8; i += 1) byte = byte * 2 + digitAt(text, i);
    into.push(byte);
  },
});

/** `73 103 110`: the numbers of what ASCII prints */
export const decimal = units({
  id: 'decimal',
  lead: '(?<![0-9.,])',
  unit: `(?:3[2-9]|[4-9][0-9]|1[01][0-9]|12[0-6]|10|13)(?:${BETWEEN}{1,2}|(?![0-9.]))`,
  least: 6,
  characters: /[0-9 ,:;|\n-]/,
  shortest: 17,
  open: () => (text, at, end, into) => {
    let byte = 0;
    for (let i = at; i < end && isDigit(text.charCodeAt(i)); i += 1) byte = byte * 10 + digitAt(text, i);
    into.push(byte);
  },
});

const MORSE = new Map(
  `.- a -... b -.-. c -.. d . e ..-. f --. g .... h .. i .--- j -.- k .-.. l -- m -. n --- o .--. p --.- q .-. r ... s - t
  ..- u ...- v .-- w -..- x -.-- y --.. z ----- 0 .---- 1 ..--- 2 ...-- 3 ....- 4 ..... 5 -.... 6 --... 7 ---.. 8 ----. 9
  .-.-.- . .--.-. @ -....- - --..-- , ..--.. ?`
    .match(/[.-]+ \S/g)!
    .map((pair) => pair.split(' ') as [string, string]),
);
/** Stands for what is no character: no byte of UTF-8 has this value. */
const NONE = 0xff;

/** Letters of Morse code (ITU-R M.1677-1) with blanks between them, words with a stroke or wider blanks. */
export const morse = units({
  id: 'Morse code',
  lead: '(?<![.A-Za-z0-9-])',
  unit: '[.-]{1,6}(?: {1,7}(?:[\\/|] {0,3})?|[\\/|] {0,3}|\\n|(?![A-Za-z0-9.-]))',
  least: 6,
  characters: /[.\-/| \n]/,
  shortest: 11,
  open: () => (text, at, end, into) => {
    let gap = at;
    while (gap < end && (text[gap] === '.' || text[gap] === '-')) gap += 1;
    into.push(MORSE.get(text.slice(at, gap))?.charCodeAt(0) ?? NONE);
    if (end - gap > 1 || text[gap] === '/' || text[gap] === '|') into.push(BLANK);
  },
});

const LETTER = '[A-Za-z0-9@]';
/** Blanks, and what ASCII has of punctuation. */
const SEPARATOR = '[ \\t\\r\\n!-\\/:-?\\[-`{-~]';
const SET_APART = {
  lead: '(?<![A-Za-z0-9])',
  unit: `${SEPARATOR}{0,4}${LETTER}(?!${LETTER})`,
  least: 6,
  start: `(?:${LETTER}${SEPARATOR}{1,4}){5}${LETTER}(?!${LETTER})`,
  characters: new RegExp(`${LETTER}|${SEPARATOR}`),
  shortest: 11,
};
const GAP = new RegExp(`${SEPARATOR}{1,4}`, 'g');
/** What stands for itself among letters with blanks between them. */
const SIGN = /[.+_-]/;

/** What is most often between the letters; of several, the narrowest. */
function usualGap(start: string): string {
  const gaps = start.match(GAP)!;
  const count = (gap: string): number => gaps.filter((other) => other === gap).length;
  return gaps.reduce((best, gap) => {
    const more = count(gap) - count(best);
    return more > 0 || (more === 0 && gap.length < best.length) ? gap : best;
  });
}

/** `i g n o r e  a l l`, `i.g.n.o.r.e`, `4-1-1-1`: what is put between the letters is dropped, a wider gap is a blank. */
export const spaced = units({
  ...SET_APART,
  id: 'spaced',
  open(start) {
    const usual = usualGap(start);
    const isBlank = /^\s+$/.test(usual);
    return (text, at, end, into) => {
      const gap = end - at - 1;
      if (gap > 0 && (gap !== usual.length || !text.startsWith(usual, at))) {
        const written = text.slice(at, end - 1);
        const sign = isBlank ? SIGN.exec(written)?.[0] : undefined;
        if (sign) into.push(sign.charCodeAt(0));
        else if (gap > usual.length || (/\s/.test(written) && !isBlank && !/\s/.test(usual))) into.push(BLANK);
      }
      into.push(text.charCodeAt(end - 1));
    };
  },
});

/** The same where the gaps mean nothing, however wide. */
export const scattered = units({
  ...SET_APART,
  id: 'scattered',
  open: () => (text, _, end, into) => {
    into.push(text.charCodeAt(end - 1));
  },
});
