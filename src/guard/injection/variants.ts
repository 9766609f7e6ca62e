/**
 * The forms in which a text may carry an order besides the one it is in. Each is made only where something cheap says
 * that it may be there: ordinary texts have none.
 */
import { ENCODINGS } from '../readings/encodings.ts';
import { PLAIN } from '../readings/plain.ts';
import type { Reading } from '../readings/reading.ts';
import { leetIn } from './leet.ts';
import { backwards, piecewise, type Slowly, search, shownBy } from './pieces.ts';
import { type Changed, change, NEAR, type Span, tellingIn } from './telling.ts';

export interface Variant {
  /** For the reader of a test report: `base64`, `shifted`. */
  readonly how: string;
  readonly text: string;
}
type Variants = Generator<Variant | undefined, void>;

/** How often one form may be hidden in another. */
const DEPTH = 3;
const MOST = 48;
/** What all of them together may add: so many times the text, and as many characters more; less for short texts. */
const TIMES = 3;
const MORE = 8192;
const TIMES_SHORT = 24;
const SHORTEST = 6;

/** Forms that are not looked into for others: they are the text itself, spelt better. */
const FINAL: ReadonlySet<string> = new Set(['leet', 'cut', 'shown', 'order of words']);

/** Two changes of the same letters are one. */
const CHANGED: ReadonlySet<string> = new Set(['shifted', 'mirrored', 'reversed', 'words reversed']);

/**
 * Other forms in which a text may carry an order: bounded in number and length, none twice, never the text itself.
 * Yields nothing, in between, after some milliseconds of work at the most.
 * @param mayHide whether anything in it may be encoded: if it is known that nothing is, it need not be looked for
 */
export function* variants(text: string, plain: string, mayHide = true): Variants {
  const seen = new Set([text, plain]);
  let left = Math.min(TIMES * text.length + MORE, TIMES_SHORT * text.length);
  let count = 0;
  const isNew = (form: string): boolean => {
    if (count === MOST || seen.has(form) || form.length < SHORTEST || form.length > left) return false;
    seen.add(form);
    left -= form.length;
    count += 1;
    return true;
  };

  function* explore(source: string, plainSource: string, depth: number, wasChanged: boolean): Variants {
    const made: Variant[] = [];
    for (const form of formsOf(source, plainSource, wasChanged, mayHide || depth < DEPTH)) {
      if (count === MOST) return;
      if (form && !isNew(form.text)) continue;
      yield form;
      if (form && !FINAL.has(form.how)) made.push(form);
    }
    if (depth === 1) return;
    for (const { how, text } of made) {
      const plainForm = yield* normalised(text);
      if (isNew(plainForm)) yield { how, text: plainForm };
      yield* explore(text, plainForm, depth - 1, CHANGED.has(how));
    }
  }
  yield* explore(text, plain, DEPTH, false);
}

function* normalised(text: string): Slowly<string> {
  let plain = '';
  for (const stretch of shownBy(PLAIN, text)) {
    if (stretch) plain += stretch.plain;
    else yield;
  }
  return plain;
}

/** The likeliest first: there is a limit to how many are read. */
function* formsOf(text: string, plain: string, wasChanged: boolean, mayHide: boolean): Variants {
  const inPlace: Variant[] = [];
  for (const reading of mayHide ? ENCODINGS : []) {
    for (const source of plain === text ? [text] : [text, plain]) {
      const islands = yield* islandsIn(reading, source);
      if (islands.length === 0) continue;
      yield { how: reading.id, text: islands.map((island) => island.text).join(' ') };
      inPlace.push({ how: reading.id, text: replaced(source, islands) });
    }
  }
  yield;
  const leet = yield* leetIn(plain);
  if (leet) yield { how: 'leet', text: leet };
  const { changes, cuts } = wasChanged ? NOTHING : yield* tellingIn(plain);
  for (const one of changes.slice(0, LIKELIEST)) yield* changed(plain, one);
  if (cuts.length > 0) yield { how: 'cut', text: yield* joined(plain, cuts) };
  yield* inPlace;
  if (NOT_ASCII.test(text)) yield* inOtherScripts(text, plain);
  if (yield* has(text, ESCAPED)) yield { how: 'escaped', text: yield* piecewise(text, unescaped) };
  const order = yield* search(plain, BACKWARDS);
  if (order >= 0) yield { how: 'order of words', text: near(plain, order).split(/\s+/).reverse().join(' ') };
  if (yield* has(plain, BACKWARDS_BASE64)) yield { how: 'reversed', text: yield* backwards(plain) };
  for (const one of changes.slice(LIKELIEST)) yield* changed(plain, one);
}
const LIKELIEST = 2;
const NOTHING = { changes: [], cuts: [] };

const near = (text: string, index: number): string => text.slice(Math.max(0, index - NEAR), index + 2 * NEAR);

function* has(text: string, pattern: RegExp): Slowly<boolean> {
  return (yield* search(text, pattern)) >= 0;
}

/** What speaks for a change, and is near to what does, with the change undone. */
function* changed(text: string, { change: how, spans }: Changed): Variants {
  const part = spans.map(({ start, end }) => text.slice(start, end)).join('\n');
  if (how.kind !== 'reversed') {
    yield { how: how.kind, text: yield* piecewise(part, (piece) => change(piece, how)) };
    return;
  }
  yield { how: how.kind, text: yield* backwards(part) };
  const words = (piece: string): string => piece.replace(/[A-Za-z]+/g, (word) => change(word, how));
  yield { how: 'words reversed', text: yield* piecewise(part, words) };
}

interface Island extends Span {
  /** What it says. */
  readonly text: string;
}

/** The islands of an encoding that are words. */
function* islandsIn(reading: Reading, text: string): Slowly<readonly Island[]> {
  const islands: Island[] = [];
  let open = '';
  let start = -1;
  let end = 0;
  for (const stretch of shownBy(reading, text)) {
    if (!stretch) {
      yield;
      continue;
    }
    if (start < 0) start = stretch.start;
    open += stretch.plain;
    end = stretch.start + stretch.length;
    if (!stretch.ends) continue;
    if (yield* isProse(open)) islands.push({ start, end, text: open });
    open = '';
    start = -1;
  }
  return islands;
}

/** The text with what islands say in their place, as far as it is near them. */
function replaced(text: string, islands: readonly Island[]): string {
  let out = '';
  let copied = 0;
  for (const { start, end, text: said } of islands) {
    if (start - copied > 2 * NEAR) {
      if (copied > 0) out += `${text.slice(copied, copied + NEAR)}\n`;
      copied = start - NEAR;
    }
    out += text.slice(copied, start) + said;
    copied = end;
  }
  return out + text.slice(copied, copied + NEAR);
}

/** What was decoded is judged by parts of this length: one of words is enough. */
const PART = 64;
const NOT_PROSE = /[^\p{L}\p{N}\s.,:;!?'"()-]/gu;
const LEAST_PROSE = 0.85;
/** Letters that words are made of; noise seldom has three of one case in a row. */
const WORDS = /\p{Lu}?\p{Ll}{2,}|\p{Lu}{3,}|\p{Lo}{2,}/gu;
const LEAST_WORDS = 0.4;
/** What bytes that are no text decode to. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is meant
const NOISE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\ufffd]/g;
const MOST_NOISE = 0.02;

/** Whether some of what was decoded is words, and not noise that happens to be printable. */
function* isProse(text: string): Slowly<boolean> {
  if (text.length < SHORTEST) return false;
  for (let at = 0; at === 0 || at + PART / 2 < text.length; at += PART / 2) {
    if (isWords(text.slice(at, at + PART))) return true;
    if (at % (PART * 64) === PART / 2) yield;
  }
  return false;
}

function isWords(part: string): boolean {
  const noise = part.match(NOISE)?.length ?? 0;
  if (noise > MOST_NOISE * part.length) return false;
  const strange = part.match(NOT_PROSE)?.length ?? 0;
  if (strange <= (1 - LEAST_PROSE) * part.length && /\p{L}{3}/u.test(part)) return true;
  return (part.match(WORDS) ?? []).join('').length >= LEAST_WORDS * part.length;
}

/** Forms that only a text with other characters than those of ASCII can have. */
function* inOtherScripts(text: string, plain: string): Variants {
  if (yield* has(text, HIDES)) yield { how: 'shown', text: yield* piecewise(text, shown) };
  if (yield* has(text, TAG)) yield { how: 'hidden', text: yield* piecewise(text, tagged) };
  if (yield* has(text, MAY_BE_SPACED)) {
    yield { how: 'spaced', text: yield* piecewise(text, (piece) => closeUp(shown(piece))) };
  }
  if (yield* has(text, UPSIDE_DOWN)) yield { how: 'upside down', text: turned(yield* backwards(plain)) };
}

const NOT_ASCII = /[^\p{ASCII}]/u;
const UNSEEN = /\p{DI}|[\u0300-\u036f\u0483-\u0489\u064b-\u065f]/u;
const ALL_UNSEEN = new RegExp(UNSEEN, 'gu');
/** Of Latin letters the plain form shows as much, and between the parts of an emoji nothing is hidden. */
const HIDES = new RegExp(`[^\\P{L}\\p{sc=Latin}](?:${UNSEEN.source})`, 'u');

/** What is seen of a text, in its own script: the plain form makes Latin letters of others. */
const shown = (text: string): string =>
  text.normalize('NFC').replace(ALL_UNSEEN, '').replace(PHRASE, '').normalize('NFKC');
/** Of these NFKC makes up to eighteen characters each. */
const PHRASE = /[\ufdfa\ufdfb]/g;

const TAG = /[\u{e0020}-\u{e007e}]/u;
const TAGS = new RegExp(TAG, 'gu');

/** A message in the tag block whose letters stand one by one between others, so that none of them is an island. */
const tagged = (text: string): string =>
  (text.match(TAGS) ?? []).map((tag) => String.fromCodePoint(tag.codePointAt(0)! - 0xe0000)).join('');

/** Two letters with something between them, and nothing on either side. */
const MAY_BE_SPACED = /[^\p{ASCII}][ .*_~|/-]{1,3}[^\p{ASCII}][ .*_~|/-]/u;
const SPACED_OUT = /(?<!\p{L})(?:\p{L}[ .*_~|/-]{1,3}){4,400}\p{L}(?!\p{L})/gu;

/** Letters of any script with something between them. */
const closeUp = (text: string): string =>
  text.replace(SPACED_OUT, (run) =>
    run.replace(/(\p{L})([ .*_~|/-]+)/gu, (_, letter, gap) => letter + (gap.length > 1 ? ' ' : '')),
  );

const UPSIDE_DOWN = /[ɐǝɹʇʌʍʎɥɯᴉʞɔƃ](?:[^ɐǝɹʇʌʍʎɥɯᴉʞɔƃ]{0,20}[ɐǝɹʇʌʍʎɥɯᴉʞɔƃ]){3}/u;
const TURNED: Readonly<Record<string, string>> = { n: 'u', u: 'n', b: 'q', q: 'b', d: 'p', p: 'd' };

/** A text that stands on its head: its plain form has the letters that have one of their own, back to front. */
const turned = (reversed: string): string => reversed.replace(/[nubqdp]/g, (letter) => TURNED[letter] ?? letter);

const ESCAPED =
  /\\u[0-9a-f]{4}|%[c-f][0-9a-f]%|&#(?:\d{3,7}|x[0-9a-f]{3,6});|\\[nrt](?:all|any|the|your|my|ignore|disregard|forget|prev|prior|above|inst|rule|sys|prompt|reveal)/i;

/** Escapes of any character, not of ASCII only, and of line breaks. */
const unescaped = (text: string): string =>
  text
    .replace(/\\+u([0-9a-f]{4})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replace(/&#x([0-9a-f]{1,6});/gi, (_, hex: string) => pointOf(Number.parseInt(hex, 16)))
    .replace(/&#(\d{1,7});/g, (_, digits: string) => pointOf(Number(digits)))
    .replace(/(?:%[0-9a-f]{2})+/gi, (bytes) => Buffer.from(bytes.replaceAll('%', ''), 'hex').toString('utf8'))
    .replace(/\\+[nrt]/g, ' ')
    .replace(/\\+(["'/])/g, '$1');

const pointOf = (point: number): string => (point > 0x10ffff ? '' : String.fromCodePoint(point));

/** The text with the words that were cut made whole. Cuts may overlap: the longest from the left on count. */
function* joined(text: string, cuts: readonly Span[]): Slowly<string> {
  let out = '';
  let copied = 0;
  let turn = TURN;
  for (const { start, end } of cuts.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    if (start < copied) continue;
    out += text.slice(copied, start) + text.slice(start, end).replace(/[^A-Za-z]+/g, '');
    copied = end;
    turn -= 1;
    if (turn > 0) continue;
    turn = TURN;
    yield;
  }
  return out + text.slice(copied);
}
const TURN = 1024;

const BACKWARDS =
  /\b(?:instructions|prompt|rules|guidelines|directions)[ ,]{1,3}(?:system|previous|prior|initial|your|the|my|all|above|these|those)\b[^.!?\n]{0,60}\b(?:ignore|disregard|forget|reveal|print|repeat|show|override|bypass)\b/i;

/** Padding comes first when base64 is reversed. */
const BACKWARDS_BASE64 = /(?<![A-Za-z0-9+/])={1,2}[A-Za-z0-9+/]{16}/;
