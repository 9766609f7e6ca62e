import { expect, test } from 'vitest';
import { promptHasher } from '../../../src/audit/prompt-hash.ts';
import { promptSearch } from '../../../src/audit/read/prompt-search.ts';
import { OLD_SECRET, PROMPT, recordOf, SECRET } from './samples.ts';

const under = (secret: string, prompt: Parameters<ReturnType<typeof promptHasher>['hash']>[0] = PROMPT) => {
  const { keyId, hash } = promptHasher(secret);
  return recordOf('inference.completed', { promptHash: hash(prompt), promptHashKeyId: keyId }).record;
};

test('a prompt is found under every secret that is given', () => {
  const search = promptSearch([SECRET, OLD_SECRET], ['no', PROMPT]);
  expect(search.matches(under(SECRET))).toBe(true);
  expect(search.matches(under(OLD_SECRET))).toBe(true);
  expect(search.matches(under(SECRET, 'no'))).toBe(true);
  expect(search.matches(under(SECRET, 'another'))).toBe(false);
  expect(search.unknown.size).toBe(0);
});

test('records under other secrets are counted, by secret', () => {
  const search = promptSearch([SECRET], [PROMPT]);
  for (const record of [under(OLD_SECRET), under('a third'), under(OLD_SECRET)])
    expect(search.matches(record)).toBe(false);
  const ids = [OLD_SECRET, 'a third'].map((secret) => promptHasher(secret).keyId);
  expect([...search.unknown]).toEqual([
    [ids[0], 2],
    [ids[1], 1],
  ]);
});

test('records without a prompt are not of any', () => {
  const search = promptSearch([SECRET], [PROMPT]);
  expect([recordOf('gateway.stopped'), recordOf('inference.denied')].some(({ record }) => search.matches(record))).toBe(
    false,
  );
  expect(search.unknown.size).toBe(0);
});
