import { describe, expect, it } from 'vitest';
import { ALL_RULES, findMatches } from '../inspect.ts';
import { SECRET_EXAMPLES } from './secrets/examples.ts';

const seen = (text: string): string[] =>
  findMatches(text, ALL_RULES).map(({ rule, start, end }) => `${rule.id} ${text.slice(start, end)}`);

describe('personal data', () => {
  it.each([
    ['an ISO date', '2026-01-31'],
    ['a date with dots', '31.01.2026'],
    ['a US date', '01/31/2026'],
    ['a timestamp', '2026-01-31T10:20:30.123-05:00'],
    ['a time', '12:30:45'],
    ['seconds since the epoch', '1767225600'],
    ['milliseconds since the epoch', '1767225600000'],
    ['microseconds since the epoch', '1767225600000000'],
    ['a version', '1.24.3-beta.2'],
    ['a long version', '122.0.6261.94'],
    ['a UUID', '550e8400-e29b-41d4-a716-446655440000'],
    ['a UUID of digits', '12345678-1234-1234-1234-123456789012'],
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
    ['a scoped package', '@scope/name@latest'],
    ['an SSH remote without a domain', 'git@host:path'],
    ['an area that was never issued', '000-12-3456'],
    ['an area that was never issued', '666-12-3456'],
    ['an area that was never issued', '900-12-3456'],
    ['a group that was never issued', '123-00-4567'],
    ['a serial that was never issued', '123-45-0000'],
    ['a number of the form of an SSN inside a longer one', '5123-45-6789'],
    ['a number of the form of an SSN inside a longer one', '123-45-67890'],
    ['a card with a wrong check digit', '4111111111111112'],
    ['a card with a wrong check digit', '4111 1111 1111 1112'],
    ['a card inside a longer number', '41111111111111110000'],
    ['a card inside a name', 'a4111111111111111'],
    ['zeros', '0000 0000 0000 0000'],
    ['a table of numbers', '100 200 300 400'],
    ['a phone number without an area code', '555-0132'],
    ['a phone number with one digit too many', '415-555-01321'],
  ])('does not see %s: %s', (_, text) => {
    expect(seen(text)).toEqual([]);
    expect(seen(`so ${text}, then`)).toEqual([]);
  });

  it.each([
    ['before a full stop', 'Mail ada@example.com.', 'pii.email ada@example.com'],
    ['in angle brackets', 'Ada <ada@example.com>', 'pii.email ada@example.com'],
    ['after mailto:', 'mailto:ada@example.com', 'pii.email ada@example.com'],
    ['in quotes', "to 'ada@example.com'", 'pii.email ada@example.com'],
    ['after a word', 'SSN123-45-6789', 'pii.ssn 123-45-6789'],
    ['with nothing between it and the next word', 'ssn 123-45-6789and', 'pii.ssn 123-45-6789'],
    ['after tel:', 'tel:+1-415-555-0132', 'pii.phone +1-415-555-0132'],
    ['before another number', '+1 415 555 0132 2026', 'pii.phone +1 415 555 0132'],
    ['before an extension', '415-555-0132x99', 'pii.phone_north_american 415-555-0132x99'],
    ['in the middle of digits and words', 'card:4111111111111111;', 'pii.card 4111111111111111'],
    ['with a check digit of three more', '4111 1111 1111 1111 003', 'pii.card_long 4111 1111 1111 1111 003'],
  ])('sees it %s', (_, text, expected) => {
    expect(seen(text)).toEqual([expected]);
  });
});

describe('credentials', () => {
  const filler = 'x7Kq2mZ9Rt4Lw8Bn'.repeat(8);
  it.each([
    ['a public key', '-----BEGIN PUBLIC KEY-----\nMIIB'],
    ['a certificate', '-----BEGIN CERTIFICATE-----\nMIIB'],
    ['a name in kebab case', 'sk-some-very-long-css-class-name'],
    ['a word that ends in sk', `task-${filler.slice(0, 30)}`],
    ['a short key', 'sk-1234'],
    ['a token that is too short', `ghp_${filler.slice(0, 35)}`],
    ['an id inside a longer word', 'XAKIAIOSFODNN7EXAMPLE'],
    ['an id inside a longer word', 'AKIAIOSFODNN7EXAMPLE2'],
    ['base64 of JSON', 'eyJhIjoxfQ'],
    ['a commit', 'da39a3ee5e6b4b0d3255bfef95601890afd80709'],
  ])('are not seen in %s: %s', (_, text) => {
    expect(seen(text)).toEqual([]);
  });

  it('end where the key ends', () => {
    const key = SECRET_EXAMPLES['private_key']![0]![1];
    expect(seen(`${key}\n\nKeep it safe, he said. Then he left.`)).toEqual([`secrets.private_key ${key}`]);
  });
});
