import { describe, expect, it } from 'vitest';
import { lengths, parsePattern } from '../../../../src/guard/pattern.ts';
import { ruleSet } from '../../../../src/guard/rule-set.ts';
import { PII_ROWS, PII_RULES } from '../../../../src/guard/rules/pii/pii.ts';
import type { Row } from '../../../../src/guard/rules/pii/row.ts';
import { scan } from '../../../../src/guard/scan.ts';

const RULES = ruleSet(PII_RULES);
const seen = (text: string): string[] =>
  scan(RULES, text, 0, true).matches.map(({ rule, start, end }) => `${rule.id} ${text.slice(start, end)}`);

const examples: (readonly [Row, string])[] = PII_ROWS.flatMap((row) =>
  row.examples.map((each) => [row, each] as const),
);

/** Every text that differs from this one in one digit. */
const withOneDigitChanged = (text: string): string[] =>
  Array.from(text).flatMap((old, at) =>
    /\d/.test(old)
      ? Array.from('0123456789').flatMap((digit) =>
          digit === old ? [] : [text.slice(0, at) + digit + text.slice(at + 1)],
        )
      : [],
  );

/** Rows whose `check` is of a day, a prefix or a length, and examples of an older or newer kind that has none. */
const WITHOUT_CHECK_DIGIT = new Set<string>([
  'C01X00T47',
  '491231123',
  'pii.uk_nino',
  'pii.uk_driving_licence',
  'pii.dk_cpr',
  'pii.us_ein',
  'pii.ssn',
  'pii.my_nric',
  'pii.id_nik',
  'pii.kr_rrn',
  'pii.passport',
  'pii.driving_licence',
]);

describe('the table', () => {
  it('names each row once', () => {
    const ids = PII_ROWS.map(({ id }) => id);
    expect(ids).toEqual([...new Set(ids)]);
  });

  it.each(PII_ROWS.map((row, index) => [row.id, row, PII_RULES[index]!] as const))(
    '%s is a whole row',
    (_, row, rule) => {
      expect(row.examples.length).toBeGreaterThan(0);
      for (const text of [row.source, rule.description, rule.cannotSee]) expect(text).not.toBe('');
      expect(() => parsePattern(rule.pattern)).not.toThrow();
      expect(lengths(parsePattern(rule.pattern))[1]).toBeLessThan(500);
      expect(rule.pattern.source).toMatch(/^\(\?<!/);
    },
  );
});

describe('every example', () => {
  it.each(examples.map(([row, example]) => [row.id, example, row.lead ?? '']))('%s sees %j', (id, example, lead) => {
    const expected = `${id} ${example}`;
    expect(seen(`${lead}${example}`)).toEqual([expected]);
    expect(seen(`Well: ${lead}${example}, or so.`)).toEqual([expected]);
    expect(seen(`{"note":"${lead}${example}"}`)).toEqual([expected]);
    expect(seen(`漢字：\n${lead}${example}。`)).toEqual([expected]);
    expect(seen(`${lead.toUpperCase()}${example}\n`)).toEqual([expected]);
  });

  const checked = examples.filter(
    ([row, each]) =>
      (row.check || row.noun === 'CARD') && !WITHOUT_CHECK_DIGIT.has(row.id) && !WITHOUT_CHECK_DIGIT.has(each),
  );
  it.each(checked.map(([row, example]) => [row.id, example, row.lead ?? '']))(
    '%s: a wrong digit is refused in %j',
    (id, example, lead) => {
      const changed = withOneDigitChanged(example);
      const isSeen = (text: string) => seen(`Well: ${lead}${text}, or so.`).includes(`${id} ${text}`);
      expect(changed.filter(isSeen).length / changed.length).toBeLessThan(0.2);
    },
  );
});

describe('without a telling word', () => {
  const weak = examples.filter(([row, example]) => row.context && !row.strong && row.lead && !/[A-Za-z]/.test(example));
  it.each(weak.map(([row, example]) => [row.id, example]))('%s leaves %j alone', (id, example) => {
    expect(seen(`so ${example}, then`).filter((each) => each.startsWith(`${id} `))).toEqual([]);
  });
});

describe('a name right before it decides between numbers of one form', () => {
  it.each([
    ['SIREN 732 829 320', 'pii.fr_siren 732 829 320'],
    ['SIN 130 692 544, BSN 111222333', 'pii.ca_sin 130 692 544', 'pii.nl_bsn 111222333'],
    ['kennitala 120174-3399', 'pii.is_kennitala 120174-3399'],
    ['PIS 12012345672', 'pii.br_pis 12012345672'],
    ['NHS 943-476-5919, phone 943-476-5919', 'pii.uk_nhs 943-476-5919', 'pii.phone_north_american 943-476-5919'],
  ])('%s', (text, ...expected) => {
    expect(seen(text)).toEqual(expected);
  });
});

describe('what is not personal', () => {
  it.each([
    ['an ISO date', '2026-01-31'],
    ['a date with dots', '31.01.2026'],
    ['a US date', '01/31/2026'],
    ['a timestamp', '2026-01-31T10:20:30.123-05:00'],
    ['a time', '12:30:45'],
    ['seconds since the epoch', '1767225600'],
    ['milliseconds since the epoch', '1767225600000'],
    ['microseconds since the epoch', '1767225600000000'],
    ['a loopback address', '127.0.0.1'],
    ['a netmask', '255.255.255.0'],
    ['a version of four parts', 'version 10.0.19041.1'],
    ['a section', '1.2.3.4'],
    ['a version', '1.24.3-beta.2'],
    ['a long version', '122.0.6261.94'],
    ['a scope operator', 'a::b'],
    ['a UUID', '550e8400-e29b-41d4-a716-446655440000'],
    ['a UUID of digits', '12345678-1234-1234-1234-123456789012'],
    ['a UUID that ends like a card', '12345678-1234-1234-1234-501800000009'],
    ['a number with a card for its decimals', '1.4111111111111111'],
    ['a plain integer', '4155550132'],
    ['a long integer', '123456789012345678'],
    ['a price', '$1,234,567.89'],
    ['a price in euros', '1.234.567,89 €'],
    ['a float with many digits', '0.30000000000000004'],
    ['a hash', 'da39a3ee5e6b4b0d3255bfef95601890afd80709'],
    ['an ISBN', '978-3-16-148410-0'],
    ['a sum', '12 + 3456789012'],
    ['a social media handle', '@someone'],
    ['a package with a version', 'left-pad@1.3.0'],
    ['a picture for a dense screen', 'icon@2x.png'],
    ['an SSH remote', 'git@github.com:path'],
    ['a scoped package', '@scope/name@latest'],
    ['an SSH remote without a domain', 'git@host:path'],
    ['an area that was never issued', '000-12-3456'],
    ['an area that was never issued', '666-12-3456'],
    ['an area that was never issued', '900-12-3456'],
    ['an SSN at the head of a longer number', '123-45-67890'],
    ['a card with a wrong check digit, unspaced', '4111111111111112'],
    ['a group that was never issued', '123-00-4567'],
    ['a serial that was never issued', '123-45-0000'],
    ['an SSN inside a longer number', '5123-45-6789'],
    ['a card with a wrong check digit', '4111 1111 1111 1112'],
    ['a card inside a longer number', '41111111111111110000'],
    ['a card inside a name', 'a4111111111111111'],
    ['zeros', '0000 0000 0000 0000'],
    ['a table of numbers', '100 200 300 400'],
    ['a telephone number without an area code', '555-0132'],
    ['a telephone number with one digit too many', '415-555-01321'],
    ['a Korean number with a wrong check digit and no hyphen', '9710139019903'],
    ['an order', 'order number 12345678'],
    ['coordinates', '52.520008, 13.404954'],
  ])('%s: %s', (_, text) => {
    expect(seen(text)).toEqual([]);
    expect(seen(`so ${text}, then`)).toEqual([]);
  });
});

describe('where it stands', () => {
  it.each([
    ['Mail ada@example.com.', 'pii.email ada@example.com'],
    ['Ada <ada@example.com>', 'pii.email ada@example.com'],
    ['mailto:ada@example.com', 'pii.email ada@example.com'],
    ['SSN123-45-6780', 'pii.ssn 123-45-6780'],
    ['ssn 123-45-6780and', 'pii.ssn 123-45-6780'],
    ['tel:+1-415-555-0132', 'pii.phone +1-415-555-0132'],
    ['+1 415 555 0132 2026', 'pii.phone +1 415 555 0132'],
    ['415-555-0132x99', 'pii.phone_north_american 415-555-0132x99'],
    ['card:4111111111111111;', 'pii.card 4111111111111111'],
    ['4111 1111 1111 1111 123', 'pii.card 4111 1111 1111 1111'],
    ['They are not answering at 785 8949', 'pii.phone_national 785 8949'],
    ['Handy 0171 1234567', 'pii.phone_national 0171 1234567'],
    ['WhatsApp me: 9876543210', 'pii.phone_national 9876543210'],
    ['Cambié de móvil: 612345678.', 'pii.phone_national 612345678'],
    ['WhatsApp 070-1025-6490', 'pii.phone_national 070-1025-6490'],
    ['my NRIC is S1234567D', 'pii.sg_nric S1234567D'],
    ['su NIF: 12345678Z', 'pii.es_dni 12345678Z'],
    ['my id code is030594W903B.', 'pii.fi_hetu 030594W903B'],
    ['Physical address is aabb.ccdd.eeff', 'pii.mac aabb.ccdd.eeff'],
    ['fe80::1ff:fe23:4567:890a: unreachable', 'pii.ipv6 fe80::1ff:fe23:4567:890a'],
    ['SIRET 732 829 320 00074', 'pii.fr_siren 732 829 320 00074'],
    ['call it 22-0033-2245', 'pii.phone_national 22-0033-2245'],
    ['geboren am 3. Mai 1980', 'pii.birth_date 3. Mai 1980'],
    ['DOB: 01/31/80', 'pii.birth_date 01/31/80'],
  ])('%s', (text, expected) => {
    expect(seen(text)).toEqual([expected]);
  });
});
