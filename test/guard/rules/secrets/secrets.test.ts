import { describe, expect, it } from 'vitest';
import { ruleSet } from '../../../../src/guard/rule-set.ts';
import { SECRET_RULES } from '../../../../src/guard/rules/secrets/secrets.ts';
import { scan } from '../../../../src/guard/scan.ts';
import { filled, shortest, yardstickFor } from '../../yardstick.ts';
import { SECRET_EXAMPLES } from './examples.ts';

const set = ruleSet(SECRET_RULES);
const seen = (text: string): [string, string][] =>
  scan(set, text, 0, true).matches.map(({ rule, start, end }) => [
    rule.id.replace('secrets.', ''),
    text.slice(start, end),
  ]);
/** What is left when everything that was seen is cut out. */
const left = (text: string): string => seen(text).reduce((rest, [, match]) => rest.replace(match, '*'), text);

const filler = 'x7Kq2mZ9Rt4Lw8Bn'.repeat(8);

describe('the table', () => {
  it('says of each rule what a reader has to know', () => {
    expect(new Set(SECRET_RULES.map(({ id }) => id)).size).toBe(SECRET_RULES.length);
    for (const { id, kind, label, source, description, cannotSee } of SECRET_RULES) {
      expect(id).toMatch(/^secrets\.[a-z0-9_]+$/);
      expect([kind, label]).toEqual(['secrets', '[SECRET_REDACTED]']);
      for (const text of [source, description, cannotSee]) expect(text.length).toBeGreaterThan(5);
    }
  });

  it('has an example of each rule that stands on its own', () => {
    const values = ['announced', 'assigned_word'];
    const ids = SECRET_RULES.map(({ id }) => id.replace('secrets.', '')).filter((id) => !values.includes(id));
    expect(Object.keys(SECRET_EXAMPLES).sort()).toEqual(ids.sort());
  });
});

describe.each(Object.entries(SECRET_EXAMPLES))('%s', (id, examples) => {
  it.each(examples)('%s%s', (before, secret) => {
    const after = id === 'connection_string' ? '@db.internal/app' : '';
    expect(seen(before + secret + after)).toEqual([[id, secret]]);
    expect(seen(`So "${before}${secret}${after}", then.`)).toEqual([[id, secret]]);
    expect(seen(`漢字：\n${before}${secret}${after}。`)).toEqual([[id, secret]]);
  });
});

describe('a value beside a telling word', () => {
  it.each([
    ['an environment variable', 'DB_PASSWORD=Tr0ub4dor&3', 'Tr0ub4dor&3'],
    ['an export', 'export API_TOKEN="a8f3k2m9x7q1"', 'a8f3k2m9x7q1'],
    ['a constant', `const apiKey = '${filler.slice(0, 24)}';`, filler.slice(0, 24)],
    ['a dictionary', `os.environ["SECRET_KEY"] = "s3cr3t!key-2931"`, 's3cr3t!key-2931'],
    ['JSON', '{"user":"ada","password":"hunter2","port":1}', 'hunter2'],
    ['JSON in JSON', '"{\\"password\\":\\"hunter2\\"}"', 'hunter2'],
    ['a name and a value', '{"name":"DB_PASSWORD","value":"s3cr3t!"}', 's3cr3t!'],
    ['a name and a value in YAML', '- name: DB_PASSWORD\n  value: s3cr3t!9', 's3cr3t!9'],
    ['YAML', 'database:\n  password: s3cr3t!9\n', 's3cr3t!9'],
    ['XML', '<password>s3cr3t!9</password>', 's3cr3t!9'],
    ['an attribute', '<add key="Password" value="s3cr3t!9"/>', 's3cr3t!9'],
    ['a query', 'https://example.com/login?user=ada&token=a8f3k2m9x7q1', 'a8f3k2m9x7q1'],
    ['ADO.NET', 'Server=db;User Id=sa;Password=s3cr3tPw9', 's3cr3tPw9'],
    ['a command', 'deploy --password s3cr3t!9 now', 's3cr3t!9'],
    ['curl', 'curl -u ada:s3cr3t!9 https://example.com', 's3cr3t!9'],
    ['.netrc', 'machine example.com login ada password s3cr3t!9', 's3cr3t!9'],
    ['SQL', "CREATE USER ada IDENTIFIED BY 's3cr3t!9'", 's3cr3t!9'],
    ['a call', 'user.setPassword("s3cr3t!9")', 's3cr3t!9'],
    ['basic authentication', 'Authorization: Basic YWRhOnMzY3IzdCE5', 'YWRhOnMzY3IzdCE5'],
    ['a bearer token', "-H 'Authorization: Bearer a8f3k2m9x7q1'", 'a8f3k2m9x7q1'],
    ['a header', 'X-Api-Key: a8f3k2m9x7q1', 'a8f3k2m9x7q1'],
    ['a UUID', 'HEROKU_API_KEY=3f7a0c92-e5b8-41d4-a3f7-0c92e5b81d46', '3f7a0c92-e5b8-41d4-a3f7-0c92e5b81d46'],
    ['a docker configuration', '"auth": "YWRhOnMzY3IzdCE5"', 'YWRhOnMzY3IzdCE5'],
    ['bold text', '**Password:** s3cr3t!9', 's3cr3t!9'],
    ['base64 with padding', 'client_secret: YWRhOnMzY3IzdA==', 'YWRhOnMzY3IzdA=='],
    ['an AWS secret', `aws_secret_access_key = ${filler.slice(0, 40)}`, filler.slice(0, 40)],
    ['signs at its ends', 'password: #S3cret9!', '#S3cret9!'],
    ['a sentence', 'Hi, my password is hunter2! It fails.', 'hunter2!'],
    ['a sentence that ends', 'My password is hunter2.', 'hunter2'],
    ['a sentence with more words', 'The password for the staging server is s3cr3t!9, I think.', 's3cr3t!9'],
    ['a key further off', `Here is the API key you asked for:\n${filler.slice(0, 32)}`, filler.slice(0, 32)],
    ['a passphrase', 'wifi passphrase: coffee-tiger-7', 'coffee-tiger-7'],
    ['digits', 'Her password is 19840612', '19840612'],
    ['a word in quotes', 'password = "swordfish"', 'swordfish'],
    ['a word in a variable', 'DB_PASSWORD=swordfish', 'swordfish'],
    ['German', 'Mein Passwort lautet Sommer2024!', 'Sommer2024!'],
    ['French', 'Le mot de passe est Soleil#88', 'Soleil#88'],
    ['French with a blank', 'Mot de passe : Soleil#88', 'Soleil#88'],
    ['Spanish', 'La contraseña es Verano2024', 'Verano2024'],
    ['Portuguese', 'A senha do servidor é Verao#2024', 'Verao#2024'],
    ['Italian', 'La password è Estate#2024', 'Estate#2024'],
    ['Dutch', 'Het wachtwoord is Zomer#2024', 'Zomer#2024'],
    ['Polish', 'Hasło to Lato#2024', 'Lato#2024'],
    ['Swedish', 'Lösenordet: x / lösenord är Sommar#24', 'Sommar#24'],
    ['Turkish', 'Şifre: Yaz#2024', 'Yaz#2024'],
    ['Russian', 'Мой пароль: Leto#2024', 'Leto#2024'],
    ['Chinese', '密码是Summer#24', 'Summer#24'],
    ['Japanese', 'パスワードはSummer#24です', 'Summer#24'],
    ['Korean', '비밀번호는 Summer#24 입니다', 'Summer#24'],
  ])('is seen in %s', (_, text, value) => {
    expect(left(text)).toBe(text.replace(value, '*'));
  });

  it.each([
    'Please enter your password in 2 steps.',
    'The password is required.',
    'password: string',
    'password: required|min:8',
    '"password": { "type": "string" }',
    '{"password": "string"}',
    'type="password" id="password1"',
    'const password = getPassword2(user);',
    'const password = process.env.DB_PASSWORD2;',
    'password = config.dbPassword1',
    'token = tokens[i1]',
    'const token = jwt.sign2(payload)',
    'PASSWORD=$' + '{DB_PASSWORD}',
    'password: $DB_PASS1',
    'api_key = "your-api-key-here-123"',
    'API_KEY=xxxxxxxxxxxx1234',
    'password: ********',
    'password = "<password1>"',
    'secret: {{ secrets.API_KEY1 }}',
    'token = example_token_1',
    'max_tokens=4096, token: 128000',
    'The token costs 0.002 per 1k tokens.',
    'password.py, password: secret.json',
    'My password expires on 2024-12-31.',
    'The password is SHA-256 hashed.',
    'the password is 8 characters',
    'public key: 3f7a0c92e5b81d463f7a0c92e5b81d46',
    `public_key = ${filler.slice(0, 24)}`,
    'next_page_token=a8f3k2m9x7q1',
    'The key is A1 on the board.',
    'commit 3f7a0c92e5b81d463f7a0c92e5b81d463f7a0c92',
    'sha256:3f7a0c92e5b81d463f7a0c92e5b81d463f7a0c92e5b81d463f7a0c92e5b81d46',
    `"integrity": "sha512-${filler.slice(0, 86)}=="`,
    `data:image/png;base64,${filler.repeat(4)}`,
    'id: 550e8400-e29b-41d4-a716-446655440000',
    'The secret of the fix, commit hash 3f7a0c92e5b81d463f7a0c92e5b81d463f7a0c92',
    '-----BEGIN PUBLIC KEY-----\nMIIB',
    '-----BEGIN CERTIFICATE-----\nMIIB',
    'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI3f7a0c92e5b81d463f7a0c92e5b8 ada@host',
    'sk-some-very-long-css-class-name',
    `task-${filler.slice(0, 30)}`,
    'sk-1234',
    `ghp_${filler.slice(0, 35)}`,
    'XAKIAIOSFODNN7EXAMPLE',
    'eyJhIjoxfQ',
    'postgres://user:password@localhost/db',
    'postgres://user:$' + '{PGPASSWORD}@localhost/db',
    'https://example.com:8080/@scope/name',
    'pass the salt at 10:30',
    'compass: N45',
  ])('is not seen in %j', (text) => {
    expect(seen(text)).toEqual([]);
    expect(seen(`so ${text}, then`)).toEqual([]);
  });
});

it('ends a private key where the key ends', () => {
  const key = SECRET_EXAMPLES['private_key']![0]![1];
  expect(seen(`${key}\n\nKeep it safe, he said. Then he left.`)).toEqual([['private_key', key]]);
});

describe('a hostile text takes linear time', { timeout: 60_000 }, () => {
  const LENGTH = 1 << 16;
  const fill = (unit: string): string => filled(unit, LENGTH);
  const yardstick = yardstickFor(LENGTH);
  const units = [
    'a',
    'A',
    '1',
    'a1',
    'a-',
    'a/',
    'a=',
    'a:',
    '"a',
    'aA',
    'Aab',
    'a.1',
    'aa1aa1',
    'password: ',
    'password=A1b',
  ];
  const telling = [
    'token: Aa1Aa1',
    'apikey=Aa1Aa1Aa1Aa1Aa1Aa1 ',
    'to to to to 1a ',
    'пароль 1a ',
    '是1a ',
    'mysql -p a1 ',
  ];

  it.each([...units, ...telling])('of all rules together on %j', (unit) => {
    const text = fill(unit);
    scan(set, text.slice(0, 1000), 0, true);
    expect(shortest(() => scan(set, text, 0, true)) / yardstick).toBeLessThan(120);
  });

  it('of the values beside a word on a run of what they are made of, which offers one place to start', () => {
    const alone = ruleSet(SECRET_RULES.filter(({ id }) => id === 'secrets.announced'));
    expect(shortest(() => scan(alone, fill('1-'), 0, true)) / yardstick).toBeLessThan(10);
  });

  it.each(Object.entries(SECRET_EXAMPLES))('of %s on what it is made of', (id, examples) => {
    const alone = ruleSet(SECRET_RULES.filter((rule) => rule.id === `secrets.${id}`));
    for (const [before, secret] of examples) {
      for (const part of [3, 4, 6, 9, 14, secret.length - 1]) {
        const text = fill(before + secret.slice(0, part));
        expect(shortest(() => scan(alone, text, 0, true)) / yardstick, secret.slice(0, part)).toBeLessThan(60);
      }
    }
  });
});
