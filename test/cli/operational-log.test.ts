import { expect, test } from 'vitest';
import { z } from 'zod';
import { boundedOutput } from '../../src/cli/bounded-output.ts';
import { describeError, operationalLog } from '../../src/cli/operational-log.ts';
import { Denial } from '../../src/core/denial.ts';
import { stuckOutput } from './stuck.ts';

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

test('a reader that has stopped costs lines, not memory, and it is told how many', () => {
  const { output, takeAll, text } = stuckOutput();
  const log = operationalLog(boundedOutput(output, 1000));
  for (let i = 0; i < 500; i++) log.info({ i }, 'a line');
  expect(output.writableLength).toBeLessThan(1200);
  takeAll();
  log.info('the next');
  takeAll();
  const lines = text()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines.slice(0, -2).map(({ i }) => i)).toEqual(lines.slice(0, -2).map((_, i) => i));
  expect(lines.slice(-2)).toMatchObject([{ msg: 'the next' }, { lines: 500 - (lines.length - 2) }]);
});
