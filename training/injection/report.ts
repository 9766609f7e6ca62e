/** The figures of the model card, as Markdown. */
import type { Example } from './load.ts';
import { allowed, bySource } from './thresholds.ts';

const percent = (part: number, of: number): string => (of === 0 ? '–' : `${((100 * part) / of).toFixed(1)} %`);
const above = (scores: readonly number[], threshold: number): string =>
  percent(scores.filter((score) => score > threshold).length, scores.length);

/** One row a source: how many of its texts lie above the threshold, by both ways of holding out. */
export function sourcesTable(
  examples: readonly Example[],
  folded: Float64Array,
  left: Float64Array,
  threshold: number,
): string {
  const rows = [true, false].flatMap((attack) => {
    const unknown = bySource(examples, left, attack);
    return [...bySource(examples, folded, attack)].map(([source, scores]) => {
      const most = attack
        ? ''
        : allowed(source, scores.length) === 1
          ? 'not held'
          : percent(allowed(source, scores.length), 1);
      return `| ${attack ? 'attack' : 'benign'} | ${source} | ${scores.length} | ${above(scores, threshold)} | ${above(unknown.get(source)!, threshold)} | ${most} |`;
    });
  });
  return [
    '| label | source | texts | found, folds | found, source left out | allowed |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}

/** One row a language. */
export function languagesTable(examples: readonly Example[], folded: Float64Array, threshold: number): string {
  const languages = [...new Set(examples.map(({ language }) => language))].sort();
  const rows = languages.map((language) => {
    const of = (attack: boolean) =>
      [...folded].filter((_, index) => examples[index]!.language === language && examples[index]!.attack === attack);
    const [attacks, benign] = [of(true), of(false)];
    return `| ${language} | ${attacks.length} | ${above(attacks, threshold)} | ${benign.length} | ${above(benign, threshold)} |`;
  });
  return [
    '| language | attacks | found | benign | taken for attacks |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}
