/** Reads UTF-8 a byte at a time. NUL is dropped, so that UTF-16 reads as well where it holds ASCII. */
export class Utf8 {
  #point = 0;
  #missing = 0;
  /** Whether the last byte may be text: ASCII that is printed, NUL, or part of a sequence of UTF-8. Of random ones, 2 in 5. */
  isText = true;

  /** Whether a character has begun that more bytes belong to. */
  get isMidway(): boolean {
    return this.#missing > 0;
  }

  /** @returns the character that a byte completes, if any. What is not UTF-8 is given as U+FFFD. */
  read(byte: number): string {
    this.isText = true;
    if (this.#missing > 0 && (byte & 0xc0) === 0x80) {
      this.#point = (this.#point << 6) | (byte & 0x3f);
      this.#missing -= 1;
      if (this.#missing > 0) return '';
      if (this.#point <= 0x10ffff && (this.#point & 0xfffff800) !== 0xd800) return String.fromCodePoint(this.#point);
      this.isText = false;
      return '\ufffd';
    }
    const broken = this.#missing > 0 ? '\ufffd' : '';
    this.#missing = 0;
    if (broken) this.isText = false;
    if (byte < 0x80) {
      if (byte < 0x20 ? byte !== 0 && byte !== 9 && byte !== 10 && byte !== 13 : byte === 0x7f) this.isText = false;
      return byte === 0 ? broken : broken + String.fromCharCode(byte);
    }
    this.#missing = byte >= 0xf5 ? 0 : byte >= 0xf0 ? 3 : byte >= 0xe0 ? 2 : byte >= 0xc2 ? 1 : 0;
    this.#point = byte & (0x3f >> this.#missing);
    if (this.#missing > 0) return broken;
    this.isText = false;
    return `${broken}\ufffd`;
  }
}
