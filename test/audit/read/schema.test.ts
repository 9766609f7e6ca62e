/** The JSON Schema that readers check by says what the gateway writes. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { auditLine, auditLineSchema } from '../../../src/audit/events.ts';
import { conforms } from '../../support/json-schema.ts';
import { recordsOf, tempDir, withLog } from '../helpers.ts';
import { EVENT_NAMES, recordOf, SAMPLES, sample } from './samples.ts';

const schema = auditLineSchema();
/** Of a refusal that has none; and those that came after the first logs were written. */
const OPTIONAL = ['reason', 'adminPort', 'listener'];

test.each(EVENT_NAMES)('a record of %s conforms, and does not without one of its fields', (event) => {
  const { record } = recordOf(event);
  expect(auditLine.safeParse(record).error).toBeUndefined();
  expect(conforms(record, schema)).toBe(true);
  for (const name of ['v', 'seq', 'instance', 'prev', ...Object.keys(SAMPLES[event])].filter(
    (it) => !OPTIONAL.includes(it),
  )) {
    const { [name]: _, ...incomplete } = record;
    expect({ name, conforms: conforms(incomplete, schema) }).toEqual({ name, conforms: false });
  }
});

describe('the schema', () => {
  test.each([
    ['a field of a later version', recordOf('gateway.stopped', { soft: true }).record, true],
    ['an event of a later version', { ...recordOf('gateway.stopped').record, event: 'model.loaded' }, true],
    ['an event of a later version without the frame', { event: 'model.loaded' }, false],
    ['another version of the format', { ...recordOf('gateway.stopped').record, v: 2 }, false],
    ['a status that is a text', recordOf('inference.completed', { responseStatus: '200' }).record, false],
    ['an ending that does not exist', recordOf('inference.completed', { ending: 'lost' }).record, false],
    [
      'a finding with a text in place of a span',
      recordOf('inference.completed', { findings: [{ span: 'x' }] }).record,
      false,
    ],
    ['a prompt', 'hello', false],
  ])('%s', (_what, value, lets) => expect(conforms(value, schema)).toBe(lets));

  test('what the writer adds by itself conforms', async () => {
    const dir = await tempDir();
    // A file for each record, a checkpoint after every second.
    const settings = { segmentBytes: 1, checkpointEveryRecords: 2 };
    await withLog(dir, settings, async (log) => {
      for (const event of EVENT_NAMES.filter((name) => !name.startsWith('audit.'))) await log.append(sample(event));
    });
    const records = await recordsOf(dir);
    expect(records.map(({ event }) => event)).toEqual(expect.arrayContaining(['audit.checkpoint', 'audit.segment']));
    expect(records.filter((record) => !auditLine.safeParse(record).success)).toEqual([]);
    expect(records.filter((record) => !conforms(record, schema))).toEqual([]);
  });

  test('so do the golden vectors, as far as they are of events of ours', () => {
    const lines = readFileSync(join(import.meta.dirname, '../../vectors/audit-v1.jsonl'), 'utf8')
      .trim()
      .split('\n');
    const records = lines.map((line) => JSON.parse(line));
    const whole = ['audit.segment', 'audit.checkpoint', 'audit.purged', 'alert.orphan', 'gateway.stopped'];
    const ours = records.filter(({ event }) => whole.includes(event));
    expect(ours.length).toBeGreaterThan(5);
    expect(ours.filter((record) => !conforms(record, schema))).toEqual([]);
  });
});
