/** A record as a person reads it: one line, in columns. */
import type { Json } from '../../core/json.ts';
import type { AuditRecord } from '../format/chain.ts';
import { fieldsOf } from './fields.ts';
import { printable } from './printable.ts';

/** Longest value that is shown of a field without a column. */
const MAX_VALUE = 60;

/** Without the newline, and without control characters. */
export function oneLine(record: AuditRecord): string {
  const columns = [record.timestamp, record.event.padEnd(19), ...columnsOf(record)];
  return printable(columns.join('  ').trimEnd());
}

function columnsOf(record: AuditRecord): string[] {
  if (record.event.startsWith('inference.')) return ofRequest(record);
  if (record.event.startsWith('admin.')) return ofAdministration(record);
  return ofOther(record);
}

const columnsIn = (record: AuditRecord) => {
  const text = (name: string): string => String(record[name] ?? '-');
  const pair = (one: string, two: string): string => (record[one] || record[two] ? `${text(one)}/${text(two)}` : '-');
  return { text, pair };
};
const unit = (value: string, unit: string): string => (value.includes('-') ? '' : `${value} ${unit}`);

function ofRequest(record: AuditRecord): string[] {
  const { text, pair } = columnsIn(record);
  return [
    pair('team', 'app').padEnd(20),
    text('keyId').padEnd(10),
    pair('endpoint', 'model').padEnd(32),
    ...endOf(record, unit(`${text('inputTokens')}+${text('outputTokens')}`, 'tokens')),
  ];
}

function ofAdministration(record: AuditRecord): string[] {
  const { text, pair } = columnsIn(record);
  const where = record['route'] ? `${text('upstream')} ${text('route')}` : text('operation');
  return [
    (record['person'] ? text('person') : pair('team', 'app')).padEnd(20),
    text('keyId').padEnd(10),
    (record['subject'] ? `${where} ${text('subject')}` : where).padEnd(32),
    ...endOf(record, unit(`${text('receivedBytes')}+${text('sentBytes')}`, 'bytes')),
  ];
}

/**
 * How it ended, and what has no column because it matters only then: why somebody was refused, and who it was if no key
 * says so.
 */
function endOf(record: AuditRecord, amount: string): string[] {
  const { text } = columnsIn(record);
  const further = [...(record['team'] ? [] : ['client']), 'reason', 'approval'];
  return [
    text('responseStatus').padStart(3),
    text('denial').padEnd(15),
    text('ending').padEnd(12),
    amount.padStart(16),
    unit(text('latencyMs'), 'ms').padStart(8),
    ...further.flatMap((name) => (record[name] ? [`${name}=${shortened(record[name])}`] : [])),
  ];
}

function ofOther(record: AuditRecord): string[] {
  const { take, rest } = fieldsOf(record);
  for (const frame of ['v', 'seq', 'timestamp', 'event', 'instance', 'prev', 'signature']) take(frame);
  return Object.entries(rest()).map(([name, value]) => `${name}=${shortened(value)}`);
}

function shortened(value: Json): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > MAX_VALUE ? `${text.slice(0, MAX_VALUE)}…` : text;
}
