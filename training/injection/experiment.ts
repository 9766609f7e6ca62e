/** Held-out scores: what a model says of texts that it has not been trained on. */
import { documentOf, type Model, type Sample, scoreOf, train } from './learn.ts';
import type { Example } from './load.ts';
import { hashOf } from './random.ts';

/** Attacks count so much more than benign texts. */
const ATTACKS = 1.5;
/** A source counts with its size to this power: the small are heard. */
const SOURCE_SIZE = 0.4;
/**
 * Third-party attacks that a model trained on the others is sure are none count so much. About one in five rows of the
 * collections is a plain persona prompt or an ordinary question.
 */
const DOUBTED = 0.1;
const SURE = -1;

/** Benign texts of a language without attacks still count so much. Attacks without benign texts teach nothing but the language. */
const LEAST_BENIGN = 0.05;

/** Those that are alike in source, label and language. */
const kindOf = ({ source, attack, language }: Example) =>
  `${source} ${attack}${source.startsWith('own/') ? ` ${language}` : ''}`;

/** How much an example counts by the size of its source. */
function weightsOf(examples: readonly Example[]): number[] {
  const sizes = new Map<string, number>();
  for (const example of examples) sizes.set(kindOf(example), (sizes.get(kindOf(example)) ?? 0) + 1);
  return examples.map((example) => (200 / sizes.get(kindOf(example))!) ** (1 - SOURCE_SIZE));
}

/**
 * How much the examples of a language and label count: attacks and benign texts of a language come to the same, by taking
 * from the greater. Else a language in which we have mostly one of the two would itself stand for it.
 */
function balanceOf(examples: readonly Example[], weights: readonly number[]): (example: Example) => number {
  const masses = new Map<string, number>();
  const key = (language: string, attack: boolean) => `${language} ${attack}`;
  examples.forEach(({ language, attack }, index) => {
    masses.set(key(language, attack), (masses.get(key(language, attack)) ?? 0) + weights[index]!);
  });
  return ({ language, attack }) => {
    const [own, other] = [masses.get(key(language, attack)) ?? 0, masses.get(key(language, !attack)) ?? 0];
    return Math.max(attack ? 0 : LEAST_BENIGN, Math.min(1, other / own));
  };
}

export function samplesOf(examples: readonly Example[]): Sample[] {
  const weights = weightsOf(examples);
  const balance = balanceOf(examples, weights);
  const samples = examples.map((example, index) => ({
    document: documentOf(example.text),
    attack: example.attack,
    weight: (example.attack ? ATTACKS : 1) * balance(example) * weights[index]!,
    source: kindOf(example),
  }));
  const scores = crossValidate(examples, samples, 3);
  return samples.map((sample, index) => {
    const doubted = sample.attack && !sample.source.startsWith('own/') && scores[index]! < SURE;
    return doubted ? { ...sample, weight: sample.weight * DOUBTED } : sample;
  });
}

/** What a model says of each example that was trained on the other folds. Near-duplicates are in the same fold. */
export function crossValidate(examples: readonly Example[], samples: readonly Sample[], folds: number): Float64Array {
  const fold = examples.map(({ group }) => hashOf(group) % folds);
  return heldOut(
    examples,
    samples,
    Array.from({ length: folds }, (_, held) => (_example, index) => fold[index] === held),
  );
}

/** What a model says of each example that was trained on the other sources. */
export function leaveSourcesOut(examples: readonly Example[], samples: readonly Sample[]): Float64Array {
  const sources = [...new Set(examples.map(({ source }) => source))];
  return heldOut(
    examples,
    samples,
    sources.map(
      (left) =>
        ({ source }) =>
          source === left,
    ),
  );
}

function heldOut(
  examples: readonly Example[],
  samples: readonly Sample[],
  parts: readonly ((example: Example, index: number) => boolean)[],
): Float64Array {
  const scores = new Float64Array(examples.length);
  for (const isHeld of parts) {
    const held = examples.map(isHeld);
    const model: Model = train(samples.filter((_, index) => !held[index]));
    samples.forEach(({ document }, index) => {
      if (held[index]) scores[index] = scoreOf(model, document);
    });
  }
  return scores;
}
