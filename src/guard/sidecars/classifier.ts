/**
 * A text classifier as Hugging Face serves them, text-embeddings-inference (`POST /predict`) and the inference toolkit:
 * `{"inputs": "…"}` in, `[{"label", "score"}]` or `[[{"label", "score"}]]` out. A label stands for the whole text.
 *
 * One text a request: to text-embeddings-inference a list of two strings is not two texts but one pair.
 */
import { isObject } from '../../core/json.ts';
import type { Adapter } from './adapter.ts';
import { badAnswer } from './failure.ts';
import type { SidecarSettings } from './settings.ts';

/** Labels that the settings do not name mean nothing: SAFE, LABEL_0. */
export const classifier = ({ labels }: SidecarSettings): Adapter => ({
  // Some 300 tokens of English: such models read 512. One that says 413 is asked again with halves.
  maxChars: 1200,
  maxTexts: 1,
  // Without `truncate: false` a server may leave the end unread, and say nothing of it.
  ask: ({ texts }) => ({ inputs: texts[0]!.text, truncate: false }),
  read(answer, { texts }) {
    const outer = Array.isArray(answer) ? answer : [answer];
    const predictions: unknown[] = outer.length === 1 && Array.isArray(outer[0]) ? outer[0] : outer;
    if (predictions.length === 0) throw badAnswer('has no labels');
    return predictions.flatMap((prediction) => {
      if (!isObject(prediction)) throw badAnswer('has a prediction that is no object');
      const { label, score } = prediction;
      if (typeof label !== 'string') throw badAnswer('has a prediction without a label');
      const kind = Object.hasOwn(labels, label) ? labels[label]! : 'off';
      if (kind === 'off' && typeof score === 'number') return [];
      if (kind === 'off') throw badAnswer('has a prediction without a score');
      return { text: 0, rule: label, kind, start: 0, end: texts[0]!.text.length, score: score as number };
    });
  },
});
