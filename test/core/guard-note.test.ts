import { expect, test } from 'vitest';
import { guardNote } from '../../src/core/guard-note.ts';
import type { Finding } from '../../src/core/reply.ts';

const finding = (direction: Finding['direction'], action: Finding['action']): Finding => ({
  rule: 'pii.email',
  kind: 'pii',
  action,
  direction,
  channel: 'x',
  span: null,
});

test.each<[string, readonly Finding[]]>([
  ['input=clean', []],
  ['input=clean', [finding('output', 'block')]],
  ['input=flagged;findings=1', [finding('input', 'flag')]],
  ['input=pseudonymised;findings=2', [finding('input', 'flag'), finding('input', 'pseudonymise')]],
  ['input=redacted;findings=2', [finding('input', 'pseudonymise'), finding('input', 'redact')]],
  ['input=blocked;findings=2', [finding('input', 'redact'), finding('input', 'block')]],
])('%s', (note, findings) => {
  expect(guardNote('input', findings)).toBe(note);
});
