import type { Finding } from '../core/reply.ts';
import { isPlain } from './normalise.ts';
import { PlainScanner } from './plain-scanner.ts';
import type { Policy } from './policy.ts';
import { type Match, Scanner } from './scan.ts';

/** What a piece of text led to. */
export interface Released {
  /** Judged and redacted: may be sent on. */
  readonly text: string;
  readonly findings: readonly Finding[];
  /** What stopped the text, from the piece on in which it was seen. Nothing is released after it. */
  readonly blocked: Finding | null;
  /** UTF-16 code units of the text that were pushed and are still held back. */
  readonly held: number;
}

type Seen = Match & { readonly hidden: boolean };

const HIGH_SURROGATE_LAST = /[\ud800-\udbff]$/;

/**
 * Judges one text that arrives in pieces. What it releases, finds and blocks is the same however the text is cut; only
 * when it is released differs. Text leaves as soon as no rule can begin or go on in it.
 *
 * The text is read twice once it needs to be: as it is, and in its plain form (normalise.ts), where a match counts
 * that no match in the text itself covers. Until the first character that is not plain, one reading is both.
 */
export class Window {
  readonly #policy: Policy;
  readonly #channel: string;
  readonly #scanner: Scanner;
  #plainScanner: PlainScanner | null = null;
  /** How much the scanners have read. */
  #length = 0;
  /** Half a surrogate pair, waiting for the other half. */
  #half = '';
  /** Pushed and neither released nor cut out. */
  #text = '';
  /** Offset of `#text` in the whole text. */
  #base = 0;
  /** Seen by one scanner, beyond what the other has decided. */
  #ahead: Seen[] = [];
  #lastCovered = 0;
  #blocked: Finding | null = null;

  constructor(policy: Policy, channel: string) {
    this.#policy = policy;
    this.#channel = channel;
    this.#scanner = new Scanner(policy.set);
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
    let piece = this.#half + pushed;
    this.#half = last ? '' : (HIGH_SURROGATE_LAST.exec(piece)?.[0] ?? '');
    if (this.#half) piece = piece.slice(0, -1);

    const frontier = this.#scan(piece, last);
    const findings: Finding[] = [];
    let out = '';
    let decided = 0;
    for (const seen of this.#ahead) {
      if (seen.start >= frontier) break;
      decided += 1;
      if (seen.hidden && seen.end <= this.#lastCovered) continue;
      const finding = this.#findingOf(seen);
      findings.push(finding);
      out += this.#releaseTo(seen.start);
      if (finding.action === 'block') this.#blocked ??= finding;
      if (finding.action === 'redact' && !this.#blocked) out += seen.rule.label;
      if (finding.action === 'redact') this.#takeTo(seen.end);
      if (!seen.hidden) this.#lastCovered = seen.end;
    }
    this.#ahead = this.#ahead.slice(decided);
    out += this.#releaseTo(frontier);
    const held = this.#blocked ? 0 : this.#text.length + this.#half.length;
    return { text: out, findings, blocked: this.#blocked, held };
  }

  /** Runs the rules over the next piece; returns how far both readings have decided. */
  #scan(piece: string, last: boolean): number {
    if (!this.#plainScanner && this.#policy.set.rules.length > 0 && !isPlain(piece)) {
      this.#plainScanner = new PlainScanner(this.#scanner.fork(), this.#length);
    }
    this.#text += piece;
    this.#length += piece.length;
    const raw = this.#scanner.push(piece, last);
    for (const match of raw.matches) this.#ahead.push({ ...match, hidden: false });
    if (!this.#plainScanner) return raw.frontier;

    const plain = this.#plainScanner.push(piece, last);
    for (const match of plain.matches) this.#ahead.push({ ...match, hidden: true });
    // At the same place the text itself comes first, so that it is known what its match covers.
    this.#ahead.sort((a, b) => a.start - b.start || Number(a.hidden) - Number(b.hidden));
    return Math.min(raw.frontier, plain.frontier);
  }

  #findingOf({ rule, start, end, hidden }: Seen): Finding {
    return {
      rule: rule.id,
      kind: rule.kind,
      action: this.#policy.actionFor(rule, hidden),
      direction: this.#policy.direction,
      channel: this.#channel,
      span: hidden ? null : [start, end],
    };
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
