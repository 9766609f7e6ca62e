/**
 * Reads the subset of regular expressions that rules are written in, and from which other things are derived: what is
 * undecided at the end of a text (partial.ts), and which rules can begin at a place (starts.ts).
 *
 * - literals, `\d \w \s`, `\n \r \t`, `\xHH`, `\uHHHH`, escaped punctuation, classes
 * - `(?:…)` and `|`
 * - `?`, `{n}` and `{n,m}`; nothing unbounded, since what a stream holds back must be bounded
 * - lookarounds of a single character
 *
 * Complements (`[^…] \D \W \S`) are allowed in lookarounds only. Elsewhere they would match half a surrogate pair.
 */

export type Pattern =
  /** One character: a literal, an escape or a class, as it is written. */
  | { readonly kind: 'character'; readonly source: string }
  | { readonly kind: 'lookaround'; readonly source: string }
  | { readonly kind: 'sequence'; readonly items: readonly Pattern[] }
  | { readonly kind: 'choice'; readonly options: readonly Pattern[] }
  | { readonly kind: 'repetition'; readonly item: Pattern; readonly least: number; readonly most: number };

const ESCAPE = String.raw`\\(?:[dwsDWSnrt]|x[\da-fA-F]{2}|u[\da-fA-F]{4}|[^\da-zA-Z])`;
const CHARACTER = String.raw`(?:${ESCAPE}|\[\^?(?:${ESCAPE}|[^\\\]])+\]|[^\\^$.*+?()[\]{}|])`;
const ATOM = new RegExp(CHARACTER, 'y');
const LOOKAROUND = new RegExp(String.raw`\(\?<?[=!]${CHARACTER}\)`, 'y');
const QUANTIFIER = /\?|\{(\d+)(?:,(\d+))?\}/y;
const COMPLEMENT = /^\[\^|\\[DWS]/;
const SURROGATE = /[\ud800-\udfff]|\\u[dD][89a-fA-F]/;

/**
 * @throws Error naming the place in the pattern that is outside the subset
 */
export function parsePattern({ source, flags }: RegExp): Pattern {
  let at = 0;

  const refuse = (why: string): never => {
    throw new Error(`The pattern /${source}/${flags} cannot be used in a stream: ${why} at offset ${at}.`);
  };
  const take = (token: RegExp): RegExpExecArray | null => {
    token.lastIndex = at;
    const taken = token.exec(source);
    if (taken) at = token.lastIndex;
    return taken;
  };

  function atom(): Pattern {
    const around = take(LOOKAROUND);
    if (around) return { kind: 'lookaround', source: around[0] };
    if (source.startsWith('(?:', at)) {
      at += 3;
      const inner = choice();
      if (source[at] !== ')') refuse('a group is not closed');
      at += 1;
      return inner;
    }
    const one = take(ATOM) ?? refuse(`"${source.slice(at, at + 4)}" is not in the subset`);
    if (COMPLEMENT.test(one[0])) refuse(`the complement ${one[0]} stands outside a lookaround`);
    return { kind: 'character', source: one[0] };
  }

  function repeated(): Pattern {
    const item = atom();
    const quantifier = take(QUANTIFIER);
    if (!quantifier) return item;
    const least = Number(quantifier[1] ?? 0);
    return { kind: 'repetition', item, least, most: Number(quantifier[2] ?? quantifier[1] ?? 1) };
  }

  function sequence(): Pattern {
    const items: Pattern[] = [];
    while (at < source.length && source[at] !== '|' && source[at] !== ')') items.push(repeated());
    return { kind: 'sequence', items };
  }

  function choice(): Pattern {
    const options = [sequence()];
    while (source[at] === '|') {
      at += 1;
      options.push(sequence());
    }
    return options.length === 1 ? options[0]! : { kind: 'choice', options };
  }

  if (flags !== '' && flags !== 'i') refuse('it has a flag other than i');
  if (SURROGATE.test(source)) refuse('it names a surrogate');
  const whole = choice();
  if (at < source.length) refuse('there is a ")" too many');
  if (lengths(whole)[0] === 0) refuse('it matches the empty text');
  return whole;
}

/** How short and how long a match can be, in UTF-16 code units. */
export function lengths(pattern: Pattern): readonly [least: number, most: number] {
  switch (pattern.kind) {
    case 'character':
      return [1, 1];
    case 'lookaround':
      return [0, 0];
    case 'sequence': {
      const all = pattern.items.map(lengths);
      return [all.reduce((sum, [least]) => sum + least, 0), all.reduce((sum, [, most]) => sum + most, 0)];
    }
    case 'choice': {
      const all = pattern.options.map(lengths);
      return [Math.min(...all.map(([least]) => least)), Math.max(...all.map(([, most]) => most))];
    }
    case 'repetition': {
      const [least, most] = lengths(pattern.item);
      return [least * pattern.least, most * pattern.most];
    }
  }
}
