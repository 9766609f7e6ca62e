import type { Match, Scanned, Scans } from './scan.ts';

/** From left to right; of those that begin at the same place, the longest first. */
export const byPlace = (a: Match, b: Match): number => a.start - b.start || b.end - a.end;

const NOTHING: readonly Match[] = [];

/** Several that read the same text: what all of them have decided, in order of its place. */
export class Group implements Scans {
  #members: readonly Scans[];
  #length: number;
  /** Seen by one, beyond what another has decided. */
  #ahead: readonly Match[] = NOTHING;

  /** @param length how much of the text they have read */
  constructor(members: readonly Scans[], length = 0) {
    this.#members = members;
    this.#length = length;
  }

  /** One more, that has read as much as the others. */
  join(member: Scans): void {
    this.#members = [...this.#members, member];
  }

  get length(): number {
    return this.#length;
  }

  push(piece: string, last: boolean): Scanned {
    this.#length += piece.length;
    let frontier = this.#length;
    let matches = this.#ahead;
    for (const member of this.#members) {
      const seen = member.push(piece, last);
      if (seen.matches.length > 0) matches = [...matches, ...seen.matches];
      if (seen.frontier < frontier) frontier = seen.frontier;
    }
    if (matches.length === 0) return { matches, frontier };
    const sorted = matches.toSorted(byPlace);
    const ahead = last ? -1 : sorted.findIndex(({ start }) => start >= frontier);
    this.#ahead = ahead < 0 ? NOTHING : sorted.slice(ahead);
    return { matches: ahead < 0 ? sorted : sorted.slice(0, ahead), frontier };
  }
}
