/** A record as a syslog message (RFC 5424), framed for a stream (RFC 5425 §4.3). */
import type { AuditLine } from './sink.ts';

/** "log audit" (RFC 5424 §6.2.1). */
const FACILITY = 13;
const CRITICAL = 2;
const WARNING = 4;
const NOTICE = 5;
const INFORMATIONAL = 6;

/** Alerts that say that evidence is missing or contested; the others ask for attention. */
const CRITICAL_ALERTS = new Set([
  'alert.audit_recovered',
  'alert.sink_gap',
  'alert.witness_refused',
  'alert.signing_key_changed',
]);
const REFUSALS = new Set(['inference.denied', 'admin.denied', 'handshake.refused', 'audit.summarized']);

/**
 * `MSG-LEN SP SYSLOG-MSG`: the length counts octets, so a line may contain anything.
 *
 * MSG is the line of the log, octet for octet, without a byte order mark: RFC 8259 §8.1 forbids one before JSON, and
 * the hash chain holds over exactly these octets. RFC 5424 §6.4 allows that as MSG-ANY. STRUCTURED-DATA is nil: the names
 * of §7 do not fit, one of our own would need an enterprise number, and the line says everything already.
 */
export function syslogFrame({ text, record }: AuditLine): Buffer {
  const { timestamp, event, instance } = record;
  const priority = FACILITY * 8 + severityOf(event);
  const header = `<${priority}>1 ${printable(timestamp, 32)} ${printable(instance, 255)} sallyport - ${printable(event, 32)} - `;
  const message = Buffer.from(header + text);
  return Buffer.concat([Buffer.from(`${message.length} `), message]);
}

function severityOf(event: string): number {
  if (event.startsWith('alert.')) return CRITICAL_ALERTS.has(event) ? CRITICAL : WARNING;
  return REFUSALS.has(event) ? NOTICE : INFORMATIONAL;
}

/** PRINTUSASCII of at most `max` octets (RFC 5424 §6); NILVALUE for nothing. */
const printable = (value: unknown, max: number): string =>
  typeof value === 'string' && value !== '' ? value.slice(0, max).replaceAll(/[^!-~]/g, '_') : '-';
