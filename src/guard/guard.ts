/** The way in to the guards: texts go in, verdicts come out. What an API looks like is not known here. */
import { wholeEnd } from '../core/utf16.ts';
import { Editor, type Released } from './editor.ts';
import { type Origin, ordersIn } from './injection/orders.ts';
import { type Actions, type Direction, type Policy, policyFor } from './policy.ts';
import type { Match } from './scan.ts';
import { ALONE, reader, type Surroundings, Window } from './window.ts';

export type { Released } from './editor.ts';
export type { Origin } from './injection/orders.ts';
export { type Memory, memory } from './memory.ts';
export type { Actions, Direction, Policy } from './policy.ts';
export { pseudonymsFor } from './pseudonyms.ts';
export { sequencesOf } from './repeats.ts';
export type { Match } from './scan.ts';
export { ALONE, type Surroundings, Window } from './window.ts';

/** What is to be done with a whole text. */
export type Verdict = Omit<Released, 'held'>;

/** The guards of one direction under one policy. It holds no text and may be shared. */
export interface Guard {
  /** Says all that the verdict on a text depends on, beside the text itself. */
  readonly id: string;
  readonly policy: Policy;
  /**
   * Finds what there is in a whole text, step by step: between two yields lie some milliseconds of work, on hostile text some dozens.
   * @throws whatever a rule throws; the text must then be refused
   */
  readonly examine: (text: string, origin: Origin, surroundings: Surroundings) => Generator<void, readonly Match[]>;
  /** Does to a whole text what the policy says about what was found in it. */
  readonly edit: (text: string, matches: readonly Match[], channel: string, surroundings: Surroundings) => Verdict;
  /** Judges a text that arrives in pieces: one window for each text. */
  readonly window: (channel: string, surroundings?: Surroundings) => Window;
}

const guards = new Map<string, Guard>();

/** The guard for a policy: compiled when the policy is first met, the same object from then on. */
export function guardFor(direction: Direction, { injection = 'off', pii = 'off', secrets = 'off' }: Actions): Guard {
  const id = [direction, injection, pii, secrets].join();
  const known = guards.get(id);
  if (known) return known;
  const policy = policyFor(direction, { injection, pii, secrets });
  const guard: Guard = {
    id,
    policy,
    *examine(text, origin, surroundings) {
      const matches: Match[] = [];
      const layer = reader(policy, surroundings);
      for (const [slice, last] of slicesOf(text)) {
        for (const match of layer.push(slice, last).matches) matches.push(match);
        yield;
      }
      if (direction === 'output' || injection === 'off') return matches;
      return [...matches, ...(yield* ordersIn(text, origin, layer.mayHide()))];
    },
    edit: (text, matches, channel, { pseudonyms }) => {
      const editor = new Editor(policy, channel, pseudonyms);
      editor.append(text);
      return editor.release(matches, text.length);
    },
    window: (channel, surroundings = ALONE) => new Window(policy, channel, surroundings),
  };
  guards.set(id, guard);
  return guard;
}

/** Characters that are judged at a stretch: some milliseconds of work at the worst. */
const SLICE = 16 * 1024;

/** A text in pieces that go through no surrogate pair. */
function* slicesOf(text: string): Generator<readonly [slice: string, last: boolean]> {
  let at = 0;
  while (text.length - at > SLICE) {
    const end = wholeEnd(text, at + SLICE);
    yield [text.slice(at, end), false];
    at = end;
  }
  yield [text.slice(at), true];
}

/**
 * Takes out everything that looks like personal data or a credential, whatever the policy of the key: for what is
 * written down.
 */
export const redactEverything = (text: string): string => everything().window('').end(text).text;

/** The same for the beginning of a text, up to where the rest could still matter: half an address is not recognised. */
export const redactBeginning = (text: string): string => everything().window('').push(text).text;

const everything = () => guardFor('output', { pii: 'redact', secrets: 'redact' });
