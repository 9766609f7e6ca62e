/**
 * The closed table of refusals. A client, a dashboard and a reviewer meet the same codes:
 * the code is in the answer (`error.code`), in the audit record (`denial`) and in the metric label.
 * Every row is explained in docs/errors.md; a test holds the two together.
 */

import type { Allowance } from './exchange.ts';
import type { Finding, Usage } from './reply.ts';

interface Row {
  /** HTTP status. SDKs resend 408, 409, 429 and 5xx unless `retry` says otherwise. */
  readonly status: number;
  /** `error.type`, as OpenAI clients know it; `guardrail` for what a guard refused. */
  readonly type: string;
  /** `x-should-retry`: overrides whatever an SDK would do on its own. */
  readonly retry: boolean;
  /** What the caller reads: what happened and what to do, never a value it sent. */
  readonly message: string;
}

const row = (status: number, type: string, retry: boolean, message: string): Row => ({ status, type, retry, message });

export const DENIALS = {
  // who is asking
  tls_client_required: row(
    401,
    'authentication_error',
    false,
    'Present a client certificate issued by the internal CA for client authentication, naming exactly one client.',
  ),
  identity_revoked: row(
    401,
    'authentication_error',
    false,
    'This client certificate is revoked or no longer valid. Ask the platform team for a new one.',
  ),
  invalid_api_key: row(
    401,
    'authentication_error',
    false,
    'The API key is not valid for this client. Send a valid key as "Authorization: Bearer sp_...", from the client it was issued to.',
  ),
  invalid_token: row(
    401,
    'authentication_error',
    false,
    'The access token is not valid for this client. Send one that the configured issuer has made for this gateway, and that has not expired.',
  ),
  role_not_allowed: row(403, 'permission_error', false, 'You may not do this with this API key or token.'),
  approval_required: row(
    403,
    'permission_error',
    false,
    'A second person has to approve this. Send the same request again once that has happened.',
  ),
  model_not_allowed: row(
    403,
    'permission_error',
    false,
    'This API key may not use this model, or no such model is served. GET /v1/models lists those it may use.',
  ),
  // what is asked for
  bad_request: row(400, 'invalid_request_error', false, 'The HTTP request is malformed.'),
  unknown_route: row(404, 'invalid_request_error', false, 'There is no such route here.'),
  method_not_allowed: row(405, 'invalid_request_error', false, 'This route does not answer this method.'),
  unknown_key: row(404, 'invalid_request_error', false, 'There is no API key with this id.'),
  conflict: row(409, 'invalid_request_error', false, 'Its state does not allow this any more, or not yet.'),
  request_timeout: row(408, 'invalid_request_error', true, 'The request body did not arrive in time.'),
  body_too_large: row(413, 'invalid_request_error', false, 'The request body is larger than this key may send.'),
  unsupported_media_type: row(
    415,
    'invalid_request_error',
    false,
    'Send the body as application/json, UTF-8, without Content-Encoding.',
  ),
  invalid_json: row(400, 'invalid_request_error', false, 'The request body is not well-formed JSON in UTF-8.'),
  unknown_parameter: row(
    400,
    'invalid_request_error',
    false,
    'The gateway does not know this parameter and would not pass on what it cannot check. Remove it.',
  ),
  invalid_parameter: row(400, 'invalid_request_error', false, 'A parameter has a value that cannot be accepted.'),
  limit_exceeded_parameter: row(
    400,
    'invalid_request_error',
    false,
    'A parameter asks for more than this key may use.',
  ),
  // what it says
  prompt_injection: row(
    400,
    'guardrail',
    false,
    'The request contains text that tries to override the instructions of the model.',
  ),
  input_contains_pii: row(
    400,
    'guardrail',
    false,
    'The request contains personal data, which may not be sent to the model. Remove it.',
  ),
  input_contains_secret: row(
    400,
    'guardrail',
    false,
    'The request contains a credential, which may not be sent to the model. Remove it, and rotate it if it is real.',
  ),
  output_blocked: row(400, 'guardrail', false, 'The answer of the model was withheld by an output guard.'),
  // how much
  rate_limited: row(
    429,
    'rate_limit_error',
    true,
    'Too many requests in this minute. Wait for the time in retry-after.',
  ),
  tokens_exhausted: row(
    429,
    'rate_limit_error',
    false,
    'The token budget of this key is used up. Wait for the time in retry-after.',
  ),
  too_many_concurrent: row(
    429,
    'rate_limit_error',
    true,
    'This key has as many requests running as it may. Wait for one to end.',
  ),
  queue_full: row(429, 'rate_limit_error', true, 'Every model server is busy. Try again shortly.'),
  // what failed
  internal_error: row(
    500,
    'api_error',
    false,
    'The gateway met a fault of its own and refused the request. Tell the platform team the request id.',
  ),
  upstream_error: row(502, 'api_error', true, 'The model server failed, or its answer could not be checked.'),
  audit_unavailable: row(
    503,
    'api_error',
    true,
    'The audit log cannot be written, so nothing is sent to the model. The platform team has been alerted.',
  ),
  guard_unavailable: row(
    503,
    'api_error',
    true,
    'A guard that has to see the texts does not answer, so nothing is let through. The platform team has been alerted.',
  ),
  limits_unavailable: row(
    503,
    'api_error',
    true,
    'The limits store cannot be reached, so the request cannot be counted and is refused.',
  ),
  keys_unavailable: row(
    503,
    'api_error',
    true,
    'The store of the API keys, lockdown and approvals cannot be reached or written, so the request is refused.',
  ),
  issuer_unavailable: row(
    503,
    'api_error',
    true,
    'The keys of the token issuer cannot be fetched, so the access token cannot be checked.',
  ),
  upstream_unavailable: row(503, 'api_error', true, 'No model server that serves this model can be reached.'),
  draining: row(503, 'api_error', true, 'This gateway is shutting down. Try again; another instance will answer.'),
  locked_down: row(
    503,
    'api_error',
    false,
    'Inference is locked down by the platform team. Do not send it again; ask them when it is over.',
  ),
  upstream_timeout: row(504, 'api_error', false, 'The model server did not answer in time.'),
} as const satisfies Record<string, Row>;

export type DenialCode = keyof typeof DENIALS;

export interface DenialDetail {
  /** The request parameter at fault, as a path: `messages.0.content`. Shown to the client, never stored. */
  readonly param?: string | undefined;
  /** A sentence added to the public message. Must not contain anything the client sent, except a parameter's name. */
  readonly detail?: string;
  /** The methods there are, for `Allow` (RFC 9110 §10.2.1). */
  readonly allow?: string;
  /** When trying again makes sense, in milliseconds: becomes `retry-after` and `retry-after-ms`. */
  readonly retryAfterMs?: number;
  /** The limit that was hit, for the `x-ratelimit-*` headers. */
  readonly allowance?: Allowance;
  /** Why exactly, in a word of a closed list: for the audit record, and not for the client. */
  readonly reason?: string;
  /** The key whose secret was right, where it was refused for another reason: for the audit record. */
  readonly keyId?: string | null;
  /** The name in a certificate that its CA has issued and that is not good: for the audit record. */
  readonly client?: string | null;
  /** What the guards saw, for the audit record. */
  readonly findings?: readonly Finding[];
  /** What the model server had counted by then. */
  readonly usage?: Usage | undefined;
  /** What really happened, for the operational log only. */
  readonly cause?: unknown;
}

/** The only way to refuse. Thrown by a stage, answered by `http/send.ts`, recorded by `audit/record.ts`. */
export class Denial extends Error {
  readonly code: DenialCode;
  readonly param: string | undefined;
  readonly allow: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly reason: string | undefined;
  readonly keyId: string | null;
  readonly client: string | null;
  readonly allowance: Allowance | undefined;
  readonly usage: Usage | undefined;
  readonly findings: readonly Finding[];

  constructor(
    code: DenialCode,
    {
      param,
      detail,
      allow,
      retryAfterMs,
      reason,
      keyId = null,
      client = null,
      allowance,
      usage,
      findings = [],
      cause,
    }: DenialDetail = {},
  ) {
    super(detail ? `${DENIALS[code].message} ${detail}` : DENIALS[code].message, { cause });
    this.name = 'Denial';
    this.code = code;
    this.param = param;
    this.allow = allow;
    this.retryAfterMs = retryAfterMs;
    this.reason = reason;
    this.keyId = keyId;
    this.client = client;
    this.allowance = allowance;
    this.usage = usage;
    this.findings = findings;
  }

  get status(): number {
    return DENIALS[this.code].status;
  }

  /** The body every client sees, on its own or inside an SSE event. */
  toJSON() {
    return {
      error: { message: this.message, type: DENIALS[this.code].type, param: this.param ?? null, code: this.code },
    };
  }
}

/** Turns anything thrown into a Denial: a fault nobody foresaw is still a refusal, never a pass. */
export const asDenial = (thrown: unknown): Denial =>
  thrown instanceof Denial ? thrown : new Denial('internal_error', { cause: thrown });
