/**
 * Words that orders to a model are made of, found however their letters are shifted, mirrored or reversed, and where a
 * word is cut into pieces. One pass finds them all: what a shift of the alphabet leaves as it is are the steps from
 * each letter to the next, so a word is known by a hash of its steps, whatever the shift.
 */

import { PIECE, type Slowly } from './pieces.ts';

const WORDS = `ignore ignores ignoring disregard disregarding forget override bypass previous previously prior instruction
  instructions system prompt prompts reveal rules secret password print repeat respond response answer pretend developer
  guidelines restrictions restricted unrestricted initial everything above following safety assistant jailbreak output
  write message directions commands hidden filter filters policy disable enabled unlimited without limits content training
  please should would there their which these about before never always instead ignoriere vergiss anweisungen vorherigen
  ignorez instructions precedentes oublie ignora olvida instrucciones anteriores istruzioni precedenti sistema regeln
  ignoreer instructies vorige instrucoes`;

/** All words, in lower case and without accents. */
export const TELLING: ReadonlySet<string> = new Set(WORDS.split(/\s+/));

/** A way in which a whole text was changed letter by letter. */
export type Change =
  | { readonly kind: 'shifted'; readonly by: number }
  /** The alphabet runs backwards from the letter that `by` is the number of: 25 is Atbash. */
  | { readonly kind: 'mirrored'; readonly by: number }
  | { readonly kind: 'reversed' };

/** A part of a text. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface Changed {
  readonly change: Change;
  /** How many words speak for it. */
  readonly words: number;
  /** Where they stand, with what is near them, in order. */
  readonly spans: readonly Span[];
}

/** How much of a text counts as near a word. */
export const NEAR = 300;

const BASE = 0x01000193;
const LETTERS = 26;
const step = (from: number, to: number): number => ((to - from + LETTERS) % LETTERS) + 1;
const reverse = (word: string): string => Array.from(word).reverse().join('');
const A = 97;

function hashOf(word: string, sign = 1): number {
  let hash = 0;
  for (let i = 1; i < word.length; i += 1) {
    const [from, to] = [word.charCodeAt(i - 1) * sign, word.charCodeAt(i) * sign];
    hash = (Math.imul(hash, BASE) + step(from, to)) | 0;
  }
  return hash;
}

const table = new Map<number, { readonly word: string; readonly kind: Change['kind'] }>();
for (const word of TELLING) table.set(hashOf(reverse(word)), { word: reverse(word), kind: 'reversed' });
for (const word of TELLING) table.set(hashOf(word, -1), { word, kind: 'mirrored' });
for (const word of TELLING) table.set(hashOf(word), { word, kind: 'shifted' });
/** Most words are not in the table: one look here says so. */
const mayBe = new Uint8Array(1 << 16);
for (const hash of table.keys()) mayBe[hash & 0xffff] = 1;

const SHORTEST = Math.min(...Array.from(TELLING, (word) => word.length));
const LONGEST = Math.max(...Array.from(TELLING, (word) => word.length));
const powers = Array.from({ length: LONGEST + 1 }, () => 1);
for (let i = 1; i <= LONGEST; i += 1) powers[i] = Math.imul(powers[i - 1]!, BASE);

/** How many pieces a word may be in, and how many characters between two of them. */
const PIECES = 4;
const GAP = 2;

interface Evidence {
  readonly change: Change;
  readonly words: Set<string>;
  readonly spans: { readonly start: number; end: number }[];
}

/**
 * @returns the ways in which the text seems to be changed, those first that most words speak for; and the words in it
 *   that are cut in pieces
 */
export function* tellingIn(
  text: string,
): Slowly<{ readonly changes: readonly Changed[]; readonly cuts: readonly Span[] }> {
  const changes = new Map<string, Evidence>();
  const cuts: Span[] = [];
  const note = (key: string, how: Change, word: string, start: number, end: number) => {
    const known = changes.get(key) ?? { change: how, words: new Set(), spans: [] };
    changes.set(key, known);
    known.words.add(word);
    const from = Math.max(0, start - NEAR);
    const previous = known.spans.at(-1);
    if (previous && from <= previous.end) previous.end = Math.min(text.length, end + NEAR);
    else known.spans.push({ start: from, end: Math.min(text.length, end + NEAR) });
  };
  // Of the pieces before this one, in order: where they begin, and the hash of what begins there
  const starts = new Int32Array(PIECES);
  const hashes = new Int32Array(PIECES);
  let pieces = 0;
  let lastEnd = -GAP;
  let lastLetter = 0;

  const look = (hash: number, start: number, end: number, isCut: boolean) => {
    const known = table.get(hash);
    if (!known) return;
    const word = text
      .slice(start, end)
      .replace(/[^A-Za-z]+/g, '')
      .toLowerCase();
    const first = word.charCodeAt(0) - A;
    const expected = known.word.charCodeAt(0) - A;
    if (isCut) {
      if (known.kind === 'shifted' && word === known.word) cuts.push({ start, end });
      return;
    }
    if (word.length !== known.word.length) return;
    if (known.kind === 'mirrored') {
      const by = (first + expected) % LETTERS;
      if (change(word, { kind: 'mirrored', by }) === known.word) {
        note(`m${by}`, { kind: 'mirrored', by }, word, start, end);
      }
    } else {
      const by = (first - expected + LETTERS) % LETTERS;
      if (known.kind === 'reversed' && by === 0) note('r', { kind: 'reversed' }, word, start, end);
      if (known.kind === 'shifted' && by !== 0 && change(word, { kind: 'shifted', by }) === known.word) {
        note(`s${by}`, { kind: 'shifted', by }, word, start, end);
      }
    }
  };

  let turn = PIECE;
  for (let at = 0; at < text.length; ) {
    if (at >= turn) {
      turn = at + PIECE;
      yield;
    }
    const begin = (text.charCodeAt(at) | 32) - A;
    if (begin < 0 || begin >= LETTERS) {
      at += 1;
      continue;
    }
    const start = at;
    let before = begin;
    let hash = 0;
    for (at += 1; at < text.length; at += 1) {
      const letter = (text.charCodeAt(at) | 32) - A;
      if (letter < 0 || letter >= LETTERS) break;
      hash = (Math.imul(hash, BASE) + (letter >= before ? letter - before + 1 : letter - before + LETTERS + 1)) | 0;
      before = letter;
    }
    const length = at - start;
    if (length >= SHORTEST && length <= LONGEST && mayBe[hash & 0xffff] !== 0) look(hash, start, at, false);
    // Words that begin some pieces before and end with this one
    if (start - lastEnd > GAP || length >= LONGEST) pieces = 0;
    const between = pieces > 0 ? (Math.imul(step(lastLetter, begin), powers[length - 1]!) + hash) | 0 : 0;
    for (let i = 0; i < pieces; i += 1) {
      const joined = (Math.imul(hashes[i]!, powers[length]!) + between) | 0;
      hashes[i] = joined;
      if (mayBe[joined & 0xffff] !== 0) look(joined, starts[i]!, at, true);
    }
    if (pieces === PIECES) {
      starts.copyWithin(0, 1);
      hashes.copyWithin(0, 1);
      pieces -= 1;
    }
    starts[pieces] = start;
    hashes[pieces] = hash;
    pieces += 1;
    lastEnd = at;
    lastLetter = before;
  }
  const ordered = Array.from(changes.values(), ({ words, ...rest }) => ({ ...rest, words: words.size }));
  return { changes: ordered.sort((a, b) => b.words - a.words), cuts };
}

/** Undoes a change. */
export function change(text: string, how: Change): string {
  if (how.kind === 'reversed') return reverse(text);
  const { kind, by } = how;
  const alphabet = Array.from({ length: LETTERS }, (_, place) =>
    String.fromCharCode(A + (((kind === 'shifted' ? place - by : by - place) + LETTERS) % LETTERS)),
  );
  const capitals = alphabet.map((letter) => letter.toUpperCase());
  let out = '';
  for (const character of text) {
    const code = character.charCodeAt(0);
    out += alphabet[code - A] ?? capitals[code - 65] ?? character;
  }
  return out;
}
