/**
 * The analyzer of Microsoft Presidio, by its REST API: `POST /analyze`, one text a request. Every version takes a single
 * text; lists of texts came late and would fail as one. Python counts code points, so its offsets are converted.
 */
import { isObject } from '../../core/json.ts';
import type { Kind } from '../../core/policy.ts';
import type { Adapter } from './adapter.ts';
import { badAnswer } from './failure.ts';
import { codePointOffsets } from './offsets.ts';
import type { SidecarSettings } from './settings.ts';

/**
 * What Presidio finds and is nobody's personal data on its own: any date and any "today", any address of a page, any
 * nationality. Everything else it finds is personal data, recognisers of one's own included, unless `labels` says
 * otherwise.
 */
const OFF_BY_DEFAULT = new Set(['DATE_TIME', 'URL', 'NRP']);

export function presidio({ language, threshold, labels }: SidecarSettings): Adapter {
  const meaningOf = (entity: string): Kind | 'off' =>
    Object.hasOwn(labels, entity) ? labels[entity]! : OFF_BY_DEFAULT.has(entity) ? 'off' : 'pii';
  return {
    // A few pages: what a model answers within the time that a reader waits.
    maxChars: 10_000,
    maxTexts: 1,
    ask: ({ requestId, texts }) => ({
      text: texts[0]!.text,
      language,
      score_threshold: threshold,
      correlation_id: requestId,
    }),
    read(answer, { texts }) {
      if (!Array.isArray(answer)) throw badAnswer('is no list of results');
      const unitsBefore = codePointOffsets(texts[0]!.text);
      return answer.flatMap((result: unknown) => {
        if (!isObject(result)) throw badAnswer('has a result that is no object');
        const { entity_type: entity, start, end, score } = result;
        if (typeof entity !== 'string') throw badAnswer('has a result without an entity type');
        const kind = meaningOf(entity);
        if (kind === 'off') return [];
        return {
          text: 0,
          rule: entity,
          kind,
          start: unitsBefore(start),
          end: unitsBefore(end),
          score: score as number,
        };
      });
    },
  };
}
