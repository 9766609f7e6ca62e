/** Reads a log, as often as it takes to know what happened to it: three times at the most. */
import { PURGED_EVENT, type Purge, purgeOf } from '../format/chain.ts';
import { follows, type Piece } from './backbone.ts';
import { beginningOf } from './beginning.ts';
import type { CheckpointCheck } from './checkpoint-check.ts';
import type { Comparing } from './compare.ts';
import { type Diagnosis, diagnose } from './diagnose.ts';
import { type Report, reporting } from './progress.ts';
import { type Files, MAX_PIECES, type Scan, type Sighting, scanFiles } from './scan.ts';

/**
 * Pieces that are put together again at most, as every pair of them is compared. Each break that was found makes two more at
 * the other ends of what was moved; where there are more than these, the same records stand in the log again and again.
 */
export const MAX_JOINED = 4 * MAX_PIECES;

export interface Examined {
  readonly scan: Scan;
  /** From which line on, counted from 0, it was not found out what happened, and why not; null if it was. */
  readonly notExamined: { readonly line: number; readonly message: string } | null;
  readonly broken: Diagnosis;
  /** Those that count, in the order in which they were recorded. */
  readonly purges: readonly Purge[];
  /** The one behind which the log begins. */
  readonly purge: Purge | null;
  /** It begins after record 1, and nothing says why. */
  readonly startsLate: boolean;
  readonly comparing: Comparing | null;
}

/**
 * Reads the log once, and if it is damaged, until it is known what belongs to it.
 * @param check is shown every record
 * @param compare makes what is shown every record that belongs to the log
 * @throws Fault `audit_unreadable`
 */
export async function examine(
  given: Files,
  check: CheckpointCheck | null,
  compare: (() => Comparing) | undefined,
  report: Report | undefined,
): Promise<Examined> {
  const { files } = given;
  let comparing = compare?.() ?? null;
  const declared: Purge[] = [];
  const note = (sighting: Sighting): void => {
    check?.note(sighting);
    comparing?.note(sighting);
    const purge = sighting.record.event === PURGED_EVENT ? purgeOf(sighting.record) : null;
    if (purge && purge.toSeq < purge.seq) declared.push(purge);
  };
  let scan = await scanFiles(files, { note, ...(await reporting('log', files, report)) });
  const { lines } = scan;
  let notExamined = scan.cutShort ? { line: lines - 1, message: TOO_MANY_BREAKS } : null;
  // Where signatures are looked at, only what is signed may explain a gap.
  const purges = declared.filter(({ seq }) => check === null || seq <= check.size);
  const { anchor, purge } = beginningOf(given, scan.pieces, purges);

  let broken: Diagnosis = { findings: [], strays: new Set() };
  const [only] = scan.pieces;
  const intact = scan.pieces.length === 1 && only!.flaw === null && follows(only!, anchor);
  if (scan.pieces.length > 0 && !intact) {
    // A second look cuts wherever a piece could be joined to another, so that what was copied or grafted comes off.
    const joints = new Set(scan.pieces.flatMap(({ firstPrev, lastHash }) => [firstPrev, lastHash]));
    const again = async () => ({ maxLines: lines, ...(await reporting('damage', files, report)) });
    const joined = await scanFiles(files, { joints, maxPieces: MAX_JOINED, ...(await again()) });
    if (joined.cutShort) notExamined ??= { line: joined.lines - 1, message: TOO_MANY_COPIES };
    else scan = joined;
    broken = diagnose(scan.pieces, anchor);
    if (compare && broken.strays.size > 0) {
      // And a third: what does not belong to the log speaks neither for it nor against it.
      const own = compare();
      const note = without(broken.strays, (sighting) => own.note(sighting));
      await scanFiles(files, { note, ...(await again()) });
      comparing = own;
    }
  }
  const startsLate = anchor.lastHash === null && purge === null;
  return { scan, notExamined, broken, purges, purge, startsLate, comparing };
}

const TOO_MANY_BREAKS = `There are more than ${MAX_PIECES} breaks; what follows was not examined.`;
const TOO_MANY_COPIES =
  'The same records stand in this log so often that it was not examined from here on which of them belong to it.';

/** Leaves out the lines of some pieces. */
function without(pieces: Iterable<Piece>, note: (sighting: Sighting) => void): (sighting: Sighting) => void {
  const left = [...pieces];
  return (sighting) => {
    while (left[0] && left[0].start + left[0].lines <= sighting.line) left.shift();
    if (!left[0] || sighting.line < left[0].start) note(sighting);
  };
}
