/** The way in to the guards: texts go in, verdicts come out. What an API looks like is not known here. */
import { type Actions, type Direction, policyFor } from './policy.ts';
import { type Released, Window } from './window.ts';

export type { Actions, Direction } from './policy.ts';
export { type Released, Window } from './window.ts';

/** What is to be done with a whole text. */
export type Verdict = Omit<Released, 'held'>;

/** The guards of one direction under one policy. It holds no text and may be shared. */
export interface Guard {
  /**
   * Judges a whole text. `text` of the verdict is redacted, and ends where it was blocked; the findings go on.
   * @param channel which text it is, for the findings: `messages.2.content`
   * @throws whatever a rule throws; the text must then be refused
   */
  readonly inspect: (text: string, channel: string) => Verdict;
  /** Judges a text that arrives in pieces: one window for each text. */
  readonly window: (channel: string) => Window;
  /** The longest match of any rule, in UTF-16 code units: a window holds no more than this of a text that is plain. */
  readonly reach: number;
}

const guards = new Map<string, Guard>();

/** The guard for a policy: compiled when the policy is first met, the same object from then on. */
export function guardFor(direction: Direction, actions: Actions): Guard {
  const key = [direction, actions.injection, actions.pii, actions.secrets].join();
  const known = guards.get(key);
  if (known) return known;
  const policy = policyFor(direction, actions);
  const guard: Guard = {
    inspect(text, channel) {
      const { held: _, ...verdict } = new Window(policy, channel).end(text);
      return verdict;
    },
    window: (channel) => new Window(policy, channel),
    reach: policy.set.maxLength,
  };
  guards.set(key, guard);
  return guard;
}

/** Judges one text under one policy; see {@link Guard.inspect}. */
export const inspect = (
  text: string,
  { direction, actions, channel }: { direction: Direction; actions: Actions; channel: string },
): Verdict => guardFor(direction, actions).inspect(text, channel);

const everything = () => guardFor('output', { pii: 'redact', secrets: 'redact' });

/**
 * Takes out everything that looks like personal data or a credential, whatever the policy of the key: for what is
 * written down. Ends with `[REDACTED]` where something is hidden behind invisible or look-alike characters.
 */
export const redactEverything = (text: string): string => shown(everything().inspect(text, ''));

/** The same for the beginning of a text, up to where the rest could still matter: half an address is not recognised. */
export const redactBeginning = (text: string): string => shown(everything().window('').push(text));

const shown = ({ text, blocked }: Verdict): string => (blocked ? `${text}[REDACTED]` : text);
