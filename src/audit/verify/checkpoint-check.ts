/** What the signatures in a log prove. */
import { CHECKPOINT_EVENT, type PublicKeys, readCheckpoint } from '../format/checkpoint.ts';
import { MAX_PIECES, type Sighting } from './scan.ts';

export interface BadCheckpoint {
  /** Number of the line in the whole log, from 0. */
  readonly line: number;
  readonly seq: number;
  readonly kind: 'bad_checkpoint';
  readonly message: string;
}

export class CheckpointCheck {
  readonly #keys: PublicKeys;
  readonly #bad: BadCheckpoint[] = [];
  #good = 0;
  #size = 0;

  constructor(keys: PublicKeys) {
    this.#keys = keys;
  }

  /** Sound checkpoints so far. */
  get good(): number {
    return this.#good;
  }

  /** `seq` of the last record that one of them covers; 0 if there is none. */
  get size(): number {
    return this.#size;
  }

  /** The others: the first {@link MAX_PIECES}. */
  get bad(): readonly BadCheckpoint[] {
    return this.#bad;
  }

  /** Takes notice of the next record of the log. */
  note({ record, bytes, line }: Sighting): void {
    if (record.event !== CHECKPOINT_EVENT) return;
    const { v, seq, timestamp, event, instance, prev } = record;
    const read = readCheckpoint(record, this.#keys);
    let flaw = typeof read === 'string' ? read : null;
    if (typeof read !== 'string') {
      const { origin, size, head, keyId, signature } = read;
      const own = { v, seq, timestamp, event, instance, origin, size, head, keyId, signature, prev };
      if (size !== seq - 1 || head !== prev) flaw = 'does not stand behind the record that it covers';
      else if (!Buffer.from(JSON.stringify(own)).equals(bytes)) flaw = 'was altered beside what is signed';
      else {
        this.#good += 1;
        this.#size = Math.max(this.#size, size);
      }
    }
    if (flaw === null || this.#bad.length >= MAX_PIECES) return;
    this.#bad.push({ line, seq, kind: 'bad_checkpoint', message: `This checkpoint ${flaw}.` });
  }
}
