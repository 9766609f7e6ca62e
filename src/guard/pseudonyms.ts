import type { Pseudonyms } from '../core/exchange.ts';
import type { Rule } from './rule.ts';

/** `<EMAIL_1>`, as a model may also write it in lower case. */
const FORM = /<[A-Za-z][A-Za-z0-9_]{0,40}_\d{1,6}>/;
const EVERY = new RegExp(FORM, 'g');

/**
 * The names that stand for personal data of one request while the model has it. The model sees `<EMAIL_1>`; where it
 * says so in its answer, the client gets the value back. They live as long as the exchange does.
 * @param texts all that is sent to the model: a name that is in it already would stand for two things
 */
export function pseudonymsFor(texts: readonly string[]): Pseudonyms & { readonly size: number } {
  const taken = new Set(texts.flatMap((text) => text.match(EVERY) ?? []).map((name) => name.toUpperCase()));
  const names = new Map<string, string>();
  const values = new Map<string, string>();
  const last = new Map<string, number>();

  function newName(kind: string): string {
    for (let number = (last.get(kind) ?? 0) + 1; ; number += 1) {
      const name = `<${kind}_${number}>`;
      if (taken.has(name)) continue;
      last.set(kind, number);
      return name;
    }
  }

  return {
    nameFor(label, value) {
      const name = names.get(value) ?? newName(label.replace(/^\[|(?:_REDACTED)?\]$/g, ''));
      names.set(value, name);
      values.set(name, value);
      return name;
    },
    valueOf: (name) => values.get(name.toUpperCase()) ?? name,
    hide(text) {
      // The longest first: it may contain another.
      const all = [...names].sort(([a], [b]) => b.length - a.length);
      return all.reduce((hidden, [value, name]) => hidden.replaceAll(value, () => name), text);
    },
    get size() {
      return values.size;
    },
  };
}

/** Finds names in an answer. What it finds is no finding: it is put back. */
export const PSEUDONYM: Rule = {
  id: 'pseudonym',
  kind: 'pii',
  label: '',
  pattern: FORM,
  description: 'A name that stands for personal data.',
  cannotSee: '',
};
