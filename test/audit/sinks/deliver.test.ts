import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { segmentName } from '../../../src/audit/format/chain.ts';
import { type AuditLine, Refused, RetryAfter } from '../../../src/audit/sinks/sink.ts';
import { damagedLog, delivering, firsts, hang, headOf, logOnDisk, receiver, upTo } from './delivering.ts';

const seqs = (taken: readonly AuditLine[]) => taken.map(({ seq }) => seq);
const gap = (fromSeq: number, toSeq: number) => ({ event: 'alert.sink_gap', sink: 'siem', fromSeq, toSeq });
/** Refuses every batch with one of these in it; says which, or does not. */
const refusing = (bad: ReadonlySet<number>, tells: boolean) => (batch: readonly AuditLine[]) => {
  const refused = seqs(batch).filter((seq) => bad.has(seq));
  if (refused.length > 0) throw new Refused('it answered 400', tells ? refused : null);
};

describe('hands over', () => {
  test('every record as it stands in the log, once, in order, in batches that fit', async () => {
    const log = await logOnDisk();
    await log.add(1200);
    const sink = receiver(100);
    const { done, raised, faults } = await delivering(log, sink);
    await done();
    await log.add(3, undefined, true);
    await done();
    expect(sink.taken.map(({ text }) => text)).toEqual(log.lines);
    expect(sink.taken.map(({ record }) => record.seq)).toEqual(upTo(1203));
    expect(Math.max(...sink.attempts.map(({ length }) => length))).toBe(100);
    expect([raised, faults]).toEqual([[], []]);
  });

  test('no more than about a megabyte at once', async () => {
    const log = await logOnDisk();
    const big = 'x'.repeat(200_000);
    await log.add(40, () => big);
    const sink = receiver();
    await (await delivering(log, sink)).done();
    expect(seqs(sink.taken)).toEqual(upTo(40));
    expect(Math.max(...sink.attempts.map(({ length }) => length))).toBeLessThanOrEqual(5);
  });

  test('the events that were asked for, and passes over the others', async () => {
    const log = await logOnDisk();
    const events: Record<number, string> = { 0: 'alert.torn_line', 1: 'key.issued' };
    await log.add(1000, (seq) => events[seq % 100] ?? 'inference.denied');
    const sink = receiver();
    const { delivery, done } = await delivering(log, sink, { events: ['alert.*', 'key.issued'] });
    await done();
    await log.add(50, () => 'inference.denied');
    await done();
    expect(seqs(sink.taken)).toEqual(upTo(1000).filter((seq) => seq % 100 < 2));
    expect(delivery.status()).toEqual({ name: 'siem', backlog: 0, oldest: null, delivered: 1050 });
  });

  test('nothing twice or again if the cursor stands before a damaged line', async () => {
    const log = await logOnDisk();
    await log.add(5);
    const sink = receiver();
    const first = await delivering(log, sink);
    await first.done();
    await first.delivery.close(0);
    await log.add(2);
    await writeFile(join(log.dir, segmentName(1)), [...log.lines.slice(0, 5), 'nonsense', log.lines[6], ''].join('\n'));
    const { done, raised, faults } = await delivering(log, sink);
    await done();
    expect(seqs(sink.taken)).toEqual([1, 2, 3, 4, 5, 7]);
    expect(raised).toEqual([gap(6, 6)]);
    expect(faults).toEqual([]);
  });

  test('in the same order after any failures, at least once, and what it confirmed is never given up', async () => {
    const fate = fc.constantFrom('take', 'fail', 'wait', 'take and fail', 'restart', 'crash');
    const script = fc.array(fc.record({ fate, add: fc.nat(30), rotate: fc.boolean() }), { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(script, fc.integer({ min: 1, max: 20 }), async (steps, maxBatch) => {
        const log = await logOnDisk();
        await log.add(5);
        const fates = steps.map((step) => step.fate);
        const sink = receiver(maxBatch);
        sink.behave = (batch) => {
          const next = fates.shift() ?? 'take';
          if (next === 'fail' || next === 'crash' || next === 'restart') throw new Error('no');
          if (next === 'wait') throw new RetryAfter('later', 100);
          if (next === 'take and fail') {
            sink.taken.push(...batch);
            throw new Error('the answer was lost');
          }
        };
        let { delivery, done, raised } = await delivering(log, sink);
        for (const step of steps) {
          if (step.add > 0) await log.add(step.add, undefined, step.rotate);
          if (step.fate === 'restart' || step.fate === 'crash') {
            const cursor = join(log.dir, 'sinks', 'siem.json');
            const before = await readFile(cursor).catch(() => null);
            await delivery.close(0);
            // The file as it was some time ago.
            if (step.fate === 'crash') await (before ? writeFile(cursor, before) : rm(cursor, { force: true }));
            ({ delivery, done, raised } = await delivering(log, sink));
          }
        }
        await done();
        expect(firsts(sink.taken)).toEqual(upTo(log.lines.length));
        expect(raised).toEqual([]);
        await delivery.close(0);
        await rm(log.dir, { recursive: true });
      }),
      { numRuns: 50 },
    );
  });
});

describe('goes on where it was', () => {
  test('after a restart, without repeating anything', async () => {
    const log = await logOnDisk();
    await log.add(10);
    const sink = receiver();
    const first = await delivering(log, sink);
    await first.done();
    await first.delivery.close(1000);
    expect(sink.closed).toBe(true);
    await log.add(10);
    const { delivery, done, faults } = await delivering(log, sink);
    expect(delivery.status()).toMatchObject({ backlog: 10, delivered: 10 });
    expect(delivery.saved).toBe(10);
    await done();
    expect(seqs(sink.taken)).toEqual(upTo(20));
    expect(faults).toEqual([]);
  });

  test('a receiver down for an hour: the records wait in the log, appending is not held up, all come in order', async () => {
    const log = await logOnDisk();
    await log.add(1);
    let down = true;
    const sink = receiver(500, () => {
      if (down) throw new Error('connect ECONNREFUSED');
    });
    const { delivery, done, faults, rests } = await delivering(log, sink);
    let restedMs = 0;
    while (restedMs < 3_600_000) {
      await log.add(50, undefined, log.lines.length % 1000 === 1);
      await turn();
      restedMs = rests.reduce((sum, ms) => sum + ms, 0);
    }
    expect(delivery.status()).toMatchObject({ backlog: log.lines.length, delivered: 0 });
    expect(delivery.status().oldest).toBe(JSON.parse(log.lines[0]!).timestamp);
    expect(faults.map(({ code }) => code)).toEqual(['sink_failed']);
    // Never more than a batch or so in memory, however many wait.
    expect(Math.max(...sink.attempts.map(({ length }) => length))).toBeLessThanOrEqual(500);
    down = false;
    await done();
    expect(sink.taken.map(({ text }) => text)).toEqual(log.lines);
    expect(rests.slice(0, 7)).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
  });

  test('a record that was purged before it could be sent is an alert', async () => {
    const log = await logOnDisk();
    await log.add(10);
    const first = await delivering(log, receiver());
    await first.done();
    await first.delivery.close(0);
    await log.add(10, undefined, true);
    await log.add(10, undefined, true);
    await rm(join(log.dir, segmentName(11)));
    const sink = receiver();
    const { raised, done } = await delivering(log, sink);
    await done();
    expect(seqs(sink.taken)).toEqual(upTo(30, 21));
    expect(raised).toEqual([gap(11, 20)]);
  });

  test('a new sink begins with the oldest record there is, which is no gap', async () => {
    const log = await logOnDisk(undefined, 500, 'a'.repeat(64));
    await log.add(10);
    const sink = receiver();
    const { raised, faults, done } = await delivering(log, sink);
    await done();
    expect(seqs(sink.taken)).toEqual(upTo(509, 500));
    expect([raised, faults]).toEqual([[], []]);
  });

  test('a line that is no record is an alert, and does not hold up the others', async () => {
    const log = await logOnDisk();
    await log.add(3);
    const file = join(log.dir, segmentName(1));
    await writeFile(file, `${log.lines[0]}\nnonsense\n${log.lines[2]}\n`);
    const sink = receiver();
    const { raised, done } = await delivering(log, sink);
    await done();
    expect(seqs(sink.taken)).toEqual([1, 3]);
    expect(raised).toEqual([gap(2, 2)]);
  });
});

describe('damaged lines that follow each other are one alert', () => {
  test.each([
    ['a whole file, longer than what is read at once', () => true, false],
    ['several files', () => true, true],
    ['the middle of the log', (seq: number) => seq > 100 && seq < 1900, true],
  ])('%s', async (_what, damaged, rotate) => {
    const log = await damagedLog(2000, damaged, rotate, rotate);
    const sink = receiver();
    const { raised, done } = await delivering(log, sink);
    await done();
    const lost = upTo(2000).filter(damaged);
    expect(raised).toEqual([gap(lost[0]!, lost.at(-1)!)]);
    expect(firsts(sink.taken)).toEqual(upTo(log.lines.length).filter((seq) => !lost.includes(seq)));
  });

  test('whatever is damaged: one alert for each stretch, and again after a restart only what was not passed yet', async () => {
    const holes = fc.array(fc.boolean(), { minLength: 1, maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(holes, fc.integer({ min: 1, max: 7 }), fc.boolean(), async (damaged, maxBatch, wanted) => {
        const log = await damagedLog(damaged.length, (seq) => damaged[seq - 1]!, false, false);
        const sink = receiver(maxBatch);
        const events = wanted ? ['*'] : ['none'];
        const first = await delivering(log, sink, { events });
        await first.done();
        const stretches = upTo(damaged.length)
          .filter((seq) => damaged[seq - 1] && !damaged[seq - 2])
          .map((from) => gap(from, from + [...damaged, false].indexOf(false, from - 1) - from));
        expect(first.raised).toEqual(stretches);
        expect(seqs(sink.taken)).toEqual(wanted ? upTo(damaged.length).filter((seq) => !damaged[seq - 1]) : []);
        await first.delivery.close(0);
        const again = await delivering(log, sink, { events });
        await again.done();
        expect(again.raised).toEqual([]);
        await again.delivery.close(0);
        await rm(log.dir, { recursive: true });
      }),
      { numRuns: 60 },
    );
  });
});

describe('begins anew, and says so', () => {
  const withCursorAt10 = async () => {
    const log = await logOnDisk();
    await log.add(10);
    const { delivery, done } = await delivering(log, receiver());
    await done();
    await delivery.close(0);
    await rm(join(log.dir, segmentName(1)));
    return log.dir;
  };

  test.each([
    ['a shorter log', 4, 0],
    ['another of the same length, when it grows', 10, 1],
    ['a longer one', 30, 0],
  ])('in front of %s', async (_what, records, later) => {
    const dir = await withCursorAt10();
    const other = await logOnDisk(dir);
    await other.add(records, () => 'other.event');
    const sink = receiver();
    const { done, faults, raised } = await delivering(other, sink);
    if (later > 0) await other.add(later);
    await vi.waitUntil(() => sink.taken.length > 0, { interval: 2 });
    await done();
    expect(seqs(sink.taken)).toEqual(upTo(records + later));
    expect(faults.map(({ code }) => code)).toEqual(['sink_cursor_unusable']);
    expect(raised).toEqual([]);
  });

  test('with a damaged cursor', async () => {
    const log = await logOnDisk();
    await log.add(10);
    const first = await delivering(log, receiver());
    await first.done();
    await first.delivery.close(0);
    await writeFile(join(log.dir, 'sinks', 'siem.json'), '{');
    const sink = receiver();
    const { done, faults } = await delivering(log, sink);
    await done();
    expect(seqs(sink.taken)).toEqual(upTo(10));
    expect(faults.map(({ code }) => code)).toEqual(['sink_cursor_unusable']);
  });

  test('not if the log is the same, and was purged up to the place', async () => {
    const log = await logOnDisk();
    await log.add(10);
    const first = await delivering(log, receiver());
    await first.done();
    await first.delivery.close(0);
    await log.add(5, undefined, true);
    await rm(join(log.dir, segmentName(1)));
    const sink = receiver();
    const { done, faults, raised } = await delivering(log, sink);
    await done();
    expect(seqs(sink.taken)).toEqual(upTo(15, 11));
    expect([faults, raised]).toEqual([[], []]);
  });
});

describe('a record that the receiver refuses for good', () => {
  const anySeqs = fc.uniqueArray(fc.integer({ min: 1, max: 40 }), { maxLength: 12 });

  test('is given up, alone, with an alert, once a later one was taken', async () => {
    await fc.assert(
      fc.asyncProperty(anySeqs, fc.boolean(), fc.integer({ min: 1, max: 50 }), async (bad, tells, maxBatch) => {
        const log = await logOnDisk();
        await log.add(41);
        const sink = receiver(maxBatch, refusing(new Set(bad), tells));
        const { delivery, done, raised } = await delivering(log, sink);
        await done();
        expect(firsts(sink.taken)).toEqual(upTo(41).filter((seq) => !bad.includes(seq)));
        expect(raised).toEqual([...bad].sort((a, b) => a - b).map((seq) => gap(seq, seq)));
        // No sooner than at the third time.
        for (const seq of bad) {
          expect(sink.attempts.filter((batch) => batch.includes(seq)).length).toBeGreaterThanOrEqual(3);
        }
        await delivery.close(0);
        await rm(log.dir, { recursive: true });
      }),
      { numRuns: 60 },
    );
  });

  test('waits at the end of the log: it is given up when one comes that is taken', async () => {
    const log = await logOnDisk();
    await log.add(5);
    const sink = receiver(500, refusing(new Set([4, 5]), false));
    const { done, raised, faults, rests, delivery } = await delivering(log, sink);
    await vi.waitUntil(() => rests.length > 20, { interval: 2 });
    expect(seqs(sink.taken)).toEqual([1, 2, 3]);
    expect(delivery.status()).toMatchObject({ backlog: 2, delivered: 3 });
    expect(raised).toEqual([]);
    expect(faults.map(({ code }) => code)).toEqual(['sink_failed']);
    await log.add(1);
    await done();
    expect(seqs(sink.taken)).toEqual([1, 2, 3, 6]);
    expect(raised).toEqual([gap(4, 4), gap(5, 5)]);
  });

  test.each([1, 7, 500])('a receiver that refuses everything loses nothing (%i at once)', async (maxBatch) => {
    const log = await logOnDisk();
    await log.add(20);
    let wrong = true;
    const sink = receiver(maxBatch, () => {
      if (wrong) throw new Refused('it answered 400');
    });
    const { done, raised, rests } = await delivering(log, sink);
    await vi.waitUntil(() => rests.length > 100, { interval: 2 });
    wrong = false;
    await done();
    expect(seqs(sink.taken)).toEqual(upTo(20));
    expect(raised).toEqual([]);
  });

  test('is not given up for two refusals that pass', async () => {
    const log = await logOnDisk();
    await log.add(8);
    let refusals = 2;
    const sink = receiver(1, ([line]) => {
      if (line!.seq === 4 && refusals-- > 0) throw new Refused('it answered 400');
    });
    const { done, raised } = await delivering(log, sink);
    await done();
    expect(seqs(sink.taken)).toEqual(upTo(8));
    expect(raised).toEqual([]);
  });

  test('is no alert if it is one itself: that would go on for ever', async () => {
    const log = await logOnDisk();
    await log.add(5, (seq) => (seq === 2 ? 'alert.sink_gap' : 'test.event'));
    const sink = receiver(500, refusing(new Set([2, 3]), false));
    const { done, raised } = await delivering(log, sink);
    await done();
    expect(raised).toEqual([gap(3, 3)]);
  });
});

describe('what goes wrong', () => {
  test('is told when it begins, once for each kind, and again after it was well', async () => {
    const log = await logOnDisk();
    await log.add(1);
    const script = ['a', 'a', 'b', 'a', 'b', null, 'a', 'a', null, 'c', null];
    const sink = receiver(500, () => {
      const message = script.shift();
      if (message) throw new Error(message);
    });
    const { done, faults, raised } = await delivering(log, sink);
    await done();
    for (let more = 0; more < 2; more++) {
      await log.add(1);
      await done();
    }
    const message = (why: string) =>
      `The sink "siem" does not take records: ${why}. They wait in the log, and are sent when it does.`;
    // Not c, which happened once only.
    expect(faults.map((fault) => fault.message)).toEqual([message('a'), message('b'), message('a')]);
    expect(raised).toEqual([]);
  });

  test('an error of the file system is one more failure, and passes', async () => {
    const log = await logOnDisk();
    log.progress.advance(2); // acknowledged, and not there
    const sink = receiver();
    const { done, faults, rests } = await delivering(log, sink);
    await vi.waitUntil(() => rests.length > 3, { interval: 2 });
    expect(faults).toHaveLength(1);
    await log.add(2);
    await done();
    expect(seqs(sink.taken)).toEqual([1, 2]);
  });

  test('a receiver that asks for time gets it', async () => {
    const log = await logOnDisk();
    await log.add(1);
    const asked = [7000, 900_000, 0];
    const sink = receiver(500, () => {
      const ms = asked.shift();
      if (ms !== undefined) throw new RetryAfter('it answered 429', ms);
    });
    const { done, rests } = await delivering(log, sink);
    await done();
    expect(rests).toEqual([7000, 300_000, 4000]);
  });
});

describe('closing', () => {
  test('waits for what is left', async () => {
    const log = await logOnDisk();
    await log.add(3);
    const release = Promise.withResolvers<void>();
    const sink = receiver(1, () => release.promise);
    const { delivery } = await delivering(log, sink);
    const closed = delivery.close(60_000);
    await turn();
    release.resolve();
    await closed;
    expect(seqs(sink.taken)).toEqual([1, 2, 3]);
    expect(delivery.saved).toBe(3);
    expect(sink.closed).toBe(true);
  });

  test('ends a rest for one more attempt', async () => {
    const log = await logOnDisk();
    await log.add(3);
    let failing = true;
    const sink = receiver(500, () => {
      if (failing) throw new Error('no');
    });
    const ended = (_ms: number, signal: AbortSignal) =>
      new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    const { delivery } = await delivering(log, sink, { pause: ended });
    await vi.waitUntil(() => sink.attempts.length === 1, { interval: 1 });
    failing = false;
    await delivery.close(15_000);
    expect(seqs(sink.taken)).toEqual([1, 2, 3]);
  });

  test('does not wait for longer than it was told, and saves how far it got', async () => {
    const log = await logOnDisk();
    await log.add(3);
    const sink = receiver(1, (batch, signal) => (batch[0]!.seq === 3 ? hang(batch, signal) : undefined));
    const { delivery } = await delivering(log, sink);
    await vi.waitUntil(() => sink.attempts.length === 3, { interval: 1 });
    await delivery.close(50);
    expect(seqs(sink.taken)).toEqual([1, 2]);
    expect(delivery.saved).toBe(2);
    expect(JSON.parse(await readFile(join(log.dir, 'sinks', 'siem.json'), 'utf8')).next).toBe(3);
  });

  test('is at once if there is nothing left, and what is saved names the last line', async () => {
    const log = await logOnDisk();
    await log.add(3);
    const { delivery, done } = await delivering(log, receiver());
    await done();
    await delivery.close(60_000);
    const file = join(log.dir, 'sinks', 'siem.json');
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({ v: 1, next: 4, head: headOf(log) });
  });
});
