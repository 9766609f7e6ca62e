/** The words that announce a secret, and how they lead to it. Looked for in the text before a value, never in all of it. */

/** People's secrets. */
const PASSWORD = [
  'pass ?(?:word|wd|phrase|code)s?|passw(?:or)?d|passwort|passord|(?<![a-z])(?:pass|pw|pin code)|pwd|psw',
  'kennwort|mot de passe|(?<![a-z])mdp|contrase[ñn]a|(?<![a-z])clave|senha|palavra-passe|parol[aă]|parola d.ordine',
  'wachtwoord|l[öo]senord|adgangskode|salasana|has[łl]o|heslo|jelsz[óo]|[şs]ifre|lozinka|geslo|slapta[žz]odis|parool',
  'парол[ьяюе]|пароль|лозинка|κωδικός(?: πρόσβασης)?|密[码碼]|口令|パスワード|暗証番号|비밀번호|암호',
  'كلمة (?:المرور|السر)|סיסמ[הא]|गुप्त शब्द|पासवर्ड|m[ậa]t kh[ẩa]u|kata sandi|รหัสผ่าน',
  'identified by',
].join('|');

const KINDS =
  'access|auth|authentication|authorization|secret|private|signing|signature|encryption|decryption|master|shared|preshared|admin|root|license|licence|subscription|storage|webhook|client|consumer|application|app|deploy|deployment|recovery|activation|refresh|bearer|personal|bot|security|hmac|jwt|cookie';

/** Of whom a key is: with one of these before it, `key` means a secret. */
const PROVIDERS =
  'openai|anthropic|claude|gemini|mistral|cohere|deepseek|groq|azure|aws|amazon|gcp|google|firebase|supabase|cloudflare|heroku|digitalocean|stripe|paypal|adyen|twilio|sendgrid|mailgun|mailchimp|postmark|slack|discord|telegram|github|gitlab|datadog|sentry|algolia|okta|auth0|shopify|fastly|elastic|pinecone|rapidapi|wireguard|openweather|maps';

/** Machines' secrets. */
const KEY = [
  `(?:${PROVIDERS})[ _.-]?(?:[a-z0-9]{1,12}[ _.-])?key|(?:session|account|service|user|server)[ _.-]?(?:token|secret|password)`,
  `(?:${KINDS})[ _.-]?(?:access[ _.-]?)?(?:key|token|secret|code)|client[ _.-]?secret`,
  'api[ _.-]?(?:key|token|secret)s?|apikey|appkey|authkey|secret|token|(?<![a-z])_?auth|credentials?|creds|session[ _.-]?id|sessid|jsessionid|sessionid|connect\\.sid',
  'api[- ]schl[üu]ssel|geheimnis|cl[ée] (?:d.)?api|cl[ée] secr[èe]te|jeton|clave (?:de )?(?:la )?api|clave secreta|ficha|chave (?:de |da )?api|chave secreta|chiave (?:api|segreta|dell.api)|api[- ]sleutel|klucz (?:api|tajny)|api[- ]nyckel',
  'api[- ]?ключ|ключ api|ключ|токен|секрет|密[钥鑰]|秘[钥鑰]|令牌|访问令牌|apiキー|apiキ|シークレット|秘密鍵|トークン|토큰|키',
].join('|');

/** Between a word and its value: the end of a quotation or an index, an operator, the beginning of a quotation. */
const CLOSE = String.raw`\d{0,2}["'\x60\])}*_\\”»]{0,5}`;
const OPEN = String.raw`["'\x60“”«»„*_(\[\\]{0,4}`;
const OPERATOR = String.raw`\s{0,4}(?:=>|:=|={1,3}|[:=：→>]|-{1,2}>?|[–—])[*_]{0,2}\s{0,40}`;
const CALL = String.raw`(?:["'\x60]\s?,\s?["'\x60]|\s?\(\s?["'\x60]|(?<!\bpass)\s{1,3}["'\x60])`;
const VALUE = String.raw`["'\x60]?,?\s{0,24}["']?value["']?\s?[:=]\s?`;
const OF =
  '(?: (?:for|to|of|on|in|at|für|zu|zum|vom|pour|de|du|del|para|do|da|per|van|voor|til|для|от|к) [^\\n:=.]{1,40})?';
const VERBS =
  '(?:is|was|are|be|became|ist|lautet|war|sind|est|était|es|era|fue|são|foi|é|è|sarà|är|er|var|on|jest|to|je|este|это|был|будет|set to|reset to|changed to|değil)';
const VERB = String.raw`${OF}\s${VERBS}(?: (?:now|actually|still|currently|just|jetzt|maintenant|ahora|agora))?\s{0,2}:?\s{1,2}`;
const PARTICLE = String.raw`(?<=[^\x00-\x7f])\s?(?:是|为|為|は|が|는|은|가|이|هي|הוא|היא)?\s?[:：]?\s?`;

/**
 * Asks whether a text ends with a pattern. A lookbehind is read from its end, so that the answer costs a look at the
 * few last characters and not a search through all of them.
 */
function ending(source: string): (text: string) => boolean {
  const pattern = new RegExp(`(?<=${source})`, 'iy');
  return (text) => {
    pattern.lastIndex = text.length;
    return pattern.test(text);
  };
}

/** Most values stand behind an operator, where no verb need be looked for. */
function leading(words: string): (text: string) => boolean {
  const byVerb = ending(`(?:${words})${CLOSE}${VERB}${OPEN}`);
  const bySign = ending(`(?:${words})(?:${CLOSE}(?:${OPERATOR}|${CALL})|${VALUE}|${PARTICLE})${OPEN}`);
  return (text) => bySign(text) || (!OPERATORS.includes(text.trimEnd().slice(-1)) && byVerb(text));
}

/** What is not secret, or is of no use to others: `public key`, `page token`. */
const UNTOLD =
  '(?<!(?:public|publishable|pub|page|continuation|sync|cursor|idempotency|cache|primary|foreign|partition|sort|object|host|row|translation|lookup|map)[ _-]?)';

export const leadsToPassword = leading(PASSWORD);
export const leadsToSecret = leading(`${UNTOLD}(?:${KEY})`);
/** `key` on its own, which most often means something else. */
export const leadsToBareKey = leading(`${UNTOLD}(?<![a-z])key`);

/** Where the command line or the protocol says it. */
const isWrittenAsOption = ending(
  `(?:${[
    `--[a-z-]{0,24}(?:${PASSWORD}|${KEY})[ =]["']?`,
    String.raw`(?:mysql|mariadb|mongo|psql|sshpass|docker login|podman login|sqlcmd|redis-cli|7z|zip|unrar|smbclient|ldapsearch|net use)[^\n]{0,80} -{1,2}(?:p|P|a|w|pw)\s?["']?`,
    String.raw`(?:-u|--user|--proxy-user)[ =]["']?[^\s:"']{1,64}:`,
    String.raw`login\s{1,4}\S{1,64}\s{1,8}password\s{1,4}`,
    String.raw`(?:credentials?|creds|logins?)["']?(?:\s?[:=]|\s(?:is|are))\s?["']?[\w.@-]{1,40}\s?[:/]\s?`,
  ].join('|')})`,
);

export const isOption = (before: string): boolean =>
  (before.includes(' -') || before.includes('ogin') || before.includes('red')) && isWrittenAsOption(before);

const SCHEMES = '(?:basic|bearer|token|digest|apikey|api-key|ssws|negotiate|splunk|key)';
export const isHeader = ending(
  `(?:authorization(?:["'\`]?\\s?[:=,]?\\s?["'\`]?|[^\\n]{0,40}${SCHEMES}\\s{1,2})|(?<![a-z])bearer\\s{1,2})["'\`]?`,
);

const mentionsSecret = ending(
  `(?<![A-Za-z0-9+/])(?:${PASSWORD}|${KEY})s?(?![a-z0-9])[^\\n.;,{}]{0,60}(?:\\n\\s{0,8})?`,
);
const mentionsOther = ending(
  '(?:public key|commit|sha-?\\d{0,3}|hash|digest|checksum|revision|fingerprint|etag|uuid|guid|integrity|(?<![a-z])id)(?![a-z])[^\\n]{0,24}',
);
/** A telling word further off, in the same clause, and none that says what else a random text is. */
export const isNearSecret = (before: string): boolean => mentionsSecret(before) && !mentionsOther(before);

const PASSWORD_VARIABLE = /[A-Z\d]_?(?:PASS|PASSWD|PASSWORD|PWD|PASSPHRASE)=$/;
const leadsToQuotedPassword = ending(
  `(?:${PASSWORD})(?:${CLOSE}\\s{0,4}(?:=>|:=|=|:|>)\\s{0,4}|(?<!\\bpass)\\(|${VALUE})["'\\x60]`,
);
/** Whether a password stands here in quotation marks, or after the name of an environment variable. */
export const isAssigned = (before: string): boolean =>
  leadsToQuotedPassword(before) || PASSWORD_VARIABLE.test(before.slice(-24));

/** Ends of a clause after which a value may come, besides the operators. */
const CLAUSE_ENDS = new Set(
  'is was are be became now actually still currently just ist lautet war sind jetzt est maintenant es era fue ahora foi agora er var on jest to je este by value password passwd pwd pass passphrase token key secret basic bearer digest apikey ssws p a w pw pin code credentials'.split(
    ' ',
  ),
);
const OPENERS = ' \t\n\r"\'`“”«»„*_([\\';
const OPERATORS = '=:>,-–—：→/';

const isLetter = (code: number): boolean => (code >= 97 && code <= 122) || (code >= 65 && code <= 90);

/** Passes over most of what stands before a number in prose, in a fraction of the time of the patterns. */
export function mayLead(before: string): boolean {
  let end = before.length;
  while (end > 0 && OPENERS.includes(before[end - 1]!)) end -= 1;
  if (end === 0) return false;
  if (before.includes('(', end)) return true;
  if (before.charCodeAt(end - 1) > 127 || OPERATORS.includes(before[end - 1]!)) return true;
  let start = end;
  while (start > 0 && isLetter(before.charCodeAt(start - 1))) start -= 1;
  if (start > 0 && start < end && before.charCodeAt(start - 1) > 127) return true;
  return start < end && CLAUSE_ENDS.has(before.slice(start, end).toLowerCase());
}
