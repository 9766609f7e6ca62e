import { expect, test } from 'vitest';
import { promptHasher } from '../../src/audit/prompt-hash.ts';

test('is HMAC-SHA-256 of canonical JSON, under a secret that its id names', () => {
  const { keyId, hash } = promptHasher('secret');
  // printf '%s' '[{"content":"hi","role":"user"}]' | openssl dgst -sha256 -hmac secret, and the same of the id's text
  expect(hash([{ role: 'user', content: 'hi' }])).toBe(
    '91ce6c8f0b0c302dacd8453718b6ba38d5359f48b658a47d2094a7f94e66a5d7',
  );
  expect(keyId).toBe('50e2d54a');
  expect(hash([{ content: 'hi', role: 'user' }])).toBe(hash([{ role: 'user', content: 'hi' }]));
  expect(hash('hi')).not.toBe(hash(['hi']));
  expect(promptHasher(Buffer.from('secret')).hash('hi')).toBe(hash('hi'));
  expect(promptHasher('another').hash('hi')).not.toBe(hash('hi'));
});

test('a secret keeps its id and its hashes when another one takes its place', () => {
  const [before, after] = [promptHasher('the old one'), promptHasher('the new one')];
  expect(after.keyId).not.toBe(before.keyId);
  expect(after.hash('hi')).not.toBe(before.hash('hi'));
  expect(promptHasher('the old one')).toMatchObject({ keyId: before.keyId });
  expect(promptHasher('the old one').hash('hi')).toBe(before.hash('hi'));
});
