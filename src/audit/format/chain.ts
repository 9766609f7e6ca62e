/**
 * The format of the audit log: what a line is, how lines are chained, what the files are called. The writer and the
 * verifier share this folder and nothing else, so that a fault in one cannot hide itself in the
 * other.
 *
 * A line is one JSON object in UTF-8 (RFC 8259), ended by a newline. Its last member, `prev`, is the SHA-256 of the
 * bytes of the line before, without the newline, across files; the first line of all names {@link GENESIS}.
 */
import { hash } from 'node:crypto';
import { open, readdir } from 'node:fs/promises';
import { isObject, type JsonObject } from '../../core/json.ts';

/** `prev` of the record with `seq` 1: there is nothing before it. */
export const GENESIS = '0'.repeat(64);

/** Version of the format, the `v` of every record. */
export const FORMAT_VERSION = 1;

/** Longest line, in bytes, that is written, or read as one. */
export const MAX_LINE_BYTES = 16 * 1024 * 1024;

const NEWLINE = 0x0a;
const READ_BYTES = 256 * 1024;
const SEGMENT = /^audit-(\d{12,})\.jsonl$/;
/** A SHA-256, hex. */
export const HASH = /^[0-9a-f]{64}$/;

/** SHA-256 of the bytes of a line without its newline, hex. */
export const hashLine = (line: string | Uint8Array): string => hash('sha256', line, 'hex');

/** Whether a value can be a SHA-256 as this format writes it: 64 hex digits in lower case. */
export const isHash = (value: unknown): value is string => typeof value === 'string' && HASH.test(value);

/** Name of the file whose first record has this `seq`. */
export const segmentName = (firstSeq: number): string => `audit-${String(firstSeq).padStart(12, '0')}.jsonl`;

/** `seq` of the first record of a file, by its name; null if it is not called as a segment is. */
export function segmentFirstSeq(name: string): number | null {
  const digits = SEGMENT.exec(name)?.[1];
  return digits === undefined ? null : Number(digits);
}

/** Names of the segments in a directory, oldest first. */
export async function segmentsIn(dir: string): Promise<string[]> {
  const names = (await readdir(dir)).filter((name) => segmentFirstSeq(name) !== null);
  return names.sort((a, b) => segmentFirstSeq(a)! - segmentFirstSeq(b)!);
}

/** What the log itself puts into each record. */
export interface Position {
  readonly seq: number;
  /** RFC 3339, UTC, milliseconds. */
  readonly timestamp: string;
  readonly instance: string;
  /** {@link hashLine} of the line before. */
  readonly prev: string;
}

/** What a record says. The members that the log adds itself cannot be given. */
export type AuditFields = {
  readonly event: string;
  readonly v?: never;
  readonly seq?: never;
  readonly timestamp?: never;
  readonly instance?: never;
  readonly prev?: never;
  readonly [field: string]: unknown;
};

/**
 * One line, without its newline. Members in the order that docs/audit.md promises: what the log adds, around what the
 * record says, `event` first. Put together as text, because that is several times as fast as copying an object to print it.
 */
export function formatLine({ seq, timestamp, instance, prev }: Position, { event, ...rest }: AuditFields): string {
  const said = JSON.stringify(rest).slice(1, -1);
  const own = said === '' ? '' : `,${said}`;
  return `{"v":${FORMAT_VERSION},"seq":${seq},"timestamp":"${timestamp}","event":${JSON.stringify(event)},"instance":${JSON.stringify(instance)}${own},"prev":"${prev}"}`;
}

/** A line that can stand in a chain. */
export type AuditRecord = JsonObject & {
  readonly seq: number;
  readonly timestamp: string;
  readonly event: string;
  readonly prev: string;
};

/** Says which records have been removed from the beginning of the log: the chain goes on behind the gap. */
export const PURGED_EVENT = 'audit.purged';

export interface Purge {
  /** `seq` of the record that says so. */
  readonly seq: number;
  /** `seq` of the last record that was removed. */
  readonly toSeq: number;
  /** {@link hashLine} of that record. */
  readonly head: string;
}

/** What a record with {@link PURGED_EVENT} says; null if it does not say it properly. */
export function purgeOf({ seq, toSeq, head }: AuditRecord): Purge | null {
  return Number.isSafeInteger(toSeq) && isHash(head) ? { seq, toSeq: toSeq as number, head } : null;
}

/** Why a line cannot stand in a chain. */
export type Flaw = 'not_json' | 'not_a_record';

/** Reads one line, without its newline. */
export function parseLine(line: Buffer): AuditRecord | Flaw {
  let value: unknown;
  try {
    value = JSON.parse(line.toString());
  } catch {
    return 'not_json';
  }
  const wellFormed =
    isObject(value) &&
    value['v'] === FORMAT_VERSION &&
    Number.isSafeInteger(value['seq']) &&
    (value['seq'] as number) > 0 &&
    typeof value['timestamp'] === 'string' &&
    typeof value['event'] === 'string' &&
    isHash(value['prev']);
  return wellFormed ? (value as AuditRecord) : 'not_a_record';
}

/** Lines as they come from a file. */
export interface Lines {
  /** Whole lines, without their newlines. They are views of one buffer: used up before the next are asked for. */
  readonly lines: readonly Buffer[];
  /** Bytes after the last newline of the file; null before its end, and where there are none. */
  readonly torn: Buffer | null;
}

/**
 * Streams the lines of a file, many at a time, in flat memory. A line above {@link MAX_LINE_BYTES} comes in pieces,
 * none of which is a record.
 * @throws whatever the file system throws
 */
export async function* readLines(path: string): AsyncGenerator<Lines> {
  const file = await open(path, 'r');
  try {
    let buffer = Buffer.allocUnsafe(READ_BYTES);
    let filled = 0;
    for (;;) {
      const { bytesRead } = await file.read(buffer, filled, buffer.length - filled, null);
      if (bytesRead === 0) break;
      const end = filled + bytesRead;
      const lines: Buffer[] = [];
      let from = 0;
      for (let at = buffer.indexOf(NEWLINE, filled); at >= 0 && at < end; at = buffer.indexOf(NEWLINE, from)) {
        lines.push(buffer.subarray(from, at));
        from = at + 1;
      }
      if (from === 0 && end >= MAX_LINE_BYTES) {
        lines.push(buffer.subarray(0, end));
        from = end;
      }
      if (lines.length > 0) yield { lines, torn: null };
      filled = end - from;
      const roomy = filled < buffer.length ? buffer : Buffer.allocUnsafe(buffer.length * 2);
      buffer.copy(roomy, 0, from, end);
      buffer = roomy;
    }
    if (filled > 0) yield { lines: [], torn: buffer.subarray(0, filled) };
  } finally {
    await file.close();
  }
}
