import { expect, test } from 'vitest';
import { promptSecrets } from '../../src/config/prompt-secrets.ts';

const [A, B, C] = ['a', 'b', 'c'].map((letter) => letter.repeat(32)) as [string, string, string];

test.each([
  [{ PROMPT_HMAC_SECRET: A }, { current: A, previous: [] }],
  [
    { PROMPT_HMAC_SECRET: A, PROMPT_HMAC_SECRET_PREVIOUS: '' },
    { current: A, previous: [] },
  ],
  [
    { PROMPT_HMAC_SECRET: A, PROMPT_HMAC_SECRET_PREVIOUS: B },
    { current: A, previous: [B] },
  ],
  [
    { PROMPT_HMAC_SECRET: A, PROMPT_HMAC_SECRET_PREVIOUS: ` ${B}, ${C},` },
    { current: A, previous: [B, C] },
  ],
])('%j', (environment, secrets) => {
  expect(promptSecrets(environment)).toEqual({ secrets, faults: [] });
});

test.each([
  [{}, ['missing_secret']],
  [{ PROMPT_HMAC_SECRET: 'short' }, ['missing_secret']],
  [{ PROMPT_HMAC_SECRET: A, PROMPT_HMAC_SECRET_PREVIOUS: `${B},short` }, ['invalid_environment']],
  [{ PROMPT_HMAC_SECRET_PREVIOUS: 'short' }, ['missing_secret', 'invalid_environment']],
])('%j is refused', (environment, codes) => {
  const { faults } = promptSecrets(environment);
  expect(faults.map(({ code }) => code)).toEqual(codes);
  expect(JSON.stringify(faults)).not.toContain('"short');
});
