/** The table of the phrases that try to put the instructions of a model out of force. One file a group of languages. */
import { ENGLISH } from './english.ts';
import { GERMANIC } from './germanic.ts';
import { MARKUP } from './markup.ts';
import { OTHER } from './other.ts';
import type { Phrase } from './phrase.ts';
import { ROMANCE } from './romance.ts';
import { SLAVIC } from './slavic.ts';

export type { Phrase } from './phrase.ts';

export const PHRASES: readonly Phrase[] = [...ENGLISH, ...MARKUP, ...GERMANIC, ...ROMANCE, ...SLAVIC, ...OTHER];

export interface PhraseMatch {
  readonly phrase: Phrase;
  /** Offsets in the folded text. */
  readonly start: number;
  readonly end: number;
}

// The hints of all languages at once: one search for most texts, instead of one for each language.
const ANY_HINT = new RegExp(
  [...new Set(PHRASES.flatMap(({ hint }) => hint?.source.split('|') ?? []))].sort().join('|'),
);

// Stateful, hence not the ones in the table.
const SEARCH = new Map(PHRASES.map((phrase) => [phrase, new RegExp(phrase.pattern, 'g')]));

const OPENED = /["'“‘«「`][^"'”’»」`]{0,40}$/;
const CLOSED = /["'”’»」`]/;
const QUOTED_LONGEST = 60;
const TOLD_WITHIN = 80;
const TOLD =
  /attack|inject|jailbreak|malicious|adversar|detect|alert|false (?:alarm|positive)|regular expression|regex|phrases? |(?:messages|prompts|strings|texts|inputs|things) (?:such as|like|saying)|pasting|asked to|the sentence|angriff|erkenn|attaque|ataque|attacco|rilev|aanval|atak|атак|обнаруж|saldırı|攻击|攻撃|検出|检测|공격|탐지/;

/**
 * Whether a match is quoted by somebody who speaks about attacks: short, between quotation marks, with a word such as
 * "attacker" or "detect" near them. Whoever quotes his own attack like that is left to the classifier.
 */
function isTold(folded: string, start: number, end: number): boolean {
  const before = folded.slice(Math.max(0, start - TOLD_WITHIN), start);
  const after = folded.slice(end, end + TOLD_WITHIN);
  const closed = after.search(CLOSED);
  return OPENED.test(before) && closed >= 0 && closed < QUOTED_LONGEST && (TOLD.test(before) || TOLD.test(after));
}

/** The first match of each row that is not merely told of. @param folded text in the form of fold.ts */
export function phrasesIn(folded: string): PhraseMatch[] {
  const isForeign = ANY_HINT.test(folded);
  const hinted = new Map<RegExp, boolean>();
  const matches: PhraseMatch[] = [];
  for (const phrase of PHRASES) {
    const { hint } = phrase;
    if (hint) {
      if (!isForeign) continue;
      if (!hinted.has(hint)) hinted.set(hint, hint.test(folded));
      if (!hinted.get(hint)) continue;
    }
    const search = SEARCH.get(phrase)!;
    search.lastIndex = 0;
    for (let match = search.exec(folded); match; match = search.exec(folded)) {
      const start = match.index;
      const end = start + match[0].length;
      if (isTold(folded, start, end)) continue;
      matches.push({ phrase, start, end });
      break;
    }
  }
  return matches;
}
