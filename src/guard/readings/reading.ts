/**
 * A reading shows a text in another form, in which the rules see what the text as it stands hides. It works on a text
 * that arrives in pieces, and what it shows does not depend on how the text is cut.
 */

/** A stretch of a text and what it reads as. Stretches come in order; text between them is not part of the reading. */
export interface Stretch {
  /** Where it begins in the text that was given to {@link Reader.read}, in UTF-16 code units like all lengths here. */
  readonly start: number;
  readonly length: number;
  readonly plain: string;
  /**
   * How many code units of the text each one of `plain` stands for: 1 where the two correspond, 2 for pairs of digits,
   * 4/3 for base64. 0: no saying, the stretch is one indivisible piece.
   */
  readonly step: number;
  /** Whether what was read so far is a text of its own that ends here, as a decoded one does. */
  readonly ends: boolean;
}

export interface Reader {
  /**
   * @param text what was left over the last time, and the next piece
   * @param last whether the text ends with it; then nothing is left over
   * @returns the stretches, and how many code units are done with. What is left over is a few hundred at the most.
   */
  read(text: string, last: boolean): { readonly found: readonly Stretch[]; readonly used: number };
}

export interface Reading {
  readonly id: string;
  open(): Reader;
}

/** What a reading makes of a whole text: one text, or as many as end in it. */
export function readAll(reading: Reading, text: string): readonly string[] {
  const texts: string[] = [];
  let open = '';
  for (const { plain, ends } of reading.open().read(text, true).found) {
    open += plain;
    if (!ends) continue;
    texts.push(open);
    open = '';
  }
  return open ? [...texts, open] : texts;
}
