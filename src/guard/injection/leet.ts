/** Letters written as the digits and signs that look like them: `1gn0r3 4ll rul3s`. */
import { PIECE, piecesOf, type Slowly, search } from './pieces.ts';
import { TELLING } from './telling.ts';

const LETTER: Readonly<Record<string, string>> = {
  '0': 'o',
  '1': 'i',
  '2': 'z',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '6': 'g',
  '7': 't',
  '8': 'b',
  '9': 'g',
  '@': 'a',
  $: 's',
  '!': 'i',
  '|': 'l',
  '+': 't',
  '(': 'c',
};
const SIGNS = '0-9@$!|+(';
const SIGN = new RegExp(`[${SIGNS}]`, 'g');
/** Letters and signs, not so long that it must be an identifier or encoded. */
const TOKEN = new RegExp(`(?<![A-Za-z${SIGNS}])[A-Za-z${SIGNS}]{2,20}(?![A-Za-z${SIGNS}])`, 'g');
const MAY_BE_MIXED = new RegExp(`[A-Za-z][${SIGNS}]{1,3}[A-Za-z]|(?<![A-Za-z${SIGNS}])[${SIGNS}]{1,2}[A-Za-z]{2}`);
/** What ends a sentence or opens a bracket is no letter there. */
const END = /[!|+(]+$/;

/** Other words that are common beside those: `1` may be an i or an l, and the word that is known decides. */
const COMMON = new Set(
  'all rules rule tell will only also please reply illegal explain simply model full file your you and the are now me this that'.split(
    ' ',
  ),
);
const isKnown = (word: string): boolean => TELLING.has(word.toLowerCase()) || COMMON.has(word.toLowerCase());

/** Mixed words in a line that are known once they are in letters; or one that is, among so many mixed ones. */
const LEAST_KNOWN = 2;
const LEAST_MIXED = 4;

/** A line that is longer is several. */
const LONGEST = 2048;

function* linesOf(text: string): Generator<string> {
  for (const line of text.split('\n')) {
    if (line.length <= LONGEST) yield line;
    else yield* piecesOf(line, LONGEST);
  }
}

/** @returns the lines that hold leet, in letters; null if there are none */
export function* leetIn(text: string): Slowly<string | null> {
  if ((yield* search(text, MAY_BE_MIXED)) < 0) return null;
  const lines: string[] = [];
  let turn = PIECE;
  for (const line of linesOf(text)) {
    turn -= line.length + 1;
    if (turn < 0) {
      turn = PIECE;
      yield;
    }
    if (!MAY_BE_MIXED.test(line)) continue;
    let mixed = 0;
    let known = 0;
    const changed = line.replace(TOKEN, (token) => {
      const word = inLetters(token);
      if (word === token || !/[A-Za-z]/.test(token)) return token;
      mixed += 1;
      if (isKnown(word.replace(END, ''))) known += 1;
      return word;
    });
    if (known >= LEAST_KNOWN || (known > 0 && mixed >= LEAST_MIXED)) lines.push(changed);
  }
  return lines.length > 0 ? lines.join('\n') : null;
}

function inLetters(token: string): string {
  const end = END.exec(token)?.[0] ?? '';
  const body = token.slice(0, token.length - end.length);
  const inWord = (word: string): string => word.replace(SIGN, (sign) => LETTER[sign]!);
  const word = inWord(body);
  if (word === body || !/[1!]/.test(body)) return word + end;
  const withL = inWord(body.replace(/[1!]/g, 'l'));
  return (!isKnown(word) && (isKnown(withL) || /11|!!/.test(body)) ? withL : word) + end;
}
