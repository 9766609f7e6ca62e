import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FLOOD, isPlain, normalise } from '../../../src/guard/readings/plain.ts';
import { pointAt } from '../../../src/guard/readings/points.ts';
import { anyText } from '../../support/any-text.ts';

describe('the plain form', () => {
  it.each([
    ['ASCII', 'Hello, world 123', 'Hello, world 123'],
    ['full-width letters', 'ｉｇｎｏｒｅ　ａｌｌ', 'ignore all'],
    ['mathematical letters and digits', '𝐢𝐠𝐧𝐨𝐫𝐞 𝟒𝟏𝟏𝟏', 'ignore 4111'],
    ['ligatures and signs', 'ﬁle™ № ½', 'fileTM No 1/2'],
    ['blanks of all kinds', 'a\u00a0b\u202fc\u2800d\u2028e', 'a b c d\ne'],
    ['characters that are not seen', 'ig\u200bno\u200dre\ufeff\u00ad\ufe0f\u202e\0', 'ignore'],
    ['the tag block', 'a\u{e0069}\u{e0067}b', 'ab'],
    ['a flood of invisible characters, as a gap', `ignore${'\u200b'.repeat(FLOOD)}all`, 'ignore all'],
    ['more than a flood, as one gap', `a${'\u200b'.repeat(FLOOD + 9)}b`, 'a b'],
    ['almost a flood, as nothing', `ig${'\u200b'.repeat(FLOOD - 1)}nore`, 'ignore'],
    ['many, each few beside what is seen', `i${'\u200b'.repeat(64)}`.repeat(200), 'i'.repeat(200)],
    ['letters with marks heaped on them', 'i\u0334\u0321g\u0337n\u0338\u0489ore', 'ignore'],
    ['accents, apart or not', 'e\u0301 é ñ Ü ż', 'e e n U z'],
    ['strokes', 'ø ł đ ħ', 'o l d h'],
    ['Cyrillic look-alikes', 'аdmіn@ехаmрlе.сom', 'admin@example.com'],
    ['Greek, Armenian, Cherokee and Coptic ones', 'ιgηοrε օռ ᎪᏴᏟ ⲟ', 'ignore on ABC o'],
    ['small capitals and turned letters', 'ɪɢɴᴏʀᴇ ɐǝɹʇ', 'ignore aert'],
    ['letters in circles and boxes', 'ⓐ🅰🅱🇦', 'aABA'],
    ['digits of other scripts', '١٢٣ ४५६ ①❷', '123 456 12'],
    ['dashes, dots and quotation marks', '4–1—1−1 a。b “x” ‘y’', '4-1-1-1 a.b "x" \'y\''],
    ['escapes of programs', '\\u0061d\\x61\\u{40}x \\100 \\\\u0040', 'ada@x @ @'],
    ['escapes of Python and Perl', '\\U00000040 \\u{000000040} \\x{40} \\o{100} \\0100', '@ @ @ @ @'],
    ['escapes of Markdown', 'ghp\\_Ab1 joe\\@example.com \\\\_', 'ghp_Ab1 joe@example.com _'],
    ['markup that is not seen', 'A<b>KI</b>A<wbr/> a<!-- -->b c\u001b[0md\u001b[1;31m', 'AKIA ab cd'],
    ['markup that is', 'a<p>b <b class="x">c a**b 1<2', 'a<p>b <b class="x">c a**b 1<2'],
    ['a character that stands for a phrase, as it is', 'a\ufdfab', 'a\ufdfab'],
    ['escapes of URLs', 'ada%40example%2Ecom %2540', 'ada@example.com @'],
    ['escapes of HTML', 'a&#64;b &#x40; &commat; &amp;#64; &#0064 &#0000000064;', 'a@b @ @ @ @ @'],
    ['what only looks like an escape', '100% &foo \\n C:\\new & a=40', '100% &foo \\n C:\\new & a=40'],
    ['scripts without cases, as they are', '世界 हिन्दी 한국어 ガギ שלום 😀', '世界 हिन्दी 한국어 ガギ שלום 😀'],
    ['lone surrogates, as they are', 'a\ud800b', 'a\ud800b'],
  ])('of %s', (_, text, plain) => {
    expect(normalise(text)).toBe(plain);
  });

  it('is the text itself where the text says so, also when it is cut', () => {
    fc.assert(
      fc.property(anyText(), fc.nat(100), (text, n) => {
        const at = Array.from(text).slice(0, n).join('').length;
        if (isPlain(text)) expect(normalise(text)).toBe(text);
        if (isPlain(text.slice(0, at)) && isPlain(text.slice(at))) expect(isPlain(text)).toBe(true);
      }),
    );
    for (const text of [
      'a\\u0040',
      'a%40b',
      'a&#64;',
      'a&commat;',
      '\\\\\\u0040',
      '%2540',
      '&amp;amp;#64;',
      'a\\_b',
      'a<b>b',
      'a\u001b[0mb',
    ]) {
      for (let at = 0; at <= text.length; at += 1) {
        expect(isPlain(text.slice(0, at)) && isPlain(text.slice(at)), `${text} at ${at}`).toBe(false);
      }
    }
  });

  it('is made of the text and not of what stands behind it in memory', () => {
    const whole = `${'a'.repeat(13)}\u{1f600}`;
    for (let i = 0; i < 100_000; i += 1) if (pointAt(whole.slice(0, 14), 13) !== 0xd83d) expect.unreachable();
  });
});
