/** Whether a text looks like a key that a machine has drawn, or a password, and not like a word, a name or a place-holder. */

/** 0 for a digit, 1 for a small letter, 2 for a capital, -1 for anything else. */
function classOf(code: number): number {
  if (code >= 97) return code <= 122 ? 1 : -1;
  if (code >= 65) return code <= 90 ? 2 : -1;
  return code >= 48 && code <= 57 ? 0 : -1;
}

/**
 * A key of 16 characters or more: digits and letters in no order. Of the neighbours in random base62 62 % are of
 * different classes, in random hexadecimal 47 %, in random base36 40 %; in names and paths with digits in them 5 to 20 %.
 * Without any digit a name in camel case comes close, and has to be told apart.
 */
export function isRandom(text: string): boolean {
  const seen = [0, 0, 0];
  let characters = 0;
  let neighbours = 0;
  let changes = 0;
  let last = -1;
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    const current = classOf(code);
    if (current >= 0) {
      characters += 1;
      seen[current]! |= 1 << (code & 31);
      if (last >= 0) neighbours += 1;
      if (last >= 0 && last !== current) changes += 1;
    }
    last = current;
  }
  const [digits, small, capitals] = seen.map(bits) as [number, number, number];
  if (characters < 16 || small + capitals < 2 || digits + small + capitals < 8) return false;
  return digits > 0 ? changes >= 0.22 * neighbours : changes >= 0.4 * neighbours && !isIdentifier(text);
}

/** How many bits are set: each step takes away the lowest. */
function bits(mask: number): number {
  let count = 0;
  for (let rest = mask; rest !== 0; rest &= rest - 1) count += 1;
  return count;
}

/** What stands where a secret is to go in documents and programs: `your-api-key`, `xxxx`, `${TOKEN}`, `process.env.X`. */
const PLACEHOLDER = new RegExp(
  [
    String.raw`^\W*$|^(.)\1*$|x{4}|\*{3}|\.[.*]|[{}<>|]|=>|->|\?\.|a-z|0-9|^0x[\da-f]{1,8}$`,
    String.raw`(?:^|[-_.])(?:your|my|the|our|some|insert|enter|replace|change|sample|dummy|fake|mock|example|placeholder|redacted|masked|todo|here)(?:[-_.\d]|$)`,
    String.raw`^(?:your|my|example|placeholder|dummy|sample|redacted|change_?me|change_?it|todo|fixme|foo|bar|abc|test|none|null|undefined|true|false)\d{0,4}[!.]?$`,
    String.raw`^(?:process\.env|os\.environ|env|config|settings|options|opts|props|params|args|this|self|req|request|res|data|input|secrets|vars?|vault|user|form|state|ctx)\.`,
    // Variables of shells, PHP, batch files and formats
    String.raw`^\$[A-Z_][A-Z\d_]*$|^\$[a-z_]\w*$|^%\w{2,}%$|^%[-+#\d]*[a-z]$|^@\w+@$|^&\w`,
    '://',
  ].join('|'),
  'i',
);

export const isPlaceholder = (text: string): boolean => PLACEHOLDER.test(text);

/**
 * `token2`, `getUserToken`, `config.dbPassword`, `well-known`, `src/guard/rule2`: words of two letters and more, joined.
 * Each begins with a separator or a capital before small letters, so that there is one way to divide a text.
 */
const IDENTIFIER =
  /^[._/~]{0,3}(?:[A-Z]?[a-z]{2,}|[A-Z]{2,})\d{0,2}(?:(?:[._/-]{1,2}(?:[A-Z]?[a-z]{2,}|[A-Z]{2,})|[A-Z][a-z]{2,})\d{0,2}){0,12}[/!?.]?$|^[a-z]{1,5}\d$/;

export const isIdentifier = (text: string): boolean => IDENTIFIER.test(text);

/** Names of files and hosts, dates, sizes, versions and algorithms: what stands after "password:" in prose and is none. */
const SOMETHING_ELSE =
  /^[\w./-]+\.(?:txt|json|ya?ml|toml|ini|cfg|conf|env|pem|key|crt|cer|p12|pfx|jks|md|html?|css|[cm]?[jt]sx?|py|rb|go|rs|java|cs|php|sh|sql|xml|csv|log|com|org|net|io|dev)$|^[^@]+@[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}$|^\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}|^v?\d+(?:[.,-]\d+)+$|^\d+(?:[.,]\d+)*(?:-?(?:st|nd|rd|th|x|px|em|rem|pt|ms|s|m|min|h|d|k|kb|mb|gb|bits?|bytes?|chars?|characters?|digits?|days?|hours?|minutes?|seconds?|%))?\+?$|^(?:sha|md|aes|rsa|hmac|hs|rs|es|ps|utf|base|oauth|http|bcrypt|argon|pbkdf|ed|ipv|iso|rfc|cve|arg|param)-?\d{1,4}(?:[-_](?:\w{1,8}))?$/i;

export const isSomethingElse = (text: string): boolean => SOMETHING_ELSE.test(text);

/** A word, with signs before or behind it. */
const ONLY_WORD = /^[^A-Za-z0-9]*[A-Za-z]+[^A-Za-z0-9]*$/;
/** `sunshine42`, `coffee-tiger-7`: what would be a name elsewhere. */
const WORDS_AND_NUMBER = /^[A-Z]?[a-z]{4,}(?:-[A-Za-z]{2,}){0,6}-?\d{1,4}[!?]?$/;

/** What people choose: digits, signs and letters of both cases among each other, or six digits and more. */
export function isPassword(text: string): boolean {
  if (text.length < 4 || isPlaceholder(text)) return false;
  if (/^\d{6,12}$/.test(text)) return true;
  if (isSomethingElse(text) || ONLY_WORD.test(text)) return false;
  if (isIdentifier(text)) return WORDS_AND_NUMBER.test(text) || isRandom(text);
  const mixed = /[a-z]/.test(text) && /[A-Z]/.test(text) && text.length >= 8;
  return mixed || (/[A-Za-z]/.test(text) && /[\d!#$%&*+@^~?]/.test(text));
}

/** A key or token that is beside its name: eight characters or more of letters and digits, and no word. */
export const isKey = (text: string): boolean =>
  text.length >= 8 &&
  /[a-z]/i.test(text) &&
  (/\d/.test(text) || isRandom(text)) &&
  !isPlaceholder(text) &&
  (!isIdentifier(text) || isRandom(text)) &&
  !isSomethingElse(text);
