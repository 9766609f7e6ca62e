/** Our own contract, docs/sidecar.openapi.yaml: several texts in a question, offsets in UTF-16 code units. */
import { isObject } from '../../core/json.ts';
import { KINDS, type Kind } from '../../core/policy.ts';
import type { Adapter, Found } from './adapter.ts';
import { badAnswer } from './failure.ts';

const KNOWN: ReadonlySet<unknown> = new Set(KINDS);

export const contract = (): Adapter => ({
  maxChars: 100_000,
  maxTexts: 256,
  ask: ({ requestId, direction, texts }) => ({ version: 1, requestId, direction, texts }),
  read(answer) {
    if (!isObject(answer) || !Array.isArray(answer['findings'])) throw badAnswer('has no list of findings');
    return answer['findings'].map(findingOf);
  },
});

function findingOf(value: unknown): Found {
  if (!isObject(value)) throw badAnswer('has a finding that is no object');
  const { text, rule, kind, start, end, score = 1 } = value;
  if (typeof rule !== 'string') throw badAnswer('has a finding without a rule');
  if (!KNOWN.has(kind)) throw badAnswer('has a finding of an unknown kind');
  return {
    text: text as number,
    rule,
    kind: kind as Kind,
    start: start as number,
    end: end as number,
    score: score as number,
  };
}
