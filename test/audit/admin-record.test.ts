import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { adminAdmittedRecord, adminClosingRecord } from '../../src/audit/admin-record.ts';
import { auditLine } from '../../src/audit/events.ts';
import type { Sent } from '../../src/audit/record.ts';
import { Denial } from '../../src/core/denial.ts';
import type { Operator, Reached, Understood } from '../../src/core/exchange.ts';

const CANARY = 'canary-5d1c';
const PAYLOAD = Buffer.from(`{"model":"llama-3","note":"${CANARY}"}`);
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
  receivedBytes: PAYLOAD.length,
  sentBytes: 7,
};
const arrived: Reached = {
  ...{ id: 'req-1', arrivedAt: new Date(), startMs: 0, httpVersion: '1.1', remote: '192.0.2.7' },
  ...{ method: CANARY, target: `/${CANARY}`, headers: [['authorization', `Bearer ${CANARY}`]] },
  certificate: Buffer.from('der'),
};
const key: Operator = { kind: 'key', id: 'k000000001', roles: ['model-admin'], team: 't', app: 'a', env: 'e' };
const person: Operator = { kind: 'person', id: 'anna', roles: ['model-admin'], team: null, app: null, env: null };
const understood = (operator: Operator): Understood =>
  ({
    ...arrived,
    client: { name: 'web', kind: 'uri', certSha256: 'ab'.repeat(32) },
    operator,
    operation: { name: 'upstream', parameters: { secret: CANARY } },
    passage: {
      ...{ upstream: 'gpu-1', route: 'DELETE /api/delete', target: `/${CANARY}?model=llama-3` },
      ...{ body: 'json', destructive: true },
    },
    payload: PAYLOAD,
    fields: { reason: CANARY },
    subject: 'llama-3',
    approval: 'ap00000001',
  }) as Understood;

const WHAT = {
  operation: 'upstream',
  upstream: 'gpu-1',
  // What stands in the query is of the catalogue, and says what was done: `?mode=abort`.
  route: 'DELETE /api/delete?model=llama-3',
  subject: 'llama-3',
  bodySha256: createHash('sha256').update(PAYLOAD).digest('hex'),
  approval: 'ap00000001',
};
const PEER = { client: 'web', clientCertSha256: 'ab'.repeat(32), remote: '192.0.2.7' };
const BY_KEY = { requestId: 'req-1', keyId: 'k000000001', team: 't', app: 'a', env: 'e', ...PEER, person: null };
const BY_PERSON = { requestId: 'req-1', keyId: null, team: null, app: null, env: null, ...PEER, person: 'anna' };
const frame = { v: 1, seq: 1, timestamp: '2026-05-04T10:01:00.000Z', instance: 'i', prev: 'ab'.repeat(32) };

describe.each([
  ['a key', key, BY_KEY],
  ['a person', person, BY_PERSON],
])('of %s', (_, operator, who) => {
  test('the intent says who, what and about what', () => {
    const record = adminAdmittedRecord(understood(operator));
    expect(record).toEqual({ event: 'admin.admitted', ...who, ...WHAT });
    expect(auditLine.safeParse({ ...frame, ...record }).error).toBeUndefined();
  });

  test('the end says so again, and how it went', () => {
    const record = adminClosingRecord({ ...understood(operator), intentSeq: 7 }, sent);
    expect(record).toEqual({
      event: 'admin.completed',
      ...who,
      ...WHAT,
      ...{ responseStatus: 200, denial: null, receivedBytes: PAYLOAD.length, sentBytes: 7, latencyMs: 3 },
      ending: 'complete',
      done: true,
    });
    expect(auditLine.safeParse({ ...frame, ...record }).error).toBeUndefined();
  });
});

describe('a refusal', () => {
  const refused = (denial: Denial): Sent => {
    const { receivedBytes: _, sentBytes: __, ...rest } = sent;
    return { ...rest, status: denial.status, denial, ending: 'blocked' };
  };

  test('before anybody is known names the certificate all the same, and null for the rest', () => {
    const record = adminClosingRecord(arrived, refused(new Denial('identity_revoked', { reason: 'expired' })));
    expect(record).toMatchObject({
      ...{ event: 'admin.denied', clientCertSha256: createHash('sha256').update('der').digest('hex') },
      ...{ client: null, keyId: null, person: null, operation: null, subject: null, bodySha256: null },
      ...{ responseStatus: 401, denial: 'identity_revoked', reason: 'expired', receivedBytes: 0, sentBytes: 0 },
    });
    expect(auditLine.safeParse({ ...frame, ...record }).error).toBeUndefined();
  });

  test('of a key names it where the secret was right, and nobody', () => {
    const denial = new Denial('invalid_api_key', { reason: 'other_client', keyId: 'k000000001' });
    expect(adminClosingRecord(arrived, refused(denial))).toMatchObject({
      ...{ keyId: 'k000000001', team: null, app: null, env: null, person: null, reason: 'other_client' },
    });
  });

  test('after it was understood says what was refused', () => {
    const record = adminClosingRecord(understood(person), refused(new Denial('approval_required')));
    expect(record).toMatchObject({ event: 'admin.denied', ...BY_PERSON, ...WHAT, denial: 'approval_required' });
  });
});

test('nothing else that the operator sent is in it: no header, no target, no parameter, no body', () => {
  const x = { ...understood(key), intentSeq: 7 };
  expect(JSON.stringify([adminAdmittedRecord(x), adminClosingRecord(x, sent)])).not.toContain(CANARY);
});

test('where no body is held there is no hash', () => {
  expect(adminAdmittedRecord({ ...understood(key), payload: null })).toMatchObject({ bodySha256: null });
});

test.each<[string, Partial<Reached>, Partial<Sent>, boolean]>([
  ['own work that has a reply', { reply: {} as never }, {}, true],
  [
    'own work whose operator was cut off behind it',
    { reply: {} as never },
    { denial: new Denial('invalid_api_key'), status: null },
    true,
  ],
  ['own work that was refused on the way', {}, { denial: new Denial('conflict'), status: 409 }, false],
  ['a passage that was answered', { passage: understood(key).passage! }, { status: 404 }, true],
  [
    'a passage that was cut off in the answer',
    { passage: understood(key).passage! },
    { denial: new Denial('invalid_api_key'), status: 200 },
    true,
  ],
  [
    'a passage whose model server failed',
    { passage: understood(key).passage! },
    { denial: new Denial('upstream_error'), status: 502 },
    false,
  ],
  ['a passage that nobody answered', { passage: understood(key).passage! }, { status: null }, false],
])('whether it was done: %s', (_, x, end, done) => {
  const { passage: __, ...own } = understood(key);
  const record = adminClosingRecord({ ...own, ...x, intentSeq: 7 } as Reached, { ...sent, ...end });
  expect(record).toMatchObject({ event: 'admin.completed', done });
});
