/**
 * Cuts a text into what the rehearsal model calls tokens: four characters or fewer, with the white space before them.
 * Nothing is lost (`tokenize(text).join('') === text`), no code point is cut in two, and anything longer than four
 * characters spans several tokens, as it does with a real model.
 */
export const tokenize = (text: string): string[] => text.match(/\s?\S{1,4}|\s/gu) ?? [];
