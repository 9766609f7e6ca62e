/**
 * Logistic regression over hashed features, trained where it will be used: on the best window of each text. Of an
 * attack, one window has to stand out; of a benign text, not one may. (Multiple-instance learning: Dietterich et al. 1997.)
 * AdaGrad (Duchi et al. 2011) gives rare features a larger step than frequent ones.
 */
import { BUCKETS, FeatureReader, isLetters } from '../../src/guard/injection/classifier/features.ts';
import { LENGTHS, lengthClass, lengthPenalty, Windows } from '../../src/guard/injection/classifier/windows.ts';
import { randomFrom, shuffle } from './random.ts';

/** A text as the classifier sees it. */
export interface Document {
  /** The features of all blocks, one after the other. */
  readonly features: Uint32Array;
  /** Where each block begins in them, and at last where they end. */
  readonly bounds: readonly number[];
  /** Of the text, in UTF-16 units. */
  readonly length: number;
}

export interface Sample {
  readonly document: Document;
  readonly attack: boolean;
  /** How much it counts. */
  readonly weight: number;
  readonly source: string;
}

/** The weight of a feature is `steps` times `step`. */
export interface Model {
  readonly steps: Int8Array;
  readonly step: number;
  /** One for each of LENGTHS. */
  readonly biases: Float64Array;
}

const EPOCHS = 8;
const RATE = 0.4;
/** N-grams of letters learn more slowly: they would rather know a text again than understand it. */
const LETTERS_RATE = 0.4 * RATE;
const DECAY = 2e-5;
const SEED = 4;
/** A feature that only one source has is a mark of the source: it is not learnt. */
const SOURCES = 2;
/**
 * A benign text that is taken for an attack counts so much more than one that is only near: what matters are the few at
 * the top, which decide where the threshold has to be.
 */
const TOP = 5;
/** Larger weights are cut off, so that a step stays small. */
const HEAVIEST = 4;

export function documentOf(text: string): Document {
  const reader = new FeatureReader(text);
  const bounds = [0];
  const parts: Uint32Array[] = [];
  for (let block = reader.next(); block !== undefined; block = reader.next()) {
    parts.push(block.slice());
    bounds.push(bounds.at(-1)! + block.length);
  }
  const features = new Uint32Array(bounds.at(-1)!);
  parts.forEach((part, index) => {
    features.set(part, bounds[index]!);
  });
  return { features, bounds, length: text.length };
}

/** So many blocks from a block on. */
interface Stretch {
  readonly from: number;
  readonly blocks: number;
  readonly score: number;
}

type Weigh = (from: number, to: number) => number;

function stretches(biases: Float64Array, { bounds }: Document, weigh: Weigh): { best: Stretch; whole: Stretch } {
  const windows = new Windows(biases);
  let best: Stretch = { from: 0, blocks: 0, score: Number.NEGATIVE_INFINITY };
  for (let block = 0; block + 1 < bounds.length; block++) {
    const [from, to] = [bounds[block]!, bounds[block + 1]!];
    const score = windows.add(weigh(from, to), to - from, block);
    if (score > best.score) best = { from: windows.bestStart, blocks: windows.bestBlocks, score };
  }
  const whole = { from: 0, blocks: bounds.length - 1, score: windows.whole() };
  return { best: whole.score > best.score ? whole : best, whole };
}

/** The score of a text: of its best window. */
export function scoreOf({ steps, step, biases }: Model, document: Document): number {
  const { features } = document;
  const weigh: Weigh = (from, to) => {
    let sum = 0;
    for (let at = from; at < to; at++) sum += steps[features[at]!]!;
    return sum * step;
  };
  return features.length === 0
    ? Number.NEGATIVE_INFINITY
    : stretches(biases, document, weigh).best.score - lengthPenalty(document.length);
}

/** How many sources each feature occurs in. */
function sourcesOf(samples: readonly Sample[]): Uint16Array {
  const counts = new Uint16Array(BUCKETS);
  const last = new Int32Array(BUCKETS).fill(-1);
  [...Map.groupBy(samples, ({ source }) => source).values()].forEach((list, index) => {
    for (const { document } of list)
      for (const id of document.features) {
        if (last[id] === index) continue;
        last[id] = index;
        counts[id]!++;
      }
  });
  return counts;
}

export function train(samples: readonly Sample[]): Model {
  const random = randomFrom(SEED);
  const weights = new Float32Array(BUCKETS);
  const squares = new Float32Array(BUCKETS).fill(1e-3);
  const biases = new Float64Array(LENGTHS.length);
  const biasSquares = new Float64Array(LENGTHS.length).fill(1);
  // The mean over the later epochs is steadier than the last step.
  const mean = new Float64Array(BUCKETS);
  const meanBiases = new Float64Array(LENGTHS.length);
  const averaged = Math.ceil(EPOCHS / 2);
  const sources = sourcesOf(samples);
  const rates = new Float32Array(BUCKETS);
  for (let id = 0; id < BUCKETS; id++) rates[id] = sources[id]! < SOURCES ? 0 : isLetters(id) ? LETTERS_RATE : RATE;

  function learn({ document: { features, bounds }, attack, weight }: Sample, { from, blocks, score }: Stretch): void {
    const taken = 1 / (1 + Math.exp(-score));
    const error = (attack ? taken - 1 : taken * (1 + TOP * taken)) * weight;
    if (Math.abs(error) < 1e-4) return;
    const first = bounds[from]!;
    const last = bounds[from + blocks]!;
    const slope = error / Math.sqrt(last - first + 1);
    for (let at = first; at < last; at++) {
      const id = features[at]!;
      const gradient = slope + DECAY * weights[id]!;
      squares[id]! += gradient * gradient;
      weights[id]! -= (rates[id]! * gradient) / Math.sqrt(squares[id]!);
    }
    const length = lengthClass(blocks);
    biasSquares[length]! += error * error;
    biases[length]! -= (RATE * error) / Math.sqrt(biasSquares[length]!);
  }

  const order = samples.filter(({ document }) => document.features.length > 0);
  for (let epoch = 0; epoch < EPOCHS; epoch++) {
    for (const sample of shuffle(order, random)) {
      const { features } = sample.document;
      const { best, whole } = stretches(biases, sample.document, (from, to) => {
        let sum = 0;
        for (let at = from; at < to; at++) sum += weights[features[at]!]!;
        return sum;
      });
      // At first every window looks alike: begin with whole texts.
      learn(sample, epoch === 0 ? whole : best);
    }
    if (epoch < EPOCHS - averaged) continue;
    for (let id = 0; id < BUCKETS; id++) mean[id]! += weights[id]! / averaged;
    for (let length = 0; length < biases.length; length++) meanBiases[length]! += biases[length]! / averaged;
  }
  return quantise(mean, meanBiases);
}

function quantise(weights: Float64Array, biases: Float64Array): Model {
  let heaviest = 0;
  for (const weight of weights) heaviest = Math.max(heaviest, Math.abs(weight));
  const step = Math.fround(Math.min(heaviest, HEAVIEST) / 127);
  const steps = new Int8Array(BUCKETS);
  for (let id = 0; id < BUCKETS; id++) steps[id] = Math.max(-127, Math.min(127, Math.round(weights[id]! / step)));
  return { steps, step, biases: biases.map((bias) => Math.round(bias * 1e4) / 1e4) };
}
