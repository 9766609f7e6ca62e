/**
 * Cuts a text that arrives in pieces into segments that a side-car can judge: sentences, since a name means nothing to
 * a model without what stands around it. Where the cuts are depends on the text alone, not on the pieces.
 */
import { wholeEnd } from '../../core/utf16.ts';

/** Shorter sentences are judged together: a request for "Yes." is not worth its time. */
const SHORTEST = 80;
const LONGEST = 1000;

const BLANK = /\s/;
/** A sentence ends before a blank: after closing quotes and brackets there may be. */
const SENTENCE_END = /[.!?…][)\]}"'’”»*_]{0,3}$/;
/** A title or an initial, "Dr." or "J.": what comes next is the name. */
const SHORT_NAME = /(?:^|[^\p{L}])\p{Lu}\p{L}{0,2}\.$/u;
/** Scripts that put no blank between sentences. */
const FULL_STOP = /[。！？｡।]/;

/** One gate for each text of a stream. Of a text it holds the last 1000 UTF-16 code units at most. */
export class SentenceGate {
  #text = '';
  /** How much of `#text` has been looked at: no segment ends within it. */
  #seen = 0;

  /** @returns the segments that are complete; all segments put together are the text */
  push(text: string): string[] {
    this.#text += text;
    const segments: string[] = [];
    let from = 0;
    for (let end = this.#next(from); end !== null; end = this.#next(from)) {
      segments.push(this.#text.slice(from, end));
      from = end;
      this.#seen = end;
    }
    this.#seen = this.#text.length - from;
    this.#text = this.#text.slice(from);
    return segments;
  }

  /** @returns what is left, if anything; the gate is then as new */
  end(): string[] {
    const rest = this.#text;
    this.#text = '';
    this.#seen = 0;
    return rest === '' ? [] : [rest];
  }

  /** UTF-16 code units that wait for the end of their segment. */
  get held(): number {
    return this.#text.length;
  }

  /** Where the segment that begins at `from` ends; null if that is not known yet. */
  #next(from: number): number | null {
    const text = this.#text;
    const last = Math.min(text.length, from + LONGEST);
    for (let at = Math.max(this.#seen, from + SHORTEST - 1); at < last; at++) {
      if (endsAt(text, at, from)) return at + 1;
    }
    return text.length - from < LONGEST ? null : longCut(text, from);
  }
}

/** Whether a segment may end with the character at `at`. */
function endsAt(text: string, at: number, from: number): boolean {
  const character = text.charAt(at);
  if (character === '\n' || FULL_STOP.test(character)) return true;
  if (!BLANK.test(character)) return false;
  const before = text.slice(Math.max(from, at - 8), at);
  return SENTENCE_END.test(before) && !SHORT_NAME.test(before);
}

/** In a text without sentences: after the last blank, if there is one in the second half. */
function longCut(text: string, from: number): number {
  for (let at = from + LONGEST; at > from + LONGEST / 2; at--) if (BLANK.test(text.charAt(at - 1))) return at;
  // The other half of a surrogate pair may not have come yet.
  return wholeEnd(text, from + LONGEST);
}
