import type { Pseudonyms } from '../core/exchange.ts';
import { wholeEnd } from '../core/utf16.ts';
import { Editor, type Released } from './editor.ts';
import { Group } from './group.ts';
import { Layer } from './layer.ts';
import type { Policy } from './policy.ts';
import { PSEUDONYM } from './pseudonyms.ts';
import { RepeatScanner } from './repeats.ts';
import { ruleSet } from './rule-set.ts';
import { type ForkingScans, Scanner, type Scans } from './scan.ts';

/** What the texts of one exchange have to do with one another. */
export interface Surroundings {
  /** Names that stand for personal data of the prompt; null where there are none. */
  readonly pseudonyms: Pseudonyms | null;
  /** Hashes of what an answer must not repeat (repeats.ts); null where nothing is. */
  readonly guarded: ReadonlySet<number> | null;
}
export const ALONE: Surroundings = { pseudonyms: null, guarded: null };

const PSEUDONYMS = ruleSet([PSEUDONYM]);

/** Reads a text for all that a policy looks for. `mayHide` says, in the end, whether anything in it may be encoded. */
export function reader(
  { sets, actions, direction }: Policy,
  { guarded, pseudonyms }: Surroundings,
): Scans & { readonly mayHide: () => boolean } {
  const rules = (): ForkingScans[] => sets.map((set) => new Scanner(set));
  const repeats = guarded && (actions.injection ?? 'off') !== 'off' ? guarded : null;
  const all = (): ForkingScans[] => [...rules(), ...(repeats ? [new RepeatScanner(repeats, true)] : [])];
  // What is only to be told need not wait in plain text: it is told when it is known.
  const waits = actions.injection !== 'flag';
  const layer = waits
    ? new Layer(all)
    : new Layer(all, undefined, rules(), (length) => (repeats ? [new RepeatScanner(repeats, true, length)] : []));
  const group = new Group([
    layer,
    ...(repeats && !waits ? [new RepeatScanner(repeats, false)] : []),
    // As they were given to the model, and in no other form.
    ...(pseudonyms && direction === 'output' ? [new Scanner(PSEUDONYMS)] : []),
  ]);
  return { push: (piece, last) => group.push(piece, last), mayHide: () => layer.mayHide };
}

/**
 * Judges one text that arrives in pieces. What it releases, finds and blocks is the same however the text is cut; only
 * when it is released differs. Text leaves as soon as no rule can begin or go on in it.
 */
export class Window {
  readonly #reader: Scans;
  readonly #editor: Editor;
  /** Half a surrogate pair, waiting for the other half. */
  #half = '';

  constructor(policy: Policy, channel: string, surroundings: Surroundings = ALONE) {
    this.#reader = reader(policy, surroundings);
    this.#editor = new Editor(policy, channel, surroundings.pseudonyms);
  }

  /** @throws whatever a rule throws; the text must then be refused */
  push(text: string): Released {
    return this.#read(text, false);
  }

  /** Judges the end of the text, with `text` as its last piece. The window must not be used afterwards. */
  end(text = ''): Released {
    return this.#read(text, true);
  }

  #read(pushed: string, last: boolean): Released {
    const text = this.#half + pushed;
    const piece = last ? text : text.slice(0, wholeEnd(text, text.length));
    this.#half = text.slice(piece.length);
    this.#editor.append(piece);
    const { matches, frontier } = this.#reader.push(piece, last);
    const released = this.#editor.release(matches, frontier);
    return released.blocked || !this.#half ? released : { ...released, held: released.held + this.#half.length };
  }
}
