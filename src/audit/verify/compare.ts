/** Whether a log agrees with the checkpoints that were kept elsewhere: with all of them, not with the newest only. */
import type { Purge } from '../format/chain.ts';
import type { KeptCheckpoints } from './kept.ts';
import { MAX_PIECES, type Sighting } from './scan.ts';

const KINDS = ['missing', 'rewritten', 'truncated'] as const;
export type Disagreement = (typeof KINDS)[number];

export interface CheckpointFinding {
  /** Number of the line in the whole log, from 0. */
  readonly line: number;
  readonly seq: number;
  readonly kind: Disagreement;
  readonly message: string;
}

/** The part of a log that was found, and what is known about the part before. */
export interface Extent {
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly lines: number;
  /** Those that count, in the order in which they were recorded. */
  readonly purges: readonly Purge[];
  /** The records up to this `seq` are gone, and may be; 0 if none are. */
  readonly purgedTo: number;
  /** Lines that are known not to be what they were. */
  readonly named: ReadonlySet<number>;
}

export interface Comparison {
  /** Checkpoints for which there was something to compare them with. */
  readonly compared: number;
  readonly findings: readonly CheckpointFinding[];
}

const UNSEEN = -1;
const AGREES = -2;

export class Comparing {
  readonly #kept: KeptCheckpoints;
  readonly #newest: number;
  /** By checkpoint: a line that stands where the record should that it covers, or one of the above. */
  readonly #met: Float64Array;

  /** @param newest size of the newest checkpoint whose signatures hold */
  constructor(kept: KeptCheckpoints, newest: number) {
    this.#kept = kept;
    this.#newest = newest;
    this.#met = new Float64Array(kept.count).fill(UNSEEN);
  }

  /** Takes notice of the next record of the log. */
  note({ record, hash, line }: Sighting): void {
    for (const index of this.#kept.ofSize(record.seq)) {
      if (this.#met[index] !== AGREES) this.#met[index] = this.#kept.head(index) === hash ? AGREES : line;
    }
  }

  /** What is wrong: of each kind the first, save that of a log that was cut the largest size says most. */
  result(extent: Extent): Comparison {
    const purged = Map.groupBy(extent.purges, ({ toSeq }) => toSeq);
    const against: Record<Disagreement, number[]> = { missing: [], rewritten: [], truncated: [] };
    let compared = 0;
    for (let index = 0; index < this.#kept.count; index++) {
      const verdict = this.#verdict(index, extent, purged);
      if (verdict !== null && !(index > 0 && this.#kept.same(index, index - 1))) compared += 1;
      if (verdict !== null && verdict !== 'agrees') against[verdict].push(index);
    }
    against.truncated.reverse();
    const findings: CheckpointFinding[] = [];
    for (const kind of KINDS) {
      const { first, others } = this.#believed(against[kind]);
      if (first !== null) findings.push(this.#finding(kind, first, others, extent));
    }
    return { compared, findings };
  }

  /** null: there is nothing that it could be compared with, or the chain has said what is wrong. */
  #verdict(
    index: number,
    { firstSeq, lastSeq, purgedTo, named }: Extent,
    purged: ReadonlyMap<number, readonly Purge[]>,
  ): Disagreement | 'agrees' | null {
    const size = this.#kept.size(index);
    const met = this.#met[index]!;
    if (met === AGREES) return 'agrees';
    if (met !== UNSEEN) return named.has(met) ? null : 'rewritten';
    if (size > lastSeq) return 'truncated';
    // Between the first and the last record, the chain itself shows that one is missing.
    if (size > firstSeq) return null;
    const declared = purged.get(size);
    if (declared) return declared.some(({ head }) => head === this.#kept.head(index)) ? 'agrees' : 'rewritten';
    // Of later files alone nobody expects that they hold all that was ever signed, but something they must.
    return size <= purgedTo || size !== this.#newest ? null : 'missing';
  }

  /**
   * The first whose signatures hold, and how many others there are that say something else. A forged line raises no
   * alarm; beyond {@link MAX_PIECES} nobody counts.
   */
  #believed(indexes: readonly number[]): { first: number | null; others: number } {
    let first: number | null = null;
    let others = 0;
    let last: number | null = null;
    for (const index of indexes) {
      if (others > MAX_PIECES) break;
      if ((last !== null && this.#kept.same(index, last)) || !this.#kept.vouched(index)) continue;
      last = index;
      if (first === null) first = index;
      else others += 1;
    }
    return { first, others };
  }

  #finding(kind: Disagreement, index: number, others: number, extent: Extent): CheckpointFinding {
    const size = this.#kept.size(index);
    const met = this.#met[index]!;
    const more = others > MAX_PIECES ? `more than ${MAX_PIECES}` : `${others}`;
    const rest = others === 0 ? '' : ` So ${others === 1 ? 'says' : 'say'} ${more} other${others === 1 ? '' : 's'}.`;
    const at = (line: number, seq: number, message: string) => ({ line, seq, kind, message: message + rest });
    const kept = 'a checkpoint that was kept elsewhere covers';
    if (kind === 'truncated') {
      const message = `The log ends with record ${extent.lastSeq}; ${kept} ${size}: what followed was cut off.`;
      return at(Math.max(0, extent.lines - 1), extent.lastSeq + 1, message);
    }
    if (kind === 'missing') return at(0, size, `Record ${size}, which ${kept}, is not in these files.`);
    if (met === UNSEEN) return at(0, size, `Record ${size} was purged, and is not the one that ${kept}.`);
    const since = this.#agreedBefore(index);
    const after = since === null ? '' : `, after record ${since},`;
    return at(met, size, `Record ${size} is not the one that ${kept}: it or one before it${after} was replaced.`);
  }

  /** Size of the largest before this one that the log agrees with. */
  #agreedBefore(index: number): number | null {
    for (let before = index - 1; before >= 0; before--) {
      const earlier = this.#met[before] === AGREES && this.#kept.size(before) < this.#kept.size(index);
      if (earlier && this.#kept.vouched(before)) return this.#kept.size(before);
    }
    return null;
  }
}
