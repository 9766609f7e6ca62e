import { describe, expect, test } from 'vitest';
import {
  type Approvals,
  type Asked,
  approvalsFormat,
  approved,
  open,
  type Party,
  usedOrAsked,
} from '../../src/admin/approvals.ts';
import { refusal } from '../support/refusal.ts';

const NOW = new Date('2026-06-01T12:00:00Z');
const circumstances = { now: NOW, lifeMs: 3_600_000, stands: () => true };
const what: Asked = {
  upstream: 'local',
  method: 'DELETE',
  target: '/api/delete',
  route: 'DELETE /api/delete',
  subject: 'llama3',
  bodySha256: 'a'.repeat(64),
};
const hash = (digit: string) => digit.repeat(64);
const alice: Party = { kind: 'key', id: 'aaaaaaaaaa', client: 'alice', certSha256: hash('a') };
const bob: Party = { kind: 'key', id: 'bbbbbbbbbb', client: 'bob', certSha256: hash('b') };

const asked = (party = alice) => usedOrAsked([], what, party, circumstances);
const refusedFor = (approver: Party, requester = alice) => {
  const { approvals, id } = asked(requester);
  return refusal(() => approved(approvals, id, approver, circumstances)).code;
};

describe('nobody approves what they asked for', () => {
  test.each<[string, Partial<Party>]>([
    ['the same in every respect', alice],
    ['by the same certificate', { certSha256: alice.certSha256 }],
    ['by another certificate of the same name', { client: alice.client }],
    ['by the same operator with another certificate', { id: alice.id }],
    ['by a name in other letters', { client: 'ALICE' }],
    ['by a name in full-width letters', { client: 'ａｌｉｃｅ' }],
    ['by a name with blanks around it', { client: ' alice ' }],
    ['by an id in other letters', { id: alice.id.toUpperCase() }],
    ['as a person that is called as the key is', { kind: 'person', id: alice.id }],
  ])('%s', (_, changes) => {
    expect(refusedFor({ ...bob, ...changes })).toBe('role_not_allowed');
  });

  test('and another does', () => {
    const { approvals, id } = asked();
    expect(approved(approvals, id, bob, circumstances).approval).toMatchObject({ id, approver: bob });
  });
});

test.each<[string, Partial<Asked>, Partial<Party>]>([
  ['model server', { upstream: 'other' }, {}],
  ['method', { method: 'POST' }, {}],
  ['target', { target: '/api/other' }, {}],
  ['body', { bodySha256: hash('9') }, {}],
  ['missing body', { bodySha256: null }, {}],
  ['kind of operator', {}, { kind: 'person' }],
  ['operator', {}, { id: 'zzzzzzzzzz' }],
  ['certificate', {}, { certSha256: hash('9') }],
])('an approval is not good for another %s', (_, otherwise, somebody) => {
  const { approvals, id } = asked();
  const given = approved(approvals, id, bob, circumstances).approvals;
  const use = (w: Asked, p: Party) => usedOrAsked(given, w, p, circumstances).isUsed;
  expect(use({ ...what, ...otherwise }, { ...alice, ...somebody })).toBe(false);
  expect(use(what, alice)).toBe(true);
});

test('approving twice changes nothing; a third person comes too late', () => {
  const { approvals, id } = asked();
  const once = approved(approvals, id, bob, circumstances);
  expect(approved(once.approvals, id, bob, circumstances).approval).toBe(once.approval);
  const carol: Party = { kind: 'key', id: 'cccccccccc', client: 'carol', certSha256: hash('c') };
  expect(refusal(() => approved(once.approvals, id, carol, circumstances)).code).toBe('conflict');
});

test('an approval is good from when it was given', () => {
  const { approvals, id } = asked();
  const later = new Date(NOW.getTime() + 3_000_000);
  const given = approved(approvals, id, bob, { ...circumstances, now: later }).approvals;
  const at = (ms: number) => usedOrAsked(given, what, alice, { ...circumstances, now: new Date(later.getTime() + ms) });
  expect([at(3_599_999).isUsed, at(3_600_000).isUsed]).toEqual([true, false]);
  expect(open(approvals, new Date(NOW.getTime() + 3_600_000))).toEqual([]);
});

test('the number of those that wait is bounded, for one and for all', () => {
  const ask = (all: Approvals, n: number, party: Party) =>
    usedOrAsked(all, { ...what, target: `/api/${n}` }, party, circumstances).approvals;
  const person = (n: number): Party => ({
    kind: 'person',
    id: `p${n}`,
    client: `c${n}`,
    certSha256: n.toString(16).padStart(64, '0'),
  });
  let all: Approvals = [];
  for (let p = 0; p < 10; p++) {
    for (let n = 0; n < 10; n++) all = ask(all, n, person(p));
    expect(refusal(() => ask(all, 10, person(p))).code).toBe('conflict');
    // What waits already goes on waiting.
    expect(ask(all, 0, person(p))).toHaveLength(all.length);
  }
  expect(all).toHaveLength(100);
  expect(refusal(() => ask(all, 0, person(10))).code).toBe('conflict');
  // Other operators of the same certificate share its places.
  expect(refusal(() => ask(all.slice(0, 10), 0, { ...person(0), id: 'other' })).code).toBe('conflict');
});

test('the document is what was written', () => {
  const { approvals } = asked();
  expect(approvalsFormat.parse(approvalsFormat.print(approvals), 'x')).toEqual(approvals);
  expect(approvalsFormat.parse(approvalsFormat.print([]), 'x')).toEqual([]);
});

test.each(['', 'secret', '{}', '{"version":2,"approvals":[]}', '{"version":1,"approvals":[{"id":"x"}]}'])(
  'a document of %j is a fault that does not quote it',
  (text) => {
    expect(() => approvalsFormat.parse(text, 'approvals.json')).toThrow(/approvals\.json cannot be read/);
    expect(() => approvalsFormat.parse(text, 'approvals.json')).not.toThrow(/secret/);
  },
);
