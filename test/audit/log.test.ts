import { appendFile, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { hashLine } from '../../src/audit/format/chain.ts';
import { openAuditLog } from '../../src/audit/log.ts';
import { verifyAudit } from '../../src/audit/verify/verify.ts';
import { chainOf, FaultyFs, options, recordsOf, saidIn, segmentsOf, tempDir, withLog } from './helpers.ts';

const FIRST = 'audit-000000000001.jsonl';

describe('append', () => {
  test('gives numbers in the order of the calls, and a chain that verifies', async () => {
    const dir = join(await tempDir(), 'made', 'when', 'missing');
    await withLog(dir, {}, async (log) => {
      const seqs = await Promise.all(Array.from({ length: 50 }, (_, index) => log.append({ event: 'e', index })));
      expect(seqs).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
    });
    expect((await saidIn(dir)).map(({ index }) => index)).toEqual(Array.from({ length: 50 }, (_, index) => index));
    expect(await verifyAudit([dir])).toMatchObject({ records: 51, firstSeq: 1, lastSeq: 51, faults: [] });
    expect((await stat(dir)).mode & 0o777).toBe(0o700);
    expect((await stat(join(dir, FIRST))).mode & 0o777).toBe(0o600);
  });

  test('says what the fields said when it was called', async () => {
    const dir = await tempDir();
    await withLog(dir, {}, async (log) => {
      const fields = { event: 'e', findings: ['a'] };
      const appended = log.append(fields);
      fields.findings.push('b');
      fields.event = 'changed';
      await appended;
    });
    expect((await recordsOf(dir))[0]).toMatchObject({ event: 'e', findings: ['a'] });
  });

  test('resolves after the sync that covers it, and mirrors then', async () => {
    const dir = await tempDir();
    const fs = new FaultyFs();
    const mirrored: string[] = [];
    await withLog(dir, { fs, mirror: (line) => mirrored.push(line) }, async (log) => {
      fs.calls.length = 0;
      let acknowledged = false;
      const appended = log.append({ event: 'e' }).then(() => {
        acknowledged = true;
      });
      const beforeEach: unknown[] = [];
      fs.fate = (operation) => {
        beforeEach.push([operation, acknowledged, mirrored.length]);
        return 'ok';
      };
      await appended;
      expect(beforeEach).toEqual([
        ['write', false, 0],
        ['datasync', false, 0],
      ]);
    });
    expect(mirrored.map((line) => `${line}\n`).join('')).toBe(await readFile(join(dir, FIRST), 'utf8'));
  });

  test('commits in groups: what queues during a sync goes with the next one', async () => {
    const fs = new FaultyFs();
    await withLog(await tempDir(), { fs }, async (log) => {
      fs.calls.length = 0;
      const appends = [log.append({ event: 'e' })];
      let more = 100;
      fs.fate = (operation) => {
        if (operation === 'datasync') for (; more > 0; more--) appends.push(log.append({ event: 'e' }));
        return 'ok';
      };
      await appends[0];
      expect(appends).toHaveLength(101);
      expect(await appends.at(-1)).toBe(101);
      expect(fs.calls).toEqual(['write#1', 'datasync#1', 'write#1', 'datasync#1']);
    });
  });

  test('does not sync when it is told to buffer, save at the end', async () => {
    const fs = new FaultyFs();
    await withLog(await tempDir(), { fs, durability: 'buffered' }, async (log) => {
      fs.calls.length = 0;
      await log.append({ event: 'e' });
      expect(fs.calls).toEqual(['write#1']);
    });
    expect(fs.calls).toEqual(['write#1', 'write#1', 'datasync#1', 'datasync#1']);
  });

  test('is refused once the log is closed; what was queued is written', async () => {
    const dir = await tempDir();
    const log = await openAuditLog(options(dir));
    const queued = log.append({ event: 'last' });
    await Promise.all([log.close(), log.close()]);
    expect(await queued).toBe(1);
    expect(log.healthy).toBe(false);
    await expect(log.append({ event: 'late' })).rejects.toMatchObject({ code: 'audit_unavailable' });
    expect((await saidIn(dir)).map(({ event }) => event)).toEqual(['last']);
  });

  test('what queues while a write is under way is still written when the log is closed', async () => {
    const dir = await tempDir();
    const fs = new FaultyFs();
    const log = await openAuditLog(options(dir, { fs }));
    let rest: Promise<unknown> | undefined;
    fs.fate = (operation) => {
      if (operation === 'write') rest ??= Promise.all([log.append({ event: 'second' }), log.close()]);
      return 'ok';
    };
    await log.append({ event: 'first' });
    await rest;
    expect((await saidIn(dir)).map(({ event }) => event)).toEqual(['first', 'second']);
  });

  test('rejects what cannot be a line, and goes on', async () => {
    await withLog(await tempDir(), {}, async (log) => {
      await expect(log.append({ event: 'e', big: 1n })).rejects.toThrow(TypeError);
      await expect(log.append({ event: 'e', text: 'x'.repeat(16 * 1024 * 1024) })).rejects.toThrow(RangeError);
      expect(await log.append({ event: 'e' })).toBe(1);
    });
  });

  test('is not disturbed by a mirror or a listener that throws', async () => {
    const throwing = () => {
      throw new Error('not the concern of the log');
    };
    const fs = new FaultyFs();
    await withLog(await tempDir(), { fs, mirror: throwing, onFailure: throwing, onRecovery: throwing }, async (log) => {
      expect(await log.append({ event: 'e' })).toBe(1);
      fs.fate = (operation) => (operation === 'write' ? 'fail' : 'ok');
      await expect(log.append({ event: 'e' })).rejects.toMatchObject({ code: 'audit_unavailable' });
      fs.fate = () => 'ok';
      await log.recover();
      expect(log.healthy).toBe(true);
    });
  });
});

describe('when the disk fails', () => {
  test.each(['fail', 'torn'] as const)(
    'a write (%s): refused, cut back, and well again once a record is on disk',
    async (fate) => {
      const dir = await tempDir();
      const fs = new FaultyFs();
      const told: string[] = [];
      const now = () => new Date('2026-01-01T00:00:00Z');
      const listeners = {
        onFailure: (error: Error) => told.push(error.message),
        onRecovery: () => told.push('recovered'),
      };
      await withLog(dir, { fs, now, ...listeners }, async (log) => {
        await log.append({ event: 'kept' });
        const size = (await stat(join(dir, FIRST))).size;
        fs.fate = (operation) => (operation === 'write' ? fate : 'ok');
        const refused = await Promise.allSettled([log.append({ event: 'lost' }), log.append({ event: 'lost' })]);
        for (const one of refused) {
          expect(one).toMatchObject({ reason: { code: 'audit_unavailable', cause: { code: 'ENOSPC' } } });
        }
        expect(log).toMatchObject({ healthy: false, failure: { code: 'ENOSPC' } });
        fs.calls.length = 0;
        await expect(log.append({ event: 'at once' })).rejects.toMatchObject({ code: 'audit_unavailable' });
        expect(fs.calls.filter((call) => call.startsWith('write'))).toEqual([]);

        await log.recover(); // still full
        expect(log.healthy).toBe(false);
        expect((await stat(join(dir, FIRST))).size).toBe(size);

        fs.fate = () => 'ok';
        await log.recover();
        expect(log).toMatchObject({ healthy: true, failure: null });
        expect(await log.append({ event: 'kept' })).toBe(3);
        expect(told).toEqual(['ENOSPC: made to fail', 'recovered']);
      });
      const records = await saidIn(dir);
      expect(records.map(({ event }) => event)).toEqual(['kept', 'alert.audit_recovered', 'kept']);
      expect(records[1]).toMatchObject({ reason: 'ENOSPC', refused: 3, failedAt: '2026-01-01T00:00:00.000Z' });
      expect((await verifyAudit([dir])).faults).toEqual([]);
    },
  );

  test('a short write is no failure: the rest follows', async () => {
    const dir = await tempDir();
    let shorts = 5;
    const fs = new FaultyFs((operation) => (operation === 'write' && shorts-- > 0 ? 'short' : 'ok'));
    await withLog(dir, { fs }, async (log) => expect(await log.append({ event: 'e' })).toBe(1));
    expect(shorts).toBeLessThan(0);
    expect((await verifyAudit([dir])).faults).toEqual([]);
  });

  test('it tries again every second by itself', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const fs = new FaultyFs();
      const recovered = Promise.withResolvers<void>();
      await withLog(await tempDir(), { fs, onRecovery: recovered.resolve }, async (log) => {
        fs.fate = (operation) => (operation === 'write' ? 'fail' : 'ok');
        await expect(log.append({ event: 'e' })).rejects.toThrow();
        fs.fate = () => 'ok';
        vi.advanceTimersByTime(999);
        expect(log.healthy).toBe(false);
        vi.advanceTimersByTime(1);
        await recovered.promise;
        expect(log.healthy).toBe(true);
      });
    } finally {
      vi.useRealTimers();
    }
  });

  test('a sync: refused until the next start, and that descriptor is never synced again', async () => {
    const dir = await tempDir();
    const fs = new FaultyFs();
    const onFailure = vi.fn();
    await withLog(dir, { fs, onFailure }, async (log) => {
      await log.append({ event: 'kept' });
      fs.fate = (operation) => (operation === 'datasync' ? 'fail' : 'ok');
      fs.calls.length = 0;
      await expect(log.append({ event: 'doubtful' })).rejects.toMatchObject({ code: 'audit_unavailable' });
      expect(onFailure).toHaveBeenCalledOnce();
      fs.fate = () => 'ok';
      await log.recover();
      expect(log.healthy).toBe(false);
      await expect(log.append({ event: 'refused' })).rejects.toMatchObject({ code: 'audit_unavailable' });
    });
    expect(fs.calls).toEqual(['write#1', 'datasync#1', 'open', 'truncate#2']);
    expect((await recordsOf(dir)).map(({ event }) => event)).toEqual(['kept']);
    await withLog(dir, {}, async (log) => expect(await log.append({ event: 'again' })).toBe(2));
    expect((await verifyAudit([dir])).faults).toEqual([]);
  });
});

describe('at the start', () => {
  test('goes on where it ended', async () => {
    const dir = await tempDir();
    await withLog(dir, {}, (log) => log.append({ event: 'one' }));
    await withLog(dir, {}, async (log) => {
      expect(log).toMatchObject({ torn: null, orphans: [] });
      expect(await log.append({ event: 'two' })).toBe(3);
    });
    expect(await verifyAudit([dir])).toMatchObject({ records: 4, faults: [] });
  });

  test('refuses a directory that another one writes', async () => {
    const dir = await tempDir();
    await withLog(dir, {}, async () => {
      await expect(openAuditLog(options(dir))).rejects.toMatchObject({ code: 'audit_dir_in_use', exitCode: 2 });
    });
  });

  test.each(['half a li', '{"whole":"but not ended"}', '\0\0\0\0', 'longer '.repeat(60)])(
    'cuts off a torn last line, and says so: %#',
    async (rest) => {
      const dir = await tempDir();
      await withLog(dir, {}, (log) => log.append({ event: 'one' }));
      await appendFile(join(dir, FIRST), rest);
      await withLog(dir, {}, async (log) => expect(log.torn).toEqual({ segment: FIRST, bytes: rest.length }));
      expect((await saidIn(dir))[1]).toMatchObject({
        seq: 3,
        event: 'alert.torn_line',
        segment: FIRST,
        bytes: rest.length,
      });
      await withLog(dir, {}, async (log) => expect(log.torn).toBeNull());
      expect(await verifyAudit([dir])).toMatchObject({ records: 4, faults: [] });
    },
  );

  test('survives a first line that was torn', async () => {
    const dir = await tempDir();
    await writeFile(join(dir, FIRST), '{"v":1');
    await withLog(dir, {}, (log) => log.append({ event: 'one' }));
    expect((await saidIn(dir)).map(({ event }) => event)).toEqual(['alert.torn_line', 'one']);
    expect((await verifyAudit([dir])).faults).toEqual([]);
  });

  test.each([
    ['a changed line', (lines: string[]) => lines.with(1, lines[1]!.replace('record 2', 'record X')), 2],
    ['a missing line', (lines: string[]) => lines.toSpliced(1, 1), 2],
    ['a line that is no record', (lines: string[]) => lines.with(1, 'garbage'), 2],
    ['another beginning', () => chainOf(3, 2), 1],
  ])('stops at %s, and names the place', async (_, damage, line) => {
    const dir = await tempDir();
    const text = damage(chainOf(4))
      .map((one) => `${one}\n`)
      .join('');
    await writeFile(join(dir, FIRST), text);
    const opened = openAuditLog(options(dir));
    await expect(opened).rejects.toMatchObject({ code: 'audit_log_damaged', exitCode: 1 });
    await expect(opened).rejects.toThrow(`${join(dir, FIRST)}:${line}: `);
    expect(await readFile(join(dir, FIRST), 'utf8')).toBe(text);
    expect(await segmentsOf(dir)).toEqual([FIRST]);
  });

  test('an administration that was let through and not closed is an orphan, too', async () => {
    const dir = await tempDir();
    await withLog(dir, { segmentBytes: 1 }, async (log) => {
      await log.append({ event: 'admin.admitted', requestId: 'closed' });
      await log.append({ event: 'admin.admitted', requestId: 'orphan' });
      await log.append({ event: 'admin.completed', requestId: 'closed' });
      await log.append({ event: 'admin.denied', requestId: 'refused' });
    });
    await withLog(dir, {}, async (log) => expect(log.orphans.map(({ requestId }) => requestId)).toEqual(['orphan']));
    await withLog(dir, {}, async (log) => expect(log.orphans).toEqual([]));
    const segments = (await recordsOf(dir)).filter(({ event }) => event === 'audit.segment');
    expect(
      segments.some(({ open }) => (open as { requestId: string }[]).some((one) => one.requestId === 'orphan')),
    ).toBe(true);
  });

  test('reports each orphan once', async () => {
    const dir = await tempDir();
    await withLog(dir, {}, async (log) => {
      await log.append({ event: 'inference.admitted', requestId: 'closed' });
      await log.append({ event: 'inference.admitted', requestId: 'orphan' });
      await log.append({ event: 'inference.denied', requestId: 'never admitted' });
      await log.append({ event: 'inference.completed', requestId: 'closed' });
    });
    await withLog(dir, {}, async (log) => expect(log.orphans).toEqual([{ requestId: 'orphan', seq: 2 }]));
    await withLog(dir, {}, async (log) => expect(log.orphans).toEqual([]));
    const alerts = (await recordsOf(dir)).filter(({ event }) => event === 'alert.orphan');
    expect(alerts).toMatchObject([{ requestId: 'orphan', admittedSeq: 2 }]);
  });

  test('a failed start leaves the directory free', async () => {
    for (const operation of ['open', 'syncDir', 'datasync', 'truncate'] as const) {
      const dir = await tempDir();
      const fs = new FaultyFs((one) => (one === operation ? 'fail' : 'ok'));
      await expect(openAuditLog(options(dir, { fs })), operation).rejects.toThrow();
      await (await openAuditLog(options(dir))).close();
    }
    const dir = await tempDir();
    await writeFile(join(dir, FIRST), 'torn');
    const fs = new FaultyFs((one) => (one === 'write' ? 'fail' : 'ok'));
    await expect(openAuditLog(options(dir, { fs }))).rejects.toMatchObject({ code: 'audit_unavailable' });
    await withLog(dir, {}, async () => {});
  });
});

describe('segments', () => {
  test('follow each other in one chain, and each tells which requests are open', async () => {
    const dir = await tempDir();
    await withLog(dir, { segmentBytes: 1000 }, async (log) => {
      await log.append({ event: 'inference.admitted', requestId: 'long' });
      for (let index = 0; index < 20; index++) await log.append({ event: 'e', index });
      await Promise.all(Array.from({ length: 20 }, (_, index) => log.append({ event: 'f', index })));
    });
    const names = await segmentsOf(dir);
    expect(names.length).toBeGreaterThan(5);
    for (const name of names.slice(0, -1)) {
      expect((await stat(join(dir, name))).size).toBeGreaterThanOrEqual(1000);
    }
    for (const name of names.slice(1)) {
      const first = JSON.parse((await readFile(join(dir, name), 'utf8')).split('\n')[0]!);
      expect(name).toBe(`audit-${String(first.seq).padStart(12, '0')}.jsonl`);
      expect(first).toMatchObject({ event: 'audit.segment', open: [{ requestId: 'long', seq: 1 }] });
    }
    const result = await verifyAudit([dir]);
    expect(result).toMatchObject({ segments: names.length, faults: [] });
    await withLog(dir, {}, async (log) => expect(log.orphans).toEqual([{ requestId: 'long', seq: 1 }]));
  });

  test('carry over what is being written at that moment', async () => {
    const dir = await tempDir();
    await withLog(dir, { segmentBytes: 400 }, async (log) => {
      await Promise.all([
        ...['a', 'b', 'c'].map((requestId) => log.append({ event: 'inference.admitted', requestId })),
        log.append({ event: 'inference.completed', requestId: 'b' }),
      ]);
      await log.append({ event: 'e' });
    });
    await withLog(dir, {}, async (log) => expect(log.orphans.map(({ requestId }) => requestId)).toEqual(['a', 'c']));
  });

  test.each([
    ['the next day', '2026-03-02T00:00:00.000Z'],
    ['the day after', '2026-03-03T00:00:00.000Z'],
    ['the day before, where the clock was set back', '2026-02-28T23:59:59.999Z'],
  ])('a new one begins with the first record of %s', async (_, then) => {
    const dir = await tempDir();
    let time = '2026-03-01T00:00:00.000Z';
    const now = () => new Date(time);
    await withLog(dir, { now }, async (log) => {
      await log.append({ event: 'one' });
      time = '2026-03-01T23:59:59.999Z';
      await log.append({ event: 'two' });
      time = then;
      await log.append({ event: 'three' });
      await log.append({ event: 'four' });
    });
    const second = 'audit-000000000003.jsonl';
    expect(await segmentsOf(dir)).toEqual([FIRST, second]);
    const begins = (await readFile(join(dir, second), 'utf8')).split('\n').slice(0, 3);
    expect(begins.map((line) => JSON.parse(line).event)).toEqual(['audit.segment', 'three', 'four']);
    expect((await verifyAudit([dir])).faults).toEqual([]);
  });

  test('a new one begins also when the gateway was not running at midnight, and only with a record', async () => {
    const dir = await tempDir();
    let now = () => new Date('2026-03-01T12:00:00Z');
    await withLog(dir, { now }, (log) => log.append({ event: 'one' }));
    now = () => new Date('2026-03-02T12:00:00Z');
    await withLog(dir, { now }, async () => {});
    expect(await segmentsOf(dir)).toEqual([FIRST]);
    await withLog(dir, { now }, (log) => log.append({ event: 'two' }));
    expect(await segmentsOf(dir)).toEqual([FIRST, 'audit-000000000003.jsonl']);
  });

  test('a file is synced before the next one begins, also when it is buffered', async () => {
    const fs = new FaultyFs();
    await withLog(await tempDir(), { fs, durability: 'buffered', segmentBytes: 1 }, async (log) => {
      await log.append({ event: 'one' });
      fs.calls.length = 0;
      await log.append({ event: 'two' });
      expect(fs.calls).toEqual(['datasync#1', 'open', 'syncDir', 'write#2']);
    });
  });

  test('a rotation that failed is repeated', async () => {
    const dir = await tempDir();
    const fs = new FaultyFs();
    await withLog(dir, { fs, segmentBytes: 1 }, async (log) => {
      await log.append({ event: 'one' });
      fs.fate = (operation, path) => (operation === 'write' && path.endsWith('2.jsonl') ? 'torn' : 'ok');
      await expect(log.append({ event: 'lost' })).rejects.toThrow();
      fs.fate = () => 'ok';
      await log.recover();
      await log.append({ event: 'two' });
      expect((await recordsOf(dir)).filter(({ event }) => event === 'audit.segment').length).toBe(2);
    });
    expect((await verifyAudit([dir])).faults).toEqual([]);
  });

  test('a crash between making a file and writing to it is no damage', async () => {
    const dir = await tempDir();
    await withLog(dir, {}, async (log) => {
      await log.append({ event: 'inference.admitted', requestId: 'a' });
      await log.append({ event: 'two' });
    });
    const second = join(dir, 'audit-000000000004.jsonl');
    await writeFile(second, '');
    await withLog(dir, {}, async (log) => expect(log.orphans).toHaveLength(1));
    expect(
      (await readFile(second, 'utf8'))
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line).event),
    ).toEqual(['audit.segment', 'alert.orphan', 'audit.checkpoint']);
    const { head, ...result } = await verifyAudit([dir]);
    expect(result).toMatchObject({ records: 6, faults: [] });
    expect(head).toBe(hashLine((await readFile(second, 'utf8')).split('\n').at(-2)!));
  });

  test('a newest file that does not follow is damage', async () => {
    const dir = await tempDir();
    await withLog(dir, {}, (log) => log.append({ event: 'one' }));
    await writeFile(join(dir, 'audit-000000000009.jsonl'), '');
    await expect(openAuditLog(options(dir))).rejects.toMatchObject({ code: 'audit_log_damaged' });
    await truncate(join(dir, FIRST), 0);
    await expect(openAuditLog(options(dir))).rejects.toMatchObject({ code: 'audit_log_damaged' });
  });
});
