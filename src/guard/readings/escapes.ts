/** Ways to write an ASCII character by its number or name, as programs and web pages do, and what they do not show. */
import { partialOf } from '../partial.ts';
import { lengths, parsePattern } from '../pattern.ts';
import { charactersOf, isIn } from './runs.ts';

const NAMED: Readonly<Record<string, string>> = {
  commat: '@',
  period: '.',
  comma: ',',
  colon: ':',
  semi: ';',
  hyphen: '-',
  dash: '-',
  lowbar: '_',
  plus: '+',
  num: '#',
  sol: '/',
  bsol: '\\',
  excl: '!',
  quot: '"',
  apos: "'",
  lpar: '(',
  rpar: ')',
  lsqb: '[',
  rsqb: ']',
  lt: '<',
  gt: '>',
  equals: '=',
  percnt: '%',
  amp: '&',
  nbsp: ' ',
  Tab: '\t',
  NewLine: '\n',
  shy: '',
  zwnj: '',
  zwj: '',
};

const HEX = '[2-7][0-9a-f]';
const OCTAL = '(?:[4-7][0-7]|1[0-7][0-7])';
/** What Markdown and shells let a backslash stand in front of, except what begins an escape itself. */
const PUNCTUATION = String.raw`[!-$'-\/:;=-@\[\]^_\x60{-~]`;
/** Elements that are not seen but for the look of what is in them. With attributes they are left alone. */
const INLINE = 'b|i|u|s|em|strong|span|font|code|mark|small|big|sub|sup|tt|del|ins|wbr|bdi|bdo';

/**
 * One escape: of JSON, JavaScript, Python, C, Perl, a URL, HTML, Markdown. An escape of an escape (`%2540`, `&amp;#64;`,
 * `\\u0040`) counts too; so does markup that vanishes. Quoted-printable (`=40`) is not among them: `a=40` is an
 * assignment more often than an address. Nor is `**`: masked data is written with asterisks.
 */
const ESCAPE = new RegExp(
  [
    String.raw`\\{1,4}(?:u00(?:0000)?${HEX}|[ux]\{0{0,12}${HEX}\}|x${HEX}|o\{0{0,3}${OCTAL}\}|0{0,3}1[0-7][0-7]|0{1,3}[4-7][0-7]|${PUNCTUATION})`,
    `%(?:25){0,4}${HEX}`,
    `%u00${HEX}`,
    `&(?:amp;){0,4}(?:#0{0,12}(?:3[2-9]|[4-9][0-9]|1[01][0-9]|12[0-6])(?:;|(?![0-9]))|#x0{0,12}${HEX}(?:;|(?![0-9a-f]))|(?:${Object.keys(NAMED).join('|')});)`,
    String.raw`<(?:\/?(?:${INLINE}) ?\/?>|!-- {0,4}-->)`,
    String.raw`\x1b\[[0-9;]{0,16}[a-z]`,
  ].join('|'),
  'i',
);

/** What escapes begin with, and what may come next. */
const NEXT = new Map(
  (
    [
      ['\\', /[\\uxo0-7!-$'-/:;=-@[\]^_`{-~]/i],
      ['%', /[0-9a-fu]/i],
      ['&', /[#a-z]/i],
      ['<', /[/!a-z]/i],
      ['\u001b', /\[/],
    ] as const
  ).map(([first, next]) => [first.charCodeAt(0), charactersOf(next)]),
);

/** Whether a code unit may begin an escape. */
export const mayEscape = (unit: number): boolean => NEXT.has(unit);

const parsed = parsePattern(ESCAPE);
/** With the character that a lookahead sees. */
const LONGEST = lengths(parsed)[1] + 1;
const whole = new RegExp(ESCAPE, 'yi');
const unfinished = new RegExp(partialOf(parsed), 'yi');
const anywhere = new RegExp(ESCAPE, 'i');
const unfinishedAnywhere = new RegExp(partialOf(parsed), 'i');

/** Whether a text holds an escape, or ends like the beginning of one. */
export function mayHoldEscape(text: string): boolean {
  if (anywhere.test(text)) return true;
  const tail = text.slice(-LONGEST);
  return (unfinishedAnywhere.exec(tail)?.index ?? tail.length) < tail.length;
}

/**
 * The escape that begins at a place, where a character stands that {@link mayEscape}.
 * @returns its length, 0 if there is none, -1 if the text ends before that is known
 */
export function escapeAt(text: string, at: number, last: boolean): number {
  if (at + 1 < text.length && !isIn(NEXT.get(text.charCodeAt(at))!, text.charCodeAt(at + 1))) return 0;
  if (!last && text.length - at <= LONGEST) {
    unfinished.lastIndex = at;
    if (unfinished.test(text)) return -1;
  }
  whole.lastIndex = at;
  return whole.test(text) ? whole.lastIndex - at : 0;
}

/** The character that an escape stands for; nothing if that is not seen. */
export function unescapeOne(written: string): string {
  if (written[0] === '<' || written[0] === '\u001b') return '';
  if (written[0] === '&' && !/#x?[0-9a-f]+;?$/i.test(written)) {
    const name = /([a-z]+);$/i.exec(written)![1]!;
    return NAMED[name] ?? NAMED[name.toLowerCase()] ?? '';
  }
  const digits = /([0-9a-f]+)[;}]?$/i.exec(written)?.[1];
  // A backslash and what it stands in front of
  if (digits === undefined) return written.at(-1)!;
  const octal = /^\\+(?:o\{|[0-7])/i.test(written);
  const decimal = /#[0-9]+;?$/.test(written);
  // The last two digits say it: leading zeros, `u00` and the escapes of percent signs stand in front
  const code = octal ? Number.parseInt(digits, 8) : decimal ? Number(digits) : Number.parseInt(digits.slice(-2), 16);
  return code < 127 ? String.fromCharCode(code) : '';
}
