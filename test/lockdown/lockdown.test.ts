import { describe, expect, it } from 'vitest';
import { isReason, type Lockdown, lockdownFormat, switched } from '../../src/lockdown/lockdown.ts';

const NOW = new Date('2026-06-01T12:00:00Z');
const ON: Lockdown = { on: true, since: NOW.toISOString(), by: 'ann@host', reason: 'leak' };

describe('the document', () => {
  it('is off where there is none', () => expect(lockdownFormat.empty.on).toBe(false));

  it.each([ON, { ...ON, on: false }, lockdownFormat.empty])('is read as it was written: %j', (lockdown) => {
    expect(lockdownFormat.parse(lockdownFormat.print(lockdown), 'here')).toEqual(lockdown);
  });

  it.each([
    '',
    'off',
    'null',
    '{}',
    '{"on":false}',
    JSON.stringify({ ...ON, on: 'false' }),
    JSON.stringify({ ...ON, since: 'today' }),
    JSON.stringify({ ...ON, reason: 'a\nb' }),
    JSON.stringify({ ...ON, more: 1 }),
  ])('is nothing else, and an empty file lifts nothing: %s', (text) => {
    expect(() => lockdownFormat.parse(text, 'here')).toThrow(expect.objectContaining({ code: 'lockdown_invalid' }));
  });
});

describe('switching', () => {
  const later = { by: 'bob@host', reason: 'again' };
  it('says since when, by whom and why', () => {
    expect(switched(lockdownFormat.empty, { on: true, by: 'ann@host', reason: 'leak' }, NOW)).toEqual(ON);
  });
  it('keeps who did it first', () => expect(switched(ON, { on: true, ...later }, new Date())).toBe(ON));
  it('lifts it', () => {
    expect(switched(ON, { on: false, ...later }, NOW)).toEqual({ on: false, since: NOW.toISOString(), ...later });
  });
});

it.each([
  ['leak', true],
  ['ü'.repeat(256), true],
  ['', false],
  ['x'.repeat(257), false],
  ['two\nlines', false],
  ['\u001b[2J', false],
  ['\u2028', false],
])('a reason: %j is one: %s', (text, expected) => expect(isReason(text)).toBe(expected));
