/** Values without a form of their own, beside a word that tells what they are. Only the value is matched, not the word. */
import { isIdentifier, isKey, isPassword, isPlaceholder, isRandom, isSomethingElse } from './random.ts';
import { type SecretRule, secret } from './row.ts';
import {
  isAssigned,
  isHeader,
  isNearSecret,
  isOption,
  leadsToBareKey,
  leadsToPassword,
  leadsToSecret,
  mayLead,
} from './words.ts';

/** Without quotes, brackets, colon, equals sign and backslash, which stand around values. */
const CHARACTER = '[A-Za-z0-9!#$%&*+/?@^_|~-]';
/** A run of them offers one place to start. */
const START = '(?<![A-Za-z0-9!#$%&*+/?@^_|~.,;-])';
/** Punctuation belongs to a value if it goes on behind it. What is called or indexed is a name. */
const REST = `(?:${CHARACTER}|[.,;](?=${CHARACTER}))`;
const END = '(?![A-Za-z0-9([{])';

/** A value has a digit or a sign, or a capital after a small letter, within its first characters: most words have none. */
const value = new RegExp(`${START}[A-Za-z_./-]{0,40}(?:[0-9!#$%&*+@^~?]|[a-z](?=[A-Z]))${REST}{0,215}={0,2}${END}`);

/** Most of what is looked at in code is this, and it is settled without a look at what stands before. */
const isName = (match: string): boolean => isIdentifier(match) && !/\d/.test(match) && !isRandom(match);

function isAnnounced(match: string, before: string): boolean {
  if (match.length < 4 || isName(match) || !mayLead(before)) return false;
  if (leadsToPassword(before) || isOption(before)) return isPassword(match);
  if (isHeader(before)) return isCredential(match);
  if (leadsToSecret(before)) return isKey(match);
  if (!isRandom(match)) return false;
  const mixed = /[a-z]/.test(match) && /[A-Z]/.test(match);
  return isKey(match) && ((mixed && leadsToBareKey(before)) || (match.length >= 20 && isNearSecret(before)));
}

/** What HTTP takes after the name of a scheme (RFC 9110, section 11.2). */
const isCredential = (match: string): boolean =>
  /^[A-Za-z0-9._~+/-]{8,}={0,2}$/.test(match) && !isPlaceholder(match) && (!isIdentifier(match) || isRandom(match));

/** Words that programs and documents set a password to when they describe it. */
const DESCRIPTION =
  /pass|pwd|secret|kenn?wort|contrase|senha|string|text|hidden|required|optional|number|varchar|bytes|object|input|field|invalid|incorrect|missing|wrong|forgot|encrypt|credential|basic|none|null|undefined|false|true|username|email|getenv|default|plain/i;

const isWordAssigned = (match: string, before: string): boolean =>
  !DESCRIPTION.test(match) && isAssigned(before) && !isPlaceholder(match) && !isSomethingElse(match);

export const TELLING: readonly SecretRule[] = [
  secret({
    id: 'announced',
    pattern: value,
    valid: isAnnounced,
    source: 'src/guard/rules/secrets/words.ts',
    description:
      'A value with a digit or a sign in it beside a word that tells what it is: in an assignment, a file of settings, a header, a command, a sentence. The words are in 30 languages.',
    cannotSee:
      'Values of letters only (but see the next rule), of less than four characters or more than 256; what follows a blank, a quote, a colon or an equals sign within a value; place-holders.',
  }),
  secret({
    id: 'assigned_word',
    pattern: /(?<=["'`=>])[A-Za-z._-]{6,64}(?![A-Za-z0-9([{:=])/,
    valid: isWordAssigned,
    source: 'src/guard/rules/secrets/words.ts',
    description: 'A password of letters in quotation marks, or after the name of an environment variable.',
    cannotSee: 'The same in a sentence: "the password is swordfish".',
  }),
];
