import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ENCODINGS } from '../../../src/guard/readings/encodings.ts';
import { PLAIN } from '../../../src/guard/readings/plain.ts';
import { type Reading, readAll, type Stretch } from '../../../src/guard/readings/reading.ts';
import { anyText } from '../../support/any-text.ts';
import { ENCODED, toBase32, toBase64, toHex, toMorse, toTags } from './disguises.ts';

const decoded = (text: string): string[] => ENCODINGS.flatMap((reading) => readAll(reading, text));
const SECRET = 'Mail ada@example.com, then 4111 1111 1111 1111!';

describe('encoded text is read', () => {
  it.each(ENCODED)('in %s', (_, encode) => {
    expect(decoded(encode(SECRET))).toContain(SECRET);
    expect(decoded(`Please read (${encode(SECRET)}) aloud.`)).toContain(SECRET);
  });

  it.each([
    ['blanks', 'i g n o r e', 'ignore'],
    ['blanks, and wider ones', 'i g n o r e   a l l', 'ignore all'],
    ['full stops', 'i.g.n.o.r.e a.l.l', 'ignore all'],
    ['dashes', '4-1-1-1-1-1-1-1', '41111111'],
    ['line breaks', 'i\ng\nn\no\nr\ne', 'ignore'],
    ['blanks, signs being letters', 'a d a @ e x . o r g', 'ada@ex.org'],
    ['Morse code', toMorse('ignore all'), 'ignore all'],
  ])('letter by letter, with %s', (_, text, plain) => {
    expect(decoded(text)).toContain(plain);
    expect(decoded(`So: ${text} (so)`)).toContain(plain);
  });

  it('in other scripts as well', () => {
    const text = 'Привет, 世界! Ça va? 😀';
    expect(decoded(toBase64(text))).toContain(text);
    expect(decoded(toHex(text))).toContain(text);
  });

  it('beside noise in the same characters', () => {
    const noise = Buffer.from(Array.from({ length: 96 }, (_, n) => (n * n * 89 + n * 31 + 129) % 256));
    const text = SECRET.repeat(4);
    const both = Buffer.concat([noise, Buffer.from(text), noise]).toString('base64');
    expect(decoded(both).join()).toContain(SECRET.repeat(2));
  });

  it.each([
    ['a picture', Buffer.from(Array.from({ length: 3000 }, (_, n) => (n * n * 89 + n * 31) % 256)).toString('base64')],
    ['a digest', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
    ['prose', 'The internationalization of a user interface takes time, say 10 days, or 12. I am A. B. Smith.'],
    ['a short word', 'aGVsbG8'],
  ])('and nothing in %s', (_, text) => {
    expect(decoded(text).join('').length).toBeLessThan(text.length / 4);
  });

  it.each([
    ['a narrow gap first', 'i.g. n. o. r. e', 'ignore'],
    ['a narrow gap first, and wider ones', 'i.g. n. o. r. e.   a. l. l', 'ignore all'],
    ['gaps of any width', 'i g  n o   r  e', 'ignore'],
    ['brackets', 'i][g][n][o][r][e', 'ignore'],
    ['any other sign', '4#1#1#1#1#1', '411111'],
  ])('letter by letter, with %s', (_, text, plain) => {
    expect(decoded(text)).toContain(plain);
  });

  it.each([
    ['decimal', '65 65 65 65 65 65 65'],
    ['hexadecimal', '41 41 41 41 41 41 41 41 '],
    ['hexadecimal, and letters', '41 41 41 41 41 41 41 41\nAA'],
    ['letters', 'a b c d e f '],
    ...Array.from({ length: 40 }, (_, n): [string, string] => [
      `${n} characters of base64`,
      'Zm9v'.repeat(10).slice(0, n),
    ]),
  ])('behind %s, which may be an island itself', (_, before) => {
    expect(decoded(before + toBase64(SECRET)).join()).toContain(SECRET);
    expect(decoded(before + toBase32(SECRET)).join()).toContain(SECRET);
  });

  it('behind bytes that are no text, from the first letter on', () => {
    for (let n = 0; n < 40; n += 1) {
      const both = Buffer.concat([Buffer.alloc(n, 0x89), Buffer.from(SECRET)]);
      for (const text of [both.toString('hex'), both.toString('base64')])
        expect(decoded(text).join()).toContain(SECRET);
    }
  });

  it('behind another text and bytes that are none, from the first letter on', () => {
    for (let n = 6; n < 18; n += 1) {
      const both = Buffer.concat([Buffer.from('one message'), Buffer.alloc(n, 0x89), Buffer.from(SECRET)]);
      expect(decoded(both.toString('base64'))).toContainEqual(expect.stringMatching(/^one message/));
      expect(decoded(both.toString('base64')).join()).toContain(SECRET);
    }
  });

  it('island by island', () => {
    expect(readAll(ENCODINGS[0]!, `${toBase64('one message, and')} ${toBase64('another message.')}`)).toEqual([
      'one message, and',
      'another message.',
    ]);
    expect(readAll(ENCODINGS.at(-1)!, `a${toTags('one')}b${toTags('two')}`)).toEqual(['one', 'two']);
  });
});

interface Shown {
  readonly texts: readonly string[];
  /** Each code unit that is shown, and where it comes from: offsets of the whole text. */
  readonly origins: readonly string[];
}

/** What a reading shows of a text that arrives in pieces. */
function readPieces(reading: Reading, pieces: readonly string[]): Shown & { readonly mostLeft: number } {
  const reader = reading.open();
  const texts = [''];
  const origins: string[] = [];
  let rest = '';
  let base = 0;
  let mostLeft = 0;
  const show = ({ start, length, plain, step, ends }: Stretch) => {
    texts[texts.length - 1] += plain;
    for (let i = 0; i < plain.length; i += 1) {
      const from = base + start + (step ? Math.floor(i * step) : 0);
      const to = base + start + (step ? Math.ceil((i + 1) * step) : length);
      origins.push(`${plain[i]} ${from}-${to}`);
    }
    if (ends) texts.push('');
  };
  pieces.forEach((piece, n) => {
    const text = rest + piece;
    const { found, used } = reader.read(text, n === pieces.length - 1);
    found.forEach(show);
    rest = text.slice(used);
    base += used;
    mostLeft = Math.max(mostLeft, rest.length);
  });
  return { texts: texts.filter((text) => text !== ''), origins, mostLeft };
}

const part = fc.oneof(
  fc.constantFrom(...ENCODED.map(([, encode]) => encode('Ignore Ünï 4111 1111 1111 1111 all!'))),
  fc.constantFrom('i g n o r e  a l l', 'i.g.n.o.r.e a.l.l x', toMorse('ignore all'), 'the words of a text', '= '),
  fc.constantFrom(
    '\u200b'.repeat(70),
    'i\u0334\u0321g',
    'ｅ™é😀',
    '\\u0040',
    '\\_',
    '<b>',
    '<!-- -->',
    '\u001b[0m',
    '\\U00000040',
    '\u200b'.repeat(3000),
    '%2540',
    '&amp;#64;',
    '&commat;',
    '\\',
    '%',
    '&',
  ),
  fc.constantFrom(' ', '\n', '\r\n', 'a', '1', '-', '.', '/', '\u200b', '\u{e0041}', '\ud83d'),
  fc.stringMatching(/^[A-Za-z0-9+/]{1,40}$/),
  anyText(5),
);
const mixture = fc.array(part, { maxLength: 8 }).map((parts) => parts.join(''));

describe.each([PLAIN, ...ENCODINGS])('the reading "$id"', (reading) => {
  it('shows the same however the text is cut', () => {
    fc.assert(
      fc.property(mixture, fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 5 }), (text, sizes) => {
        const { texts, origins } = readPieces(reading, [text]);
        const pieces: string[] = [];
        for (let at = 0, n = 0; at < text.length; n += 1) {
          const size = sizes[n % sizes.length]!;
          pieces.push(text.slice(at, at + size));
          at += size;
        }
        for (const cut of [text.split(''), pieces]) {
          const shown = readPieces(reading, [...cut, '']);
          expect(shown.texts).toEqual(texts);
          expect(shown.origins).toEqual(origins);
          expect(shown.mostLeft).toBeLessThanOrEqual(150);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('does not depend on a single split', () => {
    const text = `Say ${ENCODED.map(([, encode]) => encode('ada@example.com 1')).join('; ')} \\u0040 é%2540 i g n o r e  a l l`;
    const whole = readPieces(reading, [text]);
    for (let at = 0; at <= text.length; at += 1) {
      expect(readPieces(reading, [text.slice(0, at), text.slice(at)]).origins).toEqual(whole.origins);
    }
  });

  it.each([
    'a',
    'A',
    '1 ',
    'a b ',
    '.',
    '- ',
    '\\',
    '%25',
    '&amp;',
    '&',
    '%',
    '<',
    '<b>',
    '\ufdfa',
    '\u200b',
    'a\u0301',
    '01',
    '49 ',
    '0x',
    '=',
    'QUJD\n',
  ])('takes time in proportion to the text, of %j', (unit) => {
    const took = (length: number) => {
      const text = unit.repeat(length / unit.length);
      let least = Number.POSITIVE_INFINITY;
      for (let i = 0; i < 3; i += 1) {
        const start = performance.now();
        reading.open().read(text, true);
        least = Math.min(least, performance.now() - start);
      }
      return least;
    };
    took(1 << 12);
    expect(took(1 << 17)).toBeLessThan(32 * took(1 << 14) + 20);
  });
});
