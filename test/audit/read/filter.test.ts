import { describe, expect, test } from 'vitest';
import { type Criteria, filterBy, selectBy } from '../../../src/audit/read/filter.ts';
import { linesOf, recordOf, SAMPLES, sample } from './samples.ts';

const promptHash = SAMPLES['inference.completed'].promptHash!;

describe('a record', () => {
  test.each<[string, Criteria, boolean]>([
    ['no criteria', {}, true],
    ['its key', { key: 'k000000001' }, true],
    ['another key', { key: 'k000000002' }, false],
    ['its team', { team: 'research' }, true],
    ['another team', { team: 'researchers' }, false],
    ['its request', { requestId: 'req-1' }, true],
    ['another request', { requestId: 'req-' }, false],
    ['its client', { client: 'spiffe://corp/bot' }, true],
    ['another client', { client: 'spiffe://corp/bo' }, false],
    ['its prompt', { promptHashes: new Set(['x', promptHash]) }, true],
    ['another prompt', { promptHashes: new Set(['x']) }, false],
    ['its event', { event: 'inference.completed' }, true],
    ['events like it', { event: 'inference.*' }, true],
    ['other events', { event: 'alert.*' }, false],
    ['a refusal', { denial: 'rate_limited' }, false],
    ['its time', { from: Date.parse('2026-01-02T03:04:05.678Z') }, true],
    ['a later time', { from: Date.parse('2026-01-02T03:04:05.679Z') }, false],
    ['until its time', { to: Date.parse('2026-01-02T03:04:05.678Z') }, false],
    ['until a later time', { to: Date.parse('2026-01-02T03:04:05.679Z') }, true],
    ['its key and another event', { key: 'k000000001', event: 'key.*' }, false],
  ])('%s', (_what, criteria, matches) => {
    const { record } = recordOf('inference.completed');
    expect(filterBy(criteria)(record)).toBe(matches);
    expect(selectBy(criteria)(record)).toBe(matches);
  });

  test('its refusal', () => {
    const matches = filterBy({ denial: 'rate_limited' });
    expect(matches(recordOf('inference.denied', { denial: 'rate_limited' }).record)).toBe(true);
  });
});

test('what names only a request belongs to whoever made the request', () => {
  const lines = linesOf([
    sample('inference.admitted', { requestId: 'mine' }),
    sample('inference.admitted', { requestId: 'not mine', keyId: 'other' }),
    sample('audit.segment', {
      open: [
        { requestId: 'not mine', seq: 2 },
        { requestId: 'mine', seq: 1 },
      ],
    }),
    sample('audit.segment', { open: [{ requestId: 'not mine', seq: 2 }] }),
    sample('alert.orphan', { requestId: 'mine', admittedSeq: 1 }),
    sample('alert.orphan', { requestId: 'not mine', admittedSeq: 2 }),
    sample('inference.admitted', { requestId: 'closed' }),
    sample('inference.completed', { requestId: 'closed' }),
    sample('audit.segment', { open: [{ requestId: 'closed', seq: 7 }] }),
    sample('key.changed'),
    sample('admin.admitted', { requestId: 'done' }),
    sample('admin.completed', { requestId: 'done' }),
    sample('admin.admitted', { requestId: 'dies' }),
    sample('alert.orphan', { requestId: 'done', admittedSeq: 11 }),
    sample('alert.orphan', { requestId: 'dies', admittedSeq: 13 }),
  ]);
  const chosen = lines.map((line) => JSON.parse(line)).filter(selectBy({ key: 'k000000001' }));
  expect(chosen.map(({ seq }) => seq)).toEqual([1, 3, 5, 7, 8, 10, 11, 12, 13, 15]);
});
