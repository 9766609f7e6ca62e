/**
 * Messages in characters that nobody sees and a model may read: the tag block, which mirrors ASCII, and variation
 * selectors, of which there are as many as there are bytes. A message ends where something can be seen.
 */
import { pointAt } from './points.ts';
import type { Reader, Reading, Stretch } from './reading.ts';
import { Utf8 } from './utf8.ts';

const TAGS = 0xe0000;
/** A variation selector stands for the byte that is its place in the two blocks of them, one after the other. */
const SELECTORS = 0xfe00;
const MORE_SELECTORS = 0xe0100;
const MAY_BE_HIDDEN = /\udb40|[\ufe00-\ufe0f]/;
const HIGH = '\udb40';

/** What a code point that is not seen stands for: a character, a byte, or neither. */
function meaning(point: number): string | number | null {
  if (point >= TAGS && point < TAGS + 0x80) return point < TAGS + 0x20 ? '' : String.fromCharCode(point - TAGS);
  if (point >= SELECTORS && point < SELECTORS + 16) return point - SELECTORS;
  if (point >= MORE_SELECTORS && point < MORE_SELECTORS + 240) return point - MORE_SELECTORS + 16;
  return null;
}

class HiddenReader implements Reader {
  #isOpen = false;
  #bytes = new Utf8();

  read(text: string, last: boolean): { found: Stretch[]; used: number } {
    const found: Stretch[] = [];
    if (!this.#isOpen && !MAY_BE_HIDDEN.test(text)) return { found, used: text.length };
    for (let at = 0; at < text.length; ) {
      if (text[at] === HIGH && at + 1 === text.length && !last) return { found, used: at };
      const point = pointAt(text, at);
      const length = point > 0xffff ? 2 : 1;
      const meant = meaning(point);
      if (meant === null) this.#end(at, found);
      else this.#show(at, length, typeof meant === 'number' ? this.#bytes.read(meant) : meant, found);
      at += length;
    }
    if (last) this.#end(text.length, found);
    return { found, used: text.length };
  }

  #show(start: number, length: number, plain: string, found: Stretch[]): void {
    found.push({ start, length, plain, step: 0, ends: false });
    this.#isOpen = true;
  }

  #end(start: number, found: Stretch[]): void {
    if (!this.#isOpen) return;
    found.push({ start, length: 0, plain: '', step: 0, ends: true });
    this.#isOpen = false;
    this.#bytes = new Utf8();
  }
}

export const hidden: Reading = {
  id: 'hidden',
  open: () => new HiddenReader(),
};
