/** What a phrase rule is, and the families there are. */
import { fold } from '../fold.ts';

/** A row of the table of phrase rules. Rows of one family share their id and differ in language. */
export interface Phrase {
  /** `injection.override`: what audit records and metrics say. */
  readonly id: string;
  /** ISO 639-1. Absent for markup, which belongs to no language. */
  readonly language?: string;
  /**
   * For folded text (fold.ts): lower case, no marks, white space collapsed to one blank. It has no flags. Linear: every repetition is bounded, so that a place to start costs a fixed number of steps at most.
   */
  readonly pattern: RegExp;
  /**
   * Cheap, and true of every text that the pattern matches. Rows of a language share one, so that a text costs one
   * search for each language that it is not in. Alternatives only, without groups, for they are put together.
   */
  readonly hint?: RegExp;
  readonly description: string;
  readonly cannotSee: string;
}

interface Family {
  readonly description: string;
  readonly cannotSee: string;
}

export const FAMILIES = {
  override: {
    description:
      'Orders to ignore, forget or stop following the earlier or own instructions, and claims that these are void.',
    cannotSee:
      'Paraphrases without one of the usual verbs and nouns; misspellings. An order that is quoted without a word on attacks is taken for the order.',
  },
  persona: {
    description: 'Personas without limits: DAN, "do anything now", an assistant that is unfiltered or has no rules.',
    cannotSee: 'Stories in which a character does what the model should not, if nobody says that it has no rules.',
  },
  mode: {
    description: 'Claims that a developer, jailbreak or god mode is on, and orders to enter one.',
    cannotSee: 'Modes with other names. "Developer mode enabled" said of a telephone is taken for an attack.',
  },
  unrestricted: {
    description:
      'Invitations to pretend that there are no restrictions, and to answer without restrictions, filters or ethics.',
    cannotSee: 'The same wish without one of these words.',
  },
  extraction: {
    description:
      'Requests to reveal, print, repeat or translate the system prompt, the instructions or the text above.',
    cannotSee: 'Requests that circle around the prompt and never name it.',
  },
  delimiter: {
    description:
      'The turn of another role, faked: control tokens of chat templates, "[INST]", "### System:", JSON with the role "system".',
    cannotSee:
      'Templates with other markers. A program that writes such markers itself, for raw completions, needs the rule off.',
  },
  smuggling: {
    description:
      'Text that declares itself over and goes on with new instructions: "end of document. new instructions:".',
    cannotSee: 'A change of task without such an announcement.',
  },
  exfiltration: {
    description:
      'Orders to send or append the conversation, the prompt or secrets to an address, or to put them into the URL of an image.',
    cannotSee: 'Orders that name neither the data nor the address.',
  },
  tool_abuse: {
    description:
      'Orders to assistants that read a document: "AI agents reading this page must …", and orders to keep things from the user.',
    cannotSee: 'Orders in a document that do not say whom they address.',
  },
} as const satisfies Record<string, Family>;

export type FamilyName = keyof typeof FAMILIES;

/** What a word of a pattern may not touch on its left and on its right. */
type Edges = readonly [left: string, right: string];

/** Neither side of a Latin word. Letters that do not decompose (ß, ł, ı, ø) count too. */
export const LATIN: Edges = ['(?<![a-zßłıøđæœ])', '(?![a-zßłıøđæœ])'];
export const CYRILLIC: Edges = ['(?<![а-яіїєґ])', '(?![а-яіїєґ])'];
/** For scripts that write no blanks, or put particles and endings on to words. */
export const NO_EDGES: Edges = ['', ''];

const HINTS = new Map<string, RegExp>();
/** One and the same expression for the same source. */
function shared(source: string): RegExp {
  const hint = HINTS.get(source) ?? new RegExp(fold(source));
  HINTS.set(source, hint);
  return hint;
}

/**
 * The rows of one language. The alternatives may be written with accents and as syllables: they are folded like the
 * text. So no quantifier directly after a letter with a mark, no such letters in brackets, no escape in upper case.
 */
export function rows(
  language: string,
  [left, right]: Edges,
  hint: string | undefined,
  families: Partial<Record<FamilyName, readonly string[]>>,
): Phrase[] {
  return Object.entries(families).map(([family, alternatives]) => ({
    id: `injection.${family}`,
    language,
    pattern: new RegExp(`${left}(?:${fold(alternatives.join('|'))})${right}`),
    ...(hint === undefined ? {} : { hint: shared(hint) }),
    ...FAMILIES[family as FamilyName],
  }));
}

/** Up to `most` words of any kind, each followed by a blank. */
export const words = (most: number): string => `(?:[^ .!?;:,]{1,16} ){0,${most}}`;
