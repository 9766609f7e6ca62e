/**
 * Trains the classifier and writes src/guard/injection/classifier/weights.ts and the figures of
 * docs/model-card.md: the same input gives the same files.
 *
 *   node training/injection/train.ts --corpora DIR [--check]
 *
 * With --check nothing is written: the exit code says whether the weights are what would be written.
 */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { crossValidate, leaveSourcesOut, samplesOf } from './experiment.ts';
import { type Model, train } from './learn.ts';
import { loadCorpora, loadOwn } from './load.ts';
import { languagesTable, sourcesTable } from './report.ts';
import { chooseThresholds } from './thresholds.ts';

const FOLDS = 5;
const CARD = join(import.meta.dirname, '../../docs/model-card.md');
/** What is below this line of the card is written anew. */
const FIGURES = '<!-- written by training/injection/train.ts -->';
const TARGET = join(import.meta.dirname, '../../src/guard/injection/classifier/weights.ts');

function moduleOf({ steps, step, biases }: Model, thresholds: { direct: number; indirect: number }): string {
  const weights = Buffer.from(steps.buffer, steps.byteOffset, steps.byteLength).toString('base64');
  const id = createHash('sha256')
    .update(JSON.stringify([weights, step, [...biases], thresholds]))
    .digest('hex');
  return `// Written by training/injection/train.ts: not to be edited.
export const ID = '${id.slice(0, 12)}';
export const STEP = ${step};
export const BIASES: readonly number[] = [${[...biases].join(', ')}];
export const THRESHOLDS = { direct: ${thresholds.direct}, indirect: ${thresholds.indirect} } as const;
export const WEIGHTS =
  '${weights}';
`;
}

const { values } = parseArgs({ options: { corpora: { type: 'string' }, check: { type: 'boolean', default: false } } });
if (values.corpora === undefined) {
  process.stderr.write('usage: node training/injection/train.ts --corpora DIR [--check]\n');
  process.exit(2);
}
const examples = [...loadCorpora(values.corpora), ...loadOwn()];
const samples = samplesOf(examples);
const folded = crossValidate(examples, samples, FOLDS);
const left = leaveSourcesOut(examples, samples);
const thresholds = chooseThresholds(examples, folded, left);
const written = moduleOf(train(samples), thresholds);
if (values.check) process.exit(readFileSync(TARGET, 'utf8') === written ? 0 : 1);
writeFileSync(TARGET, written);

const figures = Object.entries(thresholds).map(
  ([name, threshold]) => `### Threshold \`${name}\`: ${threshold}

${sourcesTable(examples, folded, left, threshold)}

${languagesTable(examples, folded, threshold)}
`,
);
const [card] = readFileSync(CARD, 'utf8').split(FIGURES);
const counts = `${examples.length} texts, ${examples.filter(({ attack }) => attack).length} of them attacks.`;
writeFileSync(CARD, [`${card}${FIGURES}`, counts, ...figures].join('\n\n'));
process.stdout.write(`${counts} Thresholds: ${JSON.stringify(thresholds)}\n`);
