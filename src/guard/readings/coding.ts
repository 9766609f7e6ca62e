/**
 * A way to write text in other characters, and the reader for texts that have islands of it. What is decoded is a text
 * of its own: it ends where the island ends, or where what is decoded is no text.
 */
import type { Reader, Reading, Stretch } from './reading.ts';
import { Utf8 } from './utf8.ts';

/** The text ends before it is known what follows. */
export const WAIT = -1;

export interface Place {
  readonly at: number;
  /** What an island begins with; empty where it may begin only once more text arrives, or where the text ends. */
  readonly start: string;
}

/** Reads an island unit by unit. It may be made to read again from an earlier unit on. */
export interface Units {
  /**
   * @param into takes the bytes that the unit stands for
   * @returns the length of the unit at a place; 0 if the island ends there; or {@link WAIT}
   */
  next(text: string, at: number, last: boolean, into: number[]): number;
}

export interface Coding {
  readonly id: string;
  /** How many bytes of text in a row tell text from noise. */
  readonly least: number;
  /** Code units that a byte stands for, where units have several bytes. */
  readonly step: number | null;
  /** The first place from `from` on at which an island begins, or may begin. `text[from - 1]` is context. */
  find(text: string, from: number, last: boolean): Place;
  /** How many code units of its beginning do not belong to it. */
  readonly skips: number;
  open(start: string): Units;
}

/**
 * How sure it is that bytes are text: what it is at most, and what a byte costs that is none. More bytes than a unit has
 * are needed to end a text, so that each text is longer than the unit in which the one before it ended.
 */
const SUREST = 16;
const DOUBT = 3;

type Shown = { -readonly [key in keyof Stretch]: Stretch[key] };

export const readingOf = (coding: Coding): Reading => ({ id: coding.id, open: () => new IslandReader(coding) });

class IslandReader implements Reader {
  readonly #coding: Coding;
  #island: Units | null = null;
  /** How sure it is that a text is being read; 0 if none is. */
  #sure = 0;
  /** The character in front of what is read. */
  #before = '';

  constructor(coding: Coding) {
    this.#coding = coding;
  }

  read(given: string, last: boolean): { found: Stretch[]; used: number } {
    const before = this.#before.length;
    const text = before ? this.#before + given : given;
    const found: Shown[] = [];
    let at = before;
    while (at < text.length || (last && this.#island)) {
      if (!this.#island) {
        const place = this.#coding.find(text, at, last);
        at = place.at;
        if (place.start === '') break;
        this.#island = this.#coding.open(place.start);
        at += this.#coding.skips;
      }
      at = this.#readIsland(this.#island, text, at, last, before, found);
      if (this.#island) break;
    }
    if (at > before) this.#before = text[at - 1]!;
    return { found, used: at - before };
  }

  /** @returns where the island ends; or where it has to be read on from, once there is more text */
  #readIsland(units: Units, text: string, start: number, last: boolean, before: number, found: Shown[]): number {
    const { least } = this.#coding;
    const bytes: number[] = [];
    let utf8 = new Utf8();
    let at = start;
    /** Where what is not decided about begins: bytes that may be too few for a text, or part of a character. */
    let from = start;
    let good = 0;
    let plain = '';
    for (;;) {
      if (this.#sure > 0 ? !utf8.isMidway : good === 0 && !utf8.isMidway) from = at;
      if (from === at) bytes.length = 0;
      const known = bytes.length;
      const length = at < text.length || last ? units.next(text, at, last, bytes) : WAIT;
      if (length === WAIT) return from;
      if (length === 0) {
        if (plain) this.#show(from - before, at - from, plain, bytes.length, found);
        this.#end(at - before, found);
        this.#island = null;
        return at;
      }
      const unit = at;
      at += length;
      if (this.#sure === 0) {
        // What comes after enough of them does not count against them
        for (let i = known; i < bytes.length && good < least; i += 1) {
          utf8.read(bytes[i]!);
          if (utf8.isText) good += utf8.isMidway ? 0 : 1;
          else {
            good = 0;
            from = unit;
          }
        }
        if (good < least) continue;
        this.#sure = SUREST;
        at = from;
        bytes.length = 0;
        utf8 = new Utf8();
        continue;
      }
      let doubts = 0;
      for (let i = known; i < bytes.length; i += 1) {
        plain += utf8.read(bytes[i]!);
        doubts += utf8.isText ? -1 : DOUBT;
      }
      if (utf8.isMidway) continue;
      this.#show(from - before, at - from, plain, bytes.length, found);
      plain = '';
      const sure = Math.min(SUREST, this.#sure - doubts);
      if (sure > 0) {
        this.#sure = sure;
        continue;
      }
      this.#end(at - before, found);
      // Another text may begin within the unit
      at = from = unit;
      good = 0;
      bytes.length = 0;
      utf8 = new Utf8();
    }
  }

  #show(start: number, length: number, plain: string, bytes: number, found: Shown[]): void {
    if (bytes === 0) return;
    const step = plain.length === bytes ? (this.#coding.step ?? length / bytes) : 0;
    const previous = found.at(-1);
    const isAlike = plain === '' ? previous?.plain === '' : step > 0 && previous?.step === step;
    if (previous && isAlike && !previous.ends && previous.start + previous.length === start) {
      previous.length += length;
      previous.plain += plain;
    } else found.push({ start, length, plain, step, ends: false });
  }

  #end(start: number, found: Shown[]): void {
    if (this.#sure > 0) found.push({ start, length: 0, plain: '', step: 0, ends: true });
    this.#sure = 0;
  }
}
