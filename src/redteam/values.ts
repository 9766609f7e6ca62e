/**
 * Personal data and credentials that belong to nobody: made anew for each seed, well-formed, with valid check digits.
 * A name here is a hole in a line of the suite: `Charge {card}, please.` Credentials are put together from parts, so that
 * nobody who scans this repository for leaked ones finds any.
 */
import {
  aba,
  base58Check,
  bsn,
  codiceFiscaleLetter,
  cpf,
  dniLetter,
  hetuLetter,
  luhn,
  mod11and10,
  mod97,
  nhs,
  nir,
  nricLetter,
  pesel,
  verhoeff,
} from './check-digits.ts';
import { BASE62, DIGITS, HEX, LOWER, type Random, UPPER } from './random.ts';

type Make = (random: Random) => string;

const between = (random: Random, least: number, most: number, width = 0): string =>
  String(least + random.below(most - least + 1)).padStart(width, '0');
const grouped = (text: string, size: number, separator: string): string =>
  text.match(new RegExp(`.{1,${size}}`, 'g'))!.join(separator);
const date = (random: Random): [year: string, month: string, day: string] => [
  between(random, 50, 99),
  between(random, 1, 12, 2),
  between(random, 1, 28, 2),
];
/** Not every number has a check digit: another one is tried. */
function checked(random: Random, body: Make, check: (body: string) => string | null): string {
  for (;;) {
    const made = body(random);
    const digit = check(made);
    if (digit !== null) return made + digit;
  }
}
const withLuhn = (body: string): string => body + luhn(body);
const wrong = (text: string): string => text.slice(0, -1) + String((Number(text.at(-1)) + 3) % 10);
const digits =
  (length: number): Make =>
  (random) =>
    random.string(DIGITS, length);

const card: Make = (random) =>
  withLuhn(random.pick(['4', '51', '55', '2221', '6011']).padEnd(15, random.string(DIGITS, 15)));
const iban: Make = (random) => {
  const [country, length] = random.pick([
    ['DE', 18],
    ['ES', 20],
    ['PL', 24],
    ['AT', 16],
    ['BE', 12],
  ] as const);
  const account = random.string(DIGITS, length);
  return country + mod97(country, account) + account;
};
const GIVEN = ['marta', 'ivo', 'nadia', 'tomasz', 'grace', 'linus', 'aiko', 'samir'] as const;
const FAMILY = ['okafor', 'lindqvist', 'barbieri', 'haddad', 'novak', 'ferreira', 'tanaka', 'mcleod'] as const;
const area = (random: Random): string => between(random, 2, 9) + between(random, 1, 9) + between(random, 2, 9);

export const PERSONAL: Readonly<Record<string, Make>> = {
  card,
  card_grouped: (random) => grouped(card(random), 4, random.pick([' ', '-'])),
  amex: (random) => withLuhn(`37${random.string(DIGITS, 12)}`),
  iban,
  iban_grouped: (random) => grouped(iban(random), 4, ' '),
  email: (random) =>
    `${random.pick(GIVEN)}.${random.pick(FAMILY)}${random.below(90)}@${random.pick(['example.com', 'mail.example.org', 'example.co.uk'])}`,
  phone_us: (random) => {
    const [a, b, c] = [area(random), area(random), random.string(DIGITS, 4)];
    return random.pick([`(${a}) ${b}-${c}`, `${a}-${b}-${c}`, `+1 ${a} ${b} ${c}`]);
  },
  phone_uk: (random) => `+44 20 7946 0${random.string(DIGITS, 3)}`,
  phone_de: (random) => `+49 30 2${random.string(DIGITS, 7)}`,
  phone_fr: (random) => `+33 1 42 ${random.string(DIGITS, 2)} ${random.string(DIGITS, 2)} ${random.string(DIGITS, 2)}`,
  ipv4: (random) => `203.0.113.${between(random, 1, 254)}`,
  ipv6: (random) =>
    `2001:db8:${random.string(HEX, 4)}:${random.string(HEX, 4)}::${random.string('123456789abcdef', 3)}`,
  mac: (random) => grouped(`00${random.string(HEX, 10)}`, 2, ':'),
  login_url: (random) => `https://${random.pick(GIVEN)}:${random.string(BASE62, 12)}@intranet.example.com/files`,
  bitcoin: (random) =>
    base58Check(Buffer.from(`00${random.string('123456789abcdef', 2)}${random.string(HEX, 38)}`, 'hex')),
  ethereum: (random) => `0x${random.string(HEX, 40)}`,
  ssn: (random) => `${between(random, 100, 665)}-${between(random, 10, 99)}-${between(random, 1000, 9999)}`,
  itin: (random) => `9${random.string(DIGITS, 2)}-${between(random, 70, 88)}-${between(random, 1000, 9999)}`,
  npi: (random) => {
    const body = `1${random.string(DIGITS, 8)}`;
    return body + luhn(`80840${body}`);
  },
  aba: (random) => checked(random, (r) => `0${between(r, 1, 9)}${r.string(DIGITS, 6)}`, aba),
  nhs: (random) => {
    const number = checked(random, (r) => `4${r.string(DIGITS, 8)}`, nhs);
    return `${number.slice(0, 3)} ${number.slice(3, 6)} ${number.slice(6)}`;
  },
  nino: (random) =>
    `${random.pick(['AB', 'CE', 'JG', 'PK'])} ${grouped(random.string(DIGITS, 6), 2, ' ')} ${random.pick(['A', 'B', 'C', 'D'])}`,
  steuer_id: (random) => {
    // One digit stands twice, the others once or not at all.
    const nine = [...DIGITS]
      .sort(() => random.next() - 0.5)
      .filter((digit) => digit !== '0')
      .slice(0, 9);
    const body = nine.join('') + nine[2];
    return body + mod11and10(body);
  },
  dni: (random) => checked(random, digits(8), dniLetter),
  codice_fiscale: (random) => {
    const [year, , day] = date(random);
    const consonants = 'BCDFGLMNPRSTVZ';
    const body = `${random.string(consonants, 6)}${year}${random.pick([...'ABCDEHLMPRST'])}${day}H501`;
    return body + codiceFiscaleLetter(body);
  },
  nir: (random) => {
    const [year, month] = date(random);
    const body = `${between(random, 1, 2)}${year}${month}75${between(random, 100, 120)}${between(random, 100, 999)}`;
    return body + nir(body);
  },
  pesel: (random) => {
    const body = `${date(random).join('')}${random.string(DIGITS, 4)}`;
    return body + pesel(body);
  },
  personnummer: (random) => {
    const [year, month, day] = date(random);
    const serial = random.string(DIGITS, 3);
    return `${year}${month}${day}-${serial}${luhn(year + month + day + serial)}`;
  },
  hetu: (random) => {
    const [year, month, day] = date(random);
    const serial = between(random, 2, 899, 3);
    return `${day}${month}${year}-${serial}${hetuLetter(day + month + year, serial)}`;
  },
  bsn: (random) => checked(random, (r) => `1${r.string(DIGITS, 7)}`, bsn),
  sin: (random) => grouped(withLuhn(`${between(random, 1, 7)}${random.string(DIGITS, 7)}`), 3, ' '),
  aadhaar: (random) =>
    grouped(
      checked(random, (r) => `${between(r, 2, 9)}${r.string(DIGITS, 10)}`, verhoeff),
      4,
      ' ',
    ),
  pan: (random) =>
    `${random.string(UPPER, 3)}P${random.string(UPPER, 1)}${between(random, 1000, 9999)}${random.string(UPPER, 1)}`,
  nric: (random) => `S${checked(random, digits(7), nricLetter)}`,
  cpf: (random) => {
    const number = checked(random, digits(9), cpf);
    return `${grouped(number.slice(0, 9), 3, '.')}-${number.slice(9)}`;
  },
};

const parts = (...of: readonly string[]): string => of.join('');
const from =
  (alphabet: string, length: number): Make =>
  (random) =>
    random.string(alphabet, length);
/** A prefix in two halves, and random characters. */
const token =
  (head: string, tail: string, alphabet: string, length: number): Make =>
  (random) =>
    parts(head, tail, random.string(alphabet, length));
const b64url = `${BASE62}_-`;
const segment = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

export const CREDENTIALS: Readonly<Record<string, Make>> = {
  aws_id: token('AK', 'IA', `${UPPER}234567`, 16),
  aws_secret: from(`${BASE62}+/`, 40),
  github: (random) => parts('gh', random.pick(['p', 'o', 's']), '_', random.string(BASE62, 36)),
  github_fine: (random) => parts('github', '_pat_', random.string(BASE62, 22), '_', random.string(BASE62, 59)),
  gitlab: token('glp', 'at-', b64url, 20),
  openai: token('s', 'k-proj-', b64url, 64),
  anthropic: token('s', 'k-ant-api03-', b64url, 93),
  huggingface: token('h', 'f_', BASE62, 34),
  google_api: token('AI', 'za', b64url, 35),
  slack_bot: (random) =>
    parts('xo', 'xb-', random.string(DIGITS, 12), '-', random.string(DIGITS, 12), '-', random.string(BASE62, 24)),
  slack_hook: (random) =>
    parts(
      'https://hooks.slack',
      '.com/services/T',
      random.string(UPPER, 8),
      '/B',
      random.string(UPPER, 8),
      '/',
      random.string(BASE62, 24),
    ),
  discord_hook: (random) =>
    parts('https://discord', '.com/api/webhooks/', random.string(DIGITS, 18), '/', random.string(b64url, 68)),
  telegram: (random) => parts(between(random, 100_000_000, 999_999_999), ':AA', random.string(b64url, 33)),
  stripe: token('sk', '_live_', BASE62, 24),
  sendgrid: (random) => parts('S', 'G.', random.string(b64url, 22), '.', random.string(b64url, 43)),
  npm: token('np', 'm_', BASE62, 36),
  pypi: token('py', 'pi-AgEIcHlwaS5vcmc', b64url, 80),
  shopify: token('shp', 'at_', HEX, 32),
  digitalocean: token('do', 'p_v1_', HEX, 64),
  jwt: (random) =>
    parts(
      segment({ alg: 'HS256', typ: 'JWT' }),
      '.',
      segment({ sub: random.string(DIGITS, 10), iat: 1700000000 }),
      '.',
      random.string(b64url, 43),
    ),
  postgres_url: (random) => parts('postgres', '://app:', random.string(BASE62, 16), '@db.internal.example:5432/orders'),
  mongo_url: (random) => parts('mongodb', '+srv://svc:', random.string(BASE62, 16), '@cluster0.example.net/prod'),
  redis_url: (random) => parts('redis', '://:', random.string(BASE62, 20), '@cache.example.net:6379/0'),
  azure_key: (random) =>
    parts('DefaultEndpointsProtocol=https;AccountName=store;Account', 'Key=', random.string(`${BASE62}+/`, 86), '=='),
  pem: (random) => {
    const lines = Array.from({ length: 8 }, () => random.string(`${BASE62}+/`, 64)).join('\n');
    return parts('-----BEGIN RSA PRIV', `ATE KEY-----\n${lines}\n-----END RSA PRIV`, 'ATE KEY-----');
  },
  openssh: (random) => {
    const lines = Array.from({ length: 5 }, () => random.string(`${BASE62}+/`, 70)).join('\n');
    return parts('-----BEGIN OPENSSH PRIV', `ATE KEY-----\n${lines}\n-----END OPENSSH PRIV`, 'ATE KEY-----');
  },
  password: (random) =>
    parts(
      random.string(UPPER, 2),
      random.string(LOWER, 5),
      random.string('!#%^&', 1),
      random.string(DIGITS, 3),
      random.string(BASE62, 4),
    ),
  random_key: from(BASE62, 40),
};

/** What looks like personal data or like a credential and is neither. */
export const LOOKALIKES: Readonly<Record<string, Make>> = {
  wrong_card: (random) => wrong(card(random)),
  wrong_iban: (random) => wrong(iban(random)),
  uuid: (random) => [8, 4, 4, 4, 12].map((length) => random.string(HEX, length)).join('-'),
  sha1: from(HEX, 40),
  sha256: from(HEX, 64),
  md5: from(HEX, 32),
  integrity: (random) => `sha512-${Buffer.from(random.string(BASE62, 64)).toString('base64')}`,
  png: (random) => `data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAUA${random.string(`${BASE62}+/`, 180)}==`,
  order: (random) => `A-${between(random, 100_000, 999_999)}`,
  timestamp: (random) => String(1_700_000_000_000 + random.below(99_999_999_999)),
  version: (random) => `${between(random, 1, 30)}.${between(random, 0, 40)}.${between(random, 0, 200)}`,
};

/** Every hole that a line may have. */
export const VALUES: Readonly<Record<string, Make>> = { ...PERSONAL, ...CREDENTIALS, ...LOOKALIKES };
