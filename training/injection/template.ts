/**
 * Lines of training text with alternatives: `{Please |}ignore the {rules|instructions}` stands for four texts. `\n` is a
 * line break; `\{`, `\}`, `\|` and `\\` are the characters themselves.
 */
import type { Random } from './random.ts';

/** A sequence of literals and choices between sequences. */
export type Template = readonly (string | readonly Template[])[];

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', '{': '{', '}': '}', '|': '|', '\\': '\\' };

/** @throws SyntaxError with the position, if braces do not match */
export function parseTemplate(line: string): Template {
  let at = 0;
  function sequence(depth: number): Template {
    const parts: (string | readonly Template[])[] = [];
    let literal = '';
    for (; at < line.length; at++) {
      const character = line[at]!;
      if (character === '\\' && line[at + 1]! in ESCAPES) literal += ESCAPES[line[++at]!]!;
      else if (character === '{') {
        if (literal) parts.push(literal);
        literal = '';
        const choices: Template[] = [];
        do {
          at++;
          choices.push(sequence(depth + 1));
        } while (line[at] === '|');
        if (line[at] !== '}') throw new SyntaxError(`a brace is not closed at ${at}`);
        parts.push(choices);
      } else if (depth > 0 && (character === '|' || character === '}')) break;
      else if (character === '}') throw new SyntaxError(`a brace closes nothing at ${at}`);
      else literal += character;
    }
    if (literal) parts.push(literal);
    return parts;
  }
  return sequence(0);
}

/** How many texts a template stands for. */
export const size = (template: Template): number =>
  template.reduce<number>(
    (product, part) =>
      typeof part === 'string' ? product : product * part.reduce((sum, choice) => sum + size(choice), 0),
    1,
  );

/** One of the texts a template stands for. */
export const sample = (template: Template, random: Random): string =>
  template
    .map((part) => (typeof part === 'string' ? part : sample(part[Math.floor(random() * part.length)]!, random)))
    .join('');
