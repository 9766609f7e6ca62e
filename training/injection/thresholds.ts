/** Where to draw the line: from scores of texts that the model had not seen. */
import type { Example } from './load.ts';

/** What part of a third-party benign source may be taken for an attack. */
const ALLOWED = 0.01;
/** Of texts of ours, which are written to be hard: full of the words of attacks. */
const ALLOWED_HARD = 0.04;
/** Of those that mirror attacks, sentence for sentence. */
const ALLOWED_MIRRORED = 0.06;
/** Of sources that a hundredth part of is less than two texts. */
const ALLOWED_SMALL = 0.05;
const SMALL = 200;
/** Of a third-party source that the model knew nothing of: a kind of text is rarely all new. */
const ALLOWED_UNKNOWN = 0.05;
/** Smaller sources decide nothing. */
const ROWS = 60;
/** Texts that quote attacks, to ask about them. They are counted, and hold no threshold: no linear model tells them apart. */
const QUOTING = 'own/benign/security';

/** @param rows how many texts the source has */
export function allowed(source: string, rows: number): number {
  if (source === QUOTING) return 1;
  if (rows < SMALL) return ALLOWED_SMALL;
  if (source.includes('contrast')) return ALLOWED_MIRRORED;
  return source.startsWith('own/') ? ALLOWED_HARD : ALLOWED;
}

/** What is retrieved or returned by tools looks like this; nobody plays a role in it. */
const isRetrieved = (source: string): boolean => /bipia_docs|documents|code|tool-results|fiction|arena/.test(source);

/** The lowest threshold at which a part of the scores, at most, lies above. */
export function quantile(scores: readonly number[], above: number): number {
  const falling = scores.toSorted((one, other) => other - one);
  return falling[Math.min(falling.length - 1, Math.floor(falling.length * above))] ?? Number.NEGATIVE_INFINITY;
}

/** Scores by source, of benign examples or of attacks. */
export function bySource(examples: readonly Example[], scores: Float64Array, attack: boolean): Map<string, number[]> {
  const sources = new Map<string, number[]>();
  examples.forEach((example, index) => {
    if (example.attack !== attack) return;
    const list = sources.get(example.source) ?? [];
    list.push(scores[index]!);
    sources.set(example.source, list);
  });
  return sources;
}

/**
 * The lowest thresholds that keep the false positives of every benign source within what is allowed.
 * @param folded scores by models that knew other texts of the source
 * @param left scores by models that knew none: looked at for English third-party texts. The one source that is Chinese
 *   in part is most of what there is of Chinese: without it, it is the language that is unknown
 */
export function chooseThresholds(
  examples: readonly Example[],
  folded: Float64Array,
  left: Float64Array,
): { direct: number; indirect: number } {
  const english = examples.flatMap(({ language }, index) => (language === 'en' ? [index] : []));
  const known = bySource(examples, folded, false);
  const unknown = bySource(
    english.map((index) => examples[index]!),
    Float64Array.from(english, (index) => left[index]!),
    false,
  );
  const lowest = (isIn: (source: string) => boolean) => {
    const big = ([source, list]: [string, number[]]) => isIn(source) && list.length >= ROWS;
    const needs = [
      ...[...known].filter(big).map(([source, list]) => quantile(list, allowed(source, list.length))),
      ...[...unknown]
        .filter(([source, list]) => big([source, list]) && !source.startsWith('own/'))
        .map(([, list]) => quantile(list, ALLOWED_UNKNOWN)),
    ];
    return Math.ceil(Math.max(...needs) * 100) / 100;
  };
  return { direct: lowest(() => true), indirect: lowest(isRetrieved) };
}
