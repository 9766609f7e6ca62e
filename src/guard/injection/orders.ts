/**
 * Orders to the model in a text that should only be data or a question: by phrases that are known, and by a classifier
 * for what nobody has listed. Both read the text in each form in which it could carry an order.
 */
import { normalise } from '../readings/plain.ts';
import type { Recognised } from '../rule.ts';
import type { Match } from '../scan.ts';
import { score, THRESHOLDS } from './classifier/classifier.ts';
import { fold, unfold } from './fold.ts';
import { type Phrase, type PhraseMatch, phrasesIn } from './phrases/phrases.ts';
import { variants } from './variants.ts';

/** Who wrote a text: whoever asks (`direct`), or somebody whose text was fetched for the model (`indirect`). */
export type Origin = 'direct' | 'indirect';

/** Shorter texts hold no order. */
const SHORTEST = 8;

const LABEL = '[INJECTION_REDACTED]';

const ruleOf = ({ id }: Pick<Phrase, 'id'>): Recognised => ({ id, kind: 'injection', label: LABEL });
const CLASSIFIED: Recognised = ruleOf({ id: 'injection.classifier' });

interface Form {
  readonly text: string;
  /** Whether offsets in it are offsets in the text. */
  readonly isText: boolean;
}

/** Folded text that is searched for phrases at a stretch, and what is searched twice so that no phrase is cut. */
const STRETCH = 16_384;
const OVERLAP = 1_024;

/**
 * The first form in which something is found is the last that is read: more of the same would say nothing new.
 * Yields so that others may have a turn: most steps take some milliseconds at the most.
 * @param mayHide whether anything in the text may be encoded
 */
export function* ordersIn(text: string, origin: Origin, mayHide = true): Generator<void, readonly Match[]> {
  if (text.length < SHORTEST) return [];
  const plain = normalise(text);
  const seen = new Set<string>();
  for (const form of formsOf(text, plain, mayHide)) {
    yield;
    if (form === null) continue;
    const folded = fold(form.text);
    if (seen.has(folded)) continue;
    seen.add(folded);
    const found = yield* phrasesOf(folded);
    const places = unfold(text, form.isText ? found.flatMap(({ start, end }) => [start, end]) : []);
    const matches: Match[] = found.map(({ phrase, start, end }) => ({
      rule: ruleOf(phrase),
      ...(form.isText ? { start: places.get(start)!, end: places.get(end)! } : { start: 0, end: text.length }),
    }));
    for (const scored of score(form.text)) {
      yield;
      if (scored.score < THRESHOLDS[origin]) continue;
      const { start, end } = form.isText ? scored : { start: 0, end: text.length };
      matches.push({ rule: CLASSIFIED, start, end });
      break;
    }
    if (matches.length > 0) return matches;
  }
  return [];
}

/** The first match of each rule. */
function* phrasesOf(folded: string): Generator<void, readonly PhraseMatch[]> {
  const found = new Map<string, PhraseMatch>();
  for (let at = 0; at < folded.length; at += STRETCH) {
    for (const match of phrasesIn(folded.slice(Math.max(0, at - OVERLAP), at + STRETCH))) {
      const base = Math.max(0, at - OVERLAP);
      const { id } = match.phrase;
      if (!found.has(id)) found.set(id, { ...match, start: base + match.start, end: base + match.end });
    }
    yield;
  }
  return [...found.values()];
}

function* formsOf(text: string, plain: string, mayHide: boolean): Generator<Form | null> {
  yield { text, isText: true };
  if (plain !== text) yield { text: plain, isText: false };
  for (const variant of variants(text, plain, mayHide)) yield variant ? { text: variant.text, isText: false } : null;
}
