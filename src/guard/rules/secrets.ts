/** Credentials that announce themselves by a prefix. */
import type { Rule } from '../rule.ts';

const LABEL = '[SECRET_REDACTED]';

// RFC 7468: a line break between lines of base64. Keys are also met with the breaks written as "\n", or as blanks.
const BREAK = String.raw`(?:\s|\\[nr])`;
const BASE64 = '[A-Za-z0-9+/=]';
const KEY_WORDS = '(?:[A-Z0-9]{1,16} ){0,3}PRIVATE KEY(?: BLOCK)?-----';
const privateKey = new RegExp(
  [
    `-----BEGIN ${KEY_WORDS}`,
    // Headers of encrypted keys (RFC 1421 §4.6) and of PGP armour (RFC 9580 §6.2)
    String.raw`(?:${BREAK}{1,4}(?:Proc-Type|DEK-Info|Version|Comment|Hash): [\w ,.:/()-]{1,100}){0,4}`,
    // The whole key on one line, or lines of it, and a last short one. Every repetition begins with a break that base64
    // cannot contain, so there is one way to read a text and no backtracking.
    `(?:${BREAK}{0,4}${BASE64}{1,6400})?(?:${BREAK}{1,4}${BASE64}{16,80}){0,100}(?:${BREAK}{1,4}${BASE64}{1,15})?`,
    `(?:${BREAK}{0,4}-----END ${KEY_WORDS})?`,
  ].join(''),
);

const secret = (id: string, pattern: RegExp, description: string, cannotSee: string): Rule => ({
  id: `secrets.${id}`,
  kind: 'secrets',
  label: LABEL,
  pattern,
  description,
  cannotSee,
});

/** A key is random, so it has digits and letters; `sk-some-css-class-name` has not. */
const looksRandom = (match: string): boolean => /\d/.test(match) && /[A-Z]/i.test(match.slice(3));

export const SECRET_RULES: readonly Rule[] = [
  secret(
    'private_key',
    privateKey,
    'A private key in PEM or PGP armour, closed or not: the first line and what follows it.',
    'Key material without its "BEGIN ... PRIVATE KEY" line; what follows the first 14 000 characters of a key.',
  ),
  secret(
    'aws_access_key_id',
    /(?<![A-Za-z0-9])(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Za-z0-9])/,
    'The id of an AWS access key, long-term or temporary.',
    'The secret access key that belongs to it: 40 characters without a prefix.',
  ),
  secret(
    'github_token',
    /(?<![A-Za-z0-9])(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{22,255})/,
    'A GitHub token: personal, OAuth, user, server, refresh or fine-grained.',
    'Tokens from before 2021, which are 40 hexadecimal digits.',
  ),
  {
    ...secret(
      'api_key',
      /(?<![A-Za-z0-9])sk-[A-Za-z0-9_-]{20,220}/,
      'An API key in the style of OpenAI and Anthropic: sk-, sk-proj-, sk-ant-.',
      'Keys without a digit, and keys of providers that use no prefix.',
    ),
    valid: looksRandom,
  },
  secret(
    'slack_token',
    /(?<![A-Za-z0-9])(?:xox[abceoprs]|xapp)-[A-Za-z0-9-]{10,250}/,
    'A Slack token: bot, user, app, configuration, refresh or legacy.',
    'Incoming webhook addresses.',
  ),
  secret(
    'stripe_key',
    /(?<![A-Za-z0-9])[rs]k_live_[A-Za-z0-9]{16,247}/,
    'A live Stripe key, secret or restricted.',
    'Test keys and webhook signing secrets.',
  ),
  secret(
    'google_api_key',
    /(?<![A-Za-z0-9])AIza[A-Za-z0-9_-]{35}/,
    'A Google API key.',
    'OAuth client secrets and access tokens. Service accounts are seen by their private key.',
  ),
  secret(
    'jwt',
    /(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{5,2048}\.eyJ[A-Za-z0-9_-]{5,4096}\.[A-Za-z0-9_-]{0,1024}/,
    'A signed JSON Web Token in compact form (RFC 7519), with or without its signature.',
    'Encrypted tokens, whose second part is not JSON, and tokens with a header or claims longer than 2 and 4 kB.',
  ),
  secret(
    'sallyport_key',
    /(?<![A-Za-z0-9])sp_[0-9a-z]{10}_[0-9A-Za-z]{49}(?![0-9A-Za-z])/,
    'An API key of this gateway.',
    'A key with a character missing.',
  ),
];
