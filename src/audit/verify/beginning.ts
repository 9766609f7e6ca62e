/** Where a log begins, and what explains that it does not begin with record 1. */
import { basename } from 'node:path';
import { GENESIS, type Purge, segmentFirstSeq } from '../format/chain.ts';
import type { Anchor, Piece } from './backbone.ts';
import type { Files } from './scan.ts';

/** What the log should begin behind: nothing, a purge, or, if only some files were given, what it does begin behind. */
export interface Beginning {
  readonly anchor: Anchor;
  readonly purge: Purge | null;
}

/** @param purges those that may explain why the log begins late */
export function beginningOf({ files, whole }: Files, pieces: readonly Piece[], purges: readonly Purge[]): Beginning {
  const lowest = Math.min(...pieces.filter(({ flaw }) => flaw === null).map((piece) => piece.firstSeq));
  // As the name of its first file says, else where it does.
  const lastSeq = (segmentFirstSeq(basename(files[0]!)) ?? (Number.isFinite(lowest) ? lowest : 1)) - 1;
  if (lastSeq === 0) return { anchor: { lastSeq, lastHash: GENESIS }, purge: null };
  const behind = ({ toSeq, head }: Purge): Anchor => ({ lastSeq: toSeq, lastHash: head });
  const purge = purges.find(({ toSeq }) => toSeq === lastSeq) ?? purges.find(({ toSeq }) => toSeq > lastSeq) ?? null;
  if (purge?.toSeq === lastSeq) return { anchor: behind(purge), purge };
  // A crash in the middle of a purge leaves some of what it has declared removed. Or nobody claims that this is all.
  if (purge || !whole) return { anchor: { lastSeq, lastHash: null }, purge };
  const latest = purges.at(-1);
  return { anchor: latest ? behind(latest) : { lastSeq: 0, lastHash: GENESIS }, purge: null };
}
