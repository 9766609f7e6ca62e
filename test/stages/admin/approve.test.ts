import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import { approvalsFormat } from '../../../src/admin/approvals.ts';
import type { Role } from '../../../src/core/exchange.ts';
import { Fault } from '../../../src/core/fault.ts';
import { gateway, memory, openBench } from './bench.ts';

let bench: Awaited<ReturnType<typeof openBench>>;
beforeAll(async () => {
  bench = await openBench();
});
afterEach(() => void vi.useRealTimers());

const MINUTE = 60_000;
const opened = async () => {
  const approvals = memory(approvalsFormat);
  const people = async (token: string) => ({
    id: token,
    roles: ['model-admin', 'key-admin'] as Role[],
    expiresAt: Number.POSITIVE_INFINITY,
  });
  const it = gateway(bench, { approvals, approvalMs: 60 * MINUTE, issuer: { person: people } });
  const [alice, bob] = [await it.keyOf('model-admin', 'alice'), await it.keyOf('model-admin', 'bob')];
  const remove = (changes = {}) =>
    it.ask({
      as: alice.key,
      client: 'alice',
      method: 'DELETE',
      target: '/admin/upstreams/local/api/delete',
      body: { model: 'llama3' },
      ...changes,
    });
  const approveAs = (as: string, client: 'alice' | 'bob' | 'ops', id: string) =>
    it.ask({ as, client, method: 'POST', target: `/admin/approvals/${id}/approve` });
  const waiting = () => approvals.current().map(({ id }) => id);
  return { ...it, approvals, alice, bob, remove, approveAs, waiting };
};

test('what destroys is refused, waits, is approved by another, and is let through once', async () => {
  const { remove, approveAs, bob, waiting, ask, entered } = await opened();
  const first = await remove();
  const [id] = waiting();
  expect(first.code).toBe('approval_required');
  expect(first.denial?.message).toContain(id);
  // To ask again is to wait on.
  expect((await remove()).code).toBe('approval_required');
  expect(waiting()).toEqual([id]);

  const { json } = await ask({ as: bob.key, client: 'bob', target: '/admin/approvals' });
  expect(json).toMatchObject({
    approvals: [{ id, route: 'DELETE /api/delete', subject: 'llama3', requester: { client: 'alice' }, approver: null }],
  });
  const approval = await approveAs(bob.key, 'bob', id!);
  expect(approval.json).toMatchObject({ id, approver: { kind: 'key', id: bob.id, client: 'bob' } });
  expect(approval.x).toMatchObject({ approval: id, subject: 'local DELETE /api/delete llama3' });

  const passed = await remove();
  expect([passed.code, passed.x.approval]).toEqual([null, id]);
  expect(entered.at(-1)).toMatchObject({ route: 'DELETE /api/delete', subject: 'llama3', approval: id });
  expect((await remove()).code).toBe('approval_required');
});

test('of many at the same moment exactly one is let through', async () => {
  const { remove, approveAs, bob, waiting } = await opened();
  await remove();
  await approveAs(bob.key, 'bob', waiting()[0]!);
  const answers = await Promise.all(Array.from({ length: 25 }, () => remove()));
  expect(answers.filter(({ code }) => code === null)).toHaveLength(1);
  expect(answers.filter(({ code }) => code === 'approval_required')).toHaveLength(24);
  expect(waiting()).toHaveLength(1);
});

test('nobody approves what they asked for: not with another key, a token, or both', async () => {
  const { remove, approveAs, alice, keyOf, waiting } = await opened();
  await remove();
  const [id] = waiting();
  const second = await keyOf('model-admin', 'alice');
  const everywhere = await keyOf('model-admin', '*');
  for (const as of [alice.key, second.key, everywhere.key, 'alice@corp']) {
    expect((await approveAs(as, 'alice', id!)).code).toBe('role_not_allowed');
  }
  // The same person, by token, with one certificate after the other.
  await remove({ as: 'Alice@corp', body: { model: 'other' } });
  expect((await approveAs('alice@corp', 'bob', waiting()[1]!)).code).toBe('role_not_allowed');
});

test.each([
  ['another body', { body: { model: 'llama4' } }],
  ['the same model, written otherwise', { raw: '{"model": "llama3"}' }],
  ['another operator', { as: 'carol' }],
  ['another certificate', { as: 'carol', client: 'ops' }],
  ['no body', { body: undefined }],
])('an approval is not good for %s', async (_, changes) => {
  const { remove, approveAs, bob, waiting } = await opened();
  await remove();
  await approveAs(bob.key, 'bob', waiting()[0]!);
  expect((await remove(changes)).code).toBe('approval_required');
  expect((await remove()).code).toBe(null);
});

test('nor for another model server', async () => {
  const { ask, alice, approveAs, bob, waiting } = await opened();
  const target = '/admin/upstreams/cpp/models?model=llama3';
  const asking = { as: alice.key, client: 'alice', method: 'DELETE' } as const;
  const first = await ask({ ...asking, target });
  expect([first.code, first.x.subject]).toEqual(['approval_required', 'llama3']);
  await approveAs(bob.key, 'bob', waiting()[0]!);
  expect((await ask({ ...asking, target: '/admin/upstreams/cpp/models?model=llama4' })).code).toBe('approval_required');
  expect((await ask({ ...asking, target })).code).toBe(null);
});

test('requests and approvals are void after a while', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  const { remove, approveAs, waiting, ask } = await opened();
  const person = { as: 'dan', client: 'alice' } as const;
  await remove(person);
  const [id] = waiting();
  vi.setSystemTime(Date.now() + 59 * MINUTE);
  expect((await approveAs('erin', 'bob', id!)).status).toBe(200);
  vi.setSystemTime(Date.now() + 61 * MINUTE);
  expect((await ask({ ...person, target: '/admin/approvals' })).json).toEqual({ approvals: [] });
  expect((await remove(person)).code).toBe('approval_required');
  expect(waiting()).not.toContain(id);
  expect((await approveAs('erin', 'bob', id!)).code).toBe('conflict');
});

test('a store that fails approves nothing', async () => {
  const { remove, approveAs, bob, waiting, approvals, entered } = await opened();
  await remove();
  const [id] = waiting();
  await approveAs(bob.key, 'bob', id!);
  const before = entered.length;
  approvals.failing = new Fault('approvals_unwritable', 'The approvals cannot be written.');
  expect((await remove()).code).toBe('keys_unavailable');
  expect(entered).toHaveLength(before);
});

test('what destroys nothing needs nobody, and without the setting nothing does', async () => {
  const { ask, alice } = await opened();
  const pull = { method: 'POST', target: '/admin/upstreams/local/api/pull', body: { model: 'm' } };
  expect((await ask({ as: alice.key, client: 'alice', ...pull })).code).toBe(null);
  const off = gateway(bench);
  const { key } = await off.keyOf('model-admin');
  const remove = { method: 'DELETE', target: '/admin/upstreams/local/api/delete', body: { model: 'm' } };
  expect((await off.ask({ as: key, ...remove })).code).toBe(null);
  const approve = { method: 'POST', target: '/admin/approvals/0123456789/approve' };
  expect((await off.ask({ as: key, ...approve })).code).toBe('conflict');
});

test.each<[string, object | null]>([
  ['is revoked', { revokedAt: new Date().toISOString() }],
  ['has expired', { issuedAt: new Date(0).toISOString(), expiresAt: new Date(1000).toISOString() }],
  ['is an auditor now', { role: 'auditor' }],
  ['is gone', null],
])('the approval of somebody whose key %s is none', async (_, change) => {
  const { remove, approveAs, bob, keys, waiting } = await opened();
  await remove();
  const [id] = waiting();
  await approveAs(bob.key, 'bob', id!);
  await keys.change((table) => {
    const after = new Map(table);
    if (change) after.set(bob.id, { ...table.get(bob.id)!, ...change });
    else after.delete(bob.id);
    return after;
  });
  expect((await remove()).code).toBe('approval_required');
  expect(waiting()).toEqual([id]);
});
