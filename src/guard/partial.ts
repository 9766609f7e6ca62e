/**
 * Derives from a pattern the one that recognises its unfinished matches: text that ends before it is decided whether
 * the pattern matches there. The streaming window holds exactly that text back.
 *
 * Every atom A becomes `(?:A|$)` and the whole must reach the end of the text. A path through the original pattern
 * that runs out of text at some atom is then a path through the derived one: it takes `$` there and, the end never
 * moving, at every atom after it. Lookarounds are atoms too: beyond the end of the text they are undecided, not false.
 *
 * This is sound for a subset of regular expressions, and anything outside it throws when the rules are loaded:
 * - literals, `\d \w \s`, `\n \r \t`, `\xHH`, `\uHHHH`, escaped punctuation, classes
 * - `(?:…)` and `|`
 * - `?`, `{n}` and `{n,m}`; nothing unbounded, since what is held back must be bounded
 * - lookarounds of a single character, which is all the context that the window keeps
 *
 * Complements (`[^…] \D \W \S`) are allowed in lookarounds only. Elsewhere they would match half a surrogate pair.
 */

/** The derived pattern, and how long a match of the original can be in UTF-16 code units. */
export interface Shape {
  /** Source of the pattern that matches from where a match may begin to the end of the text. */
  readonly partial: string;
  readonly minLength: number;
  readonly maxLength: number;
}

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
export function shapeOf(pattern: RegExp): Shape {
  const { source, flags } = pattern;
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

  function atom(): Shape {
    const around = take(LOOKAROUND);
    if (around) return { partial: `(?:${around[0]}|$)`, minLength: 0, maxLength: 0 };
    if (source.startsWith('(?:', at)) {
      at += 3;
      const inner = alternatives();
      if (source[at] !== ')') refuse('a group is not closed');
      at += 1;
      return { ...inner, partial: `(?:${inner.partial})` };
    }
    const one = take(ATOM) ?? refuse(`"${source.slice(at, at + 4)}" is not in the subset`);
    if (COMPLEMENT.test(one[0])) refuse(`the complement ${one[0]} stands outside a lookaround`);
    return { partial: `(?:${one[0]}|$)`, minLength: 1, maxLength: 1 };
  }

  function quantified(): Shape {
    const { partial, minLength, maxLength } = atom();
    const quantifier = take(QUANTIFIER);
    if (!quantifier) return { partial, minLength, maxLength };
    const least = Number(quantifier[1] ?? 0);
    const most = Number(quantifier[2] ?? quantifier[1] ?? 1);
    return { partial: partial + quantifier[0], minLength: minLength * least, maxLength: maxLength * most };
  }

  function sequence(): Shape {
    let shape: Shape = { partial: '', minLength: 0, maxLength: 0 };
    while (at < source.length && source[at] !== '|' && source[at] !== ')') {
      const next = quantified();
      shape = {
        partial: shape.partial + next.partial,
        minLength: shape.minLength + next.minLength,
        maxLength: shape.maxLength + next.maxLength,
      };
    }
    return shape;
  }

  function alternatives(): Shape {
    const branches = [sequence()];
    while (source[at] === '|') {
      at += 1;
      branches.push(sequence());
    }
    return {
      partial: branches.map((branch) => branch.partial).join('|'),
      minLength: Math.min(...branches.map((branch) => branch.minLength)),
      maxLength: Math.max(...branches.map((branch) => branch.maxLength)),
    };
  }

  if (flags !== '' && flags !== 'i') refuse('it has a flag other than i');
  if (SURROGATE.test(source)) refuse('it names a surrogate');
  const whole = alternatives();
  if (at < source.length) refuse('there is a ")" too many');
  if (whole.minLength === 0) refuse('it matches the empty text');
  return { ...whole, partial: `(?:${whole.partial})$` };
}
