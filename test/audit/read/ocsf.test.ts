import { describe, expect, test } from 'vitest';
import { toOcsf } from '../../../src/audit/read/ocsf.ts';
import { holds } from './holds.ts';
import { EVENT_NAMES, recordOf } from './samples.ts';

/** By class of OCSF 1.4.0: its activities, and the attributes that it requires beside those of every event. */
const CLASSES: Readonly<Record<number, { activities: readonly number[]; required: readonly string[] }>> = {
  1008: { activities: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 99], required: ['log_name'] },
  2004: { activities: [0, 1, 2, 3, 99], required: ['finding_info'] },
  3002: { activities: [0, 1, 2, 3, 4, 5, 6, 99], required: ['user', 'service'] },
  3004: { activities: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 99], required: ['entity'] },
  6002: { activities: [0, 1, 2, 3, 4, 5, 6, 7, 8, 99], required: ['app'] },
  6003: { activities: [0, 1, 2, 3, 4, 99], required: ['actor', 'api', 'src_endpoint'] },
};

function expectValid(event: Record<string, unknown>) {
  const { class_uid, category_uid, activity_id, activity_name, type_uid, severity_id, time, metadata } = event;
  const { activities, required } = CLASSES[class_uid as number]!;
  expect(category_uid).toBe(Math.floor((class_uid as number) / 1000));
  expect(activities).toContain(activity_id);
  expect(activity_name).toEqual(expect.any(String));
  expect(type_uid).toBe((class_uid as number) * 100 + (activity_id as number));
  expect([1, 2, 3, 4, 5]).toContain(severity_id);
  expect(time).toBe(Date.parse('2026-01-02T03:04:05.678Z'));
  expect(metadata).toMatchObject({ version: '1.4.0', product: { name: 'Sallyport', vendor_name: 'Sallyport' } });
  expect(required.filter((attribute) => event[attribute] === undefined)).toEqual([]);
  // Objects that must have at least one of these.
  const { actor, user, src_endpoint, entity, finding_info } = event as Record<string, Record<string, unknown>>;
  for (const who of [user, actor?.['user'] as typeof user]) if (who) expect(who['uid'] ?? who['name']).toBeTruthy();
  if (src_endpoint) expect(src_endpoint['ip'] ?? src_endpoint['name']).toBeTruthy();
  if (entity) expect(entity['uid'] ?? entity['name']).toBeTruthy();
  if (finding_info) expect(finding_info).toMatchObject({ uid: 'gate-1/1', title: expect.any(String) });
}

describe.each(EVENT_NAMES)('%s in OCSF', (name) => {
  const { record } = recordOf(name);
  const event = toOcsf(record);

  test('has the attributes that its class requires', () => expectValid(event));

  test('loses nothing', () => {
    // The format's own version is not that of anything in OCSF.
    expect(Object.keys(record).filter((field) => field !== 'v' && !holds(event, record[field]!))).toEqual([]);
  });
});

describe('a request', () => {
  const nobody = { keyId: null, team: null, app: null, client: null, remote: null, endpoint: null };
  test.each([
    ['that was answered', 'inference.completed', {}, { type_uid: 600301, status_id: 1, severity_id: 1 }],
    ['that was admitted', 'inference.admitted', {}, { type_uid: 600301 }],
    ['for the list of models', 'inference.completed', { endpoint: 'models.list' }, { type_uid: 600302 }],
    ['whose client left', 'inference.completed', { ending: 'client_left' }, { type_uid: 600301, status_id: 2 }],
    ['with a revoked certificate', 'inference.denied', {}, { type_uid: 300201, status_id: 2, auth_protocol: 'mTLS' }],
    [
      'with a wrong key',
      'inference.denied',
      { denial: 'invalid_api_key', client: 'bot' },
      { type_uid: 300201, status_code: 'invalid_api_key', auth_protocol: 'API key', user: { name: 'bot' } },
    ],
    ['beyond a limit', 'inference.denied', { denial: 'rate_limited', ...nobody }, { type_uid: 600300, severity_id: 2 }],
    [
      'that a guard refused',
      'inference.denied',
      { denial: 'prompt_injection', endpoint: 'chat.completions', remote: '192.0.2.7' },
      {
        type_uid: 200401,
        severity_id: 3,
        is_alert: true,
        finding_info: { title: 'prompt_injection' },
        evidences: [{ api: { operation: 'chat.completions' }, src_endpoint: { ip: '192.0.2.7' } }],
      },
    ],
    [
      'whose key was revoked while it ran: a call all the same',
      'inference.completed',
      { denial: 'invalid_api_key', ending: 'revoked' },
      { type_uid: 600301, status_id: 2, status_code: 'invalid_api_key' },
    ],
    [
      'of administration, with a wrong token',
      'admin.denied',
      { denial: 'invalid_token' },
      { type_uid: 300201, auth_protocol: 'access token', status_detail: 'other_client' },
    ],
    ['of administration, without the role', 'admin.denied', { denial: 'role_not_allowed' }, { type_uid: 600300 }],
    ['of administration, that is let through', 'admin.admitted', {}, { type_uid: 600304, severity_id: 1 }],
    [
      'of administration, that was passed on',
      'admin.completed',
      { keyId: null, team: null, person: 'anna' },
      {
        ...{ type_uid: 600304, status_id: 1, api: { operation: 'upstream', response: { code: 200 } } },
        ...{ actor: { user: { uid: 'anna', name: 'spiffe://corp/bot' } }, resources: [{ name: 'llama-3' }] },
      },
    ],
    ['of administration, that pulled', 'admin.completed', { route: 'POST /api/pull' }, { type_uid: 600301 }],
    ['of administration, that looked', 'admin.completed', { route: 'GET /api/ps' }, { type_uid: 600302 }],
    ...(
      [
        ['keys.list', 2],
        ['keys.issue', 1],
        ['keys.rotate', 3],
        ['keys.revoke', 3],
        ['lockdown.set', 3],
        ['audit.records', 2],
        ['approvals.approve', 3],
      ] as const
    ).map(
      ([operation, activity]) =>
        [
          `of administration: ${operation}`,
          'admin.completed',
          { operation, route: null, upstream: null },
          { activity_id: activity, api: { operation } },
        ] as const,
    ),
    ['whose answer a guard withheld', 'inference.completed', { denial: 'output_blocked' }, { type_uid: 600301 }],
  ] as const)('%s', (_what, name, changes, part) => {
    const event = toOcsf(recordOf(name, changes).record);
    expectValid(event);
    expect(event).toMatchObject(part);
  });

  test('in full', () => {
    const { record } = recordOf('inference.completed');
    expect(toOcsf(record)).toMatchObject({
      metadata: { uid: 'gate-1/1', sequence: 1, event_code: 'inference.completed', correlation_uid: 'req-1' },
      actor: {
        user: { uid: 'k000000001', name: 'spiffe://corp/bot', groups: [{ name: 'research' }] },
        app_name: 'bot',
      },
      api: { operation: 'chat.completions', service: { name: 'sallyport' }, response: { code: 200 } },
      http_response: { code: 200 },
      src_endpoint: { ip: '192.0.2.7' },
      resources: [{ name: 'llama-3', type: 'model' }],
      duration: 567,
      unmapped: { promptHash: record['promptHash'], findings: record['findings'], inputTokens: 12, prev: record.prev },
    });
  });
});

test.each([
  ['key.issued', 300401, { entity: { uid: 'k000000001', type: 'API key' } }],
  ['key.revoked', 300409, {}],
  ['key.rotated', 300403, { entity: { uid: 'k000000001' }, unmapped: { replacedBy: 'k000000002' } }],
  [
    'lockdown.on',
    300410,
    { entity: { name: 'lockdown' }, comment: 'model server compromised', actor: { user: { name: 'anna@gate-1' } } },
  ],
  ['lockdown.off', 300411, {}],
  ['gateway.started', 600203, { app: { version: '0.1.0' } }],
  ['audit.purged', 100802, { status_detail: 'retention' }],
  ['audit.segment', 100805, {}],
  ['audit.checkpoint', 100899, { activity_name: 'Checkpoint' }],
  ['audit.summarized', 300201, { count: 900, start_time: expect.any(Number), end_time: expect.any(Number) }],
  ['alert.witness_refused', 200401, { severity_id: 5, is_alert: true, status_id: 1 }],
] as const)('%s is %i', (name, typeUid, part) => {
  expect(toOcsf(recordOf(name).record)).toMatchObject({ type_uid: typeUid, ...part });
});

test('an event of a later version is a base event', () => {
  const event = toOcsf({ ...recordOf('gateway.stopped').record, event: 'model.loaded', size: 7 });
  expect(event).toMatchObject({
    class_uid: 0,
    category_uid: 0,
    type_uid: 99,
    activity_name: 'model.loaded',
    unmapped: { size: 7 },
  });
});
