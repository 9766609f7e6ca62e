/**
 * Characters that are taken for an ASCII one and that NFKC leaves as they are, each row after the one it stands for:
 * letters of other scripts that look the same (the prototypes of Unicode's confusables.txt, UTS #39, in the scripts
 * that have cases), Latin letters with a stroke or hook, small capitals, letters that are turned over, and the Cyrillic
 * and Greek ones that do not look the same but are used for it. Digits of every script are reckoned, see fold.ts.
 */
const ROWS: readonly string[] = [
  '2ƧϨꙄꝚ',
  '3ƷȜЗӠⳌꝪꞫ',
  '4Ꮞ',
  '5Ƽ',
  '6ᏮⳒ',
  '7𐓒',
  '8Ȣȣ',
  '9ⳊꝮ',
  'AȺΑАᎪꓮ',
  'BƁƂɃΒВᏴꓐꞖꞴ',
  'CƇȻСᏟⲤꓚꞒꟄ𐐕',
  'DĐƊƋᎠꓓꟇ',
  'EɆΕЕᎬꓰ',
  'FƑϜꓝꞘ',
  'GƓǤԌᏀᏳꓖꞠ',
  'HĦΗНᎻⱧⲎꓧꞪ',
  'IƖƗΙІӀⲒꓲ',
  'JɈͿЈᎫꓙꞲ',
  'KƘΚКᏦⱩⲔꓗꝀꝂꝄꞢ',
  'LŁȽᏞⱠⱢⳐꓡꝈꞭ𐐛',
  'MΜϺМᎷⱮⲘꓟ',
  'NƝȠΝⲚꓠꞐꞤ',
  'OØƟǾΟОՕⲞꓳꝊꝌ𐐄𐓂',
  'PƤΡРᏢⱣⲢꓑꝐꝒꝔ',
  'QꝖꝘ',
  'RƦɌᎡᏒⱤꓣꞦ𐒴',
  'SЅՏᏕᏚⱾꓢꞨꟅꟉ𐐠',
  'TŦƬƮȾΤТᎢⲦꓔ',
  'UՍꓴꞸ𐓎',
  'VƲѴᏙꓦꝞ',
  'WԜᎳᏔⱲꓪ',
  'XΧХⲬꓫꞳ',
  'YƳɎΥУҮᎩᎽⲨꓬ',
  'ZƵȤΖᏃⱫⱿꓜꟆ',
  'aɐɑαаᴀᶏⱥ',
  'bƀƄɓʙβЬвьᏏᵬᶀꞗ',
  'cƈȼɔɕсᴄⲥꞓꞔꮯ𐐽',
  'dđƌȡɖɗδԁᏧᴅᵭᶁᶑꓒꟈ',
  'eǝɇəεеҽᴇᶒ℮ⱸꬲ',
  'fƒɟքᵮᶂẝꜰꞙꬵ',
  'gƃƍǥɠɡɢցᵷᶃꞡ',
  'hħɥɦʜнһհᏂⱨꞕ',
  'iıɨɩɪιіӏᎥᴉᶖꙇꭵ',
  'jȷɉɾʄʝϳјᴊ',
  'kƙʞκкᴋᶄⱪꝁꝃꝅꞣ',
  'lłƚǀȴɫɬɭʟᶅⱡꝉꞁꞎ',
  'mɯɱмᴍᵯᶆ',
  'nƞȵɲɳɴηпոռᵰᶇꞑꞥ',
  'oøǿοσоօჿᴏᴑⱺⲟꝋꝍꬽ𐐬𐓪',
  'pƥρрᴘᵱᵽᶈⲣꝑꝓꝕ',
  'qɋʠԛգզꝗꝙꞯ',
  'rɍɹɼɽʀгᴚᴦᵲᵳᶉⲅꞧꭇꭈꮁ',
  'sƽȿʂѕᵴᶊꜱꞩꟊꮪ𐑈',
  'tŧƫƭȶʇʈτтᴛᵵⱦ',
  'uʋμυսᴜᶙꞟꞹꭎꭒ𐓶',
  'vʌνѵᴠⱱⱴꝟꮩ𑜆',
  'wʍωѡԝաᴡⱳꮃ𑜊𑜎𑜏',
  'x×χхᶍ',
  'yƴɏɣʎʏγуүყᶌỿꭚ',
  'zƶȥɀʐʑᴢᵶᶎⱬꮓ',
  // Dashes, hyphens, minus signs
  '-\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2043\u02d7\u2796\u2e3a\u2e3b\u30fb\u058a\u1806',
  // Full stops that host names are written with (UTS #46), and dots that are put in their place
  '.\u3002\u00b7\u2022\u2027\u2219\u22c5\u06d4\ua4f8',
  "'\u2018\u2019\u201a\u201b\u2032\u00b4\u02bc\u02b9\u055a",
  '"\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb',
  '/\u2044\u2215\u29f8',
  ':\u02d0\ua789\u2236',
  '|\u2223\u01c0',
  '~\u223c',
  // A blank cell of Braille shows nothing, and is not invisible by Unicode's property
  ' \u2800\u1680',
  '\n\u2028\u2029\u0085',
];

/** Runs of letters and digits in order, which NFKC leaves: where the run begins, and what its first one stands for. */
const RUNS: readonly (readonly [first: number, last: number, ascii: string])[] = [
  [0x1f150, 0x1f169, 'A'],
  [0x1f170, 0x1f189, 'A'],
  [0x1f1e6, 0x1f1ff, 'A'],
  [0x2776, 0x277e, '1'],
  [0x2780, 0x2788, '1'],
  [0x278a, 0x2792, '1'],
  [0x24f5, 0x24fd, '1'],
];

/** What each look-alike stands for, by code point. */
export const LOOKALIKES: ReadonlyMap<number, string> = new Map([
  ...ROWS.flatMap((row) => Array.from(row.slice(1), (like) => [like.codePointAt(0)!, row[0]!] as const)),
  ...RUNS.flatMap(([first, last, ascii]) =>
    Array.from(
      { length: last - first + 1 },
      (_, n) => [first + n, String.fromCharCode(ascii.charCodeAt(0) + n)] as const,
    ),
  ),
]);
