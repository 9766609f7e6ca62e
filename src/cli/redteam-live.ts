/** The red team's target abroad: a gateway that runs, by its API. Only prompts can be tried on it, and only refusals are certain. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, type Dispatcher, request } from 'undici';
import type { DenialCode } from '../core/denial.ts';
import { Fault } from '../core/fault.ts';
import { GUARD_HEADER } from '../core/guard-note.ts';
import type { Kind } from '../core/policy.ts';
import { ENDPOINTS } from '../openai/endpoints.ts';
import type { InputProbe, Target, Verdict } from '../redteam/probe.ts';

export interface Live {
  /** `https://gateway.example:8443` */
  readonly url: string;
  /** The API key. */
  readonly key: string;
  /** PEM: the certificate of the client, its key, and the CA of the gateway (null: those that Node knows). */
  readonly tls: { readonly cert: Buffer; readonly key: Buffer; readonly ca: Buffer | null };
}

const CONCURRENCY = 4;
const TIMEOUT_MS = 60_000;
const ATTEMPTS = 6;
/** A window of the request limit is a minute. */
const LONGEST_WAIT_MS = 61_000;

const BLOCKED: Partial<Record<DenialCode, Kind>> = {
  prompt_injection: 'injection',
  input_contains_pii: 'pii',
  input_contains_secret: 'secrets',
};
/** Refusals that say nothing about a text and everything about the call. */
const HOPELESS: readonly string[] = [
  'tls_client_required',
  'identity_revoked',
  'invalid_api_key',
  'role_not_allowed',
  'model_not_allowed',
  'unknown_route',
  'tokens_exhausted',
  'locked_down',
] satisfies DenialCode[];
const LATER: readonly string[] = [
  'rate_limited',
  'too_many_concurrent',
  'queue_full',
  'limits_unavailable',
  'upstream_unavailable',
  'draining',
  'audit_unavailable',
] satisfies DenialCode[];
/** The gateway took no offence: it was the model server that failed, or the answer that was withheld. */
const PAST_THE_GUARDS: readonly string[] = [
  'upstream_error',
  'upstream_timeout',
  'output_blocked',
] satisfies DenialCode[];
const REFUSED_BY_READER: readonly string[] = [
  'invalid_json',
  'unknown_parameter',
  'invalid_parameter',
  'limit_exceeded_parameter',
  'body_too_large',
  'unsupported_media_type',
  'bad_request',
  'request_timeout',
  'method_not_allowed',
  'internal_error',
] satisfies DenialCode[];

interface Answer {
  readonly status: number;
  /** `error.code` of a refusal. */
  readonly code: string | null;
  /** What was done to the prompt, in the words of `x-sallyport-guard`. */
  readonly guard: string;
  readonly retryAfterMs: number;
}

/** What an answer says about the prompt. Null: ask again later. */
export function verdictOf({ code, guard, status }: Answer): Verdict | null {
  const verdict = (outcome: Verdict['outcome'], found: Verdict['found'] = [], detail?: string): Verdict => ({
    outcome,
    found,
    sent: null,
    ...(detail === undefined ? {} : { detail }),
  });
  if (code !== null && LATER.includes(code)) return null;
  const kind = BLOCKED[code as DenialCode];
  if (kind) return verdict('blocked', [{ rule: code!, kind }]);
  if (code !== null && REFUSED_BY_READER.includes(code)) return verdict('failed', [], code);
  // Anything else got past the guards: an answer, or what a model server says of a request.
  if (guard === 'redacted' || guard === 'pseudonymised') return verdict('redacted');
  if (guard === 'flagged') return verdict('flagged');
  if (status < 500 || (code !== null && PAST_THE_GUARDS.includes(code))) return verdict('passed');
  return verdict('failed', [], `status ${status}`);
}

/** A gateway that runs; `close` ends the connections. */
export function liveGateway({ url, key, tls }: Live): Target & { readonly close: () => Promise<void> } {
  const { ca, ...pair } = tls;
  const agent = new Agent({ connect: { ...pair, ...(ca ? { ca } : {}) }, connections: CONCURRENCY });
  return {
    concurrency: CONCURRENCY,
    answer: null,
    ask: async (probe) => {
      for (let i = 0; i < ATTEMPTS; i += 1) {
        const answer = await send(agent, url, key, probe);
        if (answer.code !== null && HOPELESS.includes(answer.code))
          throw new Fault(
            'target_refused',
            `The gateway refuses every request of this key: ${answer.code}. See docs/errors.md.`,
          );
        const verdict = verdictOf(answer);
        if (verdict) return verdict;
        await sleep(Math.min(LONGEST_WAIT_MS, Math.max(100 * 2 ** i, answer.retryAfterMs)));
      }
      return { outcome: 'failed', found: [], sent: null, detail: 'it was busy for too long' };
    },
    close: () => agent.close(),
  };
}

/** @throws Fault `target_unreachable` */
async function send(dispatcher: Dispatcher, url: string, key: string, { endpoint, body }: InputProbe): Promise<Answer> {
  try {
    const answer = await request(new URL(ENDPOINTS[endpoint].path, url), {
      dispatcher,
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
      body,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const text = await answer.body.text();
    return {
      status: answer.statusCode,
      code: answer.statusCode < 400 ? null : codeIn(text),
      guard: /\binput=([a-z]+)/.exec(String(answer.headers[GUARD_HEADER] ?? ''))?.[1] ?? '',
      retryAfterMs: Number(answer.headers['retry-after-ms']) || 0,
    };
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : 'unknown';
    throw new Fault(
      'target_unreachable',
      `Cannot ask the gateway at ${url}: ${why}. Check --target, --ca and that it runs.`,
      { cause },
    );
  }
}

function codeIn(text: string): string | null {
  try {
    const { error } = JSON.parse(text);
    return typeof error?.code === 'string' ? error.code : null;
  } catch {
    return null;
  }
}
