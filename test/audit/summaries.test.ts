/** However a flood is made, it is counted to the last refusal, and the disk hardly notices. */
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { adminClosingRecord } from '../../src/audit/admin-record.ts';
import { type AuditEvent, auditLine } from '../../src/audit/events.ts';
import { closingRecord, handshakeRecord, type Sent } from '../../src/audit/record.ts';
import { mostPerMinute, summaries } from '../../src/audit/summaries.ts';
import { Denial, type DenialCode, type DenialDetail } from '../../src/core/denial.ts';
import type { Reached } from '../../src/core/exchange.ts';

const MINUTE = 60_000;
const START = Date.parse('2026-05-04T10:00:00Z');

/** A refusal, recorded as the gateway records it. */
function denied(
  denial: DenialCode | null,
  reached: Record<string, unknown> = {},
  reason?: string,
  { keyId = null, record = closingRecord }: { keyId?: string | null; record?: typeof closingRecord } = {},
): AuditEvent {
  const x = { id: 'r', remote: '192.0.2.1', startMs: 0, ...reached } as unknown as Reached;
  const detail: DenialDetail = reason === undefined ? {} : { reason, keyId };
  const why = denial && new Denial(denial, detail);
  return record(x, {
    ending: denial ? 'blocked' : 'client_left',
    status: why?.status ?? null,
    denial: why,
    findings: [],
    usage: null,
    tokenSource: null,
    firstByteMs: null,
    latencyMs: 1,
    snippet: null,
  } satisfies Sent);
}
/** The same on the administration listener. */
const adminDenied = (
  denial: DenialCode,
  reached: Record<string, unknown> = {},
  reason?: string,
  keyId: string | null = null,
) => denied(denial, reached, reason, { keyId, record: adminClosingRecord });
const OPERATOR = { kind: 'key', id: 'abcdefghij', team: 'search', app: 'web', env: 'prod' };
const KEY = { id: 'abcdefghij', team: 'search', app: 'web', env: 'prod' };
const CLIENT = { name: 'web', certSha256: 'ab'.repeat(32) };
const FINDING = { rule: 'r', kind: 'pii', action: 'flag', direction: 'input', channel: 'messages.0', span: null };

function setUp() {
  const written: { at: number; event: AuditEvent }[] = [];
  let now = START;
  let broken = false;
  const kept = summaries({
    fullPerGroup: 10,
    now: () => new Date(now),
    append: async (event) => {
      if (broken) throw new Denial('audit_unavailable');
      written.push({ at: now, event });
      return written.length;
    },
  });
  return {
    ...kept,
    written,
    full: () => written.filter(({ event }) => event.event !== 'audit.summarized').map(({ event }) => event),
    summarized: () => written.flatMap(({ event }) => (event.event === 'audit.summarized' ? [event] : [])),
    wait: (ms: number) => {
      now += ms;
    },
    breakDown: (is: boolean) => {
      broken = is;
    },
  };
}

describe('which refusals are counted', () => {
  const authorized = { key: KEY, client: CLIENT, endpoint: 'chat.completions' };
  const read = { ...authorized, model: 'm', promptHash: 'ab'.repeat(32), promptHashKeyId: '12345678' };
  test.each<[string, AuditEvent, boolean]>([
    ['a handshake', handshakeRecord('192.0.2.1', 'ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE'), true],
    ['bytes that are no request', denied('bad_request'), true],
    ['a flood of one certificate', denied('rate_limited'), true],
    ['shutting down', denied('draining'), true],
    ['lockdown', denied('locked_down'), true],
    ['a certificate', denied('identity_revoked', { certificate: Buffer.from('x') }, 'expired'), true],
    ['a key', denied('invalid_api_key', { client: CLIENT }), true],
    ['a role', denied('role_not_allowed', { key: KEY, client: CLIENT }), true],
    ['a route', denied('unknown_route', { key: KEY, client: CLIENT }), true],
    ['too many requests of a key', denied('rate_limited', authorized), true],
    ['requests that nobody can count', denied('limits_unavailable', authorized), true],
    ['a client that left at once', denied(null, authorized), true],
    ['a body', denied('invalid_json', authorized), false],
    ['a model', denied('model_not_allowed', authorized), false],
    ['a guard', denied('prompt_injection', read), false],
    ['a guard that has found something', denied('input_contains_pii', { ...read, findings: [FINDING] }), false],
    ['too many tokens', denied('tokens_exhausted', read), false],
    ['a client that left after it was read', denied(null, read), false],
    ['an answer', denied(null, { ...read, intentSeq: 7 }), false],
    ['an answer that was refused', denied('output_blocked', { ...read, intentSeq: 7 }), false],
    ['a token', adminDenied('invalid_token', { client: CLIENT }, 'expired'), true],
    ['an operator without the role', adminDenied('role_not_allowed', { client: CLIENT, operator: OPERATOR }), true],
    [
      'what an operator may not do now',
      adminDenied('conflict', { client: CLIENT, operator: OPERATOR, operation: { name: 'keys.rotate' } }),
      false,
    ],
    ['anything else', { event: 'gateway.stopped', reason: 'SIGTERM' }, false],
  ])('%s', async (_, event, isCounted) => {
    const { record, close, full, summarized } = setUp();
    for (let number = 0; number < 12; number++) await record(event);
    await close();
    expect(full()).toHaveLength(isCounted ? 10 : 12);
    expect(summarized()).toMatchObject(isCounted ? [{ of: event.event, count: 2 }] : []);
  });
});

describe('whoever tries keys', () => {
  const CERTIFICATE = { client: CLIENT };
  type Refused = readonly [reason: string, keyId: string | null];
  const KEYS: readonly Refused[] = [
    ['unknown', null],
    ['wrong', null],
    ['expired', 'k000000001'],
    ['revoked', 'k000000002'],
    ['other_client', 'k000000001'],
    ['outside_hours', 'k000000003'],
  ];
  const TOKENS: readonly Refused[] = ['signature', 'expired', 'binding', 'audience'].map((why) => [why, null]);

  /** For each refusal, in turn: whether it was answered after a write. */
  async function answered(refusals: readonly AuditEvent[]): Promise<boolean[]> {
    const { record } = setUp();
    const answers: boolean[] = [];
    for (const one of refusals) answers.push((await record(one)) !== null);
    return answers;
  }

  test.each<[string, readonly Refused[], (of: Refused) => AuditEvent]>([
    ['a key', KEYS, ([why, keyId]) => denied('invalid_api_key', CERTIFICATE, why, { keyId })],
    ['a key of administration', KEYS, ([why, keyId]) => adminDenied('invalid_api_key', CERTIFICATE, why, keyId)],
    ['a token', TOKENS, ([why]) => adminDenied('invalid_token', CERTIFICATE, why)],
  ])('cannot tell by the disk what was wrong with %s', async (_, kinds, refusal) => {
    const usual = [...Array(10).fill(true), ...Array(10).fill(false)];
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom(...kinds), { minLength: 20, maxLength: 20 }), async (mixture) => {
        expect(await answered(mixture.map(refusal))).toEqual(usual);
      }),
      { numRuns: 50 },
    );
  });

  test('is counted without the key and the reason, which are in the records that are made', async () => {
    const { record, close, full, summarized } = setUp();
    for (const [why, keyId] of [...KEYS, ...KEYS]) await record(denied('invalid_api_key', CERTIFICATE, why, { keyId }));
    await close();
    expect(full()[4]).toMatchObject({ reason: 'other_client', keyId: 'k000000001', team: null });
    expect(summarized()).toMatchObject([
      { denial: 'invalid_api_key', count: 2, reason: null, keyId: null, client: 'web', remote: '192.0.2.1' },
    ]);
  });
});

describe('a summary', () => {
  test('says how many there were besides, of whom, why, from when to when', async () => {
    const { record, flush, wait, written, summarized } = setUp();
    const event = denied('role_not_allowed', { key: KEY, client: CLIENT });
    for (let second = 0; second < 15; second++) {
      await record(event);
      wait(1000);
      await flush();
    }
    expect(written).toHaveLength(10);
    wait(45_000);
    await flush();
    await flush();
    expect(summarized()).toEqual([
      {
        event: 'audit.summarized',
        of: 'inference.denied',
        count: 5,
        from: '2026-05-04T10:00:10.000Z',
        to: '2026-05-04T10:00:14.000Z',
        denial: 'role_not_allowed',
        reason: null,
        keyId: 'abcdefghij',
        team: 'search',
        app: 'web',
        env: 'prod',
        client: 'web',
        clientCertSha256: 'ab'.repeat(32),
        remote: '192.0.2.1',
      },
    ]);
    const frame = { v: 1, seq: 1, timestamp: '2026-05-04T10:01:00.000Z', instance: 'i', prev: 'ab'.repeat(32) };
    expect(auditLine.safeParse({ ...frame, ...summarized()[0] }).error).toBeUndefined();
  });

  test('stands before the records of the next minute', async () => {
    const { record, flush, wait, written } = setUp();
    for (let number = 0; number < 11; number++) await record(handshakeRecord('::1', 'X'));
    wait(MINUTE);
    await flush();
    await record(handshakeRecord('::1', 'X'));
    expect(written.slice(-2).map(({ event }) => event.event)).toEqual(['audit.summarized', 'handshake.refused']);
  });

  test.each<[string, (number: number) => AuditEvent]>([
    ['denial', (number) => denied((['bad_request', 'draining', 'unknown_route'] as const)[number % 3]!)],
    ['reason', (number) => denied('identity_revoked', {}, ['expired', 'revoked', 'crl_expired'][number % 3])],
    ['key', (number) => denied('unknown_route', { key: { ...KEY, id: `key${number % 3}` } })],
    ['certificate', (number) => denied('bad_request', { certificate: Buffer.from([number % 3]) })],
    ['address', (number) => handshakeRecord(`192.0.2.${number % 3}`, 'X')],
    ['reason of a handshake', (number) => handshakeRecord('::1', ['X', 'Y', 'Z'][number % 3]!)],
  ])('is made for each %s', async (_, refusal) => {
    const { record, close, full, summarized } = setUp();
    for (let number = 0; number < 36; number++) await record(refusal(number));
    await close();
    expect(full()).toHaveLength(30);
    expect(summarized().map(({ count }) => count)).toEqual([2, 2, 2]);
  });

  test('is less exact where there are too many groups, and never wrong', async () => {
    const { record, close, full, summarized } = setUp();
    for (let number = 0; number < 10_000; number++) {
      await record(denied('bad_request', { remote: `2001:db8::${number.toString(16)}` }));
      await record(handshakeRecord(`2001:db8::${number.toString(16)}`, `REASON_${number}`));
    }
    await close();
    expect(full()).toHaveLength(200 + 10 + 49 + 10);
    // 100 addresses each have a group of their own; then the codes of handshakes are told apart, as far as there is room.
    expect(summarized().filter(({ remote }) => remote !== null).length).toBeLessThanOrEqual(200);
    const others = summarized().filter(({ remote }) => remote === null);
    expect(others).toContainEqual(expect.objectContaining({ of: 'inference.denied', denial: 'bad_request' }));
    const rest = others.find(({ of, reason }) => of === 'handshake.refused' && reason === null);
    expect(rest?.count).toBe(10_000 - 100 - 49 - 10);
    expect(full().length + summarized().reduce((sum, { count }) => sum + count, 0)).toBe(20_000);
  });
});

test('there is a group left for each event, whatever is varied in all of them', async () => {
  const { record, close, full, summarized } = setUp();
  for (let number = 0; number < 1000; number++) {
    const remote = `2001:db8::${number.toString(16)}`;
    await record(handshakeRecord(remote, `${number}`));
    await record(denied('identity_revoked', { remote }, `${number}`));
    await record(adminDenied('identity_revoked', { remote }, `${number}`));
  }
  await close();
  const coarsest = summarized().filter(({ denial, reason }) => denial === null && reason === null);
  expect(coarsest.map(({ of }) => of).sort()).toEqual(['admin.denied', 'handshake.refused', 'inference.denied']);
  expect(full().length + summarized().reduce((sum, { count }) => sum + count, 0)).toBe(3000);
});

test('a caller hears what became of the record; what is counted takes no write', async () => {
  const { record, breakDown } = setUp();
  expect(await record(handshakeRecord('::1', 'X'))).toBe(1);
  for (let number = 0; number < 9; number++) await record(handshakeRecord('::1', 'X'));
  breakDown(true);
  await expect(record(handshakeRecord('::2', 'X'))).rejects.toMatchObject({ code: 'audit_unavailable' });
  expect(await record(handshakeRecord('::1', 'X'))).toBeNull();
});

test('what cannot be written is kept, and joins the next minute', async () => {
  const { record, flush, wait, breakDown, summarized } = setUp();
  const flood = async () => {
    for (let number = 0; number < 15; number++) await record(handshakeRecord('::1', 'X'));
  };
  await flood();
  wait(MINUTE);
  breakDown(true);
  await expect(flush()).rejects.toMatchObject({ code: 'audit_unavailable' });
  await expect(flush()).rejects.toMatchObject({ code: 'audit_unavailable' });
  breakDown(false);
  await flood();
  wait(MINUTE);
  await flush();
  expect(summarized()).toMatchObject([
    { count: 10, from: '2026-05-04T10:00:00.000Z', to: '2026-05-04T10:01:00.000Z', remote: '::1' },
  ]);
});

test('the first of every minute have records of their own, and all groups together no more than 300', async () => {
  const { record, flush, wait, full, summarized } = setUp();
  for (let minute = 1; minute <= 3; minute++) {
    for (let number = 0; number < 4000; number++) await record(handshakeRecord(`192.0.2.${number % 200}`, 'X'));
    expect(full()).toHaveLength(300 * minute);
    wait(MINUTE);
  }
  await flush();
  // Nobody has flushed in between: the minutes come together, and there are still no more groups than there may be.
  expect(summarized()).toHaveLength(200);
  expect(summarized().reduce((sum, { count }) => sum + count, 0)).toBe(3 * 3700);
});

test('the end waits for what is being written, and takes over what could not be', async () => {
  const disk = Promise.withResolvers<void>();
  const written: AuditEvent[] = [];
  let now = START;
  let stuck = false;
  const kept = summaries({
    fullPerGroup: 10,
    now: () => new Date(now),
    append: async (event) => {
      if (stuck) await disk.promise;
      written.push(event);
    },
  });
  const flood = async () => {
    for (let number = 0; number < 15; number++) await kept.record(handshakeRecord('::1', 'X'));
  };
  await flood();
  now += MINUTE;
  await flood();
  stuck = true;
  const flushed = kept.flush();
  await new Promise(setImmediate);
  now += 1000;
  stuck = false;
  await kept.record(handshakeRecord('::1', 'X'));
  const closed = kept.close();
  disk.reject(new Error('ENOSPC'));
  await expect(flushed).rejects.toThrow('ENOSPC');
  await closed;
  expect(written.filter(({ event }) => event === 'audit.summarized')).toMatchObject([
    { count: 11, from: '2026-05-04T10:00:00.000Z', to: '2026-05-04T10:01:01.000Z' },
  ]);
});

test('two at a time write nothing twice', async () => {
  const { record, flush, wait, summarized } = setUp();
  for (let number = 0; number < 15; number++) await record(handshakeRecord('::1', 'X'));
  wait(MINUTE);
  await Promise.all([flush(), flush(), record(handshakeRecord('::1', 'X'))]);
  expect(summarized()).toHaveLength(1);
});

const refusal = fc.oneof(
  fc.tuple(fc.integer({ min: 0, max: 400 }), fc.constantFrom('A', 'B')).map(([n, why]) => handshakeRecord(`${n}`, why)),
  fc
    .record({
      code: fc.constantFrom<DenialCode>('bad_request', 'unknown_route', 'rate_limited', 'invalid_api_key'),
      remote: fc.integer({ min: 0, max: 5 }),
      certificate: fc.option(fc.integer({ min: 0, max: 255 })),
      reason: fc.option(fc.constantFrom('expired', 'revoked'), { nil: undefined }),
    })
    .map(({ code, remote, certificate, reason }) =>
      denied(code, { remote: `${remote}`, certificate: certificate && Buffer.from([certificate]) }, reason),
    ),
  fc
    .record({ remote: fc.integer({ min: 0, max: 400 }), reason: fc.constantFrom('expired', 'revoked', 'not_yet') })
    .map(({ remote, reason }) => adminDenied('identity_revoked', { remote: `${remote}` }, reason)),
);
const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ refusal, times: fc.integer({ min: 1, max: 300 }) }) },
  { weight: 2, arbitrary: fc.record({ waitMs: fc.integer({ min: 0, max: 90_000 }) }) },
  { weight: 2, arbitrary: fc.constant('flush' as const) },
  { weight: 1, arbitrary: fc.record({ broken: fc.boolean() }) },
);

test('whatever comes, every refusal is recorded or counted, and no minute has more records than it may', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 120 }), async (steps) => {
      const { record, flush, close, wait, breakDown, written, full, summarized } = setUp();
      let refusals = 0;
      const turnedAway = vi.fn();
      for (const one of steps) {
        if (one === 'flush') await flush().catch(() => {});
        else if ('waitMs' in one) wait(one.waitMs);
        else if ('broken' in one) breakDown(one.broken);
        else {
          refusals += one.times;
          for (let time = 0; time < one.times; time++) await record(one.refusal).catch(turnedAway);
        }
      }
      breakDown(false);
      wait(MINUTE);
      await flush();
      const perMinute = new Map<number, number>();
      for (const { at } of written) {
        const minute = Math.floor(at / MINUTE);
        perMinute.set(minute, (perMinute.get(minute) ?? 0) + 1);
      }
      expect(Math.max(0, ...perMinute.values())).toBeLessThanOrEqual(mostPerMinute(10));
      await close();
      const counted = summarized().reduce((sum, { count }) => sum + count, 0);
      expect(full().length + counted + turnedAway.mock.calls.length).toBe(refusals);
      for (const { from, to } of summarized()) expect(from <= to).toBe(true);
    }),
    { numRuns: 60 },
  );
}, 30_000);

test('a flood that varies everything stays within the bound, and each record under a kilobyte', async () => {
  const { record, flush, wait, written } = setUp();
  const long = 'x'.repeat(64);
  const key = { id: long, team: long, app: long, env: long };
  for (let minute = 0; minute < 3; minute++) {
    for (let number = 0; number < 2000; number++) {
      const remote = `2001:db8:ffff:ffff:ffff:ffff:ffff:${(number % 16_384).toString(16)}`;
      const client = { name: long, certSha256: 'ab'.repeat(32) };
      await record(denied('rate_limited', { key, client, remote, endpoint: 'chat.completions' }));
      await record(
        denied('identity_revoked', { remote, certificate: Buffer.from([number % 256]) }, `reason-${number}`),
      );
      await record(handshakeRecord(remote, `ERR_SSL_${number}`));
    }
    wait(MINUTE);
    await flush();
  }
  expect(written.length / 3).toBeLessThanOrEqual(mostPerMinute(10));
  expect(mostPerMinute(10)).toBe(553);
  for (const { event } of written) expect(JSON.stringify(event).length).toBeLessThan(1100);
});
