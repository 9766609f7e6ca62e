import type { Pseudonyms } from '../core/exchange.ts';
import type { Finding } from '../core/reply.ts';
import { byPlace } from './group.ts';
import type { Policy } from './policy.ts';
import { PSEUDONYM } from './pseudonyms.ts';
import type { Match } from './scan.ts';

/** What a piece of text led to. */
export interface Released {
  /** Judged and redacted: may be sent on. */
  readonly text: string;
  readonly findings: readonly Finding[];
  /** What stopped the text, from the piece on in which it was seen. Nothing is released after it. */
  readonly blocked: Finding | null;
  /** Whether it is not what it was: something was cut out, or put back. */
  readonly changed: boolean;
  /** UTF-16 code units of the text that were pushed and are still held back. */
  readonly held: number;
}

type Acting = Finding['action'];
const SEVERITY: Record<Acting, number> = { flag: 0, redact: 1, pseudonymise: 1, block: 2 };

/**
 * Does to a text what the policy says about the matches in it. A match that lies within an earlier one with the same
 * consequence, or a graver one, says nothing new. Where two that are cut out overlap, one label stands for both.
 */
export class Editor {
  readonly #policy: Policy;
  readonly #channel: string;
  readonly #pseudonyms: Pseudonyms | null;
  /** Pushed and neither released nor cut out. */
  #text = '';
  /** Offset of `#text` in the whole text. */
  #base = 0;
  /** The last match of each severity: the one that reaches furthest. */
  readonly #covered: (readonly [start: number, end: number] | undefined)[] = [];
  /** End of what was cut out last. */
  #cutEnd = 0;
  #blocked: Finding | null = null;

  constructor(policy: Policy, channel: string, pseudonyms: Pseudonyms | null) {
    this.#policy = policy;
    this.#channel = channel;
    this.#pseudonyms = pseudonyms;
  }

  append(text: string): void {
    this.#text += text;
  }

  /**
   * Lets go of the text up to `frontier`.
   * @param matches all that begin before it and have not been given before, in any order
   */
  release(matches: readonly Match[], frontier: number): Released {
    const findings: Finding[] = [];
    let out = '';
    let changed = false;
    for (const match of matches.length > 1 ? matches.toSorted(this.#byGravity) : matches) {
      if (match.rule === PSEUDONYM) {
        const value = this.#valueOf(match);
        if (value === null) continue;
        out += this.#releaseTo(match.start);
        this.#takeTo(match.end);
        changed = true;
        if (!this.#blocked) out += value;
        continue;
      }
      out += this.#releaseTo(match.start);
      const action = this.#policy.actionFor(match.rule);
      if (this.#covers(match, SEVERITY[action])) continue;
      const finding = this.#findingOf(match, action);
      findings.push(finding);
      if (action === 'block') this.#blocked ??= finding;
      if (this.#blocked || action === 'flag') continue;
      const isNew = match.start >= this.#cutEnd;
      const value = this.#takeTo(match.end);
      this.#cutEnd = match.end;
      changed = true;
      if (isNew) out += action === 'redact' ? match.rule.label : this.#pseudonyms!.nameFor(match.rule.label, value);
    }
    out += this.#releaseTo(frontier);
    return { text: out, findings, blocked: this.#blocked, changed, held: this.#blocked ? 0 : this.#text.length };
  }

  /** In order of their place, the graver first where that is the same: so that it does not depend on who saw it first. */
  readonly #byGravity = (a: Match, b: Match): number =>
    byPlace(a, b) || this.#severityOf(b) - this.#severityOf(a) || (a.rule.id < b.rule.id ? -1 : 1);

  #severityOf({ rule }: Match): number {
    return rule === PSEUDONYM ? -1 : SEVERITY[this.#policy.actionFor(rule)];
  }

  /** What a name stands for; null if it is none, or if what is cut out reaches into it. */
  #valueOf({ start, end }: Match): string | null {
    const from = start - this.#base;
    if (from < 0) return null;
    const name = this.#text.slice(from, end - this.#base);
    const value = this.#pseudonyms?.valueOf(name) ?? name;
    return value === name ? null : value;
  }

  #covers({ start, end }: Match, severity: number): boolean {
    for (const covered of this.#covered.slice(severity))
      if (covered && covered[0] <= start && end <= covered[1]) return true;
    if (end > (this.#covered[severity]?.[1] ?? 0)) this.#covered[severity] = [start, end];
    return false;
  }

  #findingOf({ rule, start, end }: Match, action: Acting): Finding {
    const { direction } = this.#policy;
    return { rule: rule.id, kind: rule.kind, action, direction, channel: this.#channel, span: [start, end] };
  }

  #takeTo(offset: number): string {
    const length = Math.max(0, offset - this.#base);
    const taken = this.#text.slice(0, length);
    this.#text = this.#text.slice(length);
    this.#base += length;
    return taken;
  }

  #releaseTo(offset: number): string {
    const taken = this.#takeTo(offset);
    return this.#blocked ? '' : taken;
  }
}
