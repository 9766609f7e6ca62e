/** Where a person is reached, and when they were born. Telephone numbers have a file of their own. */
import { isDay } from './checksums.ts';
import type { Row } from './row.ts';
import { words } from './words.ts';

/** Latin letters with accents: half of Europe has them in its mail addresses (RFC 6531). */
const ACCENTED = String.raw`\u00c0-\u024f`;
const LOCAL = String.raw`[\w.%+${ACCENTED}-]`;
const LABEL = `[A-Za-z0-9${ACCENTED}][A-Za-z0-9${ACCENTED}-]{0,62}`;

/** Not a person's: the user of every SSH remote, and file names such as `icon@2x.png`. */
const NO_MAILBOX = /^git@|@\dx\.|\.(?:png|jpe?g|gif|svg|webp|css|html?|json|tsx?|jsx?|mjs)$/i;

const MONTHS = [
  'jan|january|january|januar|janvier|enero|ene|gennaio|gen|janeiro|januari|stycznia|янв|января',
  'feb|february|februar|février|fév|febrero|febbraio|fevereiro|fev|februari|lutego|фев|февраля',
  'mar|march|märz|mär|mars|marzo|março|maart|marca|мар|марта',
  'apr|april|avril|avr|abril|abr|aprile|kwietnia|апр|апреля',
  'may|mai|mayo|maggio|mag|maio|mei|maja|мая',
  'jun|june|juni|juin|junio|giugno|giu|junho|czerwca|июн|июня',
  'jul|july|juli|juillet|juil|julio|luglio|lug|julho|lipca|июл|июля',
  'aug|august|août|agosto|ago|augustus|augusti|sierpnia|авг|августа',
  'sep|sept|september|septembre|septiembre|settembre|set|setembro|września|сен|сентября',
  'oct|october|oktober|okt|octobre|octubre|ottobre|ott|outubro|out|października|окт|октября',
  'nov|november|novembre|noviembre|novembro|listopada|ноя|ноября',
  'dec|december|dezember|dez|décembre|déc|diciembre|dic|dicembre|dezembro|grudnia|дек|декабря',
];
const MONTH_OF = new Map(MONTHS.flatMap((names, index) => names.split('|').map((name) => [name, index + 1] as const)));
const LETTERS = String.raw`[A-Za-z\u00c0-\u017f\u0400-\u04ff]`;

/** A day of the last hundred and thirty years, in whatever order its parts stand. */
function isBirthday(match: string): boolean {
  const parts = match.toLowerCase().match(/\d+|[^\s\d.,/-]+/g) ?? [];
  const numbers = parts.filter((part) => /^\d+$/.test(part)).map(Number);
  const named = parts.map((part) => MONTH_OF.get(part)).find((month) => month !== undefined);
  const [first = 0, second = 0, third = 0] = numbers;
  if (named !== undefined) return numbers.length === 2 && (isDay(named, first) || isDay(named, second));
  if (numbers.length !== 3) return false;
  return first > 31 ? isDay(second, third) : isDay(second, first) || isDay(first, second);
}

const BIRTH = words(
  [
    'born|dob|d.o.b.|date of birth|birth date|birthdate|birthday|bday|birth day',
    'geb|geboren*|geburtsdatum|geburtstag|né|née|naissance|nacido|nacida|nació|nacimiento|cumpleaños|nato|nata|nascita',
    'nascido|nascida|nasceu|nascimento|geboortedatum|urodzony|urodzona|urodzenia|född*|fødselsdato|født|syntynyt|syntymäaika',
    'родился|родилась|рождения|народився|生年月日|生日|出生|生まれ|생년월일|생일|तारीख|doğum',
  ].join('|'),
);

const DATE = String.raw`[./\-]`;

export const CONTACT: readonly Row[] = [
  {
    id: 'pii.birth_date',
    noun: 'BIRTH_DATE',
    form: [
      String.raw`\d{1,2}${DATE}\d{1,2}${DATE}(?:\d{4}|\d{2})`,
      String.raw`(?:19|20)\d{2}${DATE}\d{1,2}${DATE}\d{1,2}`,
      String.raw`\d{1,2}(?:st|nd|rd|th|er|\.|º)? (?:of |de |d')?${LETTERS}{3,12}\.?,? (?:de )?(?:19|20)\d{2}`,
      String.raw`(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}\.? \d{1,2}(?:st|nd|rd|th)?,? (?:19|20)\d{2}`,
      '(?:19|20)\\d{2}\\u5e74\\d{1,2}\\u6708\\d{1,2}\\u65e5',
    ].join('|'),
    look: (match, before) => BIRTH.test(before.slice(-50)) && isBirthday(match),
    examples: ['31.01.1980', '01/31/1980', '1980-01-31', '31 January 1980', 'January 31, 1980', '31 de enero de 1980'],
    lead: 'born on ',
    source: 'ISO 8601 and the customs of writing dates, Unicode CLDR',
    description: 'A date after a word for being born: "DOB", "born on", "Geburtsdatum", "fecha de nacimiento".',
    cannotSee: 'Dates without such a word in the 100 characters before them, ages, dates in words.',
  },
  {
    id: 'pii.email',
    noun: 'EMAIL',
    bounds: [`(?<!${LOCAL})`, '(?![A-Za-z0-9])'],
    form: String.raw`${LOCAL}{1,64}(?:'${LOCAL}{1,32})?@(?:${LABEL}\.){1,5}[A-Za-z]{2,24}`,
    look: (match) => !NO_MAILBOX.test(match),
    examples: [
      'ada@example.com',
      'ada.lovelace+work@mail.example.co.uk',
      "o'brien@example.org",
      'j\u00f6rg@m\u00fcller.example.de',
      'ADA@EXAMPLE.COM',
    ],
    source: 'RFC 5322, RFC 6531',
    description: 'A mail address: up to 64 characters, an at sign, a domain name. Accented Latin letters included.',
    cannotSee:
      'Addresses spelt out ("name at example dot com"), quoted local parts, IP addresses as the domain, other scripts.',
  },
];
