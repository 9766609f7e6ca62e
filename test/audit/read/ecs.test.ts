import { describe, expect, test } from 'vitest';
import { toEcs } from '../../../src/audit/read/ecs.ts';
import { holds } from './holds.ts';
import { EVENT_NAMES, recordOf } from './samples.ts';

/** The expected types of each category: https://www.elastic.co/docs/reference/ecs/ecs-allowed-values-event-category */
const EXPECTED: Readonly<Record<string, readonly string[]>> = {
  api: ['access', 'admin', 'allowed', 'change', 'creation', 'deletion', 'denied', 'end', 'info', 'start', 'user'],
  authentication: ['start', 'end', 'info'],
  configuration: ['access', 'change', 'creation', 'deletion', 'info'],
  file: ['access', 'change', 'creation', 'deletion', 'info'],
  iam: ['admin', 'change', 'creation', 'deletion', 'group', 'info', 'user'],
  intrusion_detection: ['allowed', 'denied', 'info'],
  process: ['access', 'change', 'end', 'info', 'start'],
};

describe.each(EVENT_NAMES)('%s in ECS', (name) => {
  const { record, line } = recordOf(name);
  const event = toEcs(record, line);

  test('has what every event must have, with allowed categories', () => {
    const { kind, category, type, action } = event['event'] as Record<string, string[]>;
    expect(event).toMatchObject({ '@timestamp': record.timestamp, ecs: { version: '8.17.0' } });
    expect({ kind, action }).toEqual({ kind: name.startsWith('alert.') ? 'alert' : 'event', action: name });
    expect(EXPECTED[category![0]!]).toEqual(expect.arrayContaining(type!));
  });

  test('loses nothing', () => {
    expect(Object.keys(record).filter((field) => field !== 'v' && !holds(event, record[field]!))).toEqual([]);
  });
});

test('a request in ECS', () => {
  const { record, line } = recordOf('inference.completed');
  expect(toEcs(record, line)).toMatchObject({
    event: {
      kind: 'event',
      category: ['api'],
      type: ['access', 'end'],
      action: 'inference.completed',
      outcome: 'success',
      id: 'gate-1/1',
      sequence: 1,
      hash: expect.stringMatching(/^[0-9a-f]{64}$/),
      duration: 567_000_000,
    },
    user: { id: 'k000000001', name: 'spiffe://corp/bot' },
    organization: { name: 'research' },
    labels: { app: 'bot', env: 'prod' },
    source: { ip: '192.0.2.7', address: '192.0.2.7' },
    tls: { client: { hash: { sha256: 'AB'.repeat(32) } } },
    http: { request: { id: 'req-1' }, response: { status_code: 200 } },
    gen_ai: {
      operation: { name: 'chat' },
      request: { model: 'llama-3' },
      usage: { input_tokens: 12, output_tokens: 34 },
    },
    rule: { name: ['email'] },
    sallyport: {
      endpoint: 'chat.completions',
      ending: 'complete',
      promptHash: record['promptHash'],
      prev: record.prev,
    },
  });
});

test.each([
  ['inference.completed', { ending: 'client_left' }, { event: { outcome: 'failure' } }],
  ['inference.denied', {}, { event: { outcome: 'failure', reason: 'revoked' }, error: { code: 'identity_revoked' } }],
  ['inference.denied', { remote: 'unix' }, { source: { address: 'unix' } }],
  ['inference.completed', { ending: 'revoked', denial: 'invalid_api_key' }, { event: { outcome: 'failure' } }],
  [
    'admin.admitted',
    {},
    { event: { outcome: 'unknown', type: ['admin', 'allowed', 'start'] }, user: { id: 'k000000001' } },
  ],
  ['admin.completed', { keyId: null, person: 'anna' }, { event: { outcome: 'success' }, user: { id: 'anna' } }],
  [
    'admin.completed',
    {},
    {
      http: { request: { body: { bytes: 21 } }, response: { status_code: 200, body: { bytes: 345 } } },
      sallyport: { operation: 'upstream', route: 'DELETE /api/delete', subject: 'llama-3' },
    },
  ],
  ['admin.denied', {}, { event: { outcome: 'failure', reason: 'other_client' }, error: { code: 'invalid_api_key' } }],
  ['lockdown.on', {}, { user: { name: 'anna@gate-1' }, event: { reason: 'model server compromised' } }],
  ['key.rotated', {}, { user: { target: { id: 'k000000001' } }, sallyport: { replacedBy: 'k000000002' } }],
  ['key.issued', {}, { user: { target: { id: 'k000000001' } }, event: { type: ['creation', 'admin'] } }],
  ['audit.checkpoint', {}, { sallyport: { keyId: 'ab'.repeat(8) } }],
  [
    'audit.summarized',
    {},
    { event: { start: expect.any(String), end: expect.any(String) }, sallyport: { count: 900 } },
  ],
] as const)('%s with %j', (name, changes, part) => {
  const { record, line } = recordOf(name, changes);
  expect(toEcs(record, line)).toMatchObject(part);
});

test('an event of a later version keeps its fields', () => {
  const { record, line } = recordOf('gateway.stopped');
  const event = toEcs({ ...record, event: 'model.loaded', weights: { size: 7 } }, line);
  expect(event).toMatchObject({ event: { action: 'model.loaded' }, sallyport: { weights: { size: 7 } } });
});
