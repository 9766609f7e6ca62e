/** Reads a log from its files and cuts it where the chain does not hold. Streams: memory grows with the damage only. */
import { stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { Fault } from '../../core/fault.ts';
import { fileFault } from '../../core/files.ts';
import { type AuditRecord, hashLine, parseLine, readLines, segmentFirstSeq, segmentsIn } from '../format/chain.ts';
import type { Piece } from './backbone.ts';

/** Beyond this many breaks a log is not damaged but another text; the rest is not looked at. */
export const MAX_PIECES = 1000;

export interface Files {
  readonly files: readonly string[];
  /** A directory was named: what is in it should be all there is. */
  readonly whole: boolean;
}

/**
 * Finds files, and the segments of directories, in the order of the log.
 * @throws Fault `audit_not_found` if there are none, `audit_unreadable`
 */
export async function listFiles(paths: readonly string[]): Promise<Files> {
  const found = new Set<string>();
  let whole = false;
  for (const path of paths) {
    try {
      if ((await stat(path)).isDirectory()) {
        whole = true;
        for (const name of await segmentsIn(path)) found.add(resolve(path, name));
      } else found.add(resolve(path));
    } catch (error) {
      throw fileFault('audit_unreadable', 'the audit log', path, error, 'Run this as a user who may read it.');
    }
  }
  if (found.size === 0) {
    throw new Fault(
      'audit_not_found',
      `There is no audit log in ${paths.join(', ')}. Name a directory with audit-*.jsonl files, or the files.`,
    );
  }
  const rank = (path: string) => segmentFirstSeq(basename(path)) ?? Number.NaN;
  // Files of another name (a copy, an export) stay in the order in which they were given.
  return { files: [...found].sort((a, b) => rank(a) - rank(b) || 0), whole };
}

/** A record as it was met. */
export interface Sighting {
  readonly record: AuditRecord;
  readonly bytes: Buffer;
  readonly hash: string;
  /** Number of the line in the whole log, from 0. */
  readonly line: number;
}

export interface ScanOptions {
  /** Is shown every record. */
  readonly note?: (sighting: Sighting) => void;
  /** Hashes behind which a piece ends in any case. */
  readonly joints?: ReadonlySet<string>;
  /** Pieces beyond which the rest is not looked at: {@link MAX_PIECES} unless told. */
  readonly maxPieces?: number;
  /** Lines to read. */
  readonly maxLines?: number;
  /** Is told how much was read since it was told before. */
  readonly report?: (bytes: number, lines: number) => void;
}

export interface Scan {
  readonly pieces: readonly Piece[];
  /** Lines that were read. */
  readonly lines: number;
  /** There were more pieces than wanted. */
  readonly cutShort: boolean;
  readonly locate: (line: number) => { file: string; line: number };
}

/**
 * Cuts the log into pieces in which every line follows the one before.
 * @throws Fault `audit_unreadable`
 */
export async function scanFiles(
  files: readonly string[],
  { note, joints, maxPieces = MAX_PIECES, maxLines = Infinity, report }: ScanOptions = {},
): Promise<Scan> {
  const pieces: Piece[] = [];
  const firstLines: number[] = [];
  let lines = 0;
  let piece: Piece | null = null;

  const take = (line: Buffer, torn: boolean) => {
    const lastHash = hashLine(line);
    const record = parseLine(line);
    if (torn || typeof record === 'string') {
      const flaw = typeof record === 'string' && !torn ? record : 'torn';
      pieces.push({ start: lines, lines: 1, firstSeq: NaN, lastSeq: NaN, firstPrev: '', lastHash, flaw });
      piece = null;
    } else if (
      piece !== null &&
      record.seq === piece.lastSeq + 1 &&
      record.prev === piece.lastHash &&
      !joints?.has(record.prev)
    ) {
      piece.lines += 1;
      piece.lastSeq = record.seq;
      piece.lastHash = lastHash;
    } else {
      const { seq, prev } = record;
      piece = { start: lines, lines: 1, firstSeq: seq, lastSeq: seq, firstPrev: prev, lastHash, flaw: null };
      pieces.push(piece);
    }
    if (!torn && typeof record !== 'string') note?.({ record, bytes: line, hash: lastHash, line: lines });
    lines += 1;
  };

  const cutShort = () => pieces.length > maxPieces;
  const full = () => lines >= maxLines || cutShort();
  for (const [index, file] of files.entries()) {
    firstLines.push(lines);
    let bytes = 0;
    try {
      for await (const { lines: whole, torn } of readLines(file)) {
        const before = bytes;
        for (const line of whole) {
          if (full()) break;
          take(line, false);
          bytes += line.length + 1;
        }
        report?.(bytes - before, whole.length);
        if (full()) break;
        if (torn && !(index === files.length - 1 && (await stat(file)).size > bytes + torn.length)) take(torn, true);
      }
    } catch (error) {
      throw fileFault('audit_unreadable', 'the audit log', file, error, 'Run this as a user who may read it.');
    }
    if (full()) break;
  }
  return {
    pieces,
    lines,
    cutShort: cutShort(),
    locate: (line) => {
      const index = firstLines.findLastIndex((first) => first <= line);
      return { file: files[index]!, line: line - firstLines[index]! + 1 };
    },
  };
}
