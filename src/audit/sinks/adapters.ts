/** What receivers that speak HTTP want to be sent, and how they say that they have it. */
import { hashLine } from '../format/chain.ts';
import type { AuditLine } from './sink.ts';
import { Refused } from './sink.ts';

export interface Adapter {
  readonly maxBatch: number;
  readonly contentType: string;
  /** Added to the query of the URL. */
  readonly query?: Readonly<Record<string, string>>;
  body(batch: readonly AuditLine[]): string;
  /**
   * Reads what came with a status of 2xx, where that does not confirm all records.
   * @throws Refused for records that it does not want, an Error if they have to be sent again
   */
  confirm?(batch: readonly AuditLine[], answer: string): void;
}

const MANY = 500;

/** One record a line, as it stands in the log. */
export const ndjson: Adapter = {
  maxBatch: MANY,
  contentType: 'application/x-ndjson',
  body: (batch) => batch.map(({ text }) => `${text}\n`).join(''),
};

/** The HTTP Event Collector of Splunk: event objects, one behind the other. */
export const splunk: Adapter = {
  maxBatch: MANY,
  contentType: 'application/json',
  body: (batch) =>
    batch
      .map(({ text, record: { timestamp, instance } }) => {
        const time = (Date.parse(timestamp) / 1000).toFixed(3);
        return `{"time":${time},"host":${JSON.stringify(instance)},"source":"sallyport","sourcetype":"_json","event":${text}}\n`;
      })
      .join(''),
};

/**
 * `_bulk` of Elasticsearch and OpenSearch. The document is the record, and `@timestamp`, which a data stream must have. Its
 * `_id` follows from the record, so that one that is sent again is not there twice; and from its hash, so that another
 * log of a gateway of the same name does not get in its way.
 */
export const elastic = (index: string): Adapter => ({
  maxBatch: MANY,
  contentType: 'application/x-ndjson',
  // Nothing of the rest is looked at, and it may quote the records.
  query: { filter_path: 'errors,items.*.status' },
  body: (batch) =>
    batch
      .map(({ seq, text, record: { timestamp, instance } }) => {
        const action = { create: { _index: index, _id: `${instance}-${seq}-${hashLine(text).slice(0, 16)}` } };
        return `${JSON.stringify(action)}\n{"@timestamp":${JSON.stringify(timestamp)},${text.slice(1)}\n`;
      })
      .join(''),
  confirm(batch, answer) {
    const statuses = statusesIn(answer);
    if (statuses === null) return;
    if (statuses.length !== batch.length) throw new Error('its answer to _bulk is not about each of the records');
    const failed = statuses.find((status) => !isThere(status) && status !== 400);
    if (failed !== undefined) throw new Error(`it answered ${failed} for some of the records`);
    const refused = batch.filter((_, index) => statuses[index] === 400).map(({ seq }) => seq);
    if (refused.length > 0) throw new Refused('it answered 400 for some of the records', refused);
  },
});

/** 409: a document with this `_id` is there already, so it was sent before. */
const isThere = (status: number): boolean => (status >= 200 && status < 300) || status === 409;

/** The status of each item; null if all went well. */
function statusesIn(answer: string): number[] | null {
  let bulk: { errors?: unknown; items?: Record<string, { status?: unknown }>[] };
  try {
    bulk = JSON.parse(answer);
    if (bulk.errors === false) return null;
    return bulk.items!.map((item) => Number(Object.values(item)[0]?.status));
  } catch {
    throw new Error('its answer is not that of _bulk');
  }
}

/** One object for each record, with a `text` as Slack, Mattermost and Teams show it. */
export const webhook: Adapter = {
  maxBatch: 1,
  contentType: 'application/json',
  body: (batch) => batch.map(({ record }) => JSON.stringify({ ...record, text: summary(record) })).join('\n'),
};

/** Everybody knows these, or nobody can read them; and what the model wrote is not for a chat. */
const LEFT_OUT = new Set([
  ...['v', 'seq', 'timestamp', 'event', 'instance', 'prev'],
  ...['redactedOutput', 'signature', 'promptHash', 'promptHashKeyId'],
]);
const MOST_CHARACTERS = 1000;

function summary(record: AuditLine['record']): string {
  const fields = Object.entries(record)
    .filter(([name, value]) => !LEFT_OUT.has(name) && value !== null && typeof value !== 'object')
    .map(([name, value]) => `${name}=${value}`);
  const head = `${record.event} on ${record['instance']}`;
  const text = fields.length > 0 ? `${head}: ${fields.join(', ')}` : head;
  return escaped(text.slice(0, MOST_CHARACTERS).toWellFormed());
}

/**
 * A value from outside, such as a name in a certificate, must not make links, mentions or lines of its own. Slack makes them
 * with & < >; the others with @ and the brackets of Markdown, and all of them of what looks like a URL.
 */
const escaped = (text: string): string =>
  text
    .replaceAll(UNSEEN, ' ')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll(/[\\[\]]/g, '\\$&')
    .replaceAll(/@|:\/\/|www\./gi, `$&${ZERO_WIDTH_SPACE}`);

/** Control and format characters, those that turn the direction of text among them, and separators of lines. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu;
const ZERO_WIDTH_SPACE = '\u200b';
