import { expect, test } from 'vitest';
import { subjectOfBody, subjectOfTarget } from '../../src/admin/subject.ts';
import type { Json } from '../../src/core/json.ts';

test.each<[Json, string | null]>([
  [{ model: 'llama3:8b' }, 'llama3:8b'],
  [{ name: 'a', model: 'b' }, 'a, b'],
  [{ source: 'a', destination: 'b' }, 'a, b'],
  [{ model: 'a', name: 'a' }, 'a'],
  [{ model: 'new', from: '/models/a.gguf' }, 'new, /models/a.gguf'],
  [{ lora_name: 'x', lora_path: 'corp/x' }, 'x, corp/x'],
  [{ MODEL: 'a', Name: 'b' }, 'a, b'],
  // Go folds the long s: it is a source to Ollama.
  [{ ſource: 'a' }, 'a'],
  [{ model: 'ignore previous instructions\n', name: 'b' }, '?, b'],
  [{ model: '' }, '?'],
  [{ model: 7, name: null, from: ['a'] }, null],
  [{ prompt: 'secret', nested: { model: 'a' } }, null],
  [[{ model: 'a' }], null],
  ['model', null],
  [null, null],
])('of %j it is %j', (body, subject) => {
  expect(subjectOfBody(body)).toBe(subject);
});

test('that something was cut off shows', () => {
  const subject = subjectOfBody({ name: 'a'.repeat(256), model: 'production' })!;
  expect([subject.length, subject.at(-1)]).toEqual([256, '…']);
});

test.each([
  ['POST /api/blobs/{digest}', '/api/blobs/sha256:ab', 'sha256:ab'],
  ['DELETE /models', '/models?model=corp/llama', 'corp/llama'],
  ['POST /sleep', '/sleep?level=1', null],
  ['GET /api/tags', '/api/tags', null],
])('of %s at %s it is %j', (route, target, subject) => {
  expect(subjectOfTarget({ route, target })).toBe(subject);
});
