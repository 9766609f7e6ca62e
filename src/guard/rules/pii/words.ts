/** Telling words: what has to stand before a number that its form alone does not give away. */

/** What a text can be asked: a regular expression, or whether one of some words stands in it, in whatever case. */
export interface Words {
  test(text: string): boolean;
}

/** Telling words. */
export interface Context {
  /** Its names: nothing else is called so, and what is called so is nothing else. */
  readonly names: Words;
  readonly namesSource: string;
  /** These, and words that say less: what any country calls such a number, the country, where it is used. */
  readonly all: Words;
}

/** Whether there is a letter in a text: without one no telling word can be. */
export const hasLetter = (text: string): boolean => /[A-Za-z\u0080-\uffff]/.test(text);

/**
 * The alternatives with what they begin with factored out, so that a place in a text is compared with a few of them and
 * not with hundreds.
 */
function factored(sources: readonly string[], depth = 3): string {
  const groups = Map.groupBy(sources, (source) => (depth > 0 && /^[a-z](?![?{])/.test(source) ? source.charAt(0) : ''));
  return Array.from(groups, ([first, group]) =>
    first === '' || group.length === 1
      ? group.join('|')
      : `${first}(?:${factored(
          group.map((source) => source.slice(1)),
          depth - 1,
        )})`,
  ).join('|');
}

/**
 * A pattern for telling words: alternatives in `|`. A blank stands for a blank, an underscore, a hyphen or nothing, `*`
 * for the rest of a word. Words in the Latin alphabet have to stand alone; other scripts do not put blanks between words.
 */
export function words(alternatives: string): Words {
  const sources = alternatives
    .split('|')
    .map((word) => word.replaceAll('.', '\\.').replaceAll(' ', "[\\s_.'-]{0,2}").replaceAll('*', '[a-zà-ž]{0,24}'));
  const isLatin = (word: string) => word.charCodeAt(0) < 0x250;
  const latin = sources.filter(isLatin);
  const others = sources.filter((word) => !isLatin(word));
  const pattern = new RegExp([`(?<![a-z])(?:${factored(latin)})(?![a-z])`, ...others].join('|'));
  return { test: (text) => hasLetter(text) && pattern.test(text.toLowerCase()) };
}

export const named = (names: string, hints = ''): Context => ({
  names: words(names),
  namesSource: names,
  all: words(hints ? `${names}|${hints}` : names),
});

/** What any country's identity number may be called. */
const PERSONAL = [
  'national id*|identity number|identity no|identity card|identity code|identity document|identification number',
  'identification no|identification code|id number|id no|id card|personal id*|personal number|personal code',
  'citizen* id*|resident* id*|national number|national insurance|social security*|social insurance',
].join('|');
export const idWords = (names: string, hints = ''): Context => named(names, hints ? `${hints}|${PERSONAL}` : PERSONAL);

const TAX =
  'tax id*|tax number|tax no|tax code|tax payer*|taxpayer*|tax file|tax ref*|tin|vat|vat id|vat number|vat no|vat reg*';
export const taxWords = (names: string, hints = ''): Context => named(names, hints ? `${hints}|${TAX}` : TAX);

/** Words after which digits are a telephone number and not an identifier of the same form. */
export const PHONE_WORDS = words(
  [
    'phone*|telephone*|tel|mobile*|cell|cellphone|cellular|landline|fax*|whatsapp|sms|hotline|voicemail|pager|dial',
    'telefon*|handy*|mobil|mobiltelefon*|festnetz*|rufnummer|durchwahl|téléphone|téléphoner|portable|tél|fixe',
    'teléfono*|móvil|celular*|telefone*|telemóvel|cellulare|telefoon*|mobiel*|gsm|komórk*|komórkowy|cep|cep no|telepono|puhelin*|matkapuhelin',
    'тел|телефон|моб|мобильный|电话|電話|手机|手機|携帯|전화|휴대폰|휴대전화|โทร|फोन|मोबाइल|هاتف|جوال|טלפון|τηλ|κινητό',
  ].join('|'),
);
