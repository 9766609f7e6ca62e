/** Identifiers of China, Hong Kong, Japan, Korea and Taiwan. */
import { base36, digit, isDayAt, isMonotone, mod11_2, weighted } from '../checksums.ts';
import { GAP, grouped, type Row, separated } from '../row.ts';
import { idWords, named } from '../words.ts';

/**
 * Foreigners (seventh digit 5 to 8) have two added to the check digit. Numbers given out since October 2020 have none.
 * @see https://en.wikipedia.org/wiki/Resident_registration_number
 */
const koreanCheck = (digits: string): boolean => {
  const sum = weighted(digits, [2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5]) % 11;
  return (/^.{6}[5-8]/.test(digits) ? 13 - sum : 11 - sum) % 10 === digit(digits, 12);
};

const koreanBusiness = (digits: string): boolean =>
  (10 - ((weighted(digits, [1, 3, 7, 1, 3, 7, 1, 3, 5]) + Math.floor((digit(digits, 8) * 5) / 10)) % 10)) % 10 ===
  digit(digits, 9);

const myNumber = (digits: string): boolean => {
  const sum = weighted(digits, [6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11;
  return (sum < 2 ? 0 : 11 - sum) === digit(digits, 11) && !isMonotone(digits);
};

const TAIWAN = 'ABCDEFGHJKLMNPQRSTUVXYWZIO';
const taiwanese = (text: string): boolean => {
  const place = TAIWAN.indexOf(text.charAt(0)) + 10;
  const sum = Math.floor(place / 10) + (place % 10) * 9 + weighted(text.slice(1), [8, 7, 6, 5, 4, 3, 2, 1, 1]);
  return sum % 10 === 0;
};

/** One letter counts with a blank before it, which has the value 36. */
const hongKong = (text: string): boolean => {
  const padded = text.padStart(9, ' ');
  let sum = 0;
  for (let i = 0; i < 8; i += 1) sum += (padded[i] === ' ' ? 36 : base36(padded.charCodeAt(i))) * (9 - i);
  return (sum + base36(padded.charCodeAt(8))) % 11 === 0;
};

export const EAST_ASIA: readonly Row[] = [
  {
    id: 'pii.kr_rrn',
    noun: 'NATIONAL_ID',
    form: String.raw`\d{2}[01]\d[0-3]\d${GAP}?[0-9]\d{6}`,
    check: (digits) => isDayAt(digits, 2, 4),
    context: idWords(
      'rrn|frn|arn|resident registration*|alien registration*|foreigner registration*|주민등록*|주민번호|주민등록번호|외국인등록*',
      'korea*',
    ),
    strong: { test: (match) => (match.length === 14 ? match.charAt(6) === '-' : koreanCheck(match)) },
    examples: ['971013-9019902', '9710139019902', '201031-3123456'],
    lead: '주민등록번호 ',
    source: 'https://arthurdejong.org/python-stdnum/doc/stdnum.kr.rrn',
    description:
      'A Korean resident or foreigner registration number with a day of birth. With its hyphen neither a check digit nor a telling word is needed, bare it needs one of them.',
    cannotSee: 'A wrong check digit in one with a hyphen: those given out since October 2020 have none.',
  },
  {
    id: 'pii.kr_brn',
    noun: 'COMPANY_ID',
    form: String.raw`\d{3}-?\d{2}-?\d{5}`,
    check: (digits) => koreanBusiness(digits) && !isMonotone(digits),
    context: named('brn|business registration*|사업자*|사업자등록번호', 'korea*'),
    strong: separated('-', 3, 2, 5),
    examples: ['116-82-00276', '1168200276'],
    lead: '사업자등록번호 ',
    source: 'https://arthurdejong.org/python-stdnum/doc/stdnum.kr.brn',
    description:
      'A Korean business registration number with a valid check digit; in groups of 3-2-5 no telling word is needed.',
  },
  {
    id: 'pii.jp_my_number',
    noun: 'NATIONAL_ID',
    form: grouped(4, 4, 4),
    check: myNumber,
    context: idWords('my number*|mynumber|individual number|マイナンバー|個人番号', 'japan*'),
    examples: ['123456789018', '1234 5678 9018'],
    lead: 'マイナンバー ',
    source: 'https://arthurdejong.org/python-stdnum/doc/stdnum.jp.cn, Ministerial Ordinance 85 of 2014, article 5',
    description: 'A Japanese individual number with a valid check digit.',
  },
  {
    id: 'pii.cn_resident_id',
    noun: 'NATIONAL_ID',
    form: String.raw`[1-8]\d{5}(?:19|20)\d{2}[01]\d[0-3]\d{4}[\dXx]`,
    check: (text) => isDayAt(text, 10, 12) && mod11_2(text),
    examples: ['11010519491231002X', '440524198001010013'],
    source: 'GB 11643-1999',
    description: 'A Chinese resident identity number with a day of birth and a valid check character.',
    cannotSee: 'The old numbers of 15 digits.',
  },
  {
    id: 'pii.tw_id',
    noun: 'NATIONAL_ID',
    form: String.raw`[A-Za-z][1289]\d{8}`,
    check: taiwanese,
    context: idWords(
      'taiwan* id*|taiwan* national id*|taiwan* identity*|身分證*|身份證*|統一編號|居留證',
      'taiwan*|roc',
    ),
    strong: /^[A-Z]/,
    examples: ['A123456789', 'a123456789'],
    lead: 'Taiwan ID ',
    source: 'https://en.wikipedia.org/wiki/National_identification_card_(Taiwan)',
    description:
      'A Taiwanese identity or residence number with a valid check digit; in small letters it needs a telling word.',
  },
  {
    id: 'pii.hk_id',
    noun: 'NATIONAL_ID',
    bounds: ['(?<![A-Za-z0-9])', '(?![A-Za-z0-9])'],
    form: String.raw`[A-Za-z]{1,2}\d{6}(?:\([0-9Aa]\)|[0-9Aa])`,
    check: hongKong,
    context: idWords('hkid*|身份證*', 'hong kong*'),
    strong: /\(/,
    examples: ['G123456(A)', 'AB987654(3)', 'G123456A'],
    lead: 'HKID ',
    source: 'https://en.wikipedia.org/wiki/Hong_Kong_identity_card',
    description:
      'A Hong Kong identity card number with a valid check digit; without its parentheses it needs a telling word.',
  },
];
