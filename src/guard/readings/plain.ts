/**
 * The plain form of a text: what a reader, or a model, takes it for. Every character is folded to the ASCII one it is
 * taken for, if there is one; what is not seen at all is dropped; escapes are resolved.
 */

import { isHighSurrogate } from '../../core/utf16.ts';
import { escapeAt, mayEscape, mayHoldEscape, unescapeOne } from './escapes.ts';
import { fold, foldUnit } from './fold.ts';
import { pointAt } from './points.ts';
import { type Reader, type Reading, readAll, type Stretch } from './reading.ts';

/**
 * So many code units that are not seen count as a gap, less {@link PER_SEEN} for each one that is. Without that, a word
 * could be followed by what is not seen without end, and a stream would have to hold all of it back to know how the word
 * goes on.
 */
export const FLOOD = 4096;
const PER_SEEN = 64;

/** What of ASCII is not itself whatever follows: controls, and what escapes begin with. */
const special = Uint8Array.from({ length: 128 }, (_, code) => (mayEscape(code) || foldUnit(code) !== code ? 1 : 0));
const UNREMARKABLE = /^[\t\n\r -$'-;=-[\]-~]*$/;

class PlainReader implements Reader {
  /** How much was read before, in code units. */
  #base = 0;
  /** What was not seen lately, and where the last of it ended in the whole text. */
  #unseen = 0;
  #unseenEnd = 0;

  read(text: string, last: boolean): { found: Stretch[]; used: number } {
    const found: Shown[] = [];
    /** The aligned stretch begins here; its plain form so far accounts for the text before `copied`. */
    let start = 0;
    let aligned = '';
    let copied = 0;
    /** Closes the aligned stretch at `at`, and puts after it what reads as `plain`, as one piece. */
    const put = (at: number, length: number, plain: string) => {
      if (at > start) {
        found.push({ start, length: at - start, plain: aligned + text.slice(copied, at), step: 1, ends: false });
      }
      const previous = found.at(-1);
      if (plain === '' && previous?.plain === '' && previous.start + previous.length === at) previous.length += length;
      else if (length > 0) found.push({ start: at, length, plain, step: 0, ends: false });
      start = copied = at + length;
      aligned = '';
    };
    const done = (at: number) => {
      put(at, 0, '');
      this.#base += at;
      return { found, used: at };
    };

    for (let at = 0; at < text.length; ) {
      const unit = text.charCodeAt(at);
      if (unit < 128 && special[unit] === 0) {
        at += 1;
        continue;
      }
      if (mayEscape(unit)) {
        const length = escapeAt(text, at, last);
        if (length < 0) return done(at);
        if (length > 0) {
          put(at, length, unescapeOne(text.slice(at, at + length)) || this.#drop(at, length));
          at += length;
          continue;
        }
      }
      const plainUnit = foldUnit(unit);
      if (plainUnit >= 0 && !isHighSurrogate(unit)) {
        if (plainUnit !== unit) {
          aligned += text.slice(copied, at) + String.fromCharCode(plainUnit);
          copied = at + 1;
        }
        at += 1;
        continue;
      }
      if (isHighSurrogate(unit) && at + 1 === text.length && !last) return done(at);
      const point = pointAt(text, at);
      const length = point > 0xffff ? 2 : 1;
      const plain = fold(point);
      if (plain === '') put(at, length, this.#drop(at, length));
      else if (length !== plain.length || plain !== text.slice(at, at + length)) put(at, length, plain);
      at += length;
    }
    return done(text.length);
  }

  /** @returns what reads in the place of something that is not seen: nothing, or a gap */
  #drop(at: number, length: number): string {
    const start = this.#base + at;
    this.#unseen = Math.max(0, this.#unseen - PER_SEEN * (start - this.#unseenEnd)) + length;
    this.#unseenEnd = start + length;
    if (this.#unseen < FLOOD) return '';
    this.#unseen = 0;
    return ' ';
  }
}

type Shown = { -readonly [key in keyof Stretch]: Stretch[key] };

function changes(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (isHighSurrogate(unit) || foldUnit(unit) !== unit) {
      const point = pointAt(text, at);
      if (point < 0x10000 || fold(point) !== String.fromCodePoint(point)) return true;
      at += 1;
    }
  }
  return false;
}

export const PLAIN: Reading = { id: 'plain', open: () => new PlainReader() };

/**
 * Whether a text is its own plain form. If all pieces of a text are, the text is; if one may begin an escape, it is not.
 */
export const isPlain = (text: string): boolean => UNREMARKABLE.test(text) || !(mayHoldEscape(text) || changes(text));

/** The plain form of a whole text. */
export const normalise = (text: string): string => (isPlain(text) ? text : (readAll(PLAIN, text)[0] ?? ''));
