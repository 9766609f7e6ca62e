/**
 * Derives from a pattern the one that recognises its unfinished matches: text that ends before it is decided whether
 * the pattern matches there. The streaming window holds exactly that text back.
 *
 * Every atom A becomes `(?:A|$)` and the whole must reach the end of the text. A path through the original pattern
 * that runs out of text at some atom is then a path through the derived one: it takes `$` there and, the end never
 * moving, at every atom after it. Lookarounds are atoms too: beyond the end of the text they are undecided, not false.
 */
import type { Pattern } from './pattern.ts';

/** Source of the pattern that matches from where a match may begin to the end of the text. */
export const partialOf = (pattern: Pattern): string => `(?:${derived(pattern)})$`;

function derived(pattern: Pattern): string {
  switch (pattern.kind) {
    case 'character':
    case 'lookaround':
      return `(?:${pattern.source}|$)`;
    case 'sequence':
      return pattern.items.map(derived).join('');
    case 'choice':
      return `(?:${pattern.options.map(derived).join('|')})`;
    case 'repetition':
      return `(?:${derived(pattern.item)}){${pattern.least},${pattern.most}}`;
  }
}
