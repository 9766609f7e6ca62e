import { describe, expect, test } from 'vitest';
import { Denial } from '../../src/core/denial.ts';
import type { Arrived } from '../../src/core/exchange.ts';
import { type Io, pipeline, type Stage } from '../../src/core/pipeline.ts';

const arrived = { id: 'r1' } as Arrived;
const io = (signal = new AbortController().signal): Io => ({
  signal,
  hold: () => {},
  asLongAs: () => {},
  readBody: async () => Buffer.alloc(0),
});
type Step = Arrived & { readonly steps?: readonly string[] };
const step = (
  name: string,
  run: (x: Step) => Step | Promise<Step> = (x) => ({ ...x, steps: [...(x.steps ?? []), name] }),
): Stage<Step, Step> => ({
  name,
  run: async (x) => run(x),
});

test('walks the stages in order, each with what the one before returned', async () => {
  const path = pipeline().through(step('a')).through(step('b')).through(step('c'));
  expect(path.stages).toEqual(['a', 'b', 'c']);
  expect(await path.walk(arrived, io())).toEqual({ done: { id: 'r1', steps: ['a', 'b', 'c'] }, denial: null });
});

describe('stops at the stage that refuses, and tells how far it got', () => {
  const refusal = new Denial('rate_limited');
  test.each([
    ['a refusal', refusal, 'rate_limited'],
    ['a fault', new RangeError('bug'), 'internal_error'],
    ['something that is no error', 'oops', 'internal_error'],
  ])('%s', async (_what, thrown, code) => {
    const never = step('c', () => {
      throw new Error('must not run');
    });
    const path = pipeline()
      .through(step('a'))
      .through(
        step('b', () => {
          throw thrown;
        }),
      )
      .through(never);
    const { done, denial } = await path.walk(arrived, io());
    expect(done).toEqual({ id: 'r1', steps: ['a'] });
    expect(denial?.code).toBe(code);
  });
});

test('does not begin another stage once the exchange is broken off', async () => {
  const broken = new AbortController();
  const path = pipeline()
    .through(step('a'))
    .through(
      step('b', (x) => {
        broken.abort();
        return x;
      }),
    )
    .through(step('c'));
  const { done, denial } = await path.walk(arrived, io(broken.signal));
  expect((done as Step).steps).toEqual(['a']);
  expect(denial).not.toBeNull();
});
