import { expect, test } from 'vitest';
import { closingRecord, type Sent } from '../../src/audit/record.ts';
import { Denial } from '../../src/core/denial.ts';
import type { Reached } from '../../src/core/exchange.ts';
import type { Finding } from '../../src/core/reply.ts';

const CANARY = 'canary-5d1c';
const sent: Sent = {
  ending: 'complete',
  status: 200,
  denial: null,
  findings: [],
  usage: null,
  tokenSource: null,
  firstByteMs: 1.4,
  latencyMs: 2.6,
  snippet: null,
};
const arrived = {
  id: 'r',
  remote: '::1',
  headers: [['authorization', CANARY]],
  target: `/${CANARY}`,
  method: CANARY,
  startMs: 0,
} as unknown as Reached;

test('nothing that the client chose is in it: not a header, not the target, not the request', () => {
  const x = {
    ...arrived,
    request: { messages: [{ content: CANARY }] },
    findings: [{ rule: 'r', text: CANARY } as unknown as Finding],
  };
  expect(JSON.stringify(closingRecord(x, sent))).not.toContain(CANARY);
});

test('is a denial until the intent was written, and the end of it from then on', () => {
  expect(closingRecord(arrived, sent).event).toBe('inference.denied');
  expect(closingRecord({ ...arrived, intentSeq: 7 }, sent).event).toBe('inference.completed');
});

test('of a refused key it names the id, and nobody', () => {
  const denial = new Denial('invalid_api_key', { reason: 'other_client', keyId: 'k000000001' });
  const record = closingRecord(arrived, { ...sent, denial });
  expect(record).toMatchObject({ keyId: 'k000000001', team: null, app: null, env: null, reason: 'other_client' });
  const key = { id: 'k000000002', team: 't', app: 'a', env: 'e' } as Reached['key'];
  expect(closingRecord({ ...arrived, key: key! }, { ...sent, denial })).toMatchObject({
    keyId: 'k000000002',
    team: 't',
  });
});

test('names every field, null where it does not apply', () => {
  const record: Record<string, unknown> = closingRecord(arrived, sent);
  for (const field of [
    'keyId',
    'team',
    'client',
    'endpoint',
    'model',
    'upstream',
    'promptHash',
    'inputTokens',
    'denial',
    'redactedOutput',
  ])
    expect(record[field]).toBeNull();
  expect(record).toMatchObject({ latencyMs: 3, firstByteMs: 1, ending: 'complete', responseStatus: 200 });
});

test('does not grow with the number of findings', () => {
  const finding: Finding = {
    rule: 'pii.email',
    kind: 'pii',
    action: 'redact',
    direction: 'output',
    channel: 'choices.0.content',
    span: [0, 1],
  };
  const record: Record<string, unknown> = closingRecord(arrived, {
    ...sent,
    findings: Array.from({ length: 100_000 }, () => finding),
  });
  expect(record['findings']).toHaveLength(100);
  expect(record['findingsOmitted']).toBe(99_900);
});
