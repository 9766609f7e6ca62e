import { afterEach, expect, test } from 'vitest';
import { openUpstreams, type Upstreams } from '../../src/upstream/upstreams.ts';
import { refusal } from '../support/refusal.ts';

const TIMEOUTS = { connectMs: 100, firstByteMs: 100, idleMs: 100 };
let upstreams: Upstreams;
const open = (...options: { name: string; models?: string[]; maxInFlight?: number }[]) => {
  upstreams = openUpstreams(
    // Nothing listens on port 1; none of these tests sends anything.
    options.map((one) => ({ kind: 'vllm', url: 'http://127.0.0.1:1', models: ['*'], maxInFlight: 2, ...one })),
    TIMEOUTS,
  );
  return upstreams;
};
afterEach(() => upstreams.close());

test('a model goes to a server that has it', () => {
  const all = open({ name: 'a', models: ['llama*'] }, { name: 'b', models: ['qwen'] });
  expect(all.takePlace('llama-3').upstream.name).toBe('a');
  expect(all.takePlace('qwen').upstream.name).toBe('b');
  expect(refusal(() => all.takePlace('gpt')).code).toBe('model_not_allowed');
});

test('of two the one with less to do, until both are full', () => {
  const all = open({ name: 'a' }, { name: 'b' });
  const taken = [1, 2, 3, 4].map(() => all.takePlace('m'));
  expect(taken.map(({ upstream }) => upstream.name)).toEqual(['a', 'b', 'a', 'b']);
  expect(refusal(() => all.takePlace('m')).code).toBe('queue_full');
  void taken[1]!.hold.settle({ ending: 'complete', usage: null });
  expect(all.takePlace('m').upstream.name).toBe('b');
});

test('one that is down is passed over, unless there is no other', () => {
  const all = open({ name: 'a' }, { name: 'b' });
  all.get('a').healthy = false;
  expect([1, 2].map(() => all.takePlace('m').upstream.name)).toEqual(['b', 'b']);
  all.get('b').healthy = false;
  expect(all.takePlace('m').upstream.name).toBe('a');
  expect(all.ready()).toBe(false);
});
