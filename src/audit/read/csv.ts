/** Records as CSV (RFC 4180), for people with a spreadsheet. */
import type { Json } from '../../core/json.ts';
import type { AuditRecord } from '../format/chain.ts';
import { fieldsOf } from './fields.ts';

const COLUMNS = [
  'seq',
  'timestamp',
  'event',
  'instance',
  'requestId',
  'keyId',
  'team',
  'app',
  'env',
  'client',
  'clientCertSha256',
  'remote',
  'endpoint',
  'model',
  'modelDigest',
  'upstream',
  'stream',
  'promptHash',
  'promptHashKeyId',
  'inputTokens',
  'outputTokens',
  'tokenSource',
  'responseStatus',
  'denial',
  'reason',
  'ending',
  'latencyMs',
  'firstByteMs',
  'findings',
  'redactedOutput',
  'person',
  'operation',
  'route',
  'subject',
  'bodySha256',
  'done',
  'approval',
  'receivedBytes',
  'sentBytes',
] as const;

/** The last column: the fields that have no column of their own, as JSON. */
const OTHERS = 'others';

export const CSV_HEADER = `${[...COLUMNS, OTHERS].join(',')}\r\n`;

export function toCsv(record: AuditRecord): string {
  const { take, rest } = fieldsOf(record);
  const row = COLUMNS.map((name) => take(name));
  return `${[...row, rest()].map(cell).join(',')}\r\n`;
}

/**
 * What a spreadsheet may take for the beginning of a formula (CWE-1236): some skip blanks before it, and some read signs of
 * full width as the plain ones.
 */
const FORMULA = /^(?:[\t\r\n]|[\s\u200b-\u200d\u2060]*[=+\-@＝＋－＠])/;

function cell(value: Json | undefined): string {
  if (value === undefined) return '';
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  const harmless = typeof value === 'string' && FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
