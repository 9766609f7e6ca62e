/** Headers that every answer carries, whoever wrote it. */
import { DENIALS, type Denial, type DenialCode } from '../core/denial.ts';
import type { Reached } from '../core/exchange.ts';
import { GUARD_HEADER, guardNote } from '../core/guard-note.ts';
import { EVENT_STREAM, type Finding, type Reply } from '../core/reply.ts';

type Headers = Record<string, string>;

/** Identifies the exchange and says where its limits stand. */
export const commonHeaders = (x: Reached, denial: Denial | null): Headers => ({
  'x-request-id': x.id,
  // Answers are for this client alone, and rest nowhere.
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  ...limitHeaders(x, denial),
});

/** What a client is to do about a refusal: openai-python and openai-node read these before anything else. */
export const denialHeaders = (denial: Denial): Headers => ({
  'x-should-retry': String(DENIALS[denial.code].retry),
  ...(denial.retryAfterMs === undefined
    ? {}
    : {
        'retry-after': String(Math.ceil(denial.retryAfterMs / 1000)),
        'retry-after-ms': String(Math.ceil(denial.retryAfterMs)),
      }),
  // RFC 9110 §11.6.1 and §15.5.6: both MUST be there.
  ...(denial.status === 401 ? { 'www-authenticate': 'Bearer' } : {}),
  ...(denial.code === 'method_not_allowed' ? { allow: denial.allow ?? '' } : {}),
});

/**
 * What the guards have done to the texts that they have judged. Of what a stream will bring only its end can tell.
 * @param found in this answer so far
 */
export function guardHeaders(x: Reached, found: readonly Finding[], reply: Reply): Headers {
  if (!x.request) return {};
  const all = [...(x.findings ?? []), ...found];
  const isFound = (wanted: Finding['direction']) => all.some(({ direction }) => direction === wanted);
  const isStream = reply.headers['content-type']?.startsWith(EVENT_STREAM);
  const notes = [
    ...(x.findings || isFound('input') ? [guardNote('input', all)] : []),
    ...(!isStream && (reply === x.reply || isFound('output')) ? [guardNote('output', all)] : []),
  ];
  return notes.length > 0 ? { [GUARD_HEADER]: notes.join(', ') } : {};
}

/** `x-ratelimit-*` as OpenAI clients know them, and the IETF fields (draft-ietf-httpapi-ratelimit-headers). */
function limitHeaders(x: Reached, denial: Denial | null): Headers {
  const hit = (code: DenialCode) => (denial?.code === code ? denial.allowance : undefined);
  const limits = [
    { name: 'requests', allowance: x.requestsLeft ?? hit('rate_limited') },
    { name: 'tokens', allowance: x.tokensLeft ?? hit('tokens_exhausted') },
  ].flatMap(({ name, allowance }) => (allowance ? [{ name, ...allowance }] : []));
  if (limits.length === 0) return {};
  return {
    ...Object.fromEntries(
      limits.flatMap(({ name, limit, remaining, resetMs }) => [
        [`x-ratelimit-limit-${name}`, String(limit)],
        [`x-ratelimit-remaining-${name}`, String(remaining)],
        [`x-ratelimit-reset-${name}`, duration(resetMs)],
      ]),
    ),
    'ratelimit-policy': limits
      .map(({ name, limit, windowMs }) => `"${name}";q=${limit};w=${windowMs / 1000}`)
      .join(', '),
    ratelimit: limits
      .map(({ name, remaining, resetMs }) => `"${name}";r=${remaining};t=${Math.ceil(resetMs / 1000)}`)
      .join(', '),
  };
}

/** As OpenAI writes it: `850ms`, `12.5s`. */
const duration = (ms: number): string => (ms < 1000 ? `${Math.ceil(ms)}ms` : `${Math.ceil(ms / 100) / 10}s`);
