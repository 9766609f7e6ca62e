/** A document for tests: a list of words, where everything can be seen that goes wrong. */
import type { DocumentFormat } from '../../../src/core/document/document.ts';
import { Fault } from '../../../src/core/fault.ts';

export const wordsFormat: DocumentFormat<readonly string[]> = {
  name: 'words',
  what: 'the words',
  missing: 'Say some.',
  empty: [],
  parse(text, place) {
    let words: unknown;
    try {
      words = JSON.parse(text);
    } catch {
      words = null;
    }
    if (Array.isArray(words) && words.every((word) => /^[a-z0-9-]{1,40}$/.test(word))) return words;
    throw new Fault('words_invalid', `The words in ${place} cannot be read.`);
  },
  // Words that begin with `never-` are not taken back.
  keep: (inForce, newer) => {
    const lost = inForce.filter((word) => word.startsWith('never-') && !newer.includes(word));
    return lost.length > 0 ? [...newer, ...lost] : newer;
  },
  print: (words) => JSON.stringify(words),
};

export const adding =
  (...more: readonly string[]) =>
  (words: readonly string[]): readonly string[] => [...words, ...more];
