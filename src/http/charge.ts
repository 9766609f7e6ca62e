import type { Sent } from '../audit/record.ts';
import type { Reached } from '../core/exchange.ts';
import type { Usage } from '../core/reply.ts';
import { estimateTokens } from '../openai/usage.ts';
import type { Delivery } from './send.ts';

/**
 * What an exchange costs: as the model server counted, else estimated from the texts, also when the client left
 * before the end. Nothing where the model was not asked, or refused.
 * @param interrupted whether it was broken off
 */
export function charge(
  x: Reached,
  { usage, characters, denial }: Pick<Delivery, 'usage' | 'characters' | 'denial'>,
  interrupted: boolean,
): { readonly usage: Usage | null; readonly tokenSource: Sent['tokenSource'] } {
  if (usage) return { usage, tokenSource: 'upstream' };
  const generating = x.answer ? x.answer.status === 200 : interrupted || denial?.code === 'upstream_timeout';
  if (x.intentSeq === undefined || !x.upstream || !generating) return { usage: null, tokenSource: null };
  return {
    usage: { inputTokens: x.estimatedInputTokens ?? 0, outputTokens: estimateTokens(characters) },
    tokenSource: 'estimate',
  };
}
