import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished, test } from 'vitest';
import { keys } from '../../src/cli/keys.ts';
import { listKeys } from '../../src/keys/file-store.ts';
import { areHours, withinHours } from '../../src/keys/hours.ts';
import { keyRecord, keysFile } from '../../src/keys/record.ts';
import { listeningTerminal } from '../support/terminal.ts';
import { makeKey } from './make.ts';

/** 2026-06-01 is a Monday. */
const within = (hours: string, at: string) => withinHours(hours, new Date(at));

test.each([
  ['the first minute', 'mon-fri 08:00-18:00 UTC', '2026-06-01T08:00:00Z', true],
  ['just before it', 'mon-fri 08:00-18:00 UTC', '2026-06-01T07:59:59.999Z', false],
  ['the last moment', 'mon-fri 08:00-18:00 UTC', '2026-06-01T17:59:59.999Z', true],
  ['the end, which is excluded', 'mon-fri 08:00-18:00 UTC', '2026-06-01T18:00:00Z', false],
  ['the last day', 'mon-fri 08:00-18:00 UTC', '2026-06-05T12:00:00Z', true],
  ['a day too late', 'mon-fri 08:00-18:00 UTC', '2026-06-06T12:00:00Z', false],
  ['a day too early', 'mon-fri 08:00-18:00 UTC', '2026-05-31T12:00:00Z', false],
  ['a day in a list', 'mon,wed,sat-sun 08:00-18:00 UTC', '2026-06-03T12:00:00Z', true],
  ['a day beside the list', 'mon,wed,sat-sun 08:00-18:00 UTC', '2026-06-02T12:00:00Z', false],
  ['a range over the end of the week', 'fri-mon 08:00-18:00 UTC', '2026-06-07T12:00:00Z', true],
  ['beside that range', 'fri-mon 08:00-18:00 UTC', '2026-06-02T12:00:00Z', false],
  ['the last minute of a whole day', 'mon 00:00-24:00 UTC', '2026-06-01T23:59:59Z', true],
  ['the minute after a whole day', 'mon 00:00-24:00 UTC', '2026-06-02T00:00:00Z', false],
  ['a night, before midnight', 'fri 22:00-06:00 UTC', '2026-06-05T22:00:00Z', true],
  ['a night, after midnight', 'fri 22:00-06:00 UTC', '2026-06-06T05:59:00Z', true],
  ['the end of a night', 'fri 22:00-06:00 UTC', '2026-06-06T06:00:00Z', false],
  ['the morning of the day on which a night begins', 'fri 22:00-06:00 UTC', '2026-06-05T05:00:00Z', false],
  ['the night from Saturday to Sunday', 'sat 22:00-06:00 UTC', '2026-06-07T01:00:00Z', true],
  ['a night that ends at midnight', 'fri 22:00-00:00 UTC', '2026-06-06T00:00:00Z', false],
  ['another zone, where it is later', 'mon 08:00-09:00 Asia/Kolkata', '2026-06-01T02:30:00Z', true],
  ['another zone, where it is the day before', 'sun 20:00-24:00 America/Los_Angeles', '2026-06-01T05:00:00Z', true],
])('%s', (_, hours, at, expected) => expect(within(hours, at)).toBe(expected));

describe('where the clock is changed', () => {
  // Europe/Berlin: forward on 2026-03-29 at 02:00, back on 2026-10-25 at 03:00; both are Sundays.
  it.each([
    ['winter', 'mon-sun 08:00-09:00 Europe/Berlin', '2026-03-28T07:00:00Z', true],
    ['summer', 'mon-sun 08:00-09:00 Europe/Berlin', '2026-03-29T06:00:00Z', true],
    ['summer, by the clock of winter', 'mon-sun 08:00-09:00 Europe/Berlin', '2026-03-29T07:00:00Z', false],
    ['the hour that is left out, just before', 'sun 02:00-03:00 Europe/Berlin', '2026-03-29T00:59:59Z', false],
    ['the hour that is left out, just after', 'sun 02:00-03:00 Europe/Berlin', '2026-03-29T01:00:00Z', false],
    ['the hour that comes twice, first', 'sun 02:00-03:00 Europe/Berlin', '2026-10-25T00:30:00Z', true],
    ['the hour that comes twice, again', 'sun 02:00-03:00 Europe/Berlin', '2026-10-25T01:30:00Z', true],
    ['after it', 'sun 02:00-03:00 Europe/Berlin', '2026-10-25T02:00:00Z', false],
    ['a span across it', 'sat 22:00-06:00 Europe/Berlin', '2026-10-25T04:59:00Z', true],
    ['the end of a span across it', 'sat 22:00-06:00 Europe/Berlin', '2026-10-25T05:00:00Z', false],
  ])('%s', (_, hours, at, expected) => expect(within(hours, at)).toBe(expected));
});

test('every moment of the week lies in a span or in the one that begins where it ends', () => {
  const time = fc
    .integer({ min: 0, max: 1439 })
    .map((minute) => [minute / 60, minute % 60].map((part) => `${Math.floor(part)}`.padStart(2, '0')).join(':'));
  const zone = fc.constantFrom('UTC', 'Europe/Berlin', 'America/St_Johns', 'Asia/Kathmandu', 'Pacific/Chatham');
  const at = fc.date({ min: new Date('2020-01-01'), max: new Date('2030-01-01'), noInvalidDate: true });
  fc.assert(
    fc.property(time, time, zone, at, (from, to, zone, at) => {
      fc.pre(from !== to);
      const [span, rest] = [`mon-sun ${from}-${to} ${zone}`, `mon-sun ${to}-${from} ${zone}`];
      expect([withinHours(span, at), withinHours(rest, at)].sort()).toEqual([false, true]);
    }),
  );
});

describe('what is no hours', () => {
  it.each([
    '',
    'always',
    'mon-fri 08:00-18:00',
    '08:00-18:00 UTC',
    'mon-fri UTC',
    'monday 08:00-18:00 UTC',
    'Mon-Fri 08:00-18:00 UTC',
    'mon- 08:00-18:00 UTC',
    'mon-wed-fri 08:00-18:00 UTC',
    'mon, tue 08:00-18:00 UTC',
    'mon,mon,mon,mon,mon,mon,mon,mon 08:00-18:00 UTC',
    'mon 8:00-18:00 UTC',
    'mon 08:60-18:00 UTC',
    'mon 24:00-08:00 UTC',
    'mon 08:00-25:00 UTC',
    'mon 08:00-24:01 UTC',
    'mon 08:00-08:00 UTC',
    'mon 08:00–18:00 UTC',
    'mon 08:00-18:00 Mars/Phobos',
    'mon 08:00-18:00 +02:00',
    'mon 08:00-18:00 UTC ',
    'mon 08:00-18:00 UTC\n',
  ])('%j', (text) => {
    expect(areHours(text)).toBe(false);
    expect(keyRecord.safeParse({ ...makeKey().record, hours: text }).success).toBe(false);
    expect(keysFile.safeParse({ version: 1, keys: [{ ...makeKey().record, hours: text }] }).success).toBe(false);
  });
});

test.each(['mon-fri 08:00-18:00 Europe/Berlin', 'mon,wed,fri-sun 22:00-06:00 Etc/GMT+5', 'mon 00:00-24:00 UTC'])(
  'a key may have the hours %j',
  (hours) => {
    const { record } = makeKey({ hours });
    expect(keyRecord.parse(record)).toEqual(record);
  },
);

describe('keys issue --hours', () => {
  function issue(...hours: string[]) {
    const dir = mkdtempSync(join(tmpdir(), 'key-hours-'));
    onTestFinished(() => rmSync(dir, { recursive: true }));
    const file = join(dir, 'keys.json');
    const { terminal, said } = listeningTerminal();
    const about = ['--team', 'payments', '--app', 'billing', '--env', 'prod', '--file', file];
    return { file, said, done: keys(['issue', ...about, ...hours], terminal) };
  }

  it('stores them, and says so', async () => {
    const { file, said, done } = issue('--hours', 'mon-fri 08:00-18:00 Europe/Berlin');
    expect(await done).toBe(0);
    expect((await listKeys(file))[0]?.hours).toBe('mon-fri 08:00-18:00 Europe/Berlin');
    expect(said.err).toContain('It works only in its hours: mon-fri 08:00-18:00 Europe/Berlin.');
  });

  it('stores none unless asked', async () => {
    const { file, said, done } = issue();
    await done;
    expect((await listKeys(file))[0]).not.toHaveProperty('hours');
    expect(said.err.join()).not.toContain('hours');
  });

  it.each(['', '9 to 5', 'mon-fri 08:00-18:00 Mars/Phobos'])('refuses %j, and stores nothing', async (hours) => {
    const { file, done } = issue('--hours', hours);
    await expect(done).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining('--hours: write days'),
    });
    expect(await listKeys(file)).toEqual([]);
  });
});

test('a file with hours that cannot be read is refused as a whole, and not quoted', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'key-hours-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const file = join(dir, 'keys.json');
  const good = makeKey().record;
  const bad = { ...makeKey().record, hours: 'office hours' };
  writeFileSync(file, JSON.stringify({ version: 1, keys: [good, bad] }), { mode: 0o600 });
  const fault = await listKeys(file).catch((error) => error);
  expect(fault).toMatchObject({ code: 'keys_invalid', message: expect.stringContaining('keys.1.hours: write days') });
  expect(fault.message).not.toContain('office');
});
