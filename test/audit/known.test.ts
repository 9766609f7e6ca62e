/** What is done to keys and the hold is on record, whoever was watching. */
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import type { AuditEvent } from '../../src/audit/events.ts';
import type { KeyFacts } from '../../src/audit/key-changes.ts';
import { openKnown } from '../../src/audit/known.ts';
import type { Fault } from '../../src/core/fault.ts';
import { tempDir } from './helpers.ts';

const key = (id: string, more: Record<string, unknown> = {}): KeyFacts => ({
  id,
  team: 't',
  app: 'a',
  env: 'e',
  role: 'inference',
  expiresAt: '2026-03-01T00:00:00Z',
  revokedAt: null,
  ...more,
});
const table = (...keys: KeyFacts[]) => new Map(keys.map((one) => [one.id, one]));
const REVOKED = { revokedAt: '2026-02-01T00:00:00Z' };

/** A gateway that is started on a file, and what it says. */
async function start(file: string, { logIsNew = false, append = async (_: AuditEvent): Promise<unknown> => 1 } = {}) {
  const said: string[] = [];
  const faults: string[] = [];
  /** What tells key tables apart, each time it was said. */
  const loaded: string[] = [];
  const known = await openKnown(file, {
    logIsNew,
    fault: ({ code }: Fault) => void faults.push(code),
    append: async (event) => {
      await append(event);
      if (event.event === 'keys.loaded') return loaded.push(`${event.keys} ${event.keysSha256}`);
      return said.push(
        [event.event, ...('keyId' in event ? [event.keyId] : []), ...('changed' in event ? event.changed : [])].join(
          ' ',
        ),
      );
    },
  });
  return { ...known, said, loaded, faults };
}
const knownIn = async () => join(await tempDir(), 'known.json');

describe('between one run and the next', () => {
  test('what changed is recorded, and only that', async () => {
    const file = await knownIn();
    const first = await start(file, { logIsNew: true });
    await first.observeKeys(table(key('k1'), key('k2'), key('k3', { models: ['a'] })));
    await first.observeHold(null);
    expect(first.said).toEqual(['key.issued k1', 'key.issued k2', 'key.issued k3']);
    expect((await stat(file)).mode & 0o777).toBe(0o600);

    const second = await start(file);
    await second.observeKeys(table(key('k1', REVOKED), key('k3', { models: ['*'] }), key('k4')));
    await second.observeHold({ reason: 'Smith' });
    expect(second.said).toEqual([
      'key.revoked k2',
      'key.revoked k1',
      'key.changed k3 models',
      'key.issued k4',
      'audit.held',
    ]);

    const third = await start(file);
    await third.observeKeys(table(key('k1', REVOKED), key('k3', { models: ['*'] }), key('k4')));
    await third.observeHold(null);
    expect(third.said).toEqual(['audit.released']);
    expect([first.faults, second.faults, third.faults]).toEqual([[], [], []]);
  });

  test('a hold for another reason is another hold, and what ended it says what it was for', async () => {
    const file = await knownIn();
    const events: AuditEvent[] = [];
    const append = async (event: AuditEvent) => events.push(event);
    const known = await start(file, { logIsNew: true, append });
    for (const reason of ['Smith', 'Smith', 'Smith and Jones']) await known.observeHold({ reason });
    await (await start(file, { append })).observeHold(null);
    expect(events).toEqual([
      { event: 'audit.held', reason: 'Smith' },
      { event: 'audit.held', reason: 'Smith and Jones' },
      { event: 'audit.released', reason: 'Smith and Jones' },
    ]);
  });

  test('that there was nothing is remembered, too', async () => {
    const file = await knownIn();
    await (await start(file, { logIsNew: true })).observeKeys(table());
    expect((await start(file)).faults).toEqual([]);
  });
});

test('which keys there are is said at every start and after every change, and at no other time', async () => {
  const file = await knownIn();
  const first = await start(file, { logIsNew: true });
  await first.observeHold({ reason: 'Smith' });
  expect(first.loaded).toEqual([]);
  await first.observeKeys(table(key('k1'), key('k2')));
  await first.observeKeys(table(key('k2'), key('k1')));
  await first.observeHold(null);
  expect(first.loaded).toEqual([expect.stringMatching(/^2 [0-9a-f]{64}$/)]);

  // Someone changes both files while the gateway is down: no record says what, and yet it shows.
  await first.observeKeys(table(key('k1'), key('k2', { models: ['*'] })));
  const second = await start(file);
  await second.observeKeys(table(key('k1'), key('k2', { models: ['*'] })));
  expect(second.said).toEqual([]);
  expect(second.loaded).toEqual([first.loaded[1]]);
  await second.observeKeys(table(key('k1'), key('k2')));
  expect(second.loaded).toEqual([first.loaded[1], first.loaded[0]]);
});

describe('the lockdown', () => {
  const off = { on: false, since: '1970-01-01T00:00:00.000Z', by: '', reason: '' };
  const on = { on: true, since: '2026-02-01T00:00:00.000Z', by: 'anna@gate-1', reason: 'weights stolen' };
  const lifted = { on: false, since: '2026-02-01T01:00:00.000Z', by: 'ben@gate-2', reason: 'new weights' };
  const said = ({ on, ...about }: typeof off) => ({ event: on ? 'lockdown.on' : 'lockdown.off', ...about });

  test.each<[string, (typeof off)[], (typeof off)[]]>([
    ['that there is none is nothing to tell', [off, off], []],
    ['on and off', [off, on, on, lifted, lifted], [on, lifted]],
    ['that it goes on for another reason', [on, { ...on, reason: 'and keys' }], [on, { ...on, reason: 'and keys' }]],
    [
      'that there was one in between',
      [lifted, on, lifted, { ...lifted, since: on.since }],
      [on, lifted, { ...lifted, since: on.since }],
    ],
  ])('%s: the same whether the gateway runs or is started anew each time', async (_, states, told) => {
    for (const restarts of [false, true]) {
      const file = await knownIn();
      const events: AuditEvent[] = [];
      const append = async (event: AuditEvent) => events.push(event);
      let known = await start(file, { logIsNew: true, append });
      for (const state of states) {
        if (restarts) known = await start(file, { logIsNew: true, append });
        await known.observeLockdown(state);
      }
      expect(events).toEqual(told.map(said));
    }
  });

  test('that the log could not take is told when it can', async () => {
    let broken = true;
    const append = async () => {
      if (broken) throw new Error('ENOSPC');
    };
    const known = await start(await knownIn(), { logIsNew: true, append });
    await expect(known.observeLockdown(on)).rejects.toThrow('ENOSPC');
    broken = false;
    await known.retry();
    expect(known.said).toEqual(['lockdown.on']);
  });

  test('is not missed in a file of a version that knew of none', async () => {
    const file = await knownIn();
    const { expiresAt, revokedAt, ...facts } = key('k1');
    await writeFile(
      file,
      JSON.stringify({ version: 1, keys: [{ ...facts, expiresAt, revokedAt, rest: {} }], hold: { reason: 'Smith' } }),
    );
    const known = await start(file);
    await known.observeKeys(table(key('k1')));
    await known.observeHold({ reason: 'Smith' });
    await known.observeLockdown(off);
    await known.observeLockdown(on);
    expect([known.said, known.faults]).toEqual([['lockdown.on'], []]);
    expect((await start(file)).faults).toEqual([]);
  });
});

test('by which key one was replaced is remembered', async () => {
  const file = await knownIn();
  await (await start(file, { logIsNew: true })).observeKeys(table(key('k1'), key('k2')));
  const after = table(key('k1', { replacedBy: 'k2' }), key('k2'));
  const second = await start(file);
  await second.observeKeys(after);
  const third = await start(file);
  await third.observeKeys(after);
  expect([second.said, third.said]).toEqual([['key.rotated k1'], []]);
});

describe('without the file', () => {
  test.each<[string, (file: string) => Promise<unknown>, string]>([
    ['gone', (file) => rm(file), 'known_missing'],
    ['empty', (file) => writeFile(file, ''), 'known_unreadable'],
    ['cut', async (file) => writeFile(file, (await readFile(file, 'utf8')).slice(0, 40)), 'known_unreadable'],
    ['of another version', (file) => writeFile(file, '{"version":2,"keys":[],"hold":null}'), 'known_unreadable'],
    ['a directory', async (file) => rm(file).then(() => mkdir(file)), 'known_unreadable'],
  ])('as it is %s, everything is recorded anew, and it is said so', async (_, damage, code) => {
    const file = await knownIn();
    await (await start(file, { logIsNew: true })).observeKeys(table(key('k1'), key('k2', REVOKED)));
    await damage(file);
    const again = await start(file);
    expect(again.faults).toEqual([code]);
    const write = again.observeKeys(table(key('k1'), key('k2', REVOKED)));
    await (code === 'known_unreadable' && _ === 'a directory' ? write.catch(() => {}) : write);
    expect(again.said).toEqual(['key.issued k1', 'key.issued k2', 'key.revoked k2']);
  });

  test('in a new log it is not missed', async () => {
    expect((await start(await knownIn(), { logIsNew: true })).faults).toEqual([]);
  });
});

describe('at least once', () => {
  test('a crash before the file is written has it recorded again', async () => {
    const file = await knownIn();
    await (await start(file, { logIsNew: true })).observeKeys(table(key('k1')));
    const before = await readFile(file);
    await (await start(file)).observeKeys(table(key('k1'), key('k2')));
    await writeFile(file, before);
    const again = await start(file);
    await again.observeKeys(table(key('k1'), key('k2')));
    expect(again.said).toEqual(['key.issued k2']);
  });

  test('the file is not touched before the record is on disk', async () => {
    const file = await knownIn();
    const onDisk = Promise.withResolvers<void>();
    const known = await start(file, { logIsNew: true, append: () => onDisk.promise });
    const observed = known.observeKeys(table(key('k1')));
    await new Promise(setImmediate);
    await expect(stat(file)).rejects.toMatchObject({ code: 'ENOENT' });
    onDisk.resolve();
    await observed;
    expect(await readFile(file, 'utf8')).toContain('k1');
  });

  test('what the log could not take is tried again, as things are then', async () => {
    const file = await knownIn();
    let broken = true;
    const append = vi.fn(async () => {
      if (broken) throw new Error('ENOSPC');
    });
    const known = await start(file, { logIsNew: true, append });
    await known.retry();
    expect(append).not.toHaveBeenCalled();
    await expect(known.observeKeys(table(key('k1')))).rejects.toThrow('ENOSPC');
    await expect(known.observeHold({ reason: 'x' })).rejects.toThrow('ENOSPC');
    await expect(known.retry()).rejects.toThrow('ENOSPC');
    broken = false;
    await known.retry();
    expect(known.said).toEqual(['key.issued k1', 'audit.held']);
    append.mockClear();
    await known.retry();
    expect(append).not.toHaveBeenCalled();
    expect((await start(file)).faults).toEqual([]);
  });

  test('a file that cannot be written is tried again, without the records', async () => {
    const dir = await tempDir();
    const file = join(dir, 'sub', 'known.json');
    await writeFile(join(dir, 'sub'), 'in the way');
    const known = await start(join(dir, 'sub', 'known.json'), { logIsNew: true });
    await expect(known.observeKeys(table(key('k1')))).rejects.toThrow();
    await rm(join(dir, 'sub'));
    await known.retry();
    expect(known.said).toEqual(['key.issued k1']);
    expect(await readFile(file, 'utf8')).toContain('k1');
  });
});

test('many changes at once are recorded one after the other, each against the one before', async () => {
  const file = await knownIn();
  const known = await start(file, { logIsNew: true, append: () => new Promise(setImmediate) });
  await Promise.all([
    known.observeKeys(table(key('k1'))),
    known.observeKeys(table()),
    known.observeHold({ reason: 'x' }),
    known.observeKeys(table(key('k1'), key('k2'))),
    known.observeHold(null),
  ]);
  expect(known.said).toEqual([
    'key.issued k1',
    'key.revoked k1',
    'audit.held',
    'key.issued k1',
    'key.issued k2',
    'audit.released',
  ]);
});

const anyTable = fc
  .uniqueArray(
    fc.record({
      id: fc.constantFrom('k1', 'k2', 'k3'),
      revokedAt: fc.constantFrom(null, REVOKED.revokedAt),
      models: fc.constantFrom(['a'], ['*']),
    }),
    { selector: ({ id }) => id },
  )
  .map((keys) => table(...keys.map(({ id, ...more }) => key(id, more))));

test('whatever is done, with restarts and failures anywhere: who may do what can be read from the log alone', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ keys: anyTable, restart: fc.boolean(), fails: fc.boolean() }), { maxLength: 12 }),
      async (steps) => {
        const file = await knownIn();
        const active = new Set<string>();
        let broken = false;
        const append = async (event: AuditEvent) => {
          if (broken) throw new Error('EIO');
          if (event.event === 'key.issued') active.add(event.keyId);
          if (event.event === 'key.revoked') active.delete(event.keyId);
          if (event.event === 'key.changed' && event.changed.includes('revokedAt')) active.add(event.keyId);
        };
        let known = await start(file, { logIsNew: true, append });
        for (const { keys, restart, fails } of steps) {
          if (restart) known = await start(file, { logIsNew: true, append });
          broken = fails;
          await known.observeKeys(keys).catch(() => {});
          broken = false;
          await known.retry();
          const inForce = [...keys.values()].filter(({ revokedAt }) => revokedAt === null).map(({ id }) => id);
          expect([...active].sort()).toEqual(inForce.sort());
        }
      },
    ),
    { numRuns: 40 },
  );
});
