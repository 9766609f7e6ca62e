import { expect, test } from 'vitest';
import { z } from 'zod';
import { describeError } from '../../src/cli/operational-log.ts';
import { Denial } from '../../src/core/denial.ts';

const CANARY = 'canary-77aa';
const thrown = (call: () => unknown): unknown => {
  try {
    call();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
};

test.each([
  ['a parser quotes what it could not read', thrown(() => JSON.parse(`{"a": ${CANARY}`))],
  ['a schema quotes what it did not expect', thrown(() => z.literal('x').parse(CANARY))],
  ['a type error quotes a header', thrown(() => new Headers({ [`a ${CANARY}`]: 'x' }))],
  ['a URL error quotes the URL', thrown(() => new URL(CANARY))],
  ['a string', CANARY],
  ['a cause, one level down', new Denial('upstream_error', { cause: thrown(() => JSON.parse(CANARY)) })],
])('%s, and the log does not', (_what, error) => {
  expect(JSON.stringify(describeError(error))).not.toContain(CANARY);
});

test('what the system says is kept', () => {
  const error = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), {
    code: 'ECONNREFUSED',
    syscall: 'connect',
  });
  expect(describeError(new Denial('upstream_unavailable', { cause: error }))).toMatchObject({
    type: 'Denial',
    code: 'upstream_unavailable',
    cause: { code: 'ECONNREFUSED', message: 'connect ECONNREFUSED 127.0.0.1:1' },
  });
});
