import { expect, test } from 'vitest';
import { auditCopy } from '../../src/cli/audit-copy.ts';
import { boundedOutput } from '../../src/cli/bounded-output.ts';
import { chainOf } from '../audit/helpers.ts';
import { stuckOutput } from './stuck.ts';

function copying(most = 2000) {
  const said: unknown[] = [];
  const log = {
    error: (about: { err: { code: string } }) => said.push(about.err.code),
    warn: (_about: object, message: string) => said.push(message),
  };
  const stuck = stuckOutput();
  return { ...stuck, said, copy: auditCopy(log as never, boundedOutput(stuck.output, most)) };
}

test('lines come as they are, and nothing is said, while somebody reads', () => {
  const { copy, takeAll, text, said } = copying();
  const lines = chainOf(30);
  for (let i = 0; i < 30; i += 3) {
    copy.write(lines.slice(i, i + 3).join('\n'));
    takeAll();
  }
  copy.close();
  expect(text()).toBe(lines.map((line) => `${line}\n`).join(''));
  expect(said).toEqual([]);
});

test('what nobody reads is left out in whole lines, and it is said when that begins, and what is missing when it ends', () => {
  const { copy, output, takeAll, text, said } = copying();
  const lines = chainOf(2000);
  for (let i = 0; i < 1998; i += 2) copy.write(lines.slice(i, i + 2).join('\n'));
  expect(output.writableLength).toBeLessThan(3000);
  expect(said).toEqual(['stdout_stuck']);
  takeAll();
  copy.write(lines[1998]!);
  takeAll();
  const seqs = text()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).seq);
  const printed = seqs.length - 1;
  expect(seqs).toEqual([...Array.from({ length: printed }, (_, i) => i + 1), 1999]);
  const missing = 1998 - printed;
  expect(said).toEqual([
    'stdout_stuck',
    `${missing} records are missing on stdout, seq ${printed + 1} to 1998: take them from the files`,
  ]);
  copy.write(lines[1999]!);
  expect(said).toHaveLength(2);
});

test('the end says what is missing still', () => {
  const { copy, said } = copying(10);
  const lines = chainOf(5);
  for (const line of lines) copy.write(line);
  copy.close();
  expect(said).toEqual(['stdout_stuck', '4 records are missing on stdout, seq 2 to 5: take them from the files']);
});
