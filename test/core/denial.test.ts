import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { asDenial, DENIALS, Denial, type DenialCode } from '../../src/core/denial.ts';

const codes = Object.keys(DENIALS) as DenialCode[];

/** From the outer contract: these codes have these statuses, whoever changes the table. */
const CONTRACT: Record<string, number> = {
  tls_client_required: 401,
  identity_revoked: 401,
  invalid_api_key: 401,
  role_not_allowed: 403,
  model_not_allowed: 403,
  unknown_route: 404,
  method_not_allowed: 405,
  request_timeout: 408,
  body_too_large: 413,
  unsupported_media_type: 415,
  invalid_json: 400,
  unknown_parameter: 400,
  invalid_parameter: 400,
  limit_exceeded_parameter: 400,
  prompt_injection: 400,
  input_contains_pii: 400,
  input_contains_secret: 400,
  rate_limited: 429,
  tokens_exhausted: 429,
  too_many_concurrent: 429,
  queue_full: 429,
  upstream_error: 502,
  audit_unavailable: 503,
  limits_unavailable: 503,
  upstream_unavailable: 503,
  draining: 503,
  locked_down: 503,
  upstream_timeout: 504,
};

test.each(Object.entries(CONTRACT))('%s is %i', (code, status) => {
  expect(DENIALS[code as DenialCode].status).toBe(status);
});

describe.each(codes)('%s', (code) => {
  test('is explained in docs/errors.md', () => {
    const docs = readFileSync(join(import.meta.dirname, '../../docs/errors.md'), 'utf8');
    expect(docs).toContain(`| \`${code}\` | ${DENIALS[code].status} |`);
  });
  test('says what happened in whole sentences', () => {
    expect(DENIALS[code].message).toMatch(/^[A-Z].*\.$/);
  });
});

test('no policy refusal invites an SDK to resend it', () => {
  const resent = codes.filter(
    (code) =>
      DENIALS[code].type === 'guardrail' && (DENIALS[code].retry || ![400, 403, 422].includes(DENIALS[code].status)),
  );
  expect(resent).toEqual([]);
});

test('looks as OpenAI clients expect it', () => {
  expect(JSON.parse(JSON.stringify(new Denial('invalid_parameter', { param: 'n', detail: 'Too many.' })))).toEqual({
    error: {
      message: `${DENIALS.invalid_parameter.message} Too many.`,
      type: 'invalid_request_error',
      param: 'n',
      code: 'invalid_parameter',
    },
  });
});

test('whatever is thrown becomes a refusal, and tells the client nothing', () => {
  const denial = asDenial(new TypeError('secret inner workings'));
  expect(denial.code).toBe('internal_error');
  expect(JSON.stringify(denial)).not.toContain('secret');
});
